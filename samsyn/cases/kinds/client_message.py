"""Ärende till byrån: the one kind a client starts, then back and forth as any case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from samsyn.cases.kinds.base import Kind
from samsyn.cases.kinds.information import Reply
from samsyn.kit.fields import ChoiceField
from samsyn.kit.rows import KindForm
from samsyn.kit.schema import STRING, list_of, object_of

TOPICS = [("question", gettext_lazy("A question")), ("information", gettext_lazy("Information to the firm"))]


class PersonField(ChoiceField):
    """A person at the firm, or null for whoever is responsible."""

    def clean(self, value: Any) -> Any:
        return super().clean(value) or None

    def schema(self) -> dict[str, Any]:
        return {"type": ["string", "null"]}


class Written(KindForm):
    names_people = ("to",)
    before_people = (("", gettext_lazy("The firm")),)
    topic = ChoiceField(label=gettext_lazy("What is it?"), choices=TOPICS, initial="question", widget=forms.RadioSelect)
    to = PersonField(label=gettext_lazy("To"), required=False, choices=[("", gettext_lazy("The firm"))])


class ClientMessage(Kind):
    slug, icon, order, by = "client_message", "message-square", 6, "client"
    label = gettext_lazy("Case to the firm")
    description = gettext_lazy("A question or information to the firm")
    Request, Answer = Written, Reply
    talks = True
    example_request: ClassVar[dict[str, Any]] = {"topic": "question", "to": None}
    answer_schema: ClassVar[dict[str, Any]] = object_of(comment=STRING, files=list_of(STRING))
    example_answer: ClassVar[dict[str, Any]] = {"comment": "Ja, det stämmer.", "files": []}

    def summary(self, request: Mapping[str, Any]) -> str:
        return _("%(actor)s wrote to the firm.")
