"""The contract every kind of case keeps."""

from __future__ import annotations

import copy
import datetime as dt
import json
from typing import Any

import pytest
from django.utils import translation
from jsonschema import Draft202012Validator

from samsyn.cases import kinds
from samsyn.cases.kindforms.judging import REVIEW_SCHEMA
from samsyn.cases.kinds.base import Kind, check_kinds, registry
from samsyn.kit.rows import as_post
from tests.kinds import answer_again, each_by_form, each_kind, files_in, html, request_again


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
    assert kind.closing_outcome(kind.example_request, kind.example_answer) in {
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
    for needed, decisions, outcome in (
        ("one", [yes], "approved"),
        ("one", [yes, {**yes, "decision": "declined"}], "declined"),
        ("one", [], "cancelled"),
        ("two", [yes], "cancelled"),
        ("two", [yes, {**yes, "membership": "another"}], "approved"),
    ):
        request = {**kind.example_request, "needed": needed}
        assert kind.closing_outcome(request, {"decisions": decisions}) == outcome, (needed, outcome)
    assert kind.closing_outcome(kind.example_request, None) == "cancelled"


# Verdicts


def judge(do: str, **data: str) -> Any:
    kind = kinds.get("document_request")
    form = kind.review_form(kind.example_request, {"do": do, **data}, initial=kind.example_review)
    assert form is not None
    return form


def test_a_press_judges_one_row_and_leaves_the_others() -> None:
    form = judge("verdict.0a1b2c3d.accepted")
    assert form.is_valid()
    assert kinds.get("document_request").accepted_rows(form.encoded()) == {"0a1b2c3d", "1a1b2c3d"}
    undone = judge("verdict.1a1b2c3d.undo")
    assert undone.is_valid()
    assert kinds.get("document_request").returned_rows(undone.encoded()) == {"0a1b2c3d"}
    assert kinds.get("document_request").accepted_rows(undone.encoded()) == frozenset()


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
    assert kind.accepted_rows(left) == {"1a1b2c3d"}
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
