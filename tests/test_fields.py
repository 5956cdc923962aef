"""The fields: good values are stored in one way, bad ones get a sentence that helps."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.forms import Field
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from samsyn.kit.fields import (
    AmountField,
    ChoiceField,
    DayField,
    DueDayField,
    FactsField,
    LineField,
    LinesField,
    PartyNumberField,
    TextField,
    TickField,
    WholeNumberField,
    YesNoField,
)
from samsyn.kit.periods import PeriodForm, usual_periods
from samsyn.kit.sweden import period_label

MEGABYTE = "ö" * 1_000_000
FACTS = [{"label": "Skuld", "value": "250 000: ungefär"}]
GOOD: list[tuple[Field, Any, Any]] = [
    (LineField(), "  Kvitto\u202e 4\tdecember ", "Kvitto 4 december"),
    (TextField(), "Hej\r\nhopp 🙂", "Hej\nhopp 🙂"),
    (AmountField(), "1 249,50 kr", "1249.50"),
    (AmountField(required=False), "", None),
    (WholeNumberField(), "1\u00a0200", 1200),
    (WholeNumberField(), "\u22123", -3),
    (WholeNumberField(), "0", 0),
    (PartyNumberField(), "16559999-0024", "5599990024"),
    (DayField(), "2026-01-15", "2026-01-15"),
    (DayField(), "20260115", "2026-01-15"),
    (DayField(), "15/1 2026", "2026-01-15"),
    (DueDayField(), "2026-01-16", "2026-01-16"),
    (YesNoField(), "yes", True),
    (YesNoField(), "no", False),
    (YesNoField(required=False), "", None),
    (TickField(), "on", True),
    (TickField(), "", False),
    (ChoiceField(choices=[("a", "A")]), "a", "a"),
    (LinesField(), "Ja\n\n Nej \nJa", ["Ja", "Nej"]),
    (FactsField(), "Skuld: 250 000: ungefär", FACTS),
]
BAD: list[tuple[Field, Any, str]] = [
    (LineField(), MEGABYTE, "At most 200 characters fit here."),
    (TextField(), MEGABYTE, "At most 10\u00a0000 characters fit here."),
    (LineField(longest=5), "sex tecken", "At most 5 characters"),
    (LineField(), "\u202e \x00", "required"),
    (AmountField(), "tolv", "Write an amount in kronor, such as 1 249,50."),
    (AmountField(), MEGABYTE, "Write an amount in kronor"),
    (WholeNumberField(), "1,5", "Write a whole number, such as 12."),
    (WholeNumberField(), "9" * 13, "Write a whole number"),
    (PartyNumberField(), "559999-0025", "The number isn't valid. Check the last digit."),
    (DayField(), "2026-02-30", "Write the day as 2026-01-15."),
    (DayField(), "30/2", "Write the day as 2026-01-15."),
    (DayField(), "0001-01-01", "Write the day as 2026-01-15."),
    (DayField(), "0", "Write the day as 2026-01-15."),
    (DueDayField(), "2026-01-17", "is a Saturday. Choose a working day, such as"),
    (DueDayField(), "2026-06-19", "is a holiday."),
    (ChoiceField(choices=[("a", "A")]), "b", "b"),
    (YesNoField(), "kanske", "kanske"),
    (LinesField(most=2), "1\n2\n3", "At most 2 lines fit here."),
    (LinesField(), MEGABYTE, "The text is too long."),
    (FactsField(), "utan kolon", "Write each fact on its own line as Label: value."),
]


@pytest.fixture(autouse=True)
def _in_english() -> Any:
    """The sentences are compared in the language of the message ids."""
    with translation.override("en"):
        yield


def names(rows: list[tuple[Field, Any, Any]]) -> list[str]:
    return [f"{type(field).__name__}-{str(written)[:12]!r}" for field, written, _result in rows]


@pytest.mark.parametrize(("field", "written", "stored"), GOOD, ids=names(GOOD))
def test_a_good_value_is_stored_in_one_way_and_read_back(field: Field, written: Any, stored: Any) -> None:
    value = field.clean(written)
    assert value == stored
    assert json.loads(json.dumps(value)) == value
    assert field.clean(field.prepare_value(value)) == value


@pytest.mark.parametrize(("field", "written", "sentence"), BAD, ids=names(BAD))
def test_a_bad_value_gets_a_sentence(field: Field, written: Any, sentence: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        field.clean(written)
    with translation.override("en"):
        said = " ".join(refusal.value.messages)
    assert sentence in said
    assert len(said) < 200


def test_a_stored_value_is_shown_as_a_person_writes_it() -> None:
    assert AmountField().prepare_value("1249.50") == "1\u00a0249,50"
    assert PartyNumberField().prepare_value("5599990024") == "559999-0024"
    assert AmountField().prepare_value("tolv") == "tolv"


@time_machine.travel(dt.datetime(2026, 12, 30, 12, tzinfo=dt.UTC))
def test_a_day_without_a_year_is_the_nearest_one() -> None:
    assert DayField().clean("15/1") == "2027-01-15"
    assert DayField().clean("15/12") == "2026-12-15"


@given(st.text(max_size=60))
def test_no_text_breaks_a_field(text: str) -> None:
    fields = [
        AmountField(),
        WholeNumberField(),
        PartyNumberField(),
        DayField(),
        DueDayField(),
        LineField(),
        TextField(),
        YesNoField(),
        ChoiceField(choices=[("a", "A")]),
        LinesField(),
        FactsField(),
    ]
    for field in fields:
        with contextlib.suppress(ValidationError):
            assert json.dumps(field.clean(text)).encode()


# Periods


def test_the_list_of_periods_holds_months_quarters_and_fiscal_years() -> None:
    with translation.override("en"):
        listed = dict(usual_periods(dt.date(2026, 1, 13), 6))
        assert [period_label(*one) for one in listed["Month"]][:3] == [
            "February 2026",
            "January 2026",
            "December 2025",
        ]
        assert period_label(*listed["Quarter"][1]) == "Quarter 4, 2025"
        assert period_label(*listed["Fiscal year"][0]) == "Fiscal year 2025/2026"


@time_machine.travel(dt.datetime(2026, 1, 13, 12, tzinfo=dt.UTC))
def test_a_period_is_chosen_from_the_list_or_written() -> None:
    def chosen(**posted: str) -> PeriodForm:
        form = PeriodForm({f"p-{name}": value for name, value in posted.items()}, prefix="p")
        assert form.is_valid(), form.errors
        return form

    december = (dt.date(2025, 12, 1), dt.date(2025, 12, 31))
    assert chosen(period="2025-12-01/2025-12-31").days == december
    assert chosen(period="2025-12-01/2025-12-31").cleaned_data["period_to"] == "2025-12-31"
    odd = {"period_from": "2025-12-03", "period_to": "2025-12-17"}
    assert chosen(period="own", **odd).days == chosen(**odd).days == (dt.date(2025, 12, 3), dt.date(2025, 12, 17))
    assert chosen(period="").days is None
    listed = PeriodForm(initial={"period_from": "2025-12-01", "period_to": "2025-12-31"})
    assert listed["period"].value() == "2025-12-01/2025-12-31"
    assert not listed.writes_own_days
    assert PeriodForm(initial=odd).writes_own_days
    broken = PeriodForm(initial={"period_from": "2024-07-01", "period_to": "2025-06-30"})
    assert broken.writes_own_days
    broken.list_periods(6)
    assert not broken.writes_own_days


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        ("2025-12-17", "2025-12-03", "period_to"),
        ("", "2025-12-03", "period_from"),
        ("2025-12-03", "", "period_to"),
    ],
)
def test_half_a_period_or_one_backwards_is_refused(first: str, last: str, field: str) -> None:
    form = PeriodForm({"p-period": "own", "p-period_from": first, "p-period_to": last}, prefix="p")
    assert not form.is_valid()
    assert field in form.errors
