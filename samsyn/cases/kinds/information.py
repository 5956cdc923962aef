"""Information: something to read, to be confirmed or not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from samsyn.cases.kinds.base import AnswerForm, Kind
from samsyn.kit.fields import TickField
from samsyn.kit.rows import KindForm
from samsyn.kit.schema import STRING, list_of, object_of


class Told(KindForm):
    acknowledge = TickField(
        label=gettext_lazy("The client must confirm"),
        help_text=gettext_lazy("The client presses I have read this. Otherwise it closes by itself after 14 days."),
    )


class Reply(AnswerForm):
    def make_fields(self) -> None:
        self.fields["comment"].label = _("Your reply")
        self.fields["comment"].required = self.complete

    def encoded(self) -> dict[str, Any]:
        return {"comment": self.cleaned_data["comment"], "files": self.file_ids()}


class Information(Kind):
    slug, icon, order = "information", "info", 5
    label = gettext_lazy("Information")
    description = gettext_lazy("Something to read, to be confirmed if you like")
    Request, Answer = Told, Reply
    example_request: ClassVar[dict[str, Any]] = {"acknowledge": True}
    answers_by_form = False
    firm_files_kept_as = "other"  # what is told to many is nobody's accounting material
    needs_words = True
    talks = True
    answer_schema: ClassVar[dict[str, Any]] = object_of(comment=STRING, files=list_of(STRING))
    example_answer: ClassVar[dict[str, Any]] = {"comment": "Tack, då vet vi.", "files": []}

    def only_to_read(self, request: Mapping[str, Any]) -> bool:
        return not request.get("acknowledge")

    def summary(self, request: Mapping[str, Any]) -> str:
        return _("%(actor)s sent information.")

    def closing_outcome(self, request: Mapping[str, Any], answer: Mapping[str, Any] | None) -> str:
        return "answered" if answer else "informed"
