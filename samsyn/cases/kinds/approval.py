"""Godkännande: yes or no to an exact text, an exact amount and exact files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from samsyn.cases.kinds.base import AnswerForm, Files, Kind
from samsyn.cases.kinds.base import Told as ToldPart
from samsyn.kit.fields import AmountField, ChoiceField, DayField, ManyField, TextField
from samsyn.kit.rows import KindForm
from samsyn.kit.schema import STRING, list_of, object_of
from samsyn.kit.sweden import format_amount, long_date, stockholm_day

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
    named = ManyField(
        label=gettext_lazy("Named persons"),
        required=False,
        choices=[],
        help_text=gettext_lazy("If you name persons, only they can approve."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        named = cleaned.get("named") or []
        if cleaned.get("needed") == "all" and not named:
            self.add_error("named", _("Name at least one person who must approve."))
        if cleaned.get("needed") == "two" and len(named) == 1:
            self.add_error("named", _("Name at least two persons, or none."))
        if cleaned.get("needed") == "two" and len(self.people) == 1:
            self.add_error("needed", _("Only one person at the client may approve. Choose another way."))
        return cleaned


class Decision(AnswerForm):
    """Approve and Decline are verbs of their own; the form holds the reason."""

    def make_fields(self) -> None:
        self.fields["comment"].label = _("Why do you decline?")

    def encoded(self) -> dict[str, Any]:
        return {"decisions": self.answer.get("decisions", [])}


@dataclass(frozen=True)
class Basis:
    """What is approved, in words."""

    what: str
    amount: str
    pay_on: str
    who: str


@dataclass(frozen=True)
class Decided:
    """What one person has decided."""

    name: str
    at: dt.datetime
    declined: bool
    reason: str

    @property
    def day(self) -> str:
        """The Swedish day, '2026-01-13'."""
        return stockholm_day(self.at).isoformat()


def approved_by(answer: Mapping[str, Any] | None) -> set[str]:
    """The memberships that have approved."""
    given = (answer or {}).get("decisions", [])
    return {one["membership"] for one in given if one["decision"] == "approved"}


class Approval(Kind):
    slug, icon, order = "approval", "badge-check", 3
    label = gettext_lazy("Approval")
    description = gettext_lazy("Yes or no to what you attach")
    Request, Answer = Approved, Decision
    example_request: ClassVar[dict[str, Any]] = {
        "what": "Löner för januari",
        "amount": "184320.00",
        "pay_on": "2026-01-23",
        "needed": "one",
        "named": [],
    }
    answers_by_form = False
    answer_schema: ClassVar[dict[str, Any]] = object_of(
        decisions=list_of(
            object_of(membership=STRING, name=STRING, at=STRING, decision=STRING, reason=STRING, digest=STRING)
        )
    )
    example_answer: ClassVar[dict[str, Any]] = {
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

    def file_rows(self, request: Mapping[str, Any]) -> list[tuple[str, str]]:
        """None: what is approved or declined is exactly what the firm has sent."""
        return []

    def closing_outcome(self, request: Mapping[str, Any], answer: Mapping[str, Any] | None) -> str:
        """Declined by one, or approved by all who were needed. Half an approval is none."""
        if any(one["decision"] == "declined" for one in (answer or {}).get("decisions", [])):
            return "declined"
        return "approved" if self.is_settled(request, approved_by(answer)) else "cancelled"

    def is_settled(self, request: Mapping[str, Any], approved: AbstractSet[str]) -> bool:
        """Whether these membership ids are enough: one, two different, or all who are named."""
        if self.needed(request) == "all":
            return approved >= set(request.get("named") or [])
        return len(approved) >= (2 if self.needed(request) == "two" else 1)

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
            values.append((_("Payment day"), long_date(dt.date.fromisoformat(request["pay_on"]))))
        return [ToldPart("", _("This is what you approve"), values=values)]

    def needed(self, request: Mapping[str, Any]) -> str:
        """Who must approve: "one", "two" or "all"."""
        return str(request.get("needed", "one"))

    def shown(self, request: Mapping[str, Any], people: Mapping[str, str] | None = None) -> Basis:
        """What is approved, in words. `people` are the names of those who may be named, by membership id."""
        amount, day = request.get("amount"), request.get("pay_on")
        return Basis(
            str(request.get("what", "")),
            format_amount(amount) if amount else "",
            long_date(dt.date.fromisoformat(day)) if day else "",
            self._who(request, people or {}),
        )

    def _who(self, request: Mapping[str, Any], people: Mapping[str, str]) -> str:
        names = ", ".join(people[one] for one in request.get("named") or [] if one in people)
        needed = self.needed(request)
        if needed == "all":
            return (
                _("All of these must approve: %(names)s.") % {"names": names}
                if names
                else _("Everyone named must approve.")
            )
        if needed == "two":
            return (
                _("Two of these must approve: %(names)s.") % {"names": names}
                if names
                else _("Two persons must approve together.")
            )
        return _("One of these must approve: %(names)s.") % {"names": names} if names else _("One approval is enough.")

    def decisions(self, answer: Mapping[str, Any] | None) -> list[Decided]:
        """Who has decided what, oldest first."""
        return [
            Decided(
                one["name"],
                dt.datetime.fromisoformat(one["at"]),
                one["decision"] == "declined",
                one["reason"],
            )
            for one in (answer or {}).get("decisions", [])
        ]
