"""The contract every kind of case keeps, and the rows inside them."""

from __future__ import annotations

import copy
import datetime as dt
import json
from typing import Any

import pytest
from django.template import engines
from django.template.loader import render_to_string
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from samsyn.cases import kinds
from samsyn.cases.kindforms.judging import REVIEW_SCHEMA
from samsyn.cases.kinds.base import FileInfo, Kind, check_kinds, registry
from samsyn.kit.rows import KindForm, as_post

ALL = kinds.all_kinds()
WITH_ROWS = [kind for kind in ALL if kind.Request.row_sets]
BY_FORM = [kind for kind in ALL if kind.slug != "approval"]  # an approval is answered by verbs of its own
each_kind = pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.slug)
each_with_rows = pytest.mark.parametrize("kind", WITH_ROWS, ids=lambda kind: kind.slug)
each_by_form = pytest.mark.parametrize("kind", BY_FORM, ids=lambda kind: kind.slug)


def files_in(answer: dict[str, Any]) -> dict[str, list[FileInfo]]:
    """The files an answer names, as their rows would tell of them."""
    parts = [{"id": "", **answer}, *answer.get("rows", [])]
    return {
        part["id"]: [FileInfo(one, "kvitto.pdf", 1200, "application/pdf", url="/fil/") for one in part["files"]]
        for part in parts
        if part.get("files")
    }


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


# The contract


def test_the_kinds_are_the_five_of_the_firm_and_the_one_of_the_client() -> None:
    firm = ["question", "document_request", "approval", "details", "information"]
    assert [kind.slug for kind in kinds.for_firm()] == firm
    assert [kind.slug for kind in kinds.for_client()] == ["client_message"]


@each_kind
def test_a_kind_tells_what_it_is(kind: Kind) -> None:
    assert kinds.get(kind.slug) is kind
    assert str(kind.label)
    assert str(kind.description)
    assert kind.icon
    assert kind.version == 1
    assert "%(actor)s" in kind.summary(kind.example_request)
    assert kind.closing_outcome(kind.example_answer) in {
        "answered",
        "approved",
        "declined",
        "acknowledged",
        "informed",
    }


def test_a_kind_without_icon_or_examples_is_refused_by_a_check(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_kinds() == []
    bare = object.__new__(type("Bare", (), {"slug": "bare", "label": "Bare"}))
    monkeypatch.setitem(registry, "bare", bare)  # type: ignore[arg-type]
    told = " ".join(fault.msg for fault in check_kinds())
    assert "no icon" in told
    assert "no example_request" in told


@each_kind
def test_the_example_request_survives_the_form_and_json(kind: Kind) -> None:
    form = request_again(kind, kind.example_request)
    assert form.is_valid(), form.errors
    assert form.encoded() == kind.example_request
    assert json.loads(json.dumps(form.encoded())) == kind.example_request


@each_by_form
def test_the_example_answer_survives_the_form_and_json(kind: Kind) -> None:
    form = answer_again(kind, kind.example_request, kind.example_answer)
    assert form.is_valid(), form.errors
    assert form.encoded() == kind.example_answer
    assert json.loads(json.dumps(form.encoded())) == kind.example_answer


@each_kind
def test_the_examples_match_their_schemas(kind: Kind) -> None:
    request_schema = kind.Request.json_schema()
    for schema, example in (
        (request_schema, kind.example_request),
        (kind.answer_schema, kind.example_answer),
    ):
        Draft202012Validator.check_schema(schema)
        Draft202012Validator(schema).validate(example)
        assert not Draft202012Validator(schema).is_valid({**example, "unknown": 1})
    if kind.example_review:
        Draft202012Validator(REVIEW_SCHEMA).validate(kind.example_review)


@each_kind
def test_unknown_keys_are_refused_at_every_depth(kind: Kind) -> None:
    kind.check_request(kind.example_request)
    with pytest.raises(ValueError, match="unknown keys: sneaked"):
        kind.check_request({**kind.example_request, "sneaked": 1})
    for name in kind.Request.row_sets:
        sneaked = copy.deepcopy(kind.example_request)
        sneaked[name][0]["sneaked"] = 1
        with pytest.raises(ValueError, match="unknown keys: sneaked"):
            kind.check_request(sneaked)
        with pytest.raises(ValueError, match="not a list"):
            kind.check_request({**kind.example_request, name: {"a": 1}})


@each_kind
def test_posted_keys_that_nobody_declared_are_not_stored(kind: Kind) -> None:
    posted = {**as_post(kind.request_form(initial=kind.example_request)), "r-sneaked": "1", "sneaked": "1"}
    form = kind.request_form(posted)
    assert form.is_valid()
    assert "sneaked" not in json.dumps(form.encoded())


@each_kind
@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_kind_is_asked_read_and_written_on_a_page(kind: Kind, language: str) -> None:
    request, answer = kind.example_request, kind.example_answer
    told = kind.read(request, answer, kind.example_review, files_in(answer))
    with translation.override(language):
        form = kind.answer_form(request, answer=answer, files=files_in(answer))
        asked = html("kinds/asked.html", kind=kind, form=form, editable=True, request_files=[])
        only_read = html("kinds/asked.html", kind=kind, form=form, editable=False, request_files=[])
        read = html("kinds/told.html", told=told)
    assert "<input" not in only_read
    assert "<textarea" not in only_read
    for _id, label in kind.rows(request):
        assert label in asked
        assert label in only_read
        assert label in read


@each_kind
def test_what_people_write_is_never_markup(kind: Kind) -> None:
    def poisoned(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                name: one
                if name
                in (
                    "id",
                    "type",
                    "retention_class",
                    "needed",
                    "topic",
                    "to",
                    "pay_on",
                    "amount",
                    "named",
                    "files",
                    "at",
                    "decision",
                    "verdict",
                )
                else poisoned(one)
                for name, one in value.items()
            }
        if isinstance(value, list):
            return [poisoned(one) for one in value]
        return "<script>alert(1)</script>" if isinstance(value, str) else value

    request = poisoned(kind.example_request)
    answer = poisoned(kind.example_answer) if kind.slug != "details" else kind.example_answer
    form = kind.answer_form(request, answer=answer)
    pages = html("kinds/asked.html", kind=kind, form=form, editable=True, request_files=[])
    pages += html("kinds/told.html", told=kind.read(request, answer))
    assert "<script" not in pages


# Rows: added and removed without JavaScript


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


# Answers


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


def test_a_required_file_of_a_details_row_is_asked_for_at_the_row() -> None:
    kind = kinds.get("details")
    request = copy.deepcopy(kind.example_request)
    request["rows"][0]["fields"][-1]["required"] = True
    row = request["rows"][0]["id"]
    form = answer_again(kind, request, kind.example_answer)
    assert not form.is_valid()
    assert form.parts[0].error
    assert "comment" not in form.errors
    there = {row: [FileInfo("f", "a.pdf", 1, "application/pdf")]}
    assert kind.answer_form(
        request, as_post(kind.answer_form(request, answer=kind.example_answer)), files=there
    ).is_valid()
    assert kind.file_rows(request) == [(row, "Lån hos banken")]


def test_files_are_kept_as_the_row_says() -> None:
    kind = kinds.get("document_request")
    request = copy.deepcopy(kind.example_request)
    request["documents"][0]["retention_class"] = "due_diligence"
    first, second = (row["id"] for row in request["documents"])
    assert kind.retention(request, first) == "due_diligence"
    assert kind.retention(request, second) == kind.retention(request, "unknown") == "accounting"


# Approvals


def test_who_must_approve_is_checked_against_those_who_may() -> None:
    kind = kinds.get("approval")
    people = [("1", "Elin"), ("2", "Dina")]

    def errors(needed: str, *named: str, people: list[tuple[str, str]] = people) -> list[str]:
        data = {"r-what": "Löner", "r-needed": needed, "r-named": list(named)}
        return sorted(kind.request_form(data, people=people).errors)

    assert errors("one") == errors("two") == errors("one", "1") == errors("two", "1", "2") == errors("all", "2") == []
    assert errors("all") == errors("two", "1") == errors("one", "3") == ["named"]
    assert errors("two", people=people[:1]) == ["needed"]
    assert errors("three") == ["needed"]


def test_an_approval_is_shown_in_words() -> None:
    kind = kinds.get("approval")
    with translation.override("en"):
        basis = kind.shown({**kind.example_request, "needed": "all", "named": ["1"]}, {"1": "Elin"})  # type: ignore[attr-defined]
    assert basis.amount == "184\u00a0320,00\u00a0kr"
    assert basis.pay_on.replace("\u00a0", " ") == "Friday 23 January 2026"
    assert basis.who == "All of these must approve: Elin."
    decided = kind.decisions(kind.example_answer)[0]  # type: ignore[attr-defined]
    assert decided.at == dt.datetime(2026, 1, 13, 9, 52, tzinfo=dt.UTC)
    assert not decided.declined


def test_one_decline_is_a_decline() -> None:
    kind = kinds.get("approval")
    yes = kind.example_answer["decisions"][0]
    assert kind.closing_outcome({"decisions": [yes]}) == "approved"
    assert kind.closing_outcome({"decisions": [yes, {**yes, "decision": "declined"}]}) == "declined"
    assert kind.closing_outcome(None) == "answered"


# Verdicts


def judge(do: str, **data: str) -> Any:
    kind = kinds.get("document_request")
    form = kind.review_form(kind.example_request, {"do": do, **data}, initial=kind.example_review)
    assert form is not None
    return form


def test_a_press_judges_one_row_and_leaves_the_others() -> None:
    form = judge("verdict.0a1b2c3d.accepted")
    assert form.is_valid()
    assert kinds.get("document_request").locked_rows(form.encoded()) == {"0a1b2c3d", "1a1b2c3d"}
    undone = judge("verdict.1a1b2c3d.undo")
    assert undone.is_valid()
    assert kinds.get("document_request").returned_rows(undone.encoded()) == {"0a1b2c3d"}
    assert kinds.get("document_request").locked_rows(undone.encoded()) == frozenset()


def test_a_returned_row_needs_a_reason() -> None:
    silent = judge("verdict.1a1b2c3d.returned")
    assert not silent.is_valid()
    assert list(silent.errors) == ["reason-1a1b2c3d"]
    assert silent.row("1a1b2c3d").verdict == ""
    said = judge("verdict.1a1b2c3d.returned", **{"v-reason-1a1b2c3d": "Den är suddig."})
    assert said.is_valid()
    assert {"id": "1a1b2c3d", "verdict": "returned", "reason": "Den är suddig."} in said.encoded()["rows"]


def test_a_press_on_a_row_that_is_not_asked_for_changes_nothing() -> None:
    form = judge("verdict.ffffffff.accepted")
    assert form.is_valid()
    assert form.encoded() == kinds.get("document_request").example_review


def test_a_new_answer_clears_the_verdict_on_returned_rows() -> None:
    kind = kinds.get("document_request")
    left = kind.review_after(kind.example_review)
    assert kind.returned_rows(left) == frozenset()
    assert kind.locked_rows(left) == {"1a1b2c3d"}
    assert kind.review_after(None) is None


def test_verdicts_are_shown_with_their_buttons_only_to_those_who_may_judge() -> None:
    kind = kinds.get("document_request")
    told = kind.read(kind.example_request, kind.example_answer, kind.example_review)
    form = kind.review_form(kind.example_request, initial=kind.example_review)
    page = html("kinds/review.html", told=told, review=form, may_review=True)
    assert 'value="verdict.1a1b2c3d.undo"' in page
    assert "verdict." not in html("kinds/review.html", told=told, review=form, may_review=False)


@each_kind
def test_only_wanted_documents_are_judged_row_by_row(kind: Kind) -> None:
    form = kind.review_form(kind.example_request)
    assert (form is not None) == (kind.slug == "document_request")


# Amending


def test_an_amendment_says_what_changed_in_words() -> None:
    kind = kinds.get("document_request")
    after = copy.deepcopy(kind.example_request)
    after["documents"][0]["note"] = "Bara första halvan"
    after["documents"][1]["required"] = False
    with translation.override("en"):
        changes = kind.changes(kind.example_request, after)
    assert [(change.before, change.after) for change in changes] == [
        (
            "Kontoutdrag, december · Hela månaden · Required · Accounting material",
            "Kontoutdrag, december · Bara första halvan · Required · Accounting material",
        ),
        (
            "Kvitto drivmedel 4 december · Required · Accounting material",
            "Kvitto drivmedel 4 december · Accounting material",
        ),
    ]


@each_kind
def test_nothing_changed_is_no_change(kind: Kind) -> None:
    assert kind.changes(kind.example_request, copy.deepcopy(kind.example_request)) == []


# Every kind encodes and decodes unchanged

LINE = (
    st.text(st.characters(categories=("L", "N", "P", "Zs", "So"), exclude_characters=":"), min_size=1, max_size=30)
    .map(lambda text: " ".join(text.split()))
    .filter(lambda text: bool(text) and __import__("unicodedata").is_normalized("NFC", text))
)
ID = st.integers(0, 16**8 - 1).map(lambda number: f"{number:08x}")


def unique_rows(row: Any, most: int) -> Any:
    return st.lists(row, min_size=1, max_size=most, unique_by=lambda one: one["id"])


def choices(kind_of: str) -> Any:
    return st.lists(LINE, min_size=2, max_size=4, unique=True) if kind_of == "choice" else st.just([])


def one_of_types(*types: str, **more: Any) -> Any:
    return st.sampled_from(types).flatmap(
        lambda kind_of: st.fixed_dictionaries(
            {
                "id": ID,
                "type": st.just(kind_of),
                "choices": choices(kind_of),
                "required": st.booleans(),
                **more,
            }
        )
    )


WRITTEN: dict[str, Any] = {
    "text": LINE,
    "yes_no": st.booleans(),
    "whole_number": st.integers(-(10**9), 10**9),
    "amount": st.integers(-(10**9), 10**9).map(lambda cents: f"{cents / 100:.2f}".replace("-0.00", "0.00")),
    "date": st.dates(dt.date(1900, 1, 1), dt.date(2199, 12, 31)).map(dt.date.isoformat),
    "organisation_number": st.sampled_from(["5599990024", "2021005489"]),
}
REQUESTS: dict[str, Any] = {
    "question": st.fixed_dictionaries(
        {"questions": unique_rows(one_of_types("text", "yes_no", "choice", text=LINE), 5)}
    ),
    "document_request": st.fixed_dictionaries(
        {
            "documents": unique_rows(
                st.fixed_dictionaries(
                    {
                        "id": ID,
                        "name": LINE,
                        "note": st.one_of(st.just(""), LINE),
                        "required": st.booleans(),
                        "retention_class": st.sampled_from(["accounting", "due_diligence", "other"]),
                    }
                ),
                5,
            )
        }
    ),
    "approval": st.fixed_dictionaries(
        {
            "what": LINE,
            "amount": st.one_of(st.none(), WRITTEN["amount"]),
            "pay_on": st.one_of(st.none(), WRITTEN["date"]),
            "needed": st.sampled_from(["one", "two", "all"]),
            "named": st.just(["m1", "m2"]),
        }
    ),
    "details": st.fixed_dictionaries(
        {
            "rows": unique_rows(
                st.fixed_dictionaries(
                    {
                        "id": ID,
                        "label": LINE,
                        "facts": st.lists(
                            st.fixed_dictionaries({"label": LINE, "value": LINE}), max_size=2, unique_by=str
                        ),
                        "fields": unique_rows(one_of_types(*WRITTEN, "choice", "file", label=LINE), 4),
                    }
                ),
                3,
            )
        }
    ),
    "information": st.fixed_dictionaries({"acknowledge": st.booleans()}),
    "client_message": st.fixed_dictionaries(
        {"topic": st.sampled_from(["question", "information"]), "to": st.one_of(st.none(), st.just("m1"))}
    ),
}


def value_for(asked: dict[str, Any]) -> Any:
    return st.sampled_from(asked["choices"]) if asked["type"] == "choice" else WRITTEN[asked["type"]]


def files() -> Any:
    return st.lists(st.uuids().map(str), min_size=1, max_size=2, unique=True)


def answers(slug: str, request: dict[str, Any]) -> Any:
    """Whole answers to a request, as its form would store them."""
    comment = st.one_of(st.just(""), LINE)
    if slug == "question":
        rows = [
            st.fixed_dictionaries({"id": st.just(one["id"]), "value": value_for(one)}) for one in request["questions"]
        ]
        return st.fixed_dictionaries({"answers": st.tuples(*rows).map(list), "comment": comment, "files": files()})
    if slug == "document_request":
        rows = [
            st.one_of(
                st.fixed_dictionaries(
                    {
                        "id": st.just(one["id"]),
                        "missing": st.just(False),
                        "explanation": st.just(""),
                        "files": files(),
                    }
                ),
                st.fixed_dictionaries(
                    {
                        "id": st.just(one["id"]),
                        "missing": st.just(True),
                        "explanation": LINE,
                        "files": st.just([]),
                    }
                ),
            )
            for one in request["documents"]
        ]
        return st.fixed_dictionaries({"rows": st.tuples(*rows).map(list), "comment": comment})
    if slug == "details":
        rows = [
            st.fixed_dictionaries(
                {
                    "id": st.just(row["id"]),
                    "values": st.fixed_dictionaries(
                        {one["id"]: value_for(one) for one in row["fields"] if one["type"] != "file"}
                    ),
                    "files": files(),
                }
            )
            for row in request["rows"]
        ]
        return st.fixed_dictionaries({"rows": st.tuples(*rows).map(list), "comment": comment})
    return st.fixed_dictionaries({"comment": LINE, "files": files()})


@each_kind
@given(data=st.data())
def test_every_request_encodes_and_decodes_unchanged(kind: Kind, data: st.DataObject) -> None:
    request = data.draw(REQUESTS[kind.slug])
    form = request_again(kind, request)
    assert form.is_valid(), (form.errors, [row.errors for rows in form.rows.values() for row in rows])
    assert form.encoded() == request
    kind.check_request(request)
    Draft202012Validator(kind.Request.json_schema()).validate(request)


@each_by_form
@given(data=st.data())
def test_every_answer_encodes_and_decodes_unchanged(kind: Kind, data: st.DataObject) -> None:
    request = data.draw(REQUESTS[kind.slug])
    answer = data.draw(answers(kind.slug, request))
    form = answer_again(kind, request, answer)
    assert form.is_valid(), form.errors
    assert form.encoded() == answer
    Draft202012Validator(kind.answer_schema).validate(answer)


@each_by_form
@given(data=st.data())
def test_a_draft_of_any_answer_is_shown_again_as_it_was_typed(kind: Kind, data: st.DataObject) -> None:
    request = data.draw(REQUESTS[kind.slug])
    form = answer_again(kind, request, data.draw(answers(kind.slug, request)))
    kept = json.loads(json.dumps(form.typed()))
    shown = kind.answer_form(request, typed=kept)
    assert kind.answer_form(request, as_post(shown)).typed() == kept
