"""Rendering a page: the words every page needs, and nothing that belongs to one page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from samsyn.cases.lists import MOST, waiting_for, waits_in
from samsyn.cases.models import Case
from samsyn.kit import letters
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.models import Firm, Membership
from samsyn.tenancy.roles import Right
from samsyn.web.doors import held_by
from samsyn.web.jinja import url
from samsyn.web.logo import logo_for_client

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
    """One firm or company in the switcher."""

    label: str
    url: str
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
    """Every firm and company behind the login, once each; empty when there is only one."""
    here = slug_of(actor) if actor else ""
    found: dict[str, Place] = {}
    for held in held_by(request):
        place = place_of(held, here)
        found.setdefault(place.url, place)
    return list(found.values()) if len(found) > 1 or actor is None else []


def place_of(held: Membership, here: str) -> Place:
    if held.engagement_id is None:
        return Place(held.firm.name, url("firm_desk", held.firm.slug), held.firm.slug == here)
    company = held.engagement.company
    return Place(held.engagement.name, url("client_start", company.slug), company.slug == here)


def chooser_places(request: HttpRequest) -> list[Place]:
    """The places with what waits in each, one count per place."""
    waiting = waits_in(held_by(request))
    return [
        Place(place.label, place.url, waiting=badge(waiting.get(place.url.split("/")[2], 0)))
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
    logo: str = ""


def contacts_of(actor: Actor, case: Case | None = None) -> list[Contact]:
    """Always near on the client's side: the firm whose case is shown, else every firm of the company."""
    if actor.is_firm:
        return []
    if case is not None:
        return [contact(actor, case.firm, case.responsible)]
    return [contact(actor, held.firm, held.engagement.responsible) for held in actor.memberships]


def contact(actor: Actor, firm: Firm, responsible: Membership | None) -> Contact:
    there = responsible if responsible and responsible.is_there else None
    name, email = (there.name, there.user.email) if there else ("", firm.reply_to)
    return Contact(firm.name, firm.phone, name, email, logo_for_client(slug_of(actor), firm))
