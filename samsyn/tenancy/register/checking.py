"""Judging each row against the register as it is: new, changed, unchanged, faulty, or needing somebody."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from samsyn.kit.sweden import parse_party_number
from samsyn.kit.text import clean_name, fold
from samsyn.tenancy.models import Engagement, Firm, Membership
from samsyn.tenancy.register.columns import COLUMNS
from samsyn.tenancy.register.models import StagedRow

Verdict = StagedRow.Verdict
PROTECTED = ("contact_name", "contact_email", "number")
LENGTHS = {
    "name": 120,
    "address": 200,
    "postcode": 10,
    "city": 80,
    "contact_name": 120,
    "phone": 40,
    "client_number": 40,
}
FORMS = {
    "ab": "limited", "aktiebolag": "limited", "limited": "limited", "limited company": "limited", "ltd": "limited",
    "ef": "sole", "enskild firma": "sole", "enskild näringsidkare": "sole", "enskild": "sole", "sole trader": "sole",
    "hb": "partnership", "kb": "partnership", "handelsbolag": "partnership", "kommanditbolag": "partnership",
    "partnership": "partnership", "ek för": "economic", "ek. för.": "economic", "ekonomisk förening": "economic",
    "economic association": "economic", "ideell förening": "nonprofit", "förening": "nonprofit",
    "non-profit association": "nonprofit", "brf": "housing", "bostadsrättsförening": "housing",
    "housing cooperative": "housing", "stiftelse": "foundation", "foundation": "foundation",
    "privatperson": "person", "private person": "person", "övrigt": "other", "annat": "other", "other": "other",
}  # fmt: skip
MONTHS = (
    ("jan", "januari", "january"), ("feb", "februari", "february"), ("mar", "mars", "march"), ("apr", "april"),
    ("maj", "may"), ("jun", "juni", "june"), ("jul", "juli", "july"), ("aug", "augusti", "august"),
    ("sep", "sept", "september"), ("okt", "oct", "oktober", "october"), ("nov", "november"), ("dec", "december"),
)  # fmt: skip
LANGUAGES = {"sv": "sv", "svenska": "sv", "swedish": "sv", "en": "en", "engelska": "en", "english": "en"}


def month_of(text: str) -> int:
    """12, 'december', '1231', '12-31' or '2025-12-31' → 12. ValueError when it is no month."""
    text = fold(text)
    for number, names in enumerate(MONTHS, 1):
        if text in names:
            return number
    found = re.fullmatch(r"(?:\d{4}-)?(\d{1,2})(?:-\d{1,2})?|(\d\d)\d\d", text)
    number = int(found[1] or found[2]) if found else 0
    if not 1 <= number <= 12:
        raise ValueError("no month")
    return number


@dataclass
class Checker:
    """The firm's register and staff, read once, and what the file has said so far."""

    firm: Firm
    by_number: dict[str, Engagement] = field(default_factory=dict)
    by_client_number: dict[str, Engagement] = field(default_factory=dict)
    by_name: dict[str, Engagement] = field(default_factory=dict)
    staff: dict[str, str] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, firm: Firm) -> Checker:
        checker = cls(firm)
        rows = Engagement.objects.unscoped(why="only those who see all clients may import").filter(firm=firm)
        for one in rows.iterator(chunk_size=2000):
            if one.number:
                checker.by_number[one.number] = one
            elif one.client_number:
                checker.by_client_number[one.client_number] = one
            else:
                checker.by_name[fold(one.name)] = one
        people = Membership.objects.unscoped(why="whom a client can be given to").filter(
            firm=firm, engagement=None, ended_at=None
        )
        for member in people.select_related("user"):
            checker.staff[fold(member.user.name)] = str(member.pk)
            checker.staff[member.user.email] = str(member.pk)
        return checker

    def staged(self, run: Any, line: int, cells: list[str], mapping: dict[str, str]) -> StagedRow:
        """The row of the file, judged."""
        typed = {column: cells[int(index)] for index, column in mapping.items() if int(index) < len(cells)}
        data, faults = self._clean({column: text for column, text in typed.items() if text.strip()})
        row = StagedRow(
            run=run, firm_id=run.firm_id, line=line, data=data, name=clean_name(typed.get("name", ""))[:200]
        )
        if faults or (twice := self._said_before(data, line)):
            row.verdict = Verdict.FAULTY
            row.faults = faults or [twice]
            return row
        existing = self._existing(data)
        row.engagement = existing
        row.verdict, row.faults = self._judge(data, existing)
        return row

    def _clean(self, typed: dict[str, str]) -> tuple[dict[str, Any], list[dict[str, str]]]:
        data: dict[str, Any] = {}
        faults = []
        for column, text in typed.items():
            try:
                data[column] = self._value(column, text)
            except ValueError as error:
                faults.append({"column": str(COLUMNS[column][0]), "text": str(error)})
        if not data.get("name") and not any(one["column"] == str(COLUMNS["name"][0]) for one in faults):
            faults.append(
                {"column": str(COLUMNS["name"][0]), "text": _("The name is missing. Write what the client is called.")}
            )
        return data, faults

    def _value(self, column: str, text: str) -> Any:
        """One cell as the register holds it. Raises ValueError with the sentence for the person."""
        if text.startswith(("=", "@")) or (text[:1] in "+-" and not re.fullmatch(r"[+-]?[\d\s()-]+", text)):
            raise ValueError(_("The cell holds a formula. Write the value itself."))
        if column == "number":
            return self._parsed(parse_party_number, text, _("The number isn't valid. Check the last digit.")).digits
        if column == "contact_email":
            try:
                validate_email(text)
            except ValidationError as error:
                raise ValueError(_("The e-mail address isn't valid. Write it as name@company.se.")) from error
            return text.casefold()
        if column == "fiscal_year_ends":
            return self._parsed(month_of, text, _("Write the month as a number from 1 to 12, or its name."))
        if column == "responsible":
            if fold(text) not in self.staff:
                raise ValueError(
                    _("Nobody at the firm is called %(name)s. Write the name or e-mail as on the page Staff.")
                    % {"name": text[:60]}
                )
            return self.staff[fold(text)]
        if column == "form":
            if fold(text) not in FORMS:
                raise ValueError(_("The form of company isn't known. Write AB, HB, EF or the like."))
            return FORMS[fold(text)]
        if column == "language":
            if fold(text) not in LANGUAGES:
                raise ValueError(_("Write sv or en."))
            return LANGUAGES[fold(text)]
        text = clean_name(text)
        if len(text) > LENGTHS[column]:
            raise ValueError(
                _("The text is too long. At most %(limit)s characters fit here.") % {"limit": LENGTHS[column]}
            )
        return text

    @staticmethod
    def _parsed(parse: Any, text: str, sentence: str) -> Any:
        try:
            return parse(text)
        except ValueError as error:
            raise ValueError(sentence) from error

    def _said_before(self, data: dict[str, Any], line: int) -> dict[str, str] | None:
        """A client named twice in the file: the second one is the fault."""
        key = data.get("number") or data.get("client_number") or fold(data["name"])
        first = self.seen.setdefault(key, line)
        if first == line:
            return None
        text = _("The same client stands on line %(line)d already. Keep one of them.") % {"line": first}
        return {"column": str(COLUMNS["number"][0]), "text": text}

    def _existing(self, data: dict[str, Any]) -> Engagement | None:
        found = self.by_number.get(data.get("number", ""))
        found = found or self.by_client_number.get(data.get("client_number", ""))
        return found or (None if data.get("number") else self.by_name.get(fold(data["name"])))

    @staticmethod
    def _judge(data: dict[str, Any], existing: Engagement | None) -> tuple[str, list[dict[str, str]]]:
        if existing is None:
            return Verdict.NEW, []
        changed = changes(existing, data)
        if not changed:
            return Verdict.UNCHANGED, []
        if existing.ended_at is not None:
            return Verdict.NEEDS_ACTION, [
                {"column": "", "text": _("The client has ended, so the file doesn't change it.")}
            ]
        guarded = [column for column in PROTECTED if column in changed]
        if guarded and existing.consent != Engagement.ConsentState.NONE:
            text = _("The client has been invited, so this is changed on the client's page and not by a file.")
            return Verdict.NEEDS_ACTION, [{"column": str(COLUMNS[one][0]), "text": text} for one in guarded]
        return Verdict.CHANGED, []


def changes(existing: Engagement, data: dict[str, Any]) -> dict[str, Any]:
    """What the row would change. An empty cell changes nothing."""
    found = {}
    for column, value in data.items():
        held = str(existing.responsible_id) if column == "responsible" else getattr(existing, column)
        if held != value:
            found[column] = value
    return found
