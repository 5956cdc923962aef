"""Doors: every view has one, and it turns the address into an `Actor` or a 404.

A refusal that a view does not place itself gets a page of its own here, so that none is ever an inner fault.
A door is also written on the view (`view.door`), so that a system check and the doors test can walk the
URLconf and find a route that forgot.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.checks import CheckMessage, Error
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils.translation import gettext as _

from samsyn.tenancy import factors
from samsyn.tenancy.actors import Actor, client_actor, current_slug, firm_actor, memberships_of, support_actor
from samsyn.tenancy.demands import needs_second_factor
from samsyn.tenancy.errors import NotFresh, NotProved, NotYours, Refused
from samsyn.tenancy.models import Membership
from samsyn.tenancy.security import SecurityLog, record
from samsyn.tenancy.walls.standing import as_person, take_side
from samsyn.web.errors import refused, too_often, wrong_method
from samsyn.web.kept import lead_away
from samsyn.web.limits import TooOften, limit_uploads
from samsyn.web.proofs import has_second_factor, is_fresh, must_be_fresh
from samsyn.web.requests import address_of_visitor, how_signed_in

View = Callable[..., HttpResponseBase]
Door = Callable[[View], View]


def _door(name: str, enter: Callable[[HttpRequest, dict[str, Any]], tuple[Any, ...]], methods: tuple[str, ...]) -> Door:
    def wrap(view: View) -> View:
        @functools.wraps(view)
        def inside(request: HttpRequest, **address: Any) -> HttpResponseBase:
            if request.method not in methods and not (request.method == "HEAD" and "GET" in methods):
                return wrong_method(request, methods)
            with nullcontext() if name == "public" else as_person(request.user.pk):
                said = _said(request, view, enter, address)
            if isinstance(said, Exception):
                raise said
            return said

        inside.door, inside.methods = name, methods  # type: ignore[attr-defined]
        return inside

    return wrap


def _said(
    request: HttpRequest, view: View, enter: Callable[[HttpRequest, dict[str, Any]], tuple[Any, ...]], address: Any
) -> HttpResponseBase | Exception:
    """What the view answers, or the refusal to raise once what was done before it has been kept.

    A page that is made as late as it is sent is made here: afterwards nobody stands behind the wall for it.
    """
    try:
        found = enter(request, address)
        limit_uploads(request)
        response = view(request, *found, **address)
        return response.render() if isinstance(response, SimpleTemplateResponse) else response
    except Moved as moved:
        return HttpResponseRedirect(moved.to, preserve_request=request.method == "POST")
    except NotFresh as refusal:
        page = "demanded" if isinstance(refusal, NotProved) else "account_reauthenticate"
        return lead_away(request, reverse(page), str(refusal))
    except NotYours as refusal:
        return PermissionDenied(str(refusal))
    except Refused as refusal:
        return refused(request, refusal)
    except TooOften:
        return too_often(request)
    except Http404 as refusal:
        if not shut_here(request):
            return refusal
        sentence = _("The accounting firm demands a second step. What you have written is kept.")
        return lead_away(request, reverse("demanded"), sentence)
    except PermissionDenied as refusal:
        return refusal


class Moved(Exception):  # noqa: N818 - an answer, not a fault
    """The slug in the address is an old one; the person may see where it leads."""

    def __init__(self, to: str) -> None:
        self.to = to


def firm_page(*methods: str, support: bool = False) -> Door:
    """For staff of the firm in the address: the view gets `(request, actor, …)`. Strangers get 404.

    With `support` also somebody whom a manager has let in may read it; without, that is refused.
    """

    def enter(request: HttpRequest, address: dict[str, Any]) -> tuple[Actor]:
        slug = address.pop("firm")
        return (_support(request, slug, reads=support) or _actor(request, slug, firm_actor),)

    return _door("firm", enter, methods or ("GET",))


def client_page(*methods: str) -> Door:
    """For people of the company in the address. Strangers get 404."""

    def enter(request: HttpRequest, address: dict[str, Any]) -> tuple[Actor]:
        return (_actor(request, address.pop("company"), client_actor),)

    return _door("client", enter, methods or ("GET",))


def cases_page(*methods: str) -> Door:
    """A client's page about cases: it is not there before the menu item *Ärenden* is."""

    def enter(request: HttpRequest, address: dict[str, Any]) -> tuple[Actor]:
        actor = _actor(request, address.pop("company"), client_actor)
        if not actor.open_engagement_ids:
            raise Http404
        return (actor,)

    return _door("cases", enter, methods or ("GET",))


def person_page(*methods: str) -> Door:
    """For anybody signed in: the view gets `(request, …)`."""
    return _door("person", lambda request, address: (), methods or ("GET",))


def public_page(*methods: str) -> Door:
    """For everybody."""

    def wrap(view: View) -> View:
        return login_not_required(_door("public", lambda request, address: (), methods or ("GET",))(view))

    return wrap


def held_by(request: HttpRequest) -> list[Membership]:
    """Everything the signed-in person belongs to, read once per request."""
    whose, held = getattr(request, "_samsyn_held", (None, []))
    if whose != request.user.pk:  # a sign-in may end in the middle of a request
        held = memberships_of(request.user)  # type: ignore[arg-type]
        request._samsyn_held = (request.user.pk, held)  # type: ignore[attr-defined]
    return held


def shut_to(request: HttpRequest) -> list[Membership]:
    """The memberships whose firm demands a second factor that this session has not seen."""
    return [] if has_second_factor(request) else [one for one in held_by(request) if needs_second_factor(one)]


def shut_here(request: HttpRequest) -> tuple[Membership, ...]:
    """Those of them that are at the address asked for."""
    shut: tuple[Membership, ...] = getattr(request, "_samsyn_shut", ())
    return shut


def open_to(request: HttpRequest) -> list[Membership]:
    """The memberships the person may act by in this session."""
    shut = shut_to(request)
    return [one for one in held_by(request) if one not in shut]


def must_be_sure(request: HttpRequest) -> None:
    """Before what one signs in with is changed: a fresh proof, and where a firm demands a second factor the one the
    person has. Else a stolen password would be enough to add another and so go round the door."""
    must_be_fresh(request)
    if owes_second_step(request) and factors.has(request.user):  # type: ignore[arg-type]
        raise NotProved(_("Show the second step you have first."))


def owes_second_step(request: HttpRequest) -> bool:
    """Whether a door is shut to this session until it has seen a second factor; support may meet any firm's."""
    supports: bool = request.user.supports  # type: ignore[union-attr]
    return bool(shut_to(request)) or (supports and not has_second_factor(request))


def at_firm(request: HttpRequest, slug: str) -> Actor:
    """The signed-in person as staff of the firm at `slug`, where the address names no firm. Strangers get 404."""
    return _actor(request, slug, firm_actor)


def _actor(request: HttpRequest, slug: str, make: Callable[..., Actor | None]) -> Actor:
    held = held_by(request)
    actor = make(request.user, open_to(request), slug)
    behind = make(request.user, shut_to(request), slug)
    # What isn't found may be behind a door that is shut until then.
    request._samsyn_shut = behind.memberships if behind else ()  # type: ignore[attr-defined]
    if actor is None and behind is None:
        newer = current_slug(slug)
        if newer and make(request.user, held, newer):
            raise Moved(request.get_full_path().replace(f"/{slug}/", f"/{newer}/", 1))
    if actor is None:
        raise Http404
    take_side(actor)
    object.__setattr__(actor, "ip_address", address_of_visitor(request))
    object.__setattr__(actor, "signed_in_by", how_signed_in(request))
    object.__setattr__(actor, "fresh", is_fresh(request))
    return actor


def _support(request: HttpRequest, slug: str, *, reads: bool) -> Actor | None:
    """Whoever reads here for support. The firm is told of every page and every refusal, before it is answered."""
    user: Any = request.user
    actor = support_actor(user, slug) if user.supports and not firm_actor(user, held_by(request), slug) else None
    if actor is None or actor.firm is None:
        return None
    take_side(actor)
    reads = reads and request.method in ("GET", "HEAD")
    object.__setattr__(actor, "ip_address", address_of_visitor(request))
    about = f"{'page' if reads else 'tried'}:{request.path}"
    record(SecurityLog.What.SUPPORT, actor.firm, name=user.name, user=user, actor=actor, about=about)
    if actor.firm.second_factor_staff and not has_second_factor(request):
        raise NotYours(_("The firm demands a second step. Add one on My account, and sign in with it."))
    if not reads:
        raise NotYours(_("Support reads pages only: no files, no copies, no settings, and nothing is changed."))
    return actor


def check_doors(**_options: Any) -> list[CheckMessage]:
    """A system check: every route has a door."""
    return [
        Error(f"The route {route!r} has no door.", id="samsyn.D001")
        for route, view in routes()
        if not hasattr(view, "door")
    ]


def routes() -> list[tuple[str, Any]]:
    """Every route of the URLconf with its view, nested ones too."""

    def walk(patterns: list[Any], before: str) -> list[tuple[str, Any]]:
        found: list[tuple[str, Any]] = []
        for entry in patterns:
            here = before + str(entry.pattern)
            if isinstance(entry, URLResolver):
                found += walk(entry.url_patterns, here)
            elif isinstance(entry, URLPattern):
                found.append((here, entry.callback))
        return found

    return walk(get_resolver().url_patterns, "/")
