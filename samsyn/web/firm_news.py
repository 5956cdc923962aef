"""*Nytt sedan i går*: what clients have done since yesterday in what this person is responsible for or minds today."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString

from samsyn.cases.models import Event
from samsyn.kit.sweden import STOCKHOLM, moment_phrase, stockholm_today
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.models import CLIENT, Consent
from samsyn.web.pages import slug_of
from samsyn.web.showing import CONSENT_ICONS, consent_sentence, happened, subject_of

SHOWN = 8


@dataclass(frozen=True)
class News:
    """One thing that has happened, and where it can be read."""

    icon: str
    sentence: SafeString
    about: str
    url: str
    at: dt.datetime
    when: str


def news(actor: Actor) -> list[News]:
    """The newest few, newest first."""
    since = dt.datetime.combine(stockholm_today() - dt.timedelta(days=1), dt.time(), STOCKHOLM)
    found = [*_events(actor, since), *_consents(actor, since)]
    return sorted(found, key=lambda one: one.at, reverse=True)[:SHOWN]


def _events(actor: Actor, since: dt.datetime) -> list[News]:
    rows: Any = Event.objects.visible_to(actor).select_related("case")
    rows = rows.filter(firm=actor.firm, side=CLIENT, at__gte=since, case__responsible__in=actor.minds)
    return [_event(actor, one) for one in rows.order_by("-at")[:SHOWN]]


def _event(actor: Actor, event: Event) -> News:
    told = happened(event, [])
    sentence = SafeString(told.sentence.removesuffix(":") + "." * told.sentence.endswith(":"))
    url = reverse("firm_case", args=[slug_of(actor), event.case.ref])
    return News(told.icon, sentence, subject_of(event.case, actor), url, event.at, told.when)


def _consents(actor: Actor, since: dt.datetime) -> list[News]:
    rows: Any = Consent.objects.visible_to(actor).select_related("engagement")
    rows = rows.filter(firm=actor.firm, side=CLIENT, at__gte=since, engagement__responsible__in=actor.minds)
    return [_consent(actor, one) for one in rows.order_by("-at")[:SHOWN]]


def _consent(actor: Actor, step: Consent) -> News:
    url = reverse("firm_client", args=[slug_of(actor), step.engagement_id])
    icon = CONSENT_ICONS[step.step]
    return News(icon, consent_sentence(step), step.engagement.name, url, step.at, moment_phrase(step.at))
