"""What templates may call. Filters format, never decide."""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Callable
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from samsyn.cases.models import Case
from samsyn.kit.sweden import (
    STOCKHOLM,
    format_party_number,
    full_date,
    long_date,
    mask_party_number,
    moment_phrase,
    period_label,
    short_date,
    stockholm_day,
)
from samsyn.kit.text import initials, isolated
from samsyn.web.requests import signed_in_briefly


def megabytes(size: int) -> str:
    """'184 kB' or '3,1 MB'."""
    if size < 1_000_000:
        return f"{max(1, round(size / 1000))}\u00a0kB"
    decimal = "," if (get_language() or "sv").startswith("sv") else "."
    return f"{size / 1_000_000:.1f}".replace(".", decimal) + "\u00a0MB"


def control(field: BoundField) -> SafeString:
    """The field itself, with its look and tied to its help and its errors."""
    described = []
    if field.help_text:
        described.append(f"{field.auto_id}-help")
    attrs: dict[str, Any] = {"class": "input"}
    if "placeholder" in field.field.widget.attrs:
        attrs["placeholder"] = ""  # the sign-in library repeats its label there, in words of its own
    if field.errors:
        described.append(f"{field.auto_id}-error")
        attrs["aria-invalid"] = "true"
    if described:
        attrs["aria-describedby"] = " ".join(described)
    if isinstance(field.field.widget, forms.Textarea):
        attrs.setdefault("rows", field.field.widget.attrs.get("rows", 4))
    return field.as_widget(attrs=attrs)


def paragraphs(text: str) -> list[str]:
    """The lines of a text, each its own paragraph; directions of writing cannot leak out of one."""
    return [isolated(line) for line in text.split("\n") if line.strip()]


def period(case: Case) -> str:
    """The period a case is about, in words; '' when it has none."""
    return period_label(case.period_from, case.period_to) if case.period_from and case.period_to else ""


def in_words(moment: dt.datetime) -> str:
    """The Swedish day of a moment, in a sentence: '12 januari 2026'."""
    return full_date(stockholm_day(moment))


def in_figures(moment: dt.datetime) -> str:
    """The Swedish day of a moment, beside other facts: '2026-01-12'."""
    return stockholm_day(moment).isoformat()


def stamp(moment: dt.datetime) -> str:
    """A moment as a record has it, by the Swedish clock: '2026-01-12 09:14'."""
    return moment.astimezone(STOCKHOLM).strftime("%Y-%m-%d %H:%M")


def to_the_second(moment: dt.datetime) -> str:
    """A moment as evidence has it, by the Swedish clock and how far that is from UTC: '2026-01-12 09:14:05+01:00'."""
    return moment.astimezone(STOCKHOLM).isoformat(" ", "seconds")


def orgnr(digits: str) -> str:
    return format_party_number(digits)


def breakable(address: str) -> SafeString:
    """A mail address that may break behind its sign and its full stops, and nowhere else unless it must."""
    parts = re.split(r"(?<=[@.])", address)
    return format_html_join(mark_safe("<wbr>"), "{}", ((part,) for part in parts))


def yes_no(value: bool) -> str:
    return _("Yes") if value else _("No")


FILTERS: dict[str, Callable[..., Any]] = {
    "breakable": breakable,
    "control": control,
    "in_figures": in_figures,
    "in_words": in_words,
    "initials": initials,
    "isolated": isolated,
    "long_date": long_date,
    "masked": mask_party_number,
    "megabytes": megabytes,
    "moment": moment_phrase,
    "orgnr": orgnr,
    "paragraphs": paragraphs,
    "short_date": short_date,
    "full_date": full_date,
    "signed_in": signed_in_briefly,
    "stamp": stamp,
    "to_the_second": to_the_second,
    "yes_no": yes_no,
}


@functools.cache
def sprite() -> str:
    """The address of the icons, worked out once: a list shows more than a hundred of them."""
    return static("assets/icons.svg")


@functools.cache
def svg_icon(name: str) -> SafeString:
    """One icon of the sprite. Made once each: a list shows more than a hundred."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', sprite(), name)


def made_input() -> SafeString:
    """When the page was made, for a form whose second press must not be a second deed; see `requests.made_at`."""
    return format_html('<input type="hidden" name="made" value="{}">', timezone.now().isoformat())


GLOBALS: dict[str, Any] = {"svg_icon": svg_icon, "period": period, "made_input": made_input}
