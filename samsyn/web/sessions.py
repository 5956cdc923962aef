"""How long a sign-in lasts: so many hours at most, and so many without anything done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from allauth.usersessions.models import UserSession
from django.contrib.auth import logout
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from samsyn.tenancy.models import User
from samsyn.web.doors import held_by
from samsyn.web.proofs import BEGAN

SEEN = "seen"  # in the session, as `BEGAN`: when something was last done
# (longest, longest without anything done): shorter for whoever works at a firm and sees many companies.
STAFF = (dt.timedelta(hours=12), dt.timedelta(minutes=60))
CLIENT = (dt.timedelta(days=14), dt.timedelta(hours=24))
MINUTE = 60
# Pages that look again by themselves: they prove nobody's presence.
POLLS = {"client_tabs", "firm_import_run"}


class EndsInTime:
    """Signs out whoever's time is up, and notes that the others are here, once a minute at most."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and is_over(request, request.user):
            logout(request)
        response = self.get_response(request)
        if request.user.is_authenticated and not polls(request):
            note(request)
        return response


def polls(request: HttpRequest) -> bool:
    """Whether a page asks by itself, with nobody's hand on it."""
    match = request.resolver_match
    return request.method == "GET" and match is not None and match.url_name in POLLS


def note(request: HttpRequest) -> None:
    """Write down that a sign-in is in use; the first time also where, for the person's own list."""
    now = timezone.now().timestamp()
    if BEGAN not in request.session:
        request.session[BEGAN] = request.session[SEEN] = now
        UserSession.objects.create_from_request(request)
    elif now - request.session[SEEN] >= MINUTE:
        request.session[SEEN] = now
        UserSession.objects.filter(session_key=request.session.session_key).update(last_seen_at=timezone.now())


@dataclass(frozen=True)
class Place:
    """Where a person is signed in."""

    id: int
    device: str
    ip: str
    began: dt.datetime
    seen: dt.datetime
    here: bool


def places_of(request: HttpRequest, user: User) -> list[Place]:
    """Where the person is signed in, this place first, then the latest used."""
    rows = sorted(UserSession.objects.purge_and_list(user), key=lambda one: one.last_seen_at, reverse=True)
    key = request.session.session_key
    found = [
        Place(one.pk, device(one.user_agent), one.ip, one.created_at, one.last_seen_at, one.session_key == key)
        for one in rows
    ]
    return sorted(found, key=lambda one: not one.here)


def sign_out_elsewhere(request: HttpRequest, number: int | None = None) -> int:
    """End the person's other sign-ins, or the one with this number. Gives how many."""
    here = request.session.session_key
    mine = UserSession.objects.purge_and_list(request.user)
    chosen = [one for one in mine if one.session_key != here and number in (None, one.pk)]
    for one in chosen:
        one.end()
    return len(chosen)


# What a browser and a system call themselves, the most telling name first: many claim to be several.
BROWSERS = {"Edg": "Edge", "Firefox": "Firefox", "CriOS": "Chrome", "Chrome": "Chrome", "Safari": "Safari"}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS": "Mac",
    "Linux": "Linux",
}


def device(agent: str) -> str:
    """'Firefox, Windows' of what a browser says of itself; '' of what nobody knows."""
    found = [next((name for mark, name in known.items() if mark in agent), "") for known in (BROWSERS, SYSTEMS)]
    return ", ".join(filter(None, found))


def sweep() -> None:
    """Take away sign-ins whose time is up, and where they were. Each day."""
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
    there = Session.objects.filter(pk=OuterRef("session_key"))
    UserSession.objects.filter(~Exists(there)).delete()


def is_over(request: HttpRequest, user: User) -> bool:
    """Whether this sign-in has lasted, or rested, too long for who the person is now; or ended everywhere at once."""
    now = timezone.now()
    began, seen = (
        dt.datetime.fromtimestamp(request.session.get(name, now.timestamp()), dt.UTC) for name in (BEGAN, SEEN)
    )
    if user.sessions_from and began < user.sessions_from:
        return True
    lasted, rested = now - began, now - seen
    if lasted <= STAFF[0] and rested <= STAFF[1]:
        return False
    staff = user.supports or any(held.engagement_id is None for held in held_by(request))
    longest, idle = STAFF if staff else CLIENT
    return lasted > longest or rested > idle
