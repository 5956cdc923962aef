"""A firm's logo, for its staff and its clients. The reader's browser may keep it: a new one has a new address."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from samsyn.tenancy import logos
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.models import Firm
from samsyn.web.doors import client_page, firm_page
from samsyn.web.middleware import may_stay


@client_page()
def client_logo(request: HttpRequest, actor: Actor, firm: str) -> HttpResponse:
    held = next((one for one in actor.memberships if one.firm.slug == firm), None)
    return _served(held.firm if held else None)


@firm_page(support=True)
def firm_logo(request: HttpRequest, actor: Actor) -> HttpResponse:
    return _served(actor.firm)


def logo_for_client(slug: str, firm: Firm) -> str:
    """The address of the logo on the client's pages, or '' when there is none."""
    return f"{reverse('client_logo', args=[slug, firm.slug])}?v={firm.logo[:8]}" if firm.logo else ""


def _served(firm: Firm | None) -> HttpResponse:
    content = logos.read(firm.logo) if firm else None
    if content is None:
        raise Http404
    response = HttpResponse(content, content_type=logos.TYPE)
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return may_stay(response, days=1)
