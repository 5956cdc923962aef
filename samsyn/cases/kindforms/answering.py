"""The answer to one request, as a form and for reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy

from samsyn.kit.fields import TextField
from samsyn.kit.rows import KindForm


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
class Slot:
    """One place for files: of a wanted document, or of a field that is answered with files.

    `id` is what its files have as their row; `label` is empty when the part's own title says it.
    """

    id: str
    label: str = ""
    required: bool = False
    files: list[FileInfo] = field(default_factory=list)
    old_files: list[FileInfo] = field(default_factory=list)
    error: str = ""


@dataclass(frozen=True)
class Asked:
    """One field of what is asked, for reading: what it is called ('' when the part's own title says it), how it is
    answered, in words, and whether it must be."""

    label: str
    how: str
    required: bool


def how_answered(types: Sequence[tuple[str, Any]], one: Mapping[str, Any]) -> str:
    """'Amount', or a choice with what there is to choose among. `types` are (name, label)."""
    how, choices = str(dict(types)[one["type"]]), ", ".join(one["choices"])
    return f"{how}: {choices}" if choices else how


@dataclass
class Part:
    """One thing asked for, with where to answer it: a question, a wanted document, a row of fields."""

    id: str
    title: str
    note: str = ""
    required: bool = False
    facts: list[dict[str, str]] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    fields: list[BoundField] = field(default_factory=list)
    slots: list[Slot] = field(default_factory=list)
    missing: BoundField | None = None
    explanation: BoundField | None = None
    told_missing: str = ""
    verdict: str = ""  # "" | "accepted" | "returned"
    reason: str = ""
    locked: bool = False  # sent, and not to be changed now

    @property
    def takes_files(self) -> bool:
        return bool(self.slots)

    @property
    def error(self) -> str:
        """The first sentence about its files."""
        return next((slot.error for slot in self.slots if slot.error), "")

    @property
    def is_missing(self) -> bool:
        """Whether the client has said that it doesn't exist."""
        return self.missing is not None and bool(self.missing.value())

    @property
    def done(self) -> bool:
        """Whether nothing more is needed here, as far as it is written now."""
        if self.locked or self.is_missing:
            return True
        if not self._has_files():
            return False
        needed = [one for one in self.fields if one.field.required] or self.fields
        return all(one.value() not in (None, "") for one in needed)

    def _has_files(self) -> bool:
        """Whether each required slot has a file, and any has where nothing else is asked."""
        if not all(slot.files for slot in self.slots if slot.required):
            return False
        return bool(self.fields) or not self.slots or any(slot.files for slot in self.slots)


@dataclass
class Told:
    """One thing answered, for reading: `values` are (label, text), label empty when the title says it;
    `slots` are (label, files) of the fields that were answered with files, `files` those of the whole."""

    id: str
    title: str
    note: str = ""
    facts: list[dict[str, str]] = field(default_factory=list)
    values: list[tuple[str, str]] = field(default_factory=list)
    files: list[FileInfo] = field(default_factory=list)
    slots: list[tuple[str, list[FileInfo]]] = field(default_factory=list)
    is_missing: bool = False
    explanation: str = ""
    verdict: str = ""
    reason: str = ""
    wants_files: bool = False

    @property
    def every_file(self) -> list[FileInfo]:
        return [*self.files, *(one for _label, files in self.slots for one in files)]

    @property
    def empty(self) -> bool:
        """Whether a wanted document was answered with nothing at all."""
        return self.wants_files and not (self.files or self.is_missing or self.explanation)


class AnswerForm(KindForm):
    """The answer to one request: fields are made from the request, files come from their rows."""

    files_beside: ClassVar[bool] = False  # whether files may be sent that belong to no row

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

    @property
    def done_count(self) -> int:
        return sum(part.done for part in self.parts)

    @property
    def own_files(self) -> list[FileInfo]:
        """The files that belong to the answer as a whole."""
        return list(self.files_of.get("", ()))

    def file_ids(self, part_id: str = "") -> list[str]:
        return [one.id for one in self.files_of.get(part_id, ())]

    def require(self, name: str | None, part_id: str, sentence: str) -> None:
        """Refuse to send with `sentence` at the part; saving half an answer is always allowed."""
        if self.complete:
            self.refuse(name, part_id, sentence)

    def refuse(self, name: str | None, part_id: str, sentence: str) -> None:
        self.part_errors[part_id] = sentence
        self.add_error(name, sentence)

    def again(self, typed: dict[str, Any]) -> Self:
        return type(self)(
            request=self.request,
            answer=self.answer,
            typed=typed,
            review=self.review,
            files=self.files_of,
            complete=self.complete,
        )
