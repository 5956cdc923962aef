"""The days that the demo's words speak of, from the clock, so that nothing lies ahead that is told as past."""

from __future__ import annotations

import datetime as dt

from samsyn.kit.sweden import working_day_before

MONTHS = ("januari", "februari", "mars", "april", "maj", "juni", "juli", "augusti", "september", "oktober",
          "november", "december")  # fmt: skip
# The month and day on which the tax of each quarter is to be paid.
VAT_DAYS = {1: (5, 12), 2: (8, 17), 3: (11, 12), 4: (2, 12)}


def nearest(today: dt.date, month: int, day: int) -> dt.date:
    """The day of that month that is nearest, whether it has been or comes."""
    return min((dt.date(today.year + more, month, day) for more in (-1, 0, 1)), key=lambda one: abs(one - today))


def last(today: dt.date, month: int, day: int) -> dt.date:
    """The newest such day that has been."""
    here = dt.date(today.year, month, day)
    return here if here < today else dt.date(today.year - 1, month, day)


def payday(today: dt.date, month: int) -> dt.date:
    """When the wages of a month are paid: the 25th, or the working day before."""
    return working_day_before(nearest(today, month, 25))


def month_end(today: dt.date, days: int) -> dt.date:
    """The last day of the newest month that had ended `days` ago."""
    return (today - dt.timedelta(days=days)).replace(day=1) - dt.timedelta(days=1)


def spoken(day: dt.date) -> str:
    """'17 november'"""
    return f"{day.day} {MONTHS[day.month - 1]}"


def quarter_of(day: dt.date) -> int:
    return (day.month + 2) // 3


def vat_day(end: dt.date) -> dt.date:
    """When the tax of the quarter that ends on `end` is to be paid."""
    month, day = VAT_DAYS[quarter_of(end)]
    return working_day_before(dt.date(end.year + (month < end.month), month, day))


def quarter_end(today: dt.date, back: int = 0) -> dt.date:
    """The last day of the quarter that is going on, or of one `back` before it."""
    months = today.year * 12 + (quarter_of(today) - back) * 3
    return dt.date(months // 12, months % 12 + 1, 1) - dt.timedelta(days=1)
