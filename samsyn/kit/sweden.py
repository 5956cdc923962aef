"""Swedish facts: numbers of companies and persons, amounts, working days, and how days are spoken of."""

from __future__ import annotations

import calendar
import datetime as dt
import functools
import re
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

import holidays
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from stdnum import luhn

STOCKHOLM = ZoneInfo("Europe/Stockholm")
NO_BREAK = "\u00a0"


# Numbers of companies and persons


@dataclass(frozen=True)
class PartyNumber:
    """A number that identifies a client: `digits` has 10 for an organisation and 12 for a person."""

    digits: str
    kind: str  # "organisation" | "person"


def parse_party_number(text: str, *, today: dt.date | None = None) -> PartyNumber:
    """Read an organisation number, personnummer or samordningsnummer, with or without hyphen or century.

    Raises ValueError when it is none of them. Sources: SKV 709 (organisation), Skatteverket on
    personnummer and samordningsnummer (day + 60).
    """
    compact = re.sub(r"\s", "", text[:40]).replace("\u2013", "-").replace("\u2212", "-")
    if not re.fullmatch(r"(?:[0-9]{6}|[0-9]{8})[-+]?[0-9]{4}", compact):
        raise ValueError("not ten or twelve digits")
    digits = compact[:-5] + compact[-4:] if compact[-5] in "-+" else compact
    if not luhn.is_valid(digits[-10:]):
        raise ValueError("the check digit is wrong")
    if len(digits) == 12 and digits.startswith("16"):
        digits = digits[2:]
        if digits[2] < "2":
            raise ValueError("16 stands before organisation numbers only")
    if len(digits) == 10 and digits[2] >= "2":
        return PartyNumber(digits, "organisation")
    return PartyNumber(_with_century(digits, "+" in compact, today or stockholm_today()), "person")


def _with_century(digits: str, hundred: bool, today: dt.date) -> str:
    """Twelve digits, after the date in them was found to be one."""
    if len(digits) == 12:
        years = [int(digits[:4])]
        rest = digits[4:]
    else:
        year = today.year // 100 * 100 + int(digits[:2])
        this_century = _birthday(year, digits[2:6])
        if this_century is None or this_century > today:
            year -= 100
        years = [year - 100 if hundred else year]
        rest = digits[2:]
    born = _birthday(years[0], rest[:4])
    if born is None or born > today or born.year < 1850:
        raise ValueError("no such date")
    return f"{years[0]:04d}{rest}"


def _birthday(year: int, month_day: str) -> dt.date | None:
    """The date in a number; a samordningsnummer has 60 added to the day."""
    month, day = int(month_day[:2]), int(month_day[2:])
    try:
        return dt.date(year, month, day - 60 if day > 60 else day)
    except ValueError:
        return None


def format_party_number(digits: str) -> str:
    """559999-0024 or 19800101-1234, for the screen of somebody who may see it."""
    return f"{digits[:-4]}-{digits[-4:]}" if digits else ""


def mask_party_number(digits: str) -> str:
    """As `format_party_number`, but a person's last four are hidden: for lists."""
    return f"{digits[:8]}-****" if len(digits) == 12 else format_party_number(digits)


# Amounts


def parse_amount(text: str) -> str:
    """'1 249,50 kr' (ordinary, no-break or narrow spaces; - or −) → '1249.50'. ValueError when it is none."""
    compact = re.sub(r"\s", "", text[:80]).replace("\u2212", "-").replace("\u2013", "-")
    compact = re.sub(r"(kr|sek|:-)\.?$", "", compact, flags=re.IGNORECASE)
    if not re.fullmatch(r"-?[0-9]{1,13}([.,][0-9]{1,2})?", compact):
        raise ValueError("not an amount")
    value = Decimal(compact.replace(",", ".")).quantize(Decimal("0.01"))
    return str(value or abs(value))  # minus nought is nought


def format_amount(amount: str) -> str:
    """'1249.50' → '1 249,50 kr', with no-break spaces and a true minus sign."""
    value = Decimal(amount).quantize(Decimal("0.01"))
    whole, cents = f"{abs(value):,.2f}".split(".")
    sign = "\u2212" if value < 0 else ""
    return f"{sign}{whole.replace(',', NO_BREAK)},{cents}{NO_BREAK}kr"


# Days


def stockholm_day(moment: dt.datetime) -> dt.date:
    """The Swedish day of a moment in UTC."""
    return moment.astimezone(STOCKHOLM).date()


def stockholm_today() -> dt.date:
    return stockholm_day(timezone.now())


@functools.cache
def _closed_days(year: int) -> frozenset[dt.date]:
    # Not the category `bank`: it lists half days, which would move due dates wrongly.
    days = holidays.country_holidays(
        "SE", years=year, include_sundays=False, language="sv", categories=("public", "de_facto")
    )
    return frozenset(days)


def is_working_day(day: dt.date) -> bool:
    """Neither a weekend, a public holiday, nor one of the three eves."""
    return day.weekday() < 5 and day not in _closed_days(day.year)


def working_day_before(day: dt.date) -> dt.date:
    """`day` itself when it is a working day, else the nearest one before it."""
    while not is_working_day(day):
        day -= dt.timedelta(days=1)
    return day


def working_days_after(day: dt.date, count: int) -> dt.date:
    """The working day `count` working days after `day`."""
    while count:
        day += dt.timedelta(days=1)
        count -= is_working_day(day)
    return day


def free_day_sentence(day: dt.date) -> str:
    """Why `day` is refused as a due date, with the nearest working day before it."""
    nearest = date_format(working_day_before(day), "l j F").replace(" ", NO_BREAK)
    words = {"day": short_date(day), "nearest": nearest}
    if day.weekday() == 5:
        return _("%(day)s is a Saturday. Choose a working day, such as %(nearest)s.") % words
    if day.weekday() == 6:
        return _("%(day)s is a Sunday. Choose a working day, such as %(nearest)s.") % words
    return _("%(day)s is a holiday. Choose a working day, such as %(nearest)s.") % words


def is_late(due_on: dt.date | None, today: dt.date | None = None) -> bool:
    """Late from 00:00 the day after the due date."""
    return due_on is not None and (today or stockholm_today()) > due_on


def end_of_fiscal_year(day: dt.date, last_month: int) -> dt.date:
    """The last day of the fiscal year that `day` lies in, when it ends with `last_month` (1–12)."""
    year = day.year if day.month <= last_month else day.year + 1
    return dt.date(year, last_month, calendar.monthrange(year, last_month)[1])


ACCOUNTING_YEARS = 7


def keep_accounting_until(day: dt.date, last_month: int) -> dt.date:
    """31 December of the seventh year after the calendar year in which the fiscal year ended (BFL 7:2)."""
    return dt.date(end_of_fiscal_year(day, last_month).year + ACCOUNTING_YEARS, 12, 31)


# How days are spoken of


def due_phrase(due_on: dt.date, today: dt.date | None = None) -> str:
    """'om 3 dagar', 'i dag', '2 dagar försenat'."""
    days = (due_on - (today or stockholm_today())).days
    if days == 0:
        return _("today")
    if days > 0:
        return ngettext("in %(count)d day", "in %(count)d days", days) % {"count": days}
    return ngettext("%(count)d day late", "%(count)d days late", -days) % {"count": -days}


def moment_phrase(moment: dt.datetime, now: dt.datetime | None = None) -> str:
    """'i dag 09:14', 'i går 15:32', 'fre 9 jan', or the date of another year."""
    local = moment.astimezone(STOCKHOLM)
    today = stockholm_day(now or timezone.now())
    days = (today - local.date()).days
    if days == 0:
        return _("today %(time)s") % {"time": local.strftime("%H:%M")}
    if days == 1:
        return _("yesterday %(time)s") % {"time": local.strftime("%H:%M")}
    if local.year == today.year:
        return _day_in_year(local.date(), get_language() or "sv")
    return local.strftime("%Y-%m-%d")


@functools.lru_cache(maxsize=2_000)
def _day_in_year(day: dt.date, language: str) -> str:
    """'fre 9 jan'. Kept, since a list asks for the same few days again and again, and formatting is slow."""
    words = date_format(day, "D j M").replace(" ", NO_BREAK)
    return words if language.startswith("en") else words.lower()


def long_date(day: dt.date) -> str:
    """'måndag 12 januari 2026'."""
    return date_format(day, "l j F Y").replace(" ", NO_BREAK)


def full_date(day: dt.date) -> str:
    """'12 januari 2026', with no-break spaces."""
    return date_format(day, "j F Y").replace(" ", NO_BREAK)


def short_date(day: dt.date) -> str:
    """'12 januari', with a no-break space."""
    return date_format(day, "j F").replace(" ", NO_BREAK)


def day_changed(before: dt.date, after: dt.date) -> tuple[str, str]:
    """Two days for 'from … to …': the month once when it is the same, the year only when it is not."""
    if before.year != after.year:
        return tuple(date_format(day, "j F Y").replace(" ", NO_BREAK) for day in (before, after))  # type: ignore[return-value]
    if before.month != after.month:
        return short_date(before), short_date(after)
    return str(before.day), short_date(after)


# Periods


def period_label(first: dt.date, last: dt.date) -> str:
    """'December 2025', 'Kvartal 4, 2025', 'Räkenskapsår 2025', '… 2024/2025' (broken), or both days.

    A whole number of months between 13 and 18 is a prolonged fiscal year (BFL 3:3).
    """
    starts, ends = first.day == 1, last.day == calendar.monthrange(last.year, last.month)[1]
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    if starts and ends and months == 1:
        label = date_format(first, "F Y")
        return label[:1].upper() + label[1:]
    if starts and ends and months == 3 and first.month % 3 == 1:
        return _("Quarter %(quarter)d, %(year)d") % {"quarter": (first.month + 2) // 3, "year": first.year}
    if starts and ends and months == 12:
        year = str(first.year) if first.month == 1 else f"{first.year}/{last.year}"
        return _("Fiscal year %(year)s") % {"year": year}
    if starts and ends and 12 < months <= 18:
        days = {"first": first.isoformat(), "last": last.isoformat()}
        return _("Prolonged fiscal year, %(first)s to %(last)s") % days
    return _("%(first)s to %(last)s") % {"first": first.isoformat(), "last": last.isoformat()}
