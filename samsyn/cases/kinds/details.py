"""Komplettering av uppgifter: rows with facts to show and typed fields to fill in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from samsyn.cases.kindforms.answering import Asked, Slot, how_answered
from samsyn.cases.kinds.base import AnswerForm, Files, Kind, Part, Told, as_text
from samsyn.kit.fields import (
    AmountField,
    ChoiceField,
    DayField,
    FactsField,
    LineField,
    LinesField,
    PartyNumberField,
    TextField,
    TickField,
    WholeNumberField,
    YesNoField,
)
from samsyn.kit.rows import KindForm, Rows
from samsyn.kit.schema import STRING, list_of, object_of
from samsyn.kit.sweden import format_amount, format_party_number

TYPES = [
    ("text", gettext_lazy("Text")),
    ("whole_number", gettext_lazy("Whole number")),
    ("amount", gettext_lazy("Amount")),
    ("date", gettext_lazy("Date")),
    ("yes_no", gettext_lazy("Yes or no")),
    ("choice", gettext_lazy("Choice")),
    ("organisation_number", gettext_lazy("Organisation number")),
    ("file", gettext_lazy("File")),
]
FIELDS: dict[str, type[forms.Field]] = {
    "whole_number": WholeNumberField,
    "amount": AmountField,
    "date": DayField,
    "yes_no": YesNoField,
    "organisation_number": PartyNumberField,
}


class DetailField(KindForm):
    label = LineField(label=gettext_lazy("Name of the field"), longest=120)
    type = ChoiceField(label=gettext_lazy("Answered with"), choices=TYPES, initial="text")
    required = TickField(label=gettext_lazy("Required"), initial=True)
    choices = LinesField(
        label=gettext_lazy("Choices"),
        help_text=gettext_lazy("At least two, one on each line. Only for Choice."),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "data-for-choice": ""}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("type") == "choice" and len(cleaned.get("choices") or []) < 2:
            self.add_error("choices", _("Write at least two choices, one on each line."))
        elif cleaned.get("type") != "choice":
            cleaned["choices"] = []
        return cleaned


class DetailRow(KindForm):
    label = LineField(label=gettext_lazy("Row"), longest=200)
    facts = FactsField(
        label=gettext_lazy("Known facts"),
        help_text=gettext_lazy("One on each line, as Label: value."),
        required=False,
    )


# Set afterwards, since a class body named `fields` would shadow the form's own.
DetailRow.row_sets = {
    "fields": Rows(
        DetailField,
        least=1,
        most=12,
        label=gettext_lazy("What the client fills in"),
        add=gettext_lazy("Add a field"),
        row=gettext_lazy("Field"),
    )
}


class DetailRequest(KindForm):
    pass


DetailRequest.row_sets = {
    "rows": Rows(
        DetailRow,
        least=1,
        most=100,
        label=gettext_lazy("Rows"),
        add=gettext_lazy("Add a row"),
        row=gettext_lazy("Row"),
    )
}


def slot_of(row: Mapping[str, Any], one: Mapping[str, Any]) -> str:
    """What the files of one field of a row have as their row, so that two fields share none."""
    return f"{row['id']}{one['id']}"


class DetailAnswers(AnswerForm):
    def make_fields(self) -> None:
        for row, one in self.asked():
            if one["type"] != "file":
                self.fields[f"{row['id']}-{one['id']}"] = self._field(one)
        self.fields["comment"] = self.fields.pop("comment")

    def asked(self) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        return [(row, one) for row in self.request["rows"] for one in row["fields"]]

    def _field(self, one: Mapping[str, Any]) -> forms.Field:
        how: dict[str, Any] = {"label": one["label"], "required": self.complete and one["required"]}
        if one["type"] == "choice":
            made: forms.Field = ChoiceField(choices=[("", _("Choose")), *[(c, c) for c in one["choices"]]], **how)
        elif one["type"] in FIELDS:
            made = FIELDS[one["type"]](**how)
        else:
            made = TextField(longest=2_000, widget=forms.Textarea(attrs={"rows": 2}), **how)
        made.error_messages["required"] = _("Fill this in, so the firm can go on.")
        return made

    def flat(self, answer: dict[str, Any]) -> dict[str, Any]:
        values = {f"{row['id']}-{one}": value for row in answer.get("rows", []) for one, value in row["values"].items()}
        return {**super().flat(answer), **values}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for row, one in self.asked():
            if one["type"] == "file" and one["required"] and not self.files_of.get(slot_of(row, one)):
                self.require(None, slot_of(row, one), _("Add a file: %(field)s.") % {"field": one["label"]})
        return cleaned

    @property
    def parts(self) -> list[Part]:
        if self.is_bound:
            self.errors  # noqa: B018 - asking is what fills part_errors
        return [
            Part(
                row["id"],
                row["label"],
                facts=row["facts"],
                required=any(one["required"] for one in row["fields"]),
                asked=[Asked(one["label"], how_answered(TYPES, one), one["required"]) for one in row["fields"]],
                fields=[self[f"{row['id']}-{one['id']}"] for one in row["fields"] if one["type"] != "file"],
                slots=[self._slot(slot_of(row, one), one) for one in row["fields"] if one["type"] == "file"],
            )
            for row in self.request["rows"]
        ]

    def _slot(self, at: str, one: Mapping[str, Any]) -> Slot:
        files = list(self.files_of.get(at, ()))
        return Slot(at, one["label"], one["required"], files, error=self.part_errors.get(at, ""))

    def encoded(self) -> dict[str, Any]:
        rows = [
            {
                "id": row["id"],
                "values": {
                    one["id"]: self.cleaned_data[f"{row['id']}-{one['id']}"]
                    for one in row["fields"]
                    if one["type"] != "file"
                },
                "files": {
                    at: self.file_ids(at)
                    for one in row["fields"]
                    if one["type"] == "file" and (at := slot_of(row, one))
                },
            }
            for row in self.request["rows"]
        ]
        return {"rows": rows, "comment": self.cleaned_data["comment"]}


class Details(Kind):
    slug, icon, order = "details", "list-checks", 4
    label = gettext_lazy("Details")
    description = gettext_lazy("Amounts, dates and other things to fill in")
    heading = gettext_lazy("Details we need")
    Request, Answer = DetailRequest, DetailAnswers
    example_request: ClassVar[dict[str, Any]] = {
        "rows": [
            {
                "id": "0a1b2c3d",
                "label": "Lån hos banken",
                "facts": [{"label": "Skuld i bokföringen", "value": "250 000,00 kr"}],
                "fields": [
                    {
                        "id": "0a1b2c3e",
                        "type": "amount",
                        "label": "Skuld enligt banken",
                        "required": True,
                        "choices": [],
                    },
                    {"id": "1a1b2c3e", "type": "date", "label": "Per den", "required": True, "choices": []},
                    {
                        "id": "2a1b2c3e",
                        "type": "choice",
                        "label": "Ränta",
                        "required": False,
                        "choices": ["Fast", "Rörlig"],
                    },
                    {
                        "id": "3a1b2c3e",
                        "type": "whole_number",
                        "label": "Antal lån",
                        "required": False,
                        "choices": [],
                    },
                    {"id": "4a1b2c3e", "type": "yes_no", "label": "Borgen", "required": False, "choices": []},
                    {
                        "id": "5a1b2c3e",
                        "type": "organisation_number",
                        "label": "Bankens nummer",
                        "required": False,
                        "choices": [],
                    },
                    {"id": "6a1b2c3e", "type": "file", "label": "Besked", "required": False, "choices": []},
                ],
            }
        ]
    }
    answer_schema: ClassVar[dict[str, Any]] = object_of(
        rows=list_of(
            object_of(
                id=STRING,
                values={
                    "type": "object",
                    "additionalProperties": {"type": ["string", "integer", "boolean", "null"]},
                },
                files={"type": "object", "additionalProperties": list_of(STRING)},
            )
        ),
        comment=STRING,
    )
    example_answer: ClassVar[dict[str, Any]] = {
        "rows": [
            {
                "id": "0a1b2c3d",
                "values": {
                    "0a1b2c3e": "249500.00",
                    "1a1b2c3e": "2025-12-31",
                    "2a1b2c3e": "Rörlig",
                    "3a1b2c3e": 2,
                    "4a1b2c3e": False,
                    "5a1b2c3e": None,
                },
                "files": {"0a1b2c3d6a1b2c3e": []},
            }
        ],
        "comment": "",
    }

    def summary(self, request: Mapping[str, Any]) -> str:
        count = len(request["rows"])
        return ngettext(
            "%%(actor)s asked for details on %(count)d item.",
            "%%(actor)s asked for details on %(count)d items.",
            count,
        ) % {"count": count}

    def rows(self, request: Mapping[str, Any]) -> list[tuple[str, str]]:
        return [(row["id"], row["label"]) for row in request["rows"]]

    def file_rows(self, request: Mapping[str, Any]) -> list[tuple[str, str]]:
        return [
            (slot_of(row, one), f"{row['label']}, {one['label']}")
            for row in request["rows"]
            for one in row["fields"]
            if one["type"] == "file"
        ]

    def read(
        self,
        request: Mapping[str, Any],
        answer: Mapping[str, Any] | None = None,
        review: Mapping[str, Any] | None = None,
        files: Files | None = None,
    ) -> list[Told]:
        given = {row["id"]: row["values"] for row in (answer or {}).get("rows", [])}
        return [
            Told(
                row["id"],
                row["label"],
                facts=row["facts"],
                slots=[
                    (one["label"], list((files or {}).get(slot_of(row, one), ())))
                    for one in row["fields"]
                    if answer and one["type"] == "file"
                ],
                values=[
                    (one["label"], shown(one["type"], given.get(row["id"], {}).get(one["id"])))
                    for one in row["fields"]
                    if answer and one["type"] != "file"
                ],
            )
            for row in request["rows"]
        ]


def shown(kind: str, value: Any) -> str:
    """A stored value as a person reads it."""
    if value is None or value == "":
        return ""
    if kind == "amount":
        return format_amount(value)
    if kind == "organisation_number":
        return format_party_number(value)
    return as_text(value) if not isinstance(value, int) or isinstance(value, bool) else str(value)
