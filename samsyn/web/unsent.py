"""What a reader of a case page has written and not got anywhere, and how it is shown beside what was sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.forms import ChoiceField

from samsyn.cases.drafts import Beside, as_message, beside, everything_in, is_text, left_over, open_rows, without_left
from samsyn.cases.files import info_of
from samsyn.cases.kinds.base import FileInfo
from samsyn.cases.models import Attachment, Draft, Event, Purpose, State
from samsyn.kit.sweden import moment_phrase
from samsyn.tenancy.actors import Actor
from samsyn.web.case_data import CaseData


@dataclass
class Unsent:
    """The reader's own words by what they answered, `theirs` beside them; and files that no row takes now."""

    rows: list[Beside]
    files: list[FileInfo] = field(default_factory=list)
    by: str = ""  # who was first
    when: str = ""

    @property
    def text(self) -> str:
        """All of it as one message; the names of the files when there is nothing else."""
        return as_message(self.rows) or ", ".join(one.name for one in self.files)

    @property
    def compares(self) -> bool:
        return any(row.theirs for row in self.rows)


def unsent_of(actor: Actor, data: CaseData, url: str, *, editable: bool) -> Unsent | None:
    """None when everything the reader has written stands in a field, has been sent, or was never written."""
    stray = stray_files(actor, data, editable=editable)
    rows = rows_of(data, stray, editable=editable) if data.draft or stray else []
    if not rows and not stray:
        return None
    first = None if editable else last_answer(data)
    files = [info_of(one, url) for one in stray]
    return Unsent(rows, files, first.name if first else "", moment_phrase(first.at) if first else "")


def rows_of(data: CaseData, stray: list[Attachment], *, editable: bool) -> list[Beside]:
    case, draft = data.case, data.draft or Draft(typed={}, round=data.case.round)
    if case.is_retracted:  # not even the questions are left of it, nor a choice, which is in the firm's words
        asked = case.kind_of.answer_form(case.request).fields
        chosen = {name for name, one in asked.items() if isinstance(one, ChoiceField)}
        own = [text for name, text in draft.typed.items() if is_text(text) and name not in chosen]
        return [Beside("", mine=[text]) for text in own]
    if editable and draft.round != case.round:
        left = everything_in(case, draft.typed)
    else:
        form = case.kind_of.answer_form(case.request, answer=case.answer, typed=without_left(draft.typed))
        left = left_over(case, form, draft.typed)
    rows = [Beside(one.label, mine=[one.text]) for one in left]
    if editable:
        return rows
    files: dict[str, list[FileInfo]] = {}
    for one in stray:
        files.setdefault(one.row_id, []).append(info_of(one, ""))
    told = case.kind_of.read(case.request, case.answer, None, data.sent_files)
    return [*beside(form, told, str((case.answer or {}).get("comment", "")), files), *rows]


def stray_files(actor: Actor, data: CaseData, *, editable: bool) -> list[Attachment]:
    """The reader's own waiting files that no row takes now."""
    taken = open_rows(data.case) if editable else []
    return [one for one in waiting(actor, data, Purpose.ANSWER) if one.row_id not in taken]


def waiting(actor: Actor, data: CaseData, purpose: Purpose) -> list[Attachment]:
    """The reader's own unsent files of this purpose."""
    mine: Any = actor.user.pk if actor.user else None
    rows = [one for one in data.attachments if one.event_id is None and one.purpose == purpose]
    return [one for one in rows if one.side == actor.side and one.user_id == mine]


def last_answer(data: CaseData) -> Event | None:
    """The answer that the case carries now, when there is one."""
    if data.case.state == State.WITH_CLIENT:
        return None
    return next((event for event in data.events if event.verb in ("send_back", "answer_for")), None)
