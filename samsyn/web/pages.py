"""Rendering a page: the words every page needs, and nothing that belongs to one page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from samsyn.cases.lists import MOST, by_place, waiting_for, waits_in
from samsyn.cases.models import Case
from samsyn.kit import letters
from samsyn.kit.text import swedish_sort_key
from samsyn.tenancy.absences import away
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.models import Firm, Membership
from samsyn.tenancy.roles import Right
from samsyn.tenancy.support import SupportWindow, open_windows
from samsyn.web.doors import held_by, open_to, shut_here
from samsyn.web.filters import stamp
from samsyn.web.jinja import url
from samsyn.web.logo import logo_for_client
from samsyn.web.passkeys import is_offered

# Where a manager begins; asking on every page would cost each of them a question to the database.
BANNER_PAGE = "firm/desk.html"


@dataclass(frozen=True)
class NavItem:
    label: str
    url: str
    icon: str
    current: bool
    badge: str = ""


@dataclass(frozen=True)
class Place:
    """One firm or company in the switcher and the chooser; `about` says which side one stands on there."""

    label: str
    url: str
    about: str
    is_firm: bool
    current: bool = False
    waiting: str = ""


def page(
    request: HttpRequest, template: str, actor: Actor, here: str, *, status: int = 200, **context: Any
) -> HttpResponse:
    """Render a page of one of the desks. `here` names the menu item the page belongs to."""
    nav = nav_of(actor, here)
    shown = {
        "actor": actor,
        "nav": nav,
        "waits": next((item.badge for item in nav if item.badge), ""),
        "places": places_of(request, actor),
        "person": request.user,
        "shut": [one.firm.name for one in shut_here(request)],
        "offers_passkey": is_offered(request) and (actor.is_client or template == BANNER_PAGE),
        "banners": banners_for(actor) if template == BANNER_PAGE else [],
        "slug": slug_of(actor),
        "contacts": contacts_of(actor, context.get("case")),
        **context,
    }
    return render(request, template, shown, status=status)


def badge(waiting: int) -> str:
    """The figure in a badge; nothing for none."""
    return f"{MOST - 1}+" if waiting >= MOST else str(waiting or "")


def slug_of(actor: Actor) -> str:
    if actor.firm:
        return actor.firm.slug
    slug: str = actor.engagements[0].company.slug
    return slug


def nav_of(actor: Actor, here: str) -> list[NavItem]:
    slug = slug_of(actor)

    def item(name: str, label: str, icon: str, waiting: int = 0) -> NavItem:
        return NavItem(label, url(name, slug), icon, here == name, badge(waiting))

    if actor.is_client:
        items = [item("client_start", _("Overview"), "house")]
        if actor.open_engagement_ids:
            items.append(item("client_cases", _("Cases"), "inbox", waiting_for(actor)))
        return items
    items = [
        item("firm_desk", _("My desk"), "layout-dashboard", waiting_for(actor)),
        item("firm_cases", _("Cases"), "inbox"),
        item("firm_clients", _("Clients"), "building-2"),
        item("firm_staff", _("Staff"), "users"),
    ]
    if actor.may(Right.RUN_FIRM):
        items.append(item("firm_settings", _("Settings"), "settings"))
    return items


def places_of(request: HttpRequest, actor: Actor | None) -> list[Place]:
    """Every firm and company behind the login, once each, firms first; empty on a desk when there is only one."""
    here = (actor.is_firm, slug_of(actor)) if actor else None
    found = [place_of(members, current=where == here) for where, members in by_place(held_by(request)).items()]
    found += [support_place(one, current=here == (True, one.firm.slug)) for one in open_windows(request.user)]  # type: ignore[arg-type]
    found.sort(key=lambda one: (not one.is_firm, swedish_sort_key(one.label), one.about))
    return found if len(found) > 1 or actor is None else []


def place_of(members: list[Membership], *, current: bool) -> Place:
    """The place where these memberships are held: one at a firm, or those of one company."""
    first, firms = members[0], sorted(one.firm.name for one in members)
    if first.engagement_id is None:
        return Place(firms[0], url("firm_desk", first.firm.slug), _("Accounting firm"), True, current)
    about = _("Client of %(firms)s") % {"firms": listed(firms)}
    return Place(first.engagement.name, url("client_start", first.engagement.company.slug), about, False, current)


def support_place(window: SupportWindow, *, current: bool) -> Place:
    """A firm that has let the person in to read."""
    about = _("Support, until %(when)s") % {"when": stamp(window.until)}
    return Place(window.firm.name, url("firm_desk", window.firm.slug), about, True, current)


def listed(names: list[str]) -> str:
    """'A', 'A och B', 'A, B och C'."""
    *before, last = names
    return _("%(names)s and %(last)s") % {"names": ", ".join(before), "last": last} if before else last


def chooser_places(request: HttpRequest) -> list[Place]:
    """The places with what waits in each, one count per place."""
    waiting = waits_in(open_to(request))
    return [
        replace(place, waiting=badge(waiting.get((place.is_firm, place.url.split("/")[2]), 0)))
        for place in places_of(request, None)
    ]


def banners_for(actor: Actor) -> list[str]:
    """What managers must know whatever page they are on."""
    if actor.is_firm and actor.may(Right.RUN_FIRM) and letters.is_stuck():
        return [
            _("No mail has left the queue for more than two minutes. Ask whoever runs Samsyn to look at the worker.")
        ]
    return []


@dataclass(frozen=True)
class Contact:
    """Whom a client turns to: a firm, and the consultant when there is one."""

    firm: str
    phone: str
    name: str
    email: str
    slug: str
    logo: str = ""
    stand_in: str = ""


def contacts_of(actor: Actor, case: Case | None = None) -> list[Contact]:
    """Always near on the client's side: the firm whose case is shown, else every firm of the company."""
    if actor.is_firm:
        return []
    if case is not None:
        return [_contact(actor, case.firm, case.responsible, case)]
    return [contact_in(actor, held.engagement_id) for held in actor.memberships]


def contact_in(actor: Actor, engagement_id: UUID | None) -> Contact:
    """Whom one turns to about all that is with one firm."""
    held = next(one for one in actor.memberships if one.engagement_id == engagement_id)
    return _contact(actor, held.firm, actor.consultants.get(held.engagement.pk), held)


def _contact(actor: Actor, firm: Firm, responsible: Membership | None, row: Any) -> Contact:
    """The firm with the consultant, and who answers while that one is away: `row` knows whether it is worth asking."""
    there = responsible if responsible and responsible.is_there else None
    name, email = (there.name, there.user.email) if there else ("", firm.reply_to)
    found = Contact(firm.name, firm.phone, name, email, firm.slug, logo_for_client(slug_of(actor), firm))
    if there is None or not getattr(row, "responsible_is_away", True):
        return found
    absence = away([there.pk]).get(there.pk)
    instead = absence.answering if absence else None
    return replace(found, stand_in=instead.name, email=instead.user.email) if instead else found
