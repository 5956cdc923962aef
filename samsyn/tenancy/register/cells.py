"""What a cell says: each column's words read into what the register holds, or a sentence of what to do instead."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from samsyn.kit.sweden import parse_party_number
from samsyn.kit.text import LONGEST_ADDRESS, fold, mail_address
from samsyn.tenancy.register.columns import folded

LENGTHS = {
    "name": 120,
    "address": 200,
    "postcode": 10,
    "city": 80,
    "contact_name": 120,
    "contact_email": LONGEST_ADDRESS,
    "phone": 40,
    "client_number": 40,
}
# Folded as headings are: "Ek. för." and "ek för" are the same word.
FORMS = {
    "limited": ("ab", "abpubl", "aktiebolag", "aktiebolagab", "privataktiebolag", "privatab", "publiktaktiebolag",
                "publiktab", "limited", "limitedcompany", "ltd"),
    "sole": ("ef", "enskildfirma", "enskildfirmaef", "enskildnäringsidkare", "enskildnäringsverksamhet", "enskild",
             "näringsidkare", "soletrader", "soleproprietorship", "soleproprietor"),
    "partnership": ("hb", "kb", "handelsbolag", "handelsbolaghb", "kommanditbolag", "kommanditbolagkb",
                    "handelsbolagkommanditbolag", "partnership", "limitedpartnership"),
    "economic": ("ekför", "ekonomiskförening", "economicassociation"),
    "nonprofit": ("ideellförening", "ideellför", "ideell", "förening", "nonprofitassociation", "nonprofit"),
    "housing": ("brf", "bostadsrättsförening", "bostadsrättsföreningbrf", "housingcooperative"),
    "foundation": ("stiftelse", "foundation"),
    "person": ("privatperson", "privat", "fysiskperson", "privateperson", "individual"),
    "other": ("övrigt", "övriga", "annat", "annan", "other", "enkeltbolag", "filial", "dödsbo",
              "samfällighetsförening", "samfällighet", "trossamfund", "europabolag"),
}  # fmt: skip
LANGUAGES = {
    "sv": ("sv", "se", "svsv", "svse", "svenska", "swedish", "swe"),
    "en": ("en", "eng", "engb", "enus", "engelska", "english"),
}
MONTHS = (
    ("jan", "januari", "january"), ("feb", "februari", "february"), ("mar", "mars", "march"), ("apr", "april"),
    ("maj", "may"), ("jun", "juni", "june"), ("jul", "juli", "july"), ("aug", "augusti", "august"),
    ("sep", "sept", "september"), ("okt", "oct", "oktober", "october"), ("nov", "november"),
    ("dec", "december", "kalenderår", "kalenderåret"),
)  # fmt: skip
# (how the end of a fiscal year is written, which group is the month). The last date of two is the one meant.
YEAR_ENDS = (
    (r"(\d{1,2})", 1),  # 12
    (r"(?:.*\D)?(?:19|20)\d\d-?(\d\d)-?(\d\d)", 1),  # 2025-12-31, 20250101-20251231
    (r"(?:19|20)\d\d-?(\d\d)", 1),  # 2025-12
    (r"(?:\d\d-\d\d *-+ *)?(\d{1,2})-(\d{1,2})", 1),  # 12-31, 01-01 - 12-31
    (r"(?:\d{4} *-+ *)?(\d\d)(\d\d)", 1),  # 1231, 0101-1231
    (r"(?:.*\D)?(\d{1,2})/(\d{1,2})", 2),  # 31/12, 1/1-31/12
)
ERRORS = frozenset({
    "#ref!", "#n/a", "#name?", "#value!", "#div/0!", "#null!", "#num!", "#referens!", "#saknas!", "#namn?",
    "#värdefel!", "#division/0!", "#skärning!", "#ogiltigt!",
})  # fmt: skip
PHONE = r"[+-]?[\d\s()./-]+(?:(?:ankn?|anknytning|ext|vx)\W*\d+)?"


def month_of(text: str) -> int:
    """The last month of a fiscal year: 12, 'december', '12-31', '2025-12-31', '0101-1231'. ValueError when none."""
    text = re.sub(r"[ t]\d\d:\d\d.*$", "", fold(text)).translate(str.maketrans("–—−", "---"))
    words = re.findall(r"[^\W\d_]+", text)
    named = [number for word in words for number, names in enumerate(MONTHS, 1) if word in names]
    if named:
        return named[-1]
    for pattern, group in YEAR_ENDS:
        if found := re.fullmatch(pattern, text):
            month, day = int(found[group]), int(found[3 - group]) if found.lastindex == 2 else 1
            if 1 <= month <= 12 and 1 <= day <= 31:
                return month
    raise ValueError("no month")


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would take the text for a formula. A telephone number with its plus is none."""
    first = unicodedata.normalize("NFKC", text[:1])
    return first in ("=", "@") or (first in ("+", "-") and not re.fullmatch(PHONE, text, re.IGNORECASE))


def without_armour(text: str) -> str:
    """The text without the apostrophe that keeps a spreadsheet from calculating it."""
    return text[1:] if re.match(r"'[=+\-@]", text) else text


def armoured(text: str) -> str:
    """The text as it can be opened in a spreadsheet without being calculated."""
    return f"'{text}" if unicodedata.normalize("NFKC", text[:1]) in ("=", "+", "-", "@") else text


def is_empty(text: str) -> bool:
    """Whether the cell says nothing: blank, or the dash that some programs write instead."""
    return not text.strip(" -\u2013\u2014")


def read(column: str, text: str, staff: dict[str, list[str]]) -> Any:
    """One cell as the register holds it. `text` is clean and not empty. ValueError has the sentence for the person."""
    if is_formula(text):
        raise ValueError(_("The cell holds a formula. Write the value itself."))
    if text.casefold() in ERRORS:
        raise ValueError(_("The cell holds an error from the spreadsheet. Write the value itself."))
    if column == "responsible":
        return _colleague(text, staff)
    return READERS.get(column, _within)(column, text)


def _within(column: str, text: str) -> str:
    if len(text) > LENGTHS[column]:
        sentence = _("The text is too long. At most %(limit)s characters fit here.")
        raise ValueError(sentence % {"limit": LENGTHS[column]})
    return text


def _number(column: str, text: str) -> str:
    try:
        return parse_party_number(text).digits
    except ValueError as error:
        count = sum(sign.isdigit() for sign in text)
        if count in (10, 12):
            raise ValueError(_("The number isn't valid. Check the last digit.")) from error
        sentence = ngettext(
            "The number has %(count)d digit. Write ten, or twelve for a person. "
            "A spreadsheet may have taken away a nought in front.",
            "The number has %(count)d digits. Write ten, or twelve for a person. "
            "A spreadsheet may have taken away a nought in front.",
            count,
        )
        raise ValueError(sentence % {"count": count}) from error


def _email(column: str, text: str) -> str:
    text = _within(column, mail_address(text))
    try:
        validate_email(text)
    except ValidationError as error:
        raise ValueError(_("The e-mail address isn't valid. Write it as name@company.se.")) from error
    return text


def _month(column: str, text: str) -> int:
    try:
        return month_of(text)
    except ValueError as error:
        raise ValueError(_("Write the month as a number from 1 to 12, or its name.")) from error


def _form(column: str, text: str) -> str:
    return _one_of(FORMS, text, _("The form of company isn't known. Write AB, HB, EF or the like."))


def _language(column: str, text: str) -> str:
    return _one_of(LANGUAGES, text, _("Write sv or en."))


def _one_of(words: dict[str, tuple[str, ...]], text: str, sentence: str) -> str:
    found = next((code for code, said in words.items() if folded(text) in said), None)
    if found is None:
        raise ValueError(sentence)
    return found


def _colleague(text: str, staff: dict[str, list[str]]) -> str:
    """The Membership of the one at the firm who has this name or address."""
    found, shown = staff.get(fold(text), []), {"name": text[:60]}
    if not found:
        sentence = _("Nobody at the firm is called %(name)s. Write the name or e-mail as on the page Staff.")
        raise ValueError(sentence % shown)
    if len(found) > 1:
        raise ValueError(_("Several at the firm are called %(name)s. Write the e-mail address instead.") % shown)
    return found[0]


READERS: dict[str, Callable[[str, str], Any]] = {
    "number": _number,
    "contact_email": _email,
    "fiscal_year_ends": _month,
    "form": _form,
    "language": _language,
}
