"""Swedish facts: numbers, amounts, working days, moments and how days are spoken of."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from samsyn.kit import sweden
from samsyn.kit.canonical import canonical_bytes, digest
from samsyn.kit.text import clean_name, clean_text, fold, isolated, swedish_sort_key

TODAY = dt.date(2026, 1, 13)
UTC = dt.UTC


def checked(nine: str) -> str:
    """Nine digits with the check digit that makes ten."""
    return nine + luhn.calc_check_digit(nine)


def parsed(text: str) -> tuple[str, str] | None:
    try:
        number = sweden.parse_party_number(text, today=TODAY)
    except ValueError:
        return None
    return number.digits, number.kind


# Numbers


@pytest.mark.parametrize("written", ["559999-0024", "5599990024", "16559999-0024", "165599990024", " 559999 0024 "])
def test_an_organisation_number_is_read_however_it_is_written(written: str) -> None:
    assert parsed(written) == ("5599990024", "organisation")


def test_a_wrong_check_digit_is_refused() -> None:
    assert parsed("559999-0025") is None


@pytest.mark.parametrize(
    "written",
    [
        "",
        "1",
        "55999900241",
        "5599990-0024",
        "٥٥٩٩٩٩٠٠٢٤",
        "559999–00244",
        "abc",
        "16" + checked("800101123"),
    ],
)
def test_what_is_no_number_is_refused(written: str) -> None:
    assert parsed(written) is None


def test_a_personal_number_gets_its_century() -> None:
    ten = checked("800101123")
    assert parsed(ten) == ("19" + ten, "person")
    assert parsed(f"{ten[:6]}-{ten[6:]}") == ("19" + ten, "person")
    assert parsed("19" + ten) == ("19" + ten, "person")
    young = checked("150101123")
    assert parsed(young) == ("20" + young, "person")
    old = checked("150101123")
    assert parsed(f"{old[:6]}+{old[6:]}") == ("19" + old, "person")


def test_a_coordination_number_is_a_real_day_plus_sixty() -> None:
    ten = checked("800161123")  # 1 January, and 60
    assert parsed(ten) == ("19" + ten, "person")
    assert parsed(checked("800192123")) is None  # 32 January
    assert parsed(checked("800260123")) is None  # there is no day 0


@pytest.mark.parametrize("nine", ["800230123", "801301123", "800100123"])
def test_a_person_without_a_real_birthday_is_refused(nine: str) -> None:
    assert parsed(checked(nine)) is None


def test_a_leap_day_is_a_birthday_only_in_leap_years() -> None:
    assert parsed("2000" + checked("000229123")[2:]) is not None
    assert parsed("1999" + checked("990229123")[2:]) is None


def test_nobody_is_born_tomorrow() -> None:
    assert parsed("20" + checked("260114123")) is None


def test_numbers_are_shown_with_a_hyphen_and_persons_are_masked_in_lists() -> None:
    assert sweden.format_party_number("5599990024") == "559999-0024"
    assert sweden.mask_party_number("5599990024") == "559999-0024"
    assert sweden.mask_party_number("198001011234") == "19800101-****"


@given(st.text(max_size=30))
def test_reading_a_number_never_breaks(text: str) -> None:
    number = parsed(text)
    assert number is None or len(number[0]) in (10, 12)


# Amounts


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("1 249,50 kr", "1249.50"),
        ("1\u00a0249,50\u00a0kr", "1249.50"),
        ("1\u202f249,50", "1249.50"),
        ("1249.5", "1249.50"),
        ("0", "0.00"),
        ("-0", "0.00"),
        ("-12", "-12.00"),
        ("\u221212,00 SEK", "-12.00"),
        ("250:-", "250.00"),
    ],
)
def test_an_amount_is_read_however_it_is_written(written: str, stored: str) -> None:
    assert sweden.parse_amount(written) == stored


@pytest.mark.parametrize("written", ["", "kr", "1,234", "1,2,3", "1e5", "NaN", "12 pund", "٣", "9" * 14])
def test_what_is_no_amount_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        sweden.parse_amount(written)


def test_an_amount_is_shown_with_no_break_spaces_and_a_true_minus() -> None:
    assert sweden.format_amount("1249.50") == "1\u00a0249,50\u00a0kr"
    assert sweden.format_amount("-1234567.00") == "\u22121\u00a0234\u00a0567,00\u00a0kr"


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=2))
def test_an_amount_survives_being_shown_and_read(amount: object) -> None:
    stored = sweden.parse_amount(f"{amount:f}")
    assert sweden.parse_amount(sweden.format_amount(stored)) == stored


# Days


@pytest.mark.parametrize(
    "day",
    [
        "2026-06-19",
        "2026-12-24",
        "2026-12-31",
        "2026-01-06",
        "2026-06-06",
        "2026-01-17",
        "2026-01-18",
        "2026-05-14",
    ],
)
def test_weekends_holidays_and_the_three_eves_are_free(day: str) -> None:
    assert not sweden.is_working_day(dt.date.fromisoformat(day))


@pytest.mark.parametrize("day", ["2026-04-30", "2026-12-23", "2026-01-05", "2026-06-18", "2026-04-02"])
def test_half_days_of_banks_are_working_days(day: str) -> None:
    assert sweden.is_working_day(dt.date.fromisoformat(day))


def test_the_nearest_working_day_lies_before() -> None:
    assert sweden.working_day_before(dt.date(2026, 12, 27)) == dt.date(2026, 12, 23)
    assert sweden.working_day_before(dt.date(2026, 1, 16)) == dt.date(2026, 1, 16)


@given(st.dates(dt.date(1990, 1, 1), dt.date(2090, 12, 31)))
def test_a_working_day_is_never_more_than_six_days_away(day: dt.date) -> None:
    assert 0 <= (day - sweden.working_day_before(day)).days <= 6


def test_the_refusal_of_a_free_day_names_it_and_the_day_before() -> None:
    with translation.override("en"):
        assert sweden.free_day_sentence(dt.date(2026, 1, 17)).replace("\u00a0", " ") == (
            "17 January is a Saturday. Choose a working day, such as Friday 16 January."
        )
        holiday = sweden.free_day_sentence(dt.date(2026, 12, 25)).replace("\u00a0", " ")
    assert holiday == "25 December is a holiday. Choose a working day, such as Wednesday 23 December."


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (dt.datetime(2026, 1, 14, 22, 30, tzinfo=UTC), dt.date(2026, 1, 14)),
        (dt.datetime(2026, 1, 14, 23, 30, tzinfo=UTC), dt.date(2026, 1, 15)),
        (dt.datetime(2026, 3, 28, 23, 30, tzinfo=UTC), dt.date(2026, 3, 29)),  # the night summer begins
        (dt.datetime(2026, 3, 29, 21, 59, tzinfo=UTC), dt.date(2026, 3, 29)),
        (dt.datetime(2026, 3, 29, 22, 0, tzinfo=UTC), dt.date(2026, 3, 30)),
        (dt.datetime(2026, 10, 24, 22, 30, tzinfo=UTC), dt.date(2026, 10, 25)),  # the night it ends
        (dt.datetime(2026, 10, 25, 22, 30, tzinfo=UTC), dt.date(2026, 10, 25)),
        (dt.datetime(2026, 10, 25, 23, 30, tzinfo=UTC), dt.date(2026, 10, 26)),
    ],
)
def test_a_moment_belongs_to_its_swedish_day(moment: dt.datetime, day: dt.date) -> None:
    assert sweden.stockholm_day(moment) == day


def test_late_begins_at_midnight_after_the_due_day() -> None:
    due = dt.date(2026, 1, 14)
    assert not sweden.is_late(due, sweden.stockholm_day(dt.datetime(2026, 1, 14, 22, 59, tzinfo=UTC)))
    assert sweden.is_late(due, sweden.stockholm_day(dt.datetime(2026, 1, 14, 23, 0, tzinfo=UTC)))
    assert not sweden.is_late(None, TODAY)


def test_days_are_spoken_of() -> None:
    with translation.override("en"):
        assert sweden.due_phrase(dt.date(2026, 1, 16), TODAY) == "in 3 days"
        assert sweden.due_phrase(dt.date(2026, 1, 14), TODAY) == "in 1 day"
        assert sweden.due_phrase(TODAY, TODAY) == "today"
        assert sweden.due_phrase(dt.date(2026, 1, 11), TODAY) == "2 days late"


def test_moments_are_spoken_of() -> None:
    now = dt.datetime(2026, 1, 13, 12, 0, tzinfo=UTC)
    with translation.override("en"):
        assert sweden.moment_phrase(dt.datetime(2026, 1, 13, 8, 14, tzinfo=UTC), now) == "today 09:14"
        assert sweden.moment_phrase(dt.datetime(2026, 1, 12, 14, 32, tzinfo=UTC), now) == "yesterday 15:32"
        assert sweden.moment_phrase(dt.datetime(2026, 1, 9, 14, 32, tzinfo=UTC), now) == "Fri\u00a09\u00a0Jan"
        assert sweden.moment_phrase(dt.datetime(2025, 1, 9, 14, 32, tzinfo=UTC), now) == "2025-01-09"
    with translation.override("sv"):
        assert sweden.moment_phrase(dt.datetime(2026, 1, 9, 14, 32, tzinfo=UTC), now) == "fre\u00a09\u00a0jan"


def test_yesterday_is_yesterday_across_the_clock_change() -> None:
    now = dt.datetime(2026, 3, 30, 5, 0, tzinfo=UTC)
    with translation.override("en"):
        assert sweden.moment_phrase(dt.datetime(2026, 3, 28, 23, 30, tzinfo=UTC), now) == "yesterday 00:30"


@pytest.mark.parametrize(
    ("first", "last", "label"),
    [
        ("2025-12-01", "2025-12-31", "December 2025"),
        ("2025-10-01", "2025-12-31", "Quarter 4, 2025"),
        ("2025-01-01", "2025-12-31", "Fiscal year 2025"),
        ("2024-07-01", "2025-06-30", "Fiscal year 2024/2025"),
        ("2024-07-01", "2025-12-31", "Prolonged fiscal year, 2024-07-01 to 2025-12-31"),
        ("2025-12-03", "2025-12-17", "2025-12-03 to 2025-12-17"),
        ("2024-02-01", "2024-02-29", "February 2024"),
        ("2025-11-01", "2026-01-31", "2025-11-01 to 2026-01-31"),
    ],
)
def test_periods_have_names(first: str, last: str, label: str) -> None:
    with translation.override("en"):
        assert sweden.period_label(dt.date.fromisoformat(first), dt.date.fromisoformat(last)) == label


def test_accounting_material_is_kept_seven_years_after_the_year_its_fiscal_year_ended() -> None:
    assert sweden.keep_accounting_until(dt.date(2025, 3, 1), 12) == dt.date(2032, 12, 31)
    assert sweden.keep_accounting_until(dt.date(2025, 7, 1), 6) == dt.date(2033, 12, 31)
    assert sweden.keep_accounting_until(dt.date(2025, 6, 30), 6) == dt.date(2032, 12, 31)


# Texts


def test_names_lose_controls_and_extra_spaces() -> None:
    assert clean_name("  Anna\u202e\u0000 \t  Ek\u2066\n") == "Anna Ek"
    assert clean_name("A\u030angstro\u0308m") == "Ångström"


def test_texts_keep_their_lines_and_directions() -> None:
    assert clean_text("ett\r\ntvå\rtre\x00\x07") == "ett\ntvå\ntre"
    assert clean_text("שלום 🙂") == "שלום 🙂"


def test_a_direction_cannot_leak_out_of_a_text() -> None:
    assert isolated("vanlig text, å ä ö") == "vanlig text, å ä ö"
    assert isolated("a\u202eb") == "\u2068a\u202eb\u2069"
    assert isolated("\u2069\u202eb") == "\u2068\u202eb\u2069"
    assert isolated("\u2067b") == "\u2068\u2067b\u2069\u2069"
    assert isolated("שלום") == "\u2068שלום\u2069"


def test_searching_and_sorting_are_swedish() -> None:
    assert fold("ÅKERI  Ab") == fold("åkeri ab") != fold("akeri ab")
    words = ["Öst", "Zebra", "Ärla", "Ås", "anka"]
    assert sorted(words, key=swedish_sort_key) == ["anka", "Zebra", "Ås", "Ärla", "Öst"]


def test_the_same_json_has_the_same_digest_in_any_order() -> None:
    assert canonical_bytes({"b": 1, "a": "å"}) == '{"a":"å","b":1}'.encode()
    assert digest({"b": 1, "a": "å"}) == digest({"a": "å", "b": 1}) != digest({"a": "a", "b": 1})
