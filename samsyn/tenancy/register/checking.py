"""Judging each row against the register as it is: new, changed, unchanged, faulty, or needing somebody."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from samsyn.kit.text import fold
from samsyn.tenancy.models import Engagement
from samsyn.tenancy.register import cells
from samsyn.tenancy.register.columns import COLUMNS
from samsyn.tenancy.register.matching import Register, Unsure
from samsyn.tenancy.register.models import ImportRun, StagedRow

Verdict = StagedRow.Verdict
Fault = dict[str, str]
Key = tuple[str, Any]
PROTECTED = ("contact_name", "contact_email", "number")
MENDABLE = (Verdict.FAULTY, Verdict.NEEDS_ACTION)


@dataclass
class Checker:
    """The register, and what the file has said so far."""

    register: Register
    seen: dict[Key, int] = field(default_factory=dict)

    def staged(self, run: ImportRun, line: int, row: list[str]) -> StagedRow:
        """The row of the file, judged."""
        typed = {column: row[int(index)] for index, column in run.mapping.items() if int(index) < len(row)}
        typed = {column: cells.without_armour(text) for column, text in typed.items() if not cells.is_empty(text)}
        staged = StagedRow(run=run, firm_id=run.firm_id, line=line, name=typed.get("name", "")[:200])
        staged.data, staged.faults = self._clean(typed)
        if staged.faults:
            staged.verdict = Verdict.FAULTY
        else:
            judge(self.register, staged)
            self._refuse_second(staged)
        if staged.verdict in MENDABLE:
            staged.typed = typed
        return staged

    def _clean(self, typed: dict[str, str]) -> tuple[dict[str, Any], list[Fault]]:
        data: dict[str, Any] = {}
        faults = []
        for column, text in typed.items():
            try:
                data[column] = cells.read(column, text, self.register.staff)
            except ValueError as error:
                faults.append(fault(column, str(error)))
        if "name" not in typed:
            faults.append(fault("name", _("The name is missing. Write what the client is called.")))
        return data, faults

    def _refuse_second(self, staged: StagedRow) -> None:
        """A client that the file has named already: the second line is the fault."""
        said, clashes = identities(staged)
        column, first = next(((key[0], self.seen[key]) for key in clashes if key in self.seen), ("", 0))
        if first:
            text = _("The same client stands on line %(line)d already. Keep one of them.") % {"line": first}
            staged.verdict, staged.faults, staged.changes = Verdict.FAULTY, [fault(column, text)], {}
            return
        self.seen.update(dict.fromkeys(said, staged.line))


def fault(column: str, text: str) -> Fault:
    """A fault as it is kept: what its column is called on screen, and what to do."""
    return {"column": str(COLUMNS[column][0]) if column in COLUMNS else "", "text": text}


def identities(staged: StagedRow) -> tuple[list[Key], list[Key]]:
    """(what the line says of who the client is, what no earlier line may have said).

    A name alone is enough for a line that has nothing better; then no other line may have that name, since
    the next import could not tell them apart.
    """
    data, name = staged.data, fold(staged.data["name"])
    said: list[Key] = [(column, data[column]) for column in ("number", "client_number") if column in data]
    alone = not said
    if staged.engagement_id:
        said.append(("client", staged.engagement_id))
    if alone:
        return [*said, ("name", name)], [*said, ("name", name), ("name beside others", name)]
    return [*said, ("name beside others", name)], [*said, ("name", name)]


def judge(register: Register, staged: StagedRow) -> None:
    """Set the verdict of a row without faults, which client it means, and what it would change."""
    staged.changes = {}
    try:
        existing = register.find(staged.data)
    except Unsure as unsure:
        staged.engagement, staged.verdict = unsure.engagement, Verdict.NEEDS_ACTION
        staged.faults = [fault("", str(unsure))]
        return
    staged.engagement = existing
    if existing is None:
        staged.verdict, staged.faults = Verdict.NEW, []
        return
    wanted = changes(existing, staged.data)
    staged.verdict, staged.faults = _verdict(existing, wanted)
    staged.changes = {column: [_held(existing, column), value] for column, value in wanted.items()}


def _verdict(existing: Engagement, wanted: dict[str, Any]) -> tuple[str, list[Fault]]:
    if not wanted:
        return Verdict.UNCHANGED, []
    if existing.ended_at is not None:
        return Verdict.NEEDS_ACTION, [fault("", _("The client has ended, so the file doesn't change it."))]
    guarded = [column for column in PROTECTED if column in wanted]
    if guarded and existing.consent != Engagement.ConsentState.NONE:
        text = _("The client has been invited, so this is changed on the client's page and not by a file.")
        return Verdict.NEEDS_ACTION, [fault(column, text) for column in guarded]
    return Verdict.CHANGED, []


def changes(existing: Engagement, data: dict[str, Any]) -> dict[str, Any]:
    """What the row would change. An empty cell changes nothing."""
    return {column: value for column, value in data.items() if _held(existing, column) != value}


def _held(existing: Engagement, column: str) -> Any:
    if column == "responsible":
        return str(existing.responsible_id) if existing.responsible_id else ""
    return getattr(existing, column)
