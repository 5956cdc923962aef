"""Godkännande: yes or no to an exact text, an exact amount and exact files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from samsyn.cases.kinds.base import AnswerForm, Files, Kind
from samsyn.cases.kinds.base import Told as ToldPart
from samsyn.kit.fields import AmountField, ChoiceField, DayField, ManyField, TextField
from samsyn.kit.rows import KindForm
from samsyn.kit.sweden import format_amount

NEEDED = [
    ("one", gettext_lazy("One of those who may approve")),
    ("two", gettext_lazy("Two together")),
    ("all", gettext_lazy("Everyone named")),
]


class Approved(KindForm):
    names_people = ("named",)
    what = TextField(label=gettext_lazy("What is to be approved"), longest=4_000)
    amount = AmountField(label=gettext_lazy("Amount"), required=False)
    pay_on = DayField(label=gettext_lazy("Payment day"), required=False)
    needed = ChoiceField(
        label=gettext_lazy("Who must approve"), choices=NEEDED, initial="one", widget=forms.RadioSelect
    )
    named = ManyField(label=gettext_lazy("Named persons"), required=False, choices=[])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        named = cleaned.get("named") or []
        if cleaned.get("needed") == "all" and not named:
            self.add_error("named", _("Name at least one person who must approve."))
        if cleaned.get("needed") == "two" and len(named) == 1:
            self.add_error("named", _("Name at least two persons, or none."))
        return cleaned


class Decision(AnswerForm):
    """Approve and Decline are verbs of their own; the form holds the reason."""

    def make_fields(self) -> None:
        self.fields["comment"].label = _("Why do you decline?")

    def encoded(self) -> dict[str, Any]:
        return {"decisions": self.answer.get("decisions", [])}


class Approval(Kind):
    slug, icon, order = "approval", "badge-check", 3
    label = gettext_lazy("Approval")
    description = gettext_lazy("Yes or no to exact files")
    Request, Answer = Approved, Decision
    example_request = {
        "what": "Löner för januari",
        "amount": "184320.00",
        "pay_on": "2026-01-23",
        "needed": "one",
        "named": [],
    }
    example_answer = {
        "decisions": [
            {
                "membership": "01900000-0000-7000-8000-000000000001",
                "name": "Elin Bergqvist",
                "at": "2026-01-13T09:52:00+00:00",
                "decision": "approved",
                "reason": "",
                "digest": "0" * 64,
            }
        ]
    }

    def summary(self, request: Mapping[str, Any]) -> str:
        return _("%(actor)s asked for an approval.")

    def closing_outcome(self, answer: Mapping[str, Any] | None) -> str:
        decisions = (answer or {}).get("decisions", [])
        if not decisions:
            return "answered"
        return "declined" if any(one["decision"] == "declined" for one in decisions) else "approved"

    def read(
        self,
        request: Mapping[str, Any],
        answer: Mapping[str, Any] | None = None,
        review: Mapping[str, Any] | None = None,
        files: Files | None = None,
    ) -> list[ToldPart]:
        values = [("", request["what"])]
        if request.get("amount"):
            values.append((_("Amount"), format_amount(request["amount"])))
        if request.get("pay_on"):
            values.append((_("Payment day"), request["pay_on"]))
        return [ToldPart("", _("This is what you approve"), values=values)]
