"""What the tests of the kinds share: every kind, and forms shown and posted again unchanged."""

from __future__ import annotations

from typing import Any

import pytest
from django.template.loader import render_to_string

from samsyn.cases import kinds
from samsyn.cases.files import files_in as named_in
from samsyn.cases.kinds.base import FileInfo, Kind
from samsyn.kit.rows import KindForm, as_post

ALL = kinds.all_kinds()
WITH_ROWS = [kind for kind in ALL if kind.Request.row_sets]
BY_FORM = [kind for kind in ALL if kind.slug != "approval"]  # an approval is answered by verbs of its own
each_kind = pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.slug)
each_with_rows = pytest.mark.parametrize("kind", WITH_ROWS, ids=lambda kind: kind.slug)
each_by_form = pytest.mark.parametrize("kind", BY_FORM, ids=lambda kind: kind.slug)


def files_in(answer: dict[str, Any]) -> dict[str, list[FileInfo]]:
    """The files an answer names, as their rows would tell of them."""
    found: dict[str, list[FileInfo]] = {}
    for one, row in named_in(answer).items():
        found.setdefault(row, []).append(FileInfo(one, "kvitto.pdf", 1200, "application/pdf", url="/fil/"))
    return found


def request_again(kind: Kind, request: dict[str, Any]) -> KindForm:
    """The bound form of a request that was shown and posted unchanged."""
    people = [(one, one) for one in request.get("named", [])] or [(request["to"], "?")] if request.get("to") else []
    people = people or [(one, one) for one in request.get("named", [])]
    return kind.request_form(as_post(kind.request_form(initial=request, people=people)), people=people)


def answer_again(kind: Kind, request: dict[str, Any], answer: dict[str, Any], **how: Any) -> Any:
    files = files_in(answer)
    shown = kind.answer_form(request, answer=answer, files=files, **how)
    return kind.answer_form(request, as_post(shown), answer=answer, files=files, **how)


def html(template: str, **context: Any) -> str:
    return str(render_to_string(template, {"accept": ".pdf", "max_mb": 25, **context}))
