"""What a kind of case is: forms for what is asked, answered and judged, and how they are read.

A kind declares a `Request` form; its answer form is made from a request. Pages, verbs, the demo and the
contract test all use these and nothing else, so a seventh kind costs one file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.core.checks import CheckMessage, Error
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from samsyn.cases.kindforms.answering import AnswerForm, FileInfo, Files, Part, Told
from samsyn.cases.kindforms.judging import REVIEW_SCHEMA, ReviewForm
from samsyn.kit.fields import AmountField, TickField
from samsyn.kit.rows import KindForm, Rows
from samsyn.kit.schema import refuse_unknown
from samsyn.kit.sweden import format_amount

registry: dict[str, Kind] = {}

RETENTION = [
    ("accounting", gettext_lazy("Accounting material")),
    ("due_diligence", gettext_lazy("Client due diligence")),
    ("other", gettext_lazy("Other")),
]


@dataclass(frozen=True)
class Change:
    """What an amendment changed, in words."""

    label: str
    before: str
    after: str


class Kind:
    """One kind of case. Subclasses are instantiated and registered by being defined."""

    slug: ClassVar[str]
    label: ClassVar[Any]
    heading: ClassVar[Any] = ""  # above what is asked, on the client's page
    description: ClassVar[Any]
    icon: ClassVar[str]
    order: ClassVar[int]
    by: ClassVar[str] = "firm"
    takes_files: ClassVar[bool] = True
    firm_files_kept_as: ClassVar[str] = "accounting"  # the retention class of what the firm itself attaches
    answers_by_form: ClassVar[bool] = True  # False: answered by verbs of its own, with the form beside them
    needs_words: ClassVar[bool] = False  # True: nothing is asked in fields, so a message or a file must say it
    talks: ClassVar[bool] = False  # True: each answer is a reply of its own, and the next begins empty
    version: ClassVar[int] = 1
    Request: ClassVar[type[KindForm]]
    Answer: ClassVar[type[AnswerForm]] = AnswerForm
    example_request: ClassVar[dict[str, Any]]
    example_answer: ClassVar[dict[str, Any]]
    example_review: ClassVar[dict[str, Any] | None] = None
    answer_schema: ClassVar[dict[str, Any]]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        registry[cls.slug] = cls()

    # Asking

    def request_form(
        self,
        data: Any = None,
        *,
        initial: Mapping[str, Any] | None = None,
        people: Sequence[tuple[str, str]] = (),
    ) -> KindForm:
        """The form the sender fills in. `people` are (membership id, name) where a kind names persons."""
        form = self.Request(data, initial=initial, prefix="r")
        form.name_people(people)
        return form

    def check_request(self, stored: Mapping[str, Any]) -> None:
        """Raise ValueError when `stored` holds a key that the form has not declared."""
        self.Request.refuse_unknown(stored)

    def only_to_read(self, request: Mapping[str, Any]) -> bool:
        """Whether nothing is asked of the client, not even a confirmation."""
        return False

    def rows(self, request: Mapping[str, Any]) -> list[tuple[str, str]]:
        """(id, label) of each thing asked for."""
        return []

    def summary(self, request: Mapping[str, Any]) -> str:
        """The sentence of the history, with `%(actor)s`."""
        raise NotImplementedError

    # Answering

    def answer_form(self, request: Mapping[str, Any], data: Any = None, **how: Any) -> AnswerForm:
        """The form made from `request`; see `AnswerForm` for `answer`, `typed`, `review`, `files`, `complete`."""
        return self.Answer(data, request=request, **how)

    def begins_with(self, answer: Mapping[str, Any] | None) -> dict[str, Any] | None:
        """Of the `answer` that stands, what the form of the next one begins with.

        Never the comment: it has been read, and would be sent once more. Nothing where the kind `talks`.
        """
        return {**answer, "comment": ""} if answer and not self.talks else None

    def read(
        self,
        request: Mapping[str, Any],
        answer: Mapping[str, Any] | None = None,
        review: Mapping[str, Any] | None = None,
        files: Files | None = None,
    ) -> list[Told]:
        """Request and answer side by side, for reading."""
        return []

    def file_rows(self, request: Mapping[str, Any]) -> list[tuple[str, str]]:
        """The rows that take files, with what they are called; ("", …) is the answer as a whole."""
        return [("", _("Files"))]

    def retention(self, request: Mapping[str, Any], row: str) -> str:
        """Why a file of this row is kept."""
        return "accounting"

    def closing_outcome(self, request: Mapping[str, Any], answer: Mapping[str, Any] | None) -> str:
        """How a case of this kind has ended when the firm closes it: unanswered, it was given up."""
        return "answered" if answer or self.by == "client" else "cancelled"

    def check_answer(self, request: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        """Raise ValueError when `answer` holds a key nobody has declared, or a row that is not asked for."""
        refuse_unknown(self.answer_schema, answer)
        self._refuse_unknown_rows(request, [*answer.get("rows", []), *answer.get("answers", [])])

    def check_review(self, request: Mapping[str, Any], review: Mapping[str, Any]) -> None:
        """Raise ValueError when `review` holds a key nobody has declared, or a row that is not asked for."""
        refuse_unknown(REVIEW_SCHEMA, review)
        self._refuse_unknown_rows(request, review["rows"])

    def _refuse_unknown_rows(self, request: Mapping[str, Any], given: Sequence[Mapping[str, Any]]) -> None:
        asked = {one for one, _label in self.rows(request)}
        if unknown := {row["id"] for row in given} - asked:
            raise ValueError(f"unknown rows: {', '.join(sorted(unknown))}")

    def decisions(self, answer: Mapping[str, Any] | None) -> list[Any]:
        """Who has decided what, where persons decide one by one."""
        return []

    # Judging rows

    def review_form(self, request: Mapping[str, Any], data: Any = None, **how: Any) -> KindForm | None:
        """The firm's verdict per row, or None when this kind has no rows to judge."""
        return None

    def review_after(self, review: Mapping[str, Any] | None) -> dict[str, Any] | None:
        """What stands of the verdicts once the client has answered anew: a returned row is unjudged again."""
        if not review:
            return None
        return {"rows": [row for row in review["rows"] if row["verdict"] == "accepted"]}

    def locked_rows(self, request: Mapping[str, Any], review: Mapping[str, Any] | None) -> frozenset[str]:
        """The rows the client can't change: what is accepted, and all but the returned ones where some are."""
        return locked_in(review, [one for one, _label in self.rows(request)])

    def accepted_rows(self, review: Mapping[str, Any] | None) -> frozenset[str]:
        return rows_with(review, "accepted")

    def returned_rows(self, review: Mapping[str, Any] | None) -> frozenset[str]:
        return rows_with(review, "returned")

    # Keeping

    def upgrade(self, half: str, version: int, stored: dict[str, Any]) -> dict[str, Any]:
        """`stored`, written by an older version of this file, as this version reads it. Called on reading."""
        return stored

    def upgraded(self, half: str, version: int, stored: dict[str, Any]) -> dict[str, Any]:
        """`stored` as this version reads it, whichever version wrote it."""
        return self.upgrade(half, version, stored) if version < self.version else stored

    def changes(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
        """What differs between two requests, by the labels of the form."""
        found = []
        for name, declared in self.Request.base_fields.items():
            old, new = shown_value(declared, before.get(name)), shown_value(declared, after.get(name))
            if old != new:
                found.append(Change(str(declared.label or name), old, new))
        for name, rows in self.Request.row_sets.items():
            found += row_changes(rows, before.get(name, []), after.get(name, []))
        return found


def locked_in(review: Mapping[str, Any] | None, asked: Sequence[str]) -> frozenset[str]:
    """Of the rows with the ids `asked`, those that `review` has locked; see `Kind.locked_rows`."""
    returned = rows_with(review, "returned")
    return frozenset(asked) - returned if returned else rows_with(review, "accepted")


def rows_with(review: Mapping[str, Any] | None, verdict: str) -> frozenset[str]:
    return frozenset(row["id"] for row in (review or {}).get("rows", []) if row.get("verdict") == verdict)


def as_text(value: Any) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        return ", ".join(as_text(one) for one in value)
    if isinstance(value, dict):
        return " ".join(as_text(one) for name, one in value.items() if name != "id")
    return str(value or "")


def shown_value(declared: forms.Field, value: Any) -> str:
    """A stored value in the words of its field: a choice by its label, a tick by what is ticked."""
    if isinstance(declared, TickField):
        return str(declared.label) if value else ""
    if isinstance(declared, forms.ChoiceField) and not isinstance(value, (bool, list)):
        return str(dict(declared.choices).get(value, value or ""))  # type: ignore[arg-type]
    if isinstance(declared, AmountField) and value:
        return format_amount(value)
    return as_text(value)


def row_text(form: type[KindForm], row: Mapping[str, Any]) -> str:
    """A row of a request in one line."""
    own = [shown_value(declared, row.get(name)) for name, declared in form.base_fields.items()]
    inner = [row_text(rows.form, one) for name, rows in form.row_sets.items() for one in row.get(name, [])]
    return " · ".join(text for text in [*own, *inner] if text)


def row_changes(rows: Rows, before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[Change]:
    old = {row["id"]: row_text(rows.form, row) for row in before}
    new = {row["id"]: row_text(rows.form, row) for row in after}
    label = str(rows.row or rows.label)
    return [
        Change(label, old.get(one, ""), new.get(one, ""))
        for one in dict.fromkeys([*old, *new])
        if old.get(one) != new.get(one)
    ]


def check_kinds(**_options: Any) -> list[CheckMessage]:
    """A system check: no kind without a label, an icon and examples."""
    needed = (
        "label",
        "description",
        "icon",
        "order",
        "example_request",
        "example_answer",
        "answer_schema",
        "Request",
    )
    return [
        Error(f"The kind {slug!r} has no {name}.", id="samsyn.K001")
        for slug, kind in registry.items()
        for name in needed
        if not hasattr(kind, name)
    ]


__all__ = [
    "AnswerForm",
    "Change",
    "FileInfo",
    "Files",
    "Kind",
    "Part",
    "ReviewForm",
    "Told",
    "as_text",
    "check_kinds",
]
