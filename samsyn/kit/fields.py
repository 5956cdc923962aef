"""Form fields that read what Swedes write and give back what JSON holds.

`clean` of every field here gives a JSON value (a string, a whole number, true or false, null), so that a
form's cleaned data is what is stored. `prepare_value` turns it back into what a person would type.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from samsyn.kit.codes import DIGITS
from samsyn.kit.sweden import (
    format_amount,
    format_party_number,
    free_day_sentence,
    is_working_day,
    parse_amount,
    parse_party_number,
    stockholm_today,
)
from samsyn.kit.text import LONGEST_ADDRESS, clean_name, clean_text, looks_like_address, mail_address

TOO_LONG = _("The text is too long. At most %(limit)s characters fit here.")


class _Text(forms.CharField):
    """A text with its limit in the field and in the sentence. The browser's own limit is not set: it cuts silently."""

    longest = 200

    def __init__(self, *, longest: int | None = None, **options: Any) -> None:
        self.longest = longest or type(self).longest
        super().__init__(**options)

    @staticmethod
    def tidy(text: str) -> str:
        return clean_name(text)

    def clean(self, value: Any) -> str:
        raw = str(value or "")
        text = raw if len(raw) > 4 * self.longest + 1_000 else self.tidy(raw)
        if len(text) > self.longest:
            shown = f"{self.longest:,}".replace(",", "\u00a0")
            raise ValidationError(TOO_LONG, code="too_long", params={"limit": shown})
        if self.required and not text:
            raise ValidationError(self.error_messages["required"], code="required")
        return text

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "maxLength": self.longest}


class MailField(forms.EmailField):
    """An e-mail address as it is kept, as long as one can be. The browser's own limit is not set: it cuts silently."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=None, **options)

    def clean(self, value: Any) -> str:
        if len(str(value or "").strip().casefold()) > LONGEST_ADDRESS:
            raise ValidationError(TOO_LONG, code="too_long", params={"limit": LONGEST_ADDRESS})
        return mail_address(str(super().clean(value)))


class CodeField(forms.CharField):
    """The digits from a letter, without the spaces they may be written or pasted with. `code.js` sends the last one."""

    def __init__(self, **attrs: Any) -> None:
        attrs |= {"inputmode": "numeric", "autocomplete": "one-time-code", "data-code": DIGITS}
        super().__init__(label=_("Code from the e-mail"), widget=forms.TextInput(attrs=attrs))

    def to_python(self, value: Any) -> str:
        return "".join(str(value or "").split())


class LineField(_Text):
    """One line: a name, a subject, a label."""


class PersonNameField(LineField):
    """What a person is called: a link or a mail address in it is bait, since names stand in letters."""

    longest = 120

    def clean(self, value: Any) -> str:
        name = super().clean(value)
        if looks_like_address(name):
            raise ValidationError(_("Write a name without links or addresses."), code="address")
        return name


class TextField(_Text):
    """Several lines."""

    widget = forms.Textarea
    longest = 10_000

    @staticmethod
    def tidy(text: str) -> str:
        return clean_text(text)


class _Parsed(forms.CharField):
    """Something written in a certain way; null when left out."""

    invalid: Any = ""

    def parse(self, text: str) -> Any:
        raise NotImplementedError

    def clean(self, value: Any) -> Any:
        text = str(value if value is not None else "").strip()[:200]
        if not text:
            if self.required:
                raise ValidationError(self.error_messages["required"], code="required")
            return None
        try:
            return self.parse(text)
        except ValueError as error:
            raise ValidationError(self.invalid, code="invalid") from error

    def schema(self) -> dict[str, Any]:
        return {"type": ["string", "null"]}


class AmountField(_Parsed):
    """'1 249,50 kr' → '1249.50'."""

    invalid = _("Write an amount in kronor, such as 1 249,50.")

    def parse(self, text: str) -> str:
        return parse_amount(text)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, str) and re.fullmatch(r"-?\d+\.\d\d", value):
            return format_amount(value).removesuffix("kr").strip("\u00a0")
        return value


class WholeNumberField(_Parsed):
    """'1 200' → 1200."""

    invalid = _("Write a whole number, such as 12.")

    def parse(self, text: str) -> int:
        compact = re.sub(r"\s", "", text).replace("\u2212", "-")
        if not re.fullmatch(r"-?[0-9]{1,12}", compact):
            raise ValueError("not a whole number")
        return int(compact)

    def schema(self) -> dict[str, Any]:
        return {"type": ["integer", "null"]}


class PartyNumberField(_Parsed):
    """An organisation number or personal number → its digits."""

    invalid = _("The number isn't valid. Check the last digit.")

    def parse(self, text: str) -> str:
        return parse_party_number(text).digits

    def prepare_value(self, value: Any) -> Any:
        digits = str(value or "")
        return format_party_number(digits) if re.fullmatch(r"\d{10}|\d{12}", digits) else value


class DayField(_Parsed):
    """A day → '2026-01-15'. Reads 2026-01-15, 20260115, 15/1 2026 and 15/1 (the nearest such day)."""

    invalid = _("Write the day as 2026-01-15.")
    widget = forms.DateInput(attrs={"type": "date"})

    def parse(self, text: str) -> str:
        if found := re.fullmatch(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})", text):
            year, month, day = map(int, found.groups())
        elif found := re.fullmatch(r"([0-9]{1,2})[/.]([0-9]{1,2})(?:[ /.-]+([0-9]{4}))?", text):
            day, month = int(found[1]), int(found[2])
            year = int(found[3]) if found[3] else nearest_year(month, day)
        else:
            raise ValueError("not a day")
        if not 1900 <= year <= 2199:
            raise ValueError("not a year anybody means")
        return dt.date(year, month, day).isoformat()

    def schema(self) -> dict[str, Any]:
        return {"type": ["string", "null"], "format": "date"}


def nearest_year(month: int, day: int) -> int:
    """The year that puts this day nearest to today. ValueError when there is no such day."""
    today = stockholm_today()
    days = []
    for year in (today.year - 1, today.year, today.year + 1):
        with contextlib.suppress(ValueError):  # 29 February is not there every year
            days.append(dt.date(year, month, day))
    return min(days, key=lambda one: abs((one - today).days)).year


class DueDayField(DayField):
    """A day to answer by: a working day, else the sentence names the nearest one before it."""

    def clean(self, value: Any) -> str | None:
        text: str | None = super().clean(value)
        if text is None:
            return None
        day = dt.date.fromisoformat(text)
        if not is_working_day(day):
            raise ValidationError(free_day_sentence(day), code="free_day")
        return text


class ChoiceField(forms.ChoiceField):
    """One of several; '' when left out. Posted values outside the list get a sentence."""

    def schema(self) -> dict[str, Any]:
        return {"type": "string"}


class ManyField(forms.MultipleChoiceField):
    """Some of several, as a list."""

    widget = forms.CheckboxSelectMultiple

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "string"}}


class TickField(forms.BooleanField):
    """A box to tick: true or false."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, **options)

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


class YesNoField(forms.ChoiceField):
    """Yes or no, or null when left out."""

    widget = forms.RadioSelect

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=[("yes", _("Yes")), ("no", _("No"))], **options)

    def clean(self, value: Any) -> bool | None:
        text = super().clean({True: "yes", False: "no"}.get(value, value))
        return {"yes": True, "no": False}.get(text)

    def prepare_value(self, value: Any) -> Any:
        return {True: "yes", False: "no"}.get(value, value)

    def schema(self) -> dict[str, Any]:
        return {"type": ["boolean", "null"]}


class LinesField(_Text):
    """One thing a line → a list of strings: the choices of a question."""

    widget = forms.Textarea(attrs={"rows": 3})
    longest = 4_000

    def __init__(self, *, most: int = 30, **options: Any) -> None:
        self.most = most
        super().__init__(**options)

    def clean(self, value: Any) -> list[str]:  # type: ignore[override]
        if isinstance(value, list):
            value = "\n".join(map(str, value))
        if len(str(value or "")) > self.longest:
            raise ValidationError(TOO_LONG, code="too_long", params={"limit": f"{self.longest}"})
        lines = [clean_name(line)[:200] for line in str(value or "").splitlines()]
        lines = list(dict.fromkeys(line for line in lines if line))
        if len(lines) > self.most:
            raise ValidationError(_("At most %(most)d lines fit here."), code="too_many", params={"most": self.most})
        if self.required and not lines:
            raise ValidationError(self.error_messages["required"], code="required")
        return lines

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "string"}}


class FactsField(LinesField):
    """'Label: value' a line → [{label, value}]: what the firm already knows."""

    def clean(self, value: Any) -> list[dict[str, str]]:  # type: ignore[override]
        facts = []
        for line in super().clean(self.prepare_value(value)):
            label, colon, told = line.partition(":")
            if not colon or not label.strip() or not told.strip():
                sentence = _("Write each fact on its own line as Label: value.")
                raise ValidationError(sentence, code="no_colon")
            facts.append({"label": label.strip(), "value": told.strip()})
        return facts

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, list):
            return "\n".join(f"{one['label']}: {one['value']}" if isinstance(one, dict) else one for one in value)
        return value

    def schema(self) -> dict[str, Any]:
        text = {"type": "string"}
        fact = {"type": "object", "properties": {"label": text, "value": text}, "additionalProperties": False}
        return {"type": "array", "items": fact}
