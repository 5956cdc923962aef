"""Every kind encodes and decodes unchanged, whatever is asked and answered."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from samsyn.cases.kinds.base import Kind
from samsyn.kit.rows import as_post
from tests.kinds import answer_again, each_by_form, each_kind, request_again

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
                    "files": st.fixed_dictionaries(
                        {row["id"] + one["id"]: files() for one in row["fields"] if one["type"] == "file"}
                    ),
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
