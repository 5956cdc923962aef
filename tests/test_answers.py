"""Answers: what is required, what is locked, and where their files come from."""

from __future__ import annotations

import copy
import json

from samsyn.cases import kinds
from samsyn.cases.kinds.base import FileInfo
from samsyn.kit.rows import as_post
from tests.kinds import html


def test_what_is_required_is_asked_for_only_when_sending() -> None:
    kind = kinds.get("question")
    empty = {"a-comment": "Halva svaret"}
    assert not kind.answer_form(kind.example_request, empty).is_valid()
    saving = kind.answer_form(kind.example_request, empty, complete=False)
    assert saving.is_valid()
    assert saving.encoded()["comment"] == "Halva svaret"


def test_a_wanted_document_needs_a_file_or_an_explanation() -> None:
    kind = kinds.get("document_request")
    first, second = (row["id"] for row in kind.example_request["documents"])
    form = kind.answer_form(kind.example_request, {f"a-missing-{second}": "on", f"a-explanation-{second}": " "})
    assert not form.is_valid()
    assert all(part.error for part in form.parts)
    there = {first: [FileInfo("f1", "a.pdf", 1, "application/pdf")]}
    whole = {f"a-missing-{second}": "on", f"a-explanation-{second}": "Det kom aldrig."}
    form = kind.answer_form(kind.example_request, whole, files=there)
    assert form.is_valid(), form.errors
    assert form.encoded()["rows"] == [
        {"id": first, "missing": False, "explanation": "", "files": ["f1"]},
        {"id": second, "missing": True, "explanation": "Det kom aldrig.", "files": []},
    ]
    assert form.done_count == 2


def test_half_an_answer_can_always_be_saved() -> None:
    for slug in ("document_request", "details"):
        kind = kinds.get(slug)
        request = copy.deepcopy(kind.example_request)
        if slug == "details":
            request["rows"][0]["fields"][-1]["required"] = True
        half = kind.answer_form(request, {"a-comment": "Mer kommer"}, complete=False)
        assert half.is_valid(), half.errors
        assert half.encoded()["comment"] == "Mer kommer"
        assert not any(part.error for part in half.parts)


def test_an_explanation_without_the_tick_still_says_that_it_does_not_exist() -> None:
    kind = kinds.get("document_request")
    first, second = (row["id"] for row in kind.example_request["documents"])
    there = {first: [FileInfo("f1", "a.pdf", 1, "application/pdf")]}
    form = kind.answer_form(kind.example_request, {f"a-explanation-{second}": "Det kom aldrig."}, files=there)
    assert form.is_valid(), form.errors
    assert form.encoded()["rows"][1]["missing"] is True


def test_file_ids_come_from_the_files_and_never_from_the_post() -> None:
    kind = kinds.get("document_request")
    first, second = (row["id"] for row in kind.example_request["documents"])
    there = {one: [FileInfo(f"own-{one}", "a.pdf", 1, "application/pdf")] for one in (first, second)}
    data = {f"a-files-{first}": "stolen", f"file.{first}": "stolen", "files": "stolen", "a-files": "stolen"}
    form = kind.answer_form(kind.example_request, data, files=there)
    assert form.is_valid()
    assert "stolen" not in json.dumps(form.encoded())


def test_an_accepted_row_goes_along_unchanged_and_says_so_when_it_is_touched() -> None:
    kind = kinds.get("document_request")
    first, second = (row["id"] for row in kind.example_request["documents"])
    review = {"rows": [{"id": second, "verdict": "accepted", "reason": ""}]}
    files = {first: [FileInfo("new", "ny.pdf", 1, "application/pdf")]}
    how = {"answer": kind.example_answer, "review": review, "files": files}
    form = kind.answer_form(kind.example_request, {}, **how)
    assert form.is_valid(), form.errors
    assert form.encoded()["rows"][1] == kind.example_answer["rows"][1]
    assert form.encoded()["rows"][0]["files"] == ["new"]
    touched = kind.answer_form(kind.example_request, {f"a-explanation-{second}": "Annat"}, **how)
    assert not touched.is_valid()
    assert next(part.error for part in touched.parts if part.id == second)
    page = html("kinds/asked.html", kind=kind, form=form, editable=True)
    assert f'name="file.{first}"' in page
    assert f'name="file.{second}"' not in page
    assert f"explanation-{second}" not in page


def test_a_draft_shows_what_was_typed_without_errors() -> None:
    kind = kinds.get("details")
    row = kind.example_request["rows"][0]
    name = f"{row['id']}-{row['fields'][0]['id']}"
    typed = kind.answer_form(kind.example_request, {f"a-{name}": "tolv\x00 kronor", "a-comment": "hej"}).typed()
    assert json.loads(json.dumps(typed))[name] == "tolv kronor"
    form = kind.answer_form(kind.example_request, typed=typed)
    assert form[name].value() == "tolv kronor"
    assert not form.errors
    assert form.again(typed)[name].value() == "tolv kronor"


def test_details_are_checked_as_typed_and_shown_as_people_write() -> None:
    kind = kinds.get("details")
    row = kind.example_request["rows"][0]
    data = {
        f"a-{row['id']}-{row['fields'][0]['id']}": "1 249,50 kr",
        f"a-{row['id']}-{row['fields'][1]['id']}": "igår",
    }
    form = kind.answer_form(kind.example_request, data)
    assert not form.is_valid()
    assert list(form.errors) == [f"{row['id']}-{row['fields'][1]['id']}"]
    shown = dict(kind.read(kind.example_request, kind.example_answer)[0].values)
    assert shown["Skuld enligt banken"] == "249\u00a0500,00\u00a0kr"


def test_a_file_of_a_details_row_belongs_to_the_field_that_asks_for_it() -> None:
    kind = kinds.get("details")
    request = copy.deepcopy(kind.example_request)
    (row,) = request["rows"]
    asked = row["fields"].pop()
    row["fields"] += [{**asked, "required": True}, {**asked, "id": "7a1b2c3e", "label": "Avtal", "required": True}]
    first, second = (f"{row['id']}{one['id']}" for one in row["fields"][-2:])
    assert kind.file_rows(request) == [(first, "Lån hos banken, Besked"), (second, "Lån hos banken, Avtal")]
    posted = as_post(kind.answer_form(request, answer=kind.example_answer))
    besked = {first: [FileInfo("f", "a.pdf", 1, "application/pdf")]}
    form = kind.answer_form(request, posted, files=besked)
    assert not form.is_valid()
    told, missing = form.parts[0].slots
    assert (told.error, bool(missing.error), form.parts[0].done) == ("", True, False)
    assert "comment" not in form.errors
    both = {**besked, second: [FileInfo("g", "b.pdf", 1, "application/pdf")]}
    whole = kind.answer_form(request, posted, files=both)
    assert whole.is_valid()
    answer = whole.encoded()
    assert answer["rows"][0]["files"] == {first: ["f"], second: ["g"]}
    assert [
        (label, [one.name for one in files]) for label, files in kind.read(request, answer, files=both)[0].slots
    ] == [
        ("Besked", ["a.pdf"]),
        ("Avtal", ["b.pdf"]),
    ]


def test_files_are_kept_as_the_row_says() -> None:
    kind = kinds.get("document_request")
    request = copy.deepcopy(kind.example_request)
    request["documents"][0]["retention_class"] = "due_diligence"
    first, second = (row["id"] for row in request["documents"])
    assert kind.retention(request, first) == "due_diligence"
    assert kind.retention(request, second) == kind.retention(request, "unknown") == "accounting"
