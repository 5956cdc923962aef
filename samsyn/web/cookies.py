"""Every cookie there is: its name, how long it lives and what it is for. The page about personal data lists these."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Cookie:
    """`what` says what it is for, lazily, in the reader's language."""

    name: str
    lives: dt.timedelta
    what: Any


SESSION = Cookie(
    settings.SESSION_COOKIE_NAME, dt.timedelta(seconds=settings.SESSION_COOKIE_AGE), _("Keeps you signed in.")
)
FORMS = Cookie(
    settings.CSRF_COOKIE_NAME,
    dt.timedelta(seconds=settings.CSRF_COOKIE_AGE),
    _("Sees to it that a form comes from you and from no other website."),
)
LANGUAGE = Cookie(
    settings.LANGUAGE_COOKIE_NAME,
    dt.timedelta(days=365),
    _("Remembers the language you chose before you signed in."),
)
# Who was signed in here last, signed. See `web.kept`.
PERSON = Cookie(
    f"{settings.COOKIE_PREFIX}samsyn_person",
    dt.timedelta(days=30),
    _("Gives back what you had written when a sign-in ended in the middle of it."),
)
# Says only that something waits, so that pages need not ask the database each time.
WAITING = Cookie(
    f"{settings.COOKIE_PREFIX}samsyn_kept",
    dt.timedelta(hours=1),
    _("Says that something you had written waits to be given back."),
)
# Who signed in here last and has not signed out by hand, signed. See `web.remembered`.
KNOWN = Cookie(
    f"{settings.COOKIE_PREFIX}samsyn_known",
    dt.timedelta(days=180),
    _("Remembers who signed in here last, so that one press sends the code."),
)
# The firms' own sign-ins that somebody here is linked to, signed. See `web.providers`.
PROVIDERS = Cookie(
    f"{settings.COOKIE_PREFIX}samsyn_byra",
    dt.timedelta(days=180),
    _("Remembers which firm's own sign-in is used here."),
)
COOKIES = (SESSION, FORMS, LANGUAGE, PERSON, WAITING, KNOWN, PROVIDERS)


def put(response: HttpResponseBase, cookie: Cookie, value: str, *, salt: str = "") -> None:
    """Give the browser a cookie that no script reads and no other website's form sends; signed when there is a salt."""
    how: dict[str, Any] = {
        "max_age": int(cookie.lives.total_seconds()),
        "httponly": True,
        "samesite": "Lax",
        "secure": settings.SESSION_COOKIE_SECURE,
    }
    if salt:
        response.set_signed_cookie(cookie.name, value, salt=salt, **how)
    else:
        response.set_cookie(cookie.name, value, **how)
