"""Fråga: one to twenty questions, each answered by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from samsyn.cases.kindforms.answering import Asked, how_answered
from samsyn.cases.kinds.base import AnswerForm, Files, Kind, Part, Told, as_text
from samsyn.kit.fields import ChoiceField, LineField, LinesField, TextField, TickField, YesNoField
from samsyn.kit.rows import KindForm, Rows
from samsyn.kit.schema import STRING, list_of, object_of

TYPES = [
    ("text", gettext_lazy("Free text")),
    ("yes_no", gettext_lazy("Yes or no")),
    ("choice", gettext_lazy("Choice")),
]


class QuestionRow(KindForm):
    text = LineField(label=gettext_lazy("Question"), longest=500)
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
            self.add_error("choices", ValidationError(_("Write at least two choices, one on each line.")))
        if cleaned.get("type") in ("text", "yes_no"):
            cleaned["choices"] = []
        return cleaned


class Questions(KindForm):
    questions = Rows(
        QuestionRow,
        least=1,
        most=20,
        label=gettext_lazy("Questions"),
        add=gettext_lazy("Add a question"),
        row=gettext_lazy("Question"),
    )


class QuestionAnswers(AnswerForm):
    files_beside = True

    def make_fields(self) -> None:
        for one in self.request["questions"]:
            self.fields[one["id"]] = self._field(one)
        self.fields["comment"] = self.fields.pop("comment")

    def _field(self, one: Mapping[str, Any]) -> forms.Field:
        how: dict[str, Any] = {"label": one["text"], "required": self.complete and one["required"]}
        if one["type"] == "yes_no":
            made: forms.Field = YesNoField(**how)
        elif one["type"] == "choice":
            made = ChoiceField(choices=[(c, c) for c in one["choices"]], widget=forms.RadioSelect, **how)
        else:
            made = TextField(widget=forms.Textarea(attrs={"rows": 3}), **how)
        made.error_messages["required"] = _("Answer the question, so the firm can go on.")
        return made

    def flat(self, answer: dict[str, Any]) -> dict[str, Any]:
        values = {one["id"]: one["value"] for one in answer.get("answers", [])}
        return {**super().flat(answer), **values}

    @property
    def parts(self) -> list[Part]:
        return [
            Part(
                one["id"],
                one["text"],
                required=one["required"],
                asked=[Asked("", how_answered(TYPES, one), one["required"])],
                fields=[self[one["id"]]],
            )
            for one in self.request["questions"]
        ]

    def encoded(self) -> dict[str, Any]:
        answers = [{"id": one["id"], "value": self.cleaned_data[one["id"]]} for one in self.request["questions"]]
        return {"answers": answers, "comment": self.cleaned_data["comment"], "files": self.file_ids()}


class Question(Kind):
    slug, icon, order = "question", "message-circle-question-mark", 1
    label = gettext_lazy("Question")
    description = gettext_lazy("Short questions with one answer each")
    heading = gettext_lazy("Questions from the firm")
    Request, Answer = Questions, QuestionAnswers
    example_request: ClassVar[dict[str, Any]] = {
        "questions": [
            {
                "id": "0a1b2c3d",
                "text": "Vad gällde inköpet den 9 december?",
                "type": "text",
                "choices": [],
                "required": True,
            },
            {
                "id": "1a1b2c3d",
                "text": "Är varan kvar i lager?",
                "type": "yes_no",
                "choices": [],
                "required": True,
            },
            {
                "id": "2a1b2c3d",
                "text": "Vem betalade?",
                "type": "choice",
                "choices": ["Företaget", "Jag själv"],
                "required": False,
            },
        ]
    }
    answer_schema: ClassVar[dict[str, Any]] = object_of(
        answers=list_of(object_of(id=STRING, value={"type": ["string", "boolean", "null"]})),
        comment=STRING,
        files=list_of(STRING),
    )
    example_answer: ClassVar[dict[str, Any]] = {
        "answers": [
            {"id": "0a1b2c3d", "value": "En degblandare till bageriet."},
            {"id": "1a1b2c3d", "value": False},
            {"id": "2a1b2c3d", "value": "Företaget"},
        ],
        "comment": "",
        "files": [],
    }

    def summary(self, request: Mapping[str, Any]) -> str:
        count = len(request["questions"])
        return ngettext("%%(actor)s asked %(count)d question.", "%%(actor)s asked %(count)d questions.", count) % {
            "count": count
        }

    def rows(self, request: Mapping[str, Any]) -> list[tuple[str, str]]:
        return [(one["id"], one["text"]) for one in request["questions"]]

    def read(
        self,
        request: Mapping[str, Any],
        answer: Mapping[str, Any] | None = None,
        review: Mapping[str, Any] | None = None,
        files: Files | None = None,
    ) -> list[Told]:
        given = {one["id"]: one["value"] for one in (answer or {}).get("answers", [])}
        told = [
            Told(one["id"], one["text"], values=[("", as_text(given.get(one["id"])))] if answer else [])
            for one in request["questions"]
        ]
        beside = list((files or {}).get("", ()))
        return [*told, Told("", _("Files"), files=beside)] if beside else told
