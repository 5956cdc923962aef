"""What a kind of case is: forms for what is asked, answered and judged, and how they are read.

A kind declares a `Request` form; its answer form is made from a request. Pages, verbs, the demo and the
contract test all use these and nothing else, so a seventh kind costs one file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from django.core.checks import CheckMessage, Error
from django.forms.boundfield import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from samsyn.kit.fields import ChoiceField, TextField
from samsyn.kit.rows import KindForm, Rows

registry: dict[str, Kind] = {}

RETENTION = [
    ("accounting", gettext_lazy("Accounting material")),
    ("due_diligence", gettext_lazy("Client due diligence")),
    ("other", gettext_lazy("Other")),
]


@dataclass(frozen=True)
class FileInfo:
    """A file of an answer, read from its row and never from JSON. `size` in bytes."""

    id: str
    name: str
    size: int
    type: str
    round: int = 1
    url: str = ""


Files = Mapping[str, Sequence[FileInfo]]


@dataclass
class Part:
    """One thing asked for, with where to answer it: a question, a wanted document, a row of fields."""

    id: str
    title: str
    note: str = ""
    required: bool = False
    facts: list[dict[str, str]] = field(default_factory=list)
    fields: list[BoundField] = field(default_factory=list)
    takes_files: bool = False
    files: list[FileInfo] = field(default_factory=list)
    old_files: list[FileInfo] = field(default_factory=list)
    missing: BoundField | None = None
    explanation: BoundField | None = None
    verdict: str = ""  # "" | "accepted" | "returned"
    reason: str = ""
    error: str = ""

    @property
    def locked(self) -> bool:
        return self.verdict == "accepted"


@dataclass
class Told:
    """One thing answered, for reading: `values` are (label, text), label empty when the title says it."""

    id: str
    title: str
    note: str = ""
    facts: list[dict[str, str]] = field(default_factory=list)
    values: list[tuple[str, str]] = field(default_factory=list)
    files: list[FileInfo] = field(default_factory=list)
    missing: str = ""
    verdict: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Change:
    """What an amendment changed, in words."""

    label: str
    before: str
    after: str


class AnswerForm(KindForm):
    """The answer to one request: fields are made from the request, files come from their rows."""

    comment = TextField(label=gettext_lazy("Anything else the firm should know?"), required=False, longest=10_000)

    def __init__(
        self,
        data: Any = None,
        *,
        request: Mapping[str, Any],
        answer: Mapping[str, Any] | None = None,
        typed: Mapping[str, Any] | None = None,
        review: Mapping[str, Any] | None = None,
        files: Files | None = None,
        complete: bool = True,
    ) -> None:
        self.request, self.answer, self.review = request, dict(answer or {}), dict(review or {})
        self.files_of: Files = files or {}
        self.complete = complete
        self.part_errors: dict[str, str] = {}
        shown = dict(typed) if typed is not None else self.flat(self.answer)
        super().__init__(data, initial=shown, prefix="a")
        self.make_fields()

    def make_fields(self) -> None:
        """Add a field for each thing asked."""

    def flat(self, answer: dict[str, Any]) -> dict[str, Any]:
        """A stored answer as initial values by field name."""
        return {"comment": answer.get("comment", "")}

    @property
    def parts(self) -> list[Part]:
        return []

    def file_ids(self, part_id: str = "") -> list[str]:
        return [one.id for one in self.files_of.get(part_id, ())]

    def require(self, name: str, part_id: str, sentence: str) -> None:
        if self.complete:
            self.part_errors[part_id] = sentence
            self.add_error(name, sentence)


class Kind:
    """One kind of case. Subclasses are instantiated and registered by being defined."""

    slug: ClassVar[str]
    label: ClassVar[Any]
    plural: ClassVar[Any] = ""
    description: ClassVar[Any]
    icon: ClassVar[str]
    order: ClassVar[int]
    by: ClassVar[str] = "firm"
    version: ClassVar[int] = 1
    Request: ClassVar[type[KindForm]]
    Answer: ClassVar[type[AnswerForm]] = AnswerForm
    example_request: ClassVar[dict[str, Any]]
    example_answer: ClassVar[dict[str, Any]]
    example_review: ClassVar[dict[str, Any] | None] = None

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
        form.people = people  # type: ignore[attr-defined]
        for name in getattr(form, "names_people", ()):
            chooser = form.fields[name]
            chooser.choices = [*getattr(chooser, "first_choices", ()), *people]  # type: ignore[attr-defined]
        return form

    def summary(self, request: Mapping[str, Any]) -> str:
        """The sentence of the history, with `%(actor)s`."""
        raise NotImplementedError

    # Answering

    def answer_form(self, request: Mapping[str, Any], data: Any = None, **how: Any) -> AnswerForm:
        """The form made from `request`; see `AnswerForm` for `answer`, `typed`, `review`, `files`, `complete`."""
        return self.Answer(data, request=request, **how)

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

    def closing_outcome(self, answer: Mapping[str, Any] | None) -> str:
        """How a case of this kind has ended when the firm closes it."""
        return "answered"

    # Judging rows

    def review_form(self, request: Mapping[str, Any], data: Any = None, **how: Any) -> KindForm | None:
        """The firm's verdict per row, or None when this kind has no rows to judge."""
        return None

    def locked_rows(self, review: Mapping[str, Any] | None) -> frozenset[str]:
        return rows_with(review, "accepted")

    def returned_rows(self, review: Mapping[str, Any] | None) -> frozenset[str]:
        return rows_with(review, "returned")

    # Keeping

    def upgrade(self, half: str, version: int, stored: dict[str, Any]) -> dict[str, Any]:
        """`stored`, written by an older version of this file, as this version reads it. Never written back."""
        return stored

    def changes(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
        """What differs between two requests, by the labels of the form."""
        found = []
        for name, declared in self.Request.base_fields.items():  # type: ignore[attr-defined]
            old, new = as_text(before.get(name)), as_text(after.get(name))
            if old != new:
                found.append(Change(str(declared.label or name), old, new))
        for name, rows in self.Request.row_sets.items():
            found += row_changes(rows, before.get(name, []), after.get(name, []))
        return found


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


def row_changes(rows: Rows, before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[Change]:
    old = {row["id"]: as_text(row) for row in before}
    new = {row["id"]: as_text(row) for row in after}
    label = str(rows.row or rows.label)
    return [
        Change(label, old.get(one, ""), new.get(one, ""))
        for one in dict.fromkeys([*old, *new])
        if old.get(one) != new.get(one)
    ]


class ReviewForm(KindForm):
    """A verdict on each row of an answer, with the reason where one is returned."""

    def __init__(self, data: Any = None, *, rows: list[tuple[str, str]], initial: Mapping[str, Any] | None = None):
        given = {row["id"]: row for row in (initial or {}).get("rows", [])}
        shown: dict[str, Any] = {}
        for one, _label in rows:
            shown[f"verdict-{one}"] = given.get(one, {}).get("verdict", "")
            shown[f"reason-{one}"] = given.get(one, {}).get("reason", "")
        super().__init__(data, initial=shown, prefix="v")
        self.judged = rows
        for one, label in rows:
            verdicts = [("", _("Not yet")), ("accepted", _("Accept")), ("returned", _("Ask for a new one"))]
            self.fields[f"verdict-{one}"] = ChoiceField(choices=verdicts, required=False, label=label)
            self.fields[f"reason-{one}"] = TextField(required=False, label=_("What needs to be done again?"))

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for one, _label in self.judged:
            if cleaned.get(f"verdict-{one}") == "returned" and not cleaned.get(f"reason-{one}"):
                self.add_error(f"reason-{one}", _("Say what needs to be done again, so the client can mend it."))
        return cleaned

    def encoded(self) -> dict[str, Any]:
        rows = [
            {
                "id": one,
                "verdict": self.cleaned_data[f"verdict-{one}"],
                "reason": self.cleaned_data[f"reason-{one}"]
                if self.cleaned_data[f"verdict-{one}"] == "returned"
                else "",
            }
            for one, _label in self.judged
            if self.cleaned_data[f"verdict-{one}"]
        ]
        return {"rows": rows}

    def again(self, typed: dict[str, Any]) -> Self:
        return type(self)(rows=self.judged, initial=None)


def check_kinds(**_options: Any) -> list[CheckMessage]:
    """A system check: no kind without a label, an icon and examples."""
    needed = ("label", "description", "icon", "order", "example_request", "example_answer", "Request")
    return [
        Error(f"The kind {slug!r} has no {name}.", id="samsyn.K001")
        for slug, kind in registry.items()
        for name in needed
        if not hasattr(kind, name)
    ]
