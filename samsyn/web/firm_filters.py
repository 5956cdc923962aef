"""What narrows the table of cases. Every filter stands in the address: one that is on says its value and can be
taken away, one that is off offers its choices as links."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from samsyn.cases import kinds
from samsyn.cases.lists import after, cursor_of
from samsyn.cases.models import State
from samsyn.kit.sweden import stockholm_today
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.models import Engagement

WEEK = dt.timedelta(days=7)
DUE = {
    "idag": (gettext_lazy("Today or earlier"), lambda: Q(due_on__lte=stockholm_today())),
    "vecka": (gettext_lazy("Within a week"), lambda: Q(due_on__lte=stockholm_today() + WEEK)),
    "utan": (gettext_lazy("No date"), lambda: Q(due_on=None)),
}


@dataclass(frozen=True)
class Filter:
    """One filter: its value in words ('' when off), the address without it, and (label, address) of each choice."""

    label: str
    value: str
    off: str
    choices: list[tuple[str, str]]


def with_(asked: QueryDict, **changes: str | None) -> str:
    """The address's query with some of it changed; None takes away."""
    kept = {name: values for name, values in asked.lists() if name not in changes}
    return "?" + urlencode({**kept, **{name: value for name, value in changes.items() if value}}, doseq=True)


def paged(asked: QueryDict, rows: Any, column: str, descending: bool, size: int) -> tuple[list[Any], str, str]:
    """The page of `rows` that the address asks for, and where the next page and the first are; '' for none."""
    cursor = asked.get("efter")
    found = list((after(rows, column, descending, cursor) if cursor else rows)[: size + 1])
    following = with_(asked, efter=cursor_of(found[size - 1], column)) if len(found) > size else ""
    return found[:size], following, with_(asked, efter=None) if cursor else ""


def narrowed(actor: Actor, asked: QueryDict, rows: Any) -> Any:
    """`rows` through the filters of the address. Nonsense in one is as if it weren't there."""
    if asked.get("typ") in kind_labels():
        rows = rows.filter(kind=asked["typ"])
    if (due := str(asked.get("svar", ""))) in DUE:
        rows = rows.filter(DUE[due][1]())
    for name, column in (("ansvarig", "responsible"), ("kund", "engagement")):
        if one := as_id(asked.get(name, "")):
            rows = rows.filter(**{column: one})
    # A draft is nobody's news: what stands in it is what its writer wrote.
    return rows.filter(unread=True).exclude(state=State.DRAFT) if asked.get("olast") else rows


def filters_of(actor: Actor, asked: QueryDict, staff: Iterable[tuple[str, str]]) -> list[Filter]:
    """The filters as the page shows them."""
    found = [
        filter_by(asked, "typ", _("Kind"), kind_labels()),
        filter_by(asked, "ansvarig", _("Responsible"), dict(staff)),
        filter_by(asked, "svar", _("Answer by"), {name: str(label) for name, (label, _rows) in DUE.items()}),
        filter_by(asked, "olast", _("Unread"), {"1": _("Only unread")}),
    ]
    client = as_id(asked.get("kund", ""))
    if client and (one := Engagement.objects.visible_to(actor).filter(pk=client).first()):
        found.insert(0, filter_by(asked, "kund", _("Client"), {str(one.pk): one.name}))
    return found


def filter_by(asked: QueryDict, name: str, label: str, choices: dict[str, str]) -> Filter:
    """A filter that stands in the address as `name`; `choices` are its values with their words."""
    addresses = [(shown, with_(asked, **{name: value, "efter": None})) for value, shown in choices.items()]
    off = with_(asked, **{name: None, "efter": None})
    return Filter(label, choices.get(asked.get(name, ""), ""), off, addresses)


def kind_labels() -> dict[str, str]:
    return {kind.slug: str(kind.label) for kind in kinds.all_kinds()}


def as_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
