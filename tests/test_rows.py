"""Rows are added and removed without JavaScript, and keep their ids."""

from __future__ import annotations

import copy
from typing import Any

from django.template import engines

from samsyn.cases import kinds
from samsyn.cases.kinds.base import Kind
from samsyn.kit.rows import KindForm, as_post
from tests.kinds import each_with_rows


def posted(form: KindForm, do: str, **typed: Any) -> dict[str, Any]:
    return {**as_post(form), **typed, "do": do}


def ids(form: KindForm) -> list[str]:
    return [row.row_id for rows in form.rows.values() for row in rows]


@each_with_rows
def test_rows_keep_their_ids_and_words_when_one_is_added(kind: Kind) -> None:
    shown = kind.request_form(initial=kind.example_request)
    name = next(iter(shown.rows))
    pressed = kind.request_form(posted(shown, f"{name}.add"))
    assert pressed.pressed()
    more = pressed.changed()
    assert ids(more)[:-1] == ids(shown)
    assert ids(more)[-1] not in ids(shown)
    assert not more.errors
    again = kind.request_form(as_post(more))
    assert again.is_valid(), "the empty row that was added is nobody's fault"
    assert again.encoded() == kind.example_request


@each_with_rows
def test_rows_keep_their_ids_when_another_is_removed(kind: Kind) -> None:
    start = kind.request_form(initial=kind.example_request)
    name = next(iter(start.rows))
    two = kind.request_form(posted(start, f"{name}.add")).changed()
    gone = ids(two)[0]
    left = kind.request_form(posted(two, f"{name}.remove.{gone}")).changed()
    assert ids(left) == ids(two)[1:]


@each_with_rows
def test_rows_keep_their_ids_when_they_change_places(kind: Kind) -> None:
    shown = kind.request_form(initial=kind.example_request)
    name, rows = next(iter(shown.rows.items()))
    data = as_post(shown)
    data[rows.html_name] = data[rows.html_name][::-1]
    form = kind.request_form(data)
    assert form.is_valid()
    assert form.encoded()[name] == kind.example_request[name][::-1]


@each_with_rows
def test_what_is_typed_wrongly_is_kept_when_a_row_is_added(kind: Kind) -> None:
    shown = kind.request_form(initial=kind.example_request)
    name, rows = next(iter(shown.rows.items()))
    row = next(iter(rows))
    field = next(one for one in row.fields if one in ("text", "name", "label"))
    more = kind.request_form(posted(shown, f"{name}.add", **{row.add_prefix(field): "x" * 900})).changed()
    assert next(iter(more.rows[name]))[field].value() == "x" * 900
    assert not more.errors


def test_fields_inside_a_row_are_added_and_removed() -> None:
    kind = kinds.get("details")
    shown = kind.request_form(initial=kind.example_request)
    row = kind.example_request["rows"][0]["id"]
    more = kind.request_form(posted(shown, f"rows.{row}.fields.add")).changed()
    inner = next(iter(more.rows["rows"])).rows["fields"]
    assert len(inner) == len(kind.example_request["rows"][0]["fields"]) + 1
    first = next(iter(inner)).row_id
    fewer = kind.request_form(posted(more, f"rows.{row}.fields.remove.{first}")).changed()
    assert first not in [one.row_id for one in next(iter(fewer.rows["rows"])).rows["fields"]]
    assert [one.row_id for one in fewer.rows["rows"]] == [row]


def test_a_button_of_another_row_changes_nothing() -> None:
    kind = kinds.get("details")
    shown = kind.request_form(initial=kind.example_request)
    for do in ("", "send", "rows.ffffffff.fields.add", "rowsadd", "other.add", "rows.paste"):
        assert not kind.request_form(posted(shown, do)).pressed()


def test_a_pasted_list_becomes_rows() -> None:
    kind = kinds.get("document_request")
    form = kind.request_form()
    data = {
        **as_post(form),
        "r-documents-paste": "Kontoutdrag\n\n  Dagskassor \r\nFakturor",
        "do": "documents.paste",
    }
    pasted = kind.request_form(data).changed()
    assert [row["name"].value() for row in pasted.rows["documents"]] == [
        "Kontoutdrag",
        "Dagskassor",
        "Fakturor",
    ]
    sent = kind.request_form(as_post(pasted))
    assert sent.is_valid()
    assert [row["required"] for row in sent.encoded()["documents"]] == [True, True, True]


def test_too_long_a_pasted_list_is_kept_and_refused_with_a_sentence() -> None:
    kind = kinds.get("document_request")
    lines = "\n".join(f"Rad {number}" for number in range(60))
    data = {**as_post(kind.request_form()), "r-documents-paste": lines, "do": "documents.paste"}
    pasted = kind.request_form(data).changed()
    sent = kind.request_form(as_post(pasted))
    assert len(sent.rows["documents"]) == 60
    assert not sent.is_valid()
    assert "50" in sent.rows["documents"].error


@each_with_rows
def test_no_rows_at_all_get_a_sentence(kind: Kind) -> None:
    empty = kind.request_form(as_post(kind.request_form()))
    name = next(iter(empty.rows))
    assert not empty.is_valid()
    assert empty.rows[name].error
    assert not kind.request_form({"do": "send"}).is_valid()


def test_row_ids_that_are_no_ids_are_not_taken() -> None:
    kind = kinds.get("document_request")
    shown = kind.request_form(initial=kind.example_request)
    data = as_post(shown)
    own = data["r-documents"]
    data["r-documents"] = [own[0], own[0], "<script>", "../../x", own[1]]
    form = kind.request_form(data)
    assert ids(form) == own


def test_an_error_stands_at_its_row() -> None:
    kind = kinds.get("question")
    request = copy.deepcopy(kind.example_request)
    request["questions"][2]["choices"] = ["Bara ett"]
    form = kind.request_form(as_post(kind.request_form(initial=request)))
    assert not form.is_valid()
    assert [bool(row.errors) for row in form.rows["questions"]] == [False, False, True]
    page = (
        engines["jinja2"]
        .from_string('{% from "components/forms.html" import kind_form %}{{ kind_form(form) }}')
        .render({"form": form})
    )
    last_row = page.rpartition('class="panel row-item"')[2]
    assert page.count("data-wrong") == 1
    assert "data-wrong" in last_row
