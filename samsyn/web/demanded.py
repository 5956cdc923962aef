"""The page before the door of a firm that demands a second factor: use one, or get one, and come back."""

from __future__ import annotations

import functools

from allauth.account.utils import get_next_redirect_url
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from samsyn.tenancy import factors
from samsyn.tenancy.factors import Type
from samsyn.tenancy.models import Membership, User
from samsyn.web.confirming import FromApp, Way, has_passkey_here, proved
from samsyn.web.doors import held_by, owes_second_step, person_page, shut_to
from samsyn.web.passkeys import are_possible


@person_page("GET", "POST")
def demanded(request: HttpRequest) -> HttpResponse:
    """Which firm demands it, and what the person can show; whoever has nothing yet gets a way to it."""
    user: User = request.user  # type: ignore[assignment]
    if not owes_second_step(request):
        return redirect(get_next_redirect_url(request) or "start")
    ways: dict[str, type[Way]] = {"code": FromApp} if factors.has(user, Type.TOTP, Type.RECOVERY_CODES) else {}
    return proved(request, user, ways, functools.partial(show, request, user, ways))


def show(
    request: HttpRequest,
    user: User,
    ways: dict[str, type[Way]],
    filled: dict[str, Way] | None = None,
    *,
    problem: str = "",
) -> HttpResponse:
    following = get_next_redirect_url(request) or ""
    shut = shut_to(request)
    shown = {
        "firms": list(dict.fromkeys(one.firm.name for one in those_at(following, shut) or shut)),
        "elsewhere": len(held_by(request)) > len(shut),
        "ways": {name: form(request, user) for name, form in ways.items()} | (filled or {}),
        "has_one": factors.has(user),
        "passkey": has_passkey_here(request, user),
        "possible": are_possible(request),
        "problem": problem,
        "following": following,
    }
    return render(request, "account/demanded.html", shown, status=422 if filled or problem else 200)


def those_at(address: str, shut: list[Membership]) -> list[Membership]:
    """Which of them the address is about."""
    side, _slash, rest = address.removeprefix("/").partition("/")
    slug = rest.partition("/")[0]
    if side == "byra":
        return [one for one in shut if one.engagement_id is None and one.firm.slug == slug]
    return [one for one in shut if one.engagement_id and one.engagement.company.slug == slug]
