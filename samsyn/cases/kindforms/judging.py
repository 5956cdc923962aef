"""The firm's verdicts on the rows of an answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from django.forms.boundfield import BoundField
from django.utils.translation import gettext as _

from samsyn.kit.fields import ChoiceField, TextField
from samsyn.kit.rows import KindForm
from samsyn.kit.schema import STRING, list_of, object_of

PRESSED = re.compile(r"verdict\.([0-9a-f]{8})\.(accepted|returned|undo)")


@dataclass(frozen=True)
class Judged:
    """One row with its verdict as it stands, and where the reason is written."""

    verdict: str  # "" | "accepted" | "returned"
    reason: BoundField


class ReviewForm(KindForm):
    """A verdict on each row, with the reason where one is returned.

    A press of `do` = `verdict.<row>.<accepted|returned|undo>` changes that row alone: the other rows keep
    the verdicts of `initial`, so two colleagues can judge different rows at once.
    """

    def __init__(
        self, data: Any = None, *, rows: list[tuple[str, str]], initial: Mapping[str, Any] | None = None
    ) -> None:
        self.judged, self.stored = rows, dict(initial or {})
        given = {row["id"]: row for row in self.stored.get("rows", [])}
        shown: dict[str, Any] = {}
        for one, _label in rows:
            shown[f"verdict-{one}"] = given.get(one, {}).get("verdict", "")
            shown[f"reason-{one}"] = given.get(one, {}).get("reason", "")
        super().__init__(None if data is None else with_press(data, shown), initial=shown, prefix="v")
        for one, label in rows:
            verdicts = [("", _("Not yet")), ("accepted", _("Accept")), ("returned", _("Ask for a new one"))]
            self.fields[f"verdict-{one}"] = ChoiceField(choices=verdicts, required=False, label=label)
            self.fields[f"reason-{one}"] = TextField(
                required=False, longest=2_000, label=_("What needs to be done again?")
            )
            self.fields[f"reason-{one}"].widget.attrs["rows"] = 2

    def row(self, one: str) -> Judged:
        """A row for its place on the page. One that is returned without a reason is not returned yet."""
        reason = self[f"reason-{one}"]
        return Judged("" if reason.errors else self[f"verdict-{one}"].value() or "", reason)

    @property
    def judged_count(self) -> int:
        return sum(bool(self.row(one).verdict) for one, _label in self.judged)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for one, _label in self.judged:
            if cleaned.get(f"verdict-{one}") == "returned" and not cleaned.get(f"reason-{one}"):
                self.add_error(f"reason-{one}", _("Say what needs to be done again, so the client can mend it."))
        return cleaned

    def encoded(self) -> dict[str, Any]:
        """A reason begun in a row that is not judged yet is kept; an accepted row has none."""
        rows = []
        for one, _label in self.judged:
            verdict, reason = self.cleaned_data[f"verdict-{one}"], self.cleaned_data[f"reason-{one}"]
            if verdict or reason:
                rows.append({"id": one, "verdict": verdict, "reason": "" if verdict == "accepted" else reason})
        return {"rows": rows}

    def again(self, typed: dict[str, Any]) -> Self:
        return type(self)(rows=self.judged, initial=self.stored)


VERDICT = {"type": "string", "enum": ["", "accepted", "returned"]}
REVIEW_SCHEMA = object_of(rows=list_of(object_of(id=STRING, verdict=VERDICT, reason=STRING)))


def with_press(data: Any, stored: Mapping[str, str]) -> dict[str, str]:
    """What was posted, with the stored verdict and reason where nothing was, and the pressed one changed."""
    told = {name: str(data.get(f"v-{name}", value)) for name, value in stored.items()}
    if found := PRESSED.fullmatch(str(data.get("do", ""))):
        row, verdict = found.groups()
        if f"verdict-{row}" in told:
            told[f"verdict-{row}"] = "" if verdict == "undo" else verdict
    return {f"v-{name}": value for name, value in told.items()}
