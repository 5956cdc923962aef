"""Begäran om underlag: one to fifty wanted documents, each with files or an explanation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from samsyn.cases.kindforms.answering import Slot
from samsyn.cases.kinds.base import RETENTION, AnswerForm, Files, Kind, Part, ReviewForm, Told, locked_in, rows_with
from samsyn.kit.fields import ChoiceField, LineField, TextField, TickField
from samsyn.kit.rows import KindForm, Rows
from samsyn.kit.schema import BOOLEAN, STRING, list_of, object_of


class WantedRow(KindForm):
    name = LineField(label=gettext_lazy("Document"), longest=200)
    note = LineField(label=gettext_lazy("Note"), required=False, longest=300)
    required = TickField(label=gettext_lazy("Required"), initial=True)
    retention_class = ChoiceField(label=gettext_lazy("Kept as"), choices=RETENTION, initial="accounting")


class Wanted(KindForm):
    documents = Rows(
        WantedRow,
        least=1,
        most=50,
        label=gettext_lazy("Documents you need"),
        add=gettext_lazy("Add a document"),
        row=gettext_lazy("Document"),
        paste="name",
    )


def locked_sentence(accepted: bool) -> str:
    """Why a row can't be changed."""
    if accepted:
        return _("The firm has already accepted this, so it can't be changed.")
    return _("This has been sent and isn't asked for again, so it can't be changed.")


class WantedAnswers(AnswerForm):
    def make_fields(self) -> None:
        for one in self.open_rows:
            self.fields[f"missing-{one['id']}"] = TickField(label=_("It doesn't exist"))
            self.fields[f"explanation-{one['id']}"] = TextField(
                label=_("Why doesn't it exist?"), required=False, widget=forms.Textarea(attrs={"rows": 2})
            )
        self.fields["comment"] = self.fields.pop("comment")

    @property
    def locked(self) -> dict[str, dict[str, Any]]:
        """Rows that can't be changed now, with what was answered: they go along as they are."""
        kept = locked_in(self.review, [one["id"] for one in self.request["documents"]])
        return {row["id"]: row for row in self.answer.get("rows", []) if row["id"] in kept}

    @property
    def open_rows(self) -> list[dict[str, Any]]:
        return [one for one in self.request["documents"] if one["id"] not in self.locked]

    def flat(self, answer: dict[str, Any]) -> dict[str, Any]:
        shown = super().flat(answer)
        for row in answer.get("rows", []):
            shown[f"missing-{row['id']}"] = row["missing"]
            shown[f"explanation-{row['id']}"] = row["explanation"]
        return shown

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for row in self.locked:
            if any(self.add_prefix(f"{half}-{row}") in self.data for half in ("missing", "explanation")):
                self.refuse(None, row, locked_sentence(row in rows_with(self.review, "accepted")))
        for one in self.open_rows:
            missing, why = cleaned.get(f"missing-{one['id']}"), cleaned.get(f"explanation-{one['id']}")
            if why and not missing and not self.files_of.get(one["id"]):
                # Nobody explains what is there; the tick beside the words is easily overlooked.
                missing = cleaned[f"missing-{one['id']}"] = True
            if missing and not why:
                sentence = _("Say why it doesn't exist, so the firm can go on without it.")
                self.require(f"explanation-{one['id']}", one["id"], sentence)
            elif one["required"] and not missing and not self.files_of.get(one["id"]):
                sentence = _("Add a file, or say that it doesn't exist.")
                self.require(f"missing-{one['id']}", one["id"], sentence)
        return cleaned

    @property
    def parts(self) -> list[Part]:
        verdicts = {row["id"]: row for row in self.review.get("rows", [])}
        if self.is_bound:
            self.errors  # noqa: B018 - asking is what fills part_errors
        found = []
        for one in self.request["documents"]:
            given = verdicts.get(one["id"], {})
            slot = Slot(
                one["id"],
                files=list(self.files_of.get(one["id"], ())),
                old_files=list(self.files_of.get(f"old:{one['id']}", ())),
                error=self.part_errors.get(one["id"], ""),
            )
            part = Part(
                one["id"],
                one["name"],
                one["note"],
                one["required"],
                slots=[slot],
                verdict=given.get("verdict", ""),
                reason=given.get("reason", ""),
                locked=one["id"] in self.locked,
            )
            if part.locked:
                part.told_missing = self.locked[one["id"]]["explanation"]
            else:
                part.missing = self[f"missing-{one['id']}"]
                part.explanation = self[f"explanation-{one['id']}"]
            found.append(part)
        return found

    def encoded(self) -> dict[str, Any]:
        rows = []
        for one in self.request["documents"]:
            if one["id"] in self.locked:
                rows.append(self.locked[one["id"]])
                continue
            missing = self.cleaned_data[f"missing-{one['id']}"]
            rows.append(
                {
                    "id": one["id"],
                    "missing": missing,
                    "explanation": self.cleaned_data[f"explanation-{one['id']}"],
                    "files": self.file_ids(one["id"]),
                }
            )
        return {"rows": rows, "comment": self.cleaned_data["comment"]}


class DocumentRequest(Kind):
    slug, icon, order = "document_request", "file-up", 2
    label = gettext_lazy("Document request")
    description = gettext_lazy("Files or photos, row by row")
    heading = gettext_lazy("Documents we need")
    Request, Answer = Wanted, WantedAnswers
    example_request: ClassVar[dict[str, Any]] = {
        "documents": [
            {
                "id": "0a1b2c3d",
                "name": "Kontoutdrag, december",
                "note": "Hela månaden",
                "required": True,
                "retention_class": "accounting",
            },
            {
                "id": "1a1b2c3d",
                "name": "Kvitto drivmedel 4 december",
                "note": "",
                "required": True,
                "retention_class": "accounting",
            },
        ]
    }
    example_answer: ClassVar[dict[str, Any]] = {
        "rows": [
            {
                "id": "0a1b2c3d",
                "missing": False,
                "explanation": "",
                "files": ["01900000-0000-7000-8000-000000000001"],
            },
            {"id": "1a1b2c3d", "missing": True, "explanation": "Kvittot kom aldrig.", "files": []},
        ],
        "comment": "",
    }
    answer_schema: ClassVar[dict[str, Any]] = object_of(
        rows=list_of(object_of(id=STRING, missing=BOOLEAN, explanation=STRING, files=list_of(STRING))),
        comment=STRING,
    )
    example_review: ClassVar[dict[str, Any]] = {
        "rows": [
            {"id": "0a1b2c3d", "verdict": "returned", "reason": "Den nedre halvan saknas."},
            {"id": "1a1b2c3d", "verdict": "accepted", "reason": ""},
        ]
    }

    def summary(self, request: Mapping[str, Any]) -> str:
        count = len(request["documents"])
        return ngettext(
            "%%(actor)s asked for %(count)d document.", "%%(actor)s asked for %(count)d documents.", count
        ) % {"count": count}

    def rows(self, request: Mapping[str, Any]) -> list[tuple[str, str]]:
        return [(one["id"], one["name"]) for one in request["documents"]]

    def file_rows(self, request: Mapping[str, Any]) -> list[tuple[str, str]]:
        return self.rows(request)

    def retention(self, request: Mapping[str, Any], row: str) -> str:
        classes = {one["id"]: one["retention_class"] for one in request["documents"]}
        return str(classes.get(row, "accounting"))

    def review_form(self, request: Mapping[str, Any], data: Any = None, **how: Any) -> KindForm | None:
        return ReviewForm(data, rows=self.rows(request), **how)

    def read(
        self,
        request: Mapping[str, Any],
        answer: Mapping[str, Any] | None = None,
        review: Mapping[str, Any] | None = None,
        files: Files | None = None,
    ) -> list[Told]:
        given = {row["id"]: row for row in (answer or {}).get("rows", [])}
        verdicts = {row["id"]: row for row in (review or {}).get("rows", [])}
        told = []
        for one in request["documents"]:
            row, verdict = given.get(one["id"], {}), verdicts.get(one["id"], {})
            told.append(
                Told(
                    one["id"],
                    one["name"],
                    one["note"],
                    files=list((files or {}).get(one["id"], ())),
                    is_missing=bool(row.get("missing")),
                    explanation=row.get("explanation", ""),
                    wants_files=True,
                    verdict=verdict.get("verdict", ""),
                    reason=verdict.get("reason", ""),
                )
            )
        return told
