"""Rendering a page: the words every page needs, and nothing that belongs to one page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from samsyn.cases.lists import waiting_for, waits_in
from samsyn.kit import letters
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.models import Membership
from samsyn.tenancy.roles import Right
from samsyn.web.doors import held_by

# Where a manager begins; asking on every page would cost each of them a question to the database.
BANNER_PAGES = ("firm/desk.html", "firm/cases.html")


@dataclass(frozen=True)
class NavItem:
    label: str
    url: str
    icon: str
    current: bool
    badge: int = 0


@dataclass(frozen=True)
class Place:
    """One firm or company in the switcher."""

    label: str
    url: str
    current: bool = False
    waiting: int = 0


def page(
    request: HttpRequest, template: str, actor: Actor, here: str, *, status: int = 200, **context: Any
) -> HttpResponse:
    """Render a page of one of the desks. `here` names the menu item the page belongs to."""
    shown = {
        "actor": actor,
        "nav": nav_of(actor, here),
        "places": places_of(request, actor),
        "person": request.user,
        "banners": banners_for(actor) if template in BANNER_PAGES else [],
        "slug": slug_of(actor),
        "contact": contact_of(actor),
        **context,
    }
    return render(request, template, shown, status=status)


def slug_of(actor: Actor) -> str:
    if actor.firm:
        return actor.firm.slug
    slug: str = actor.engagements[0].company.slug
    return slug


def nav_of(actor: Actor, here: str) -> list[NavItem]:
    slug = slug_of(actor)

    def item(name: str, label: str, icon: str, badge: int = 0) -> NavItem:
        return NavItem(label, reverse(name, args=[slug]), icon, here == name, badge)

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
    """Every firm and company behind the login, once each; empty when there is only one."""
    here = slug_of(actor) if actor else ""
    found: dict[str, Place] = {}
    for held in held_by(request):
        place = place_of(held, here)
        found.setdefault(place.url, place)
    return list(found.values()) if len(found) > 1 or actor is None else []


def place_of(held: Membership, here: str) -> Place:
    if held.engagement_id is None:
        return Place(held.firm.name, reverse("firm_desk", args=[held.firm.slug]), held.firm.slug == here)
    company = held.engagement.company
    return Place(held.engagement.name, reverse("client_start", args=[company.slug]), company.slug == here)


def chooser_places(request: HttpRequest) -> list[Place]:
    """The places with what waits in each, one count per place."""
    waiting = waits_in(held_by(request))
    return [
        Place(place.label, place.url, waiting=waiting.get(place.url.split("/")[2], 0))
        for place in places_of(request, None)
    ]


def banners_for(actor: Actor) -> list[str]:
    """What managers must know whatever page they are on."""
    if actor.is_firm and actor.may(Right.RUN_FIRM) and letters.is_stuck():
        return [
            _("No mail has left the queue for more than two minutes. Ask whoever runs Samsyn to look at the worker.")
        ]
    return []


def contact_of(actor: Actor) -> dict[str, str] | None:
    """The firm, the consultant and the telephone number, always near on the client's side."""
    if actor.is_firm:
        return None
    held = actor.memberships[0]
    responsible = held.engagement.responsible
    return {
        "firm": held.firm.name,
        "phone": held.firm.phone,
        "name": responsible.name if responsible else "",
        "email": responsible.user.email if responsible else held.firm.reply_to,
    }
