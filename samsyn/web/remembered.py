"""Who signed in in this browser last, so that the next time one press sends the code.

A signed cookie holds the person's id and nothing readable, for `LIVES` after the newest sign-in. The page shows a
masked address alone. *Not you?* takes it away, and so does signing out: whoever signs out by hand may share the
browser with others, while a session that has ended in time leaves it.
"""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from allauth.account.utils import passthrough_next_redirect_url
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse

from samsyn.kit.text import masked_address
from samsyn.tenancy.models import User
from samsyn.web.cookies import KNOWN, put
from samsyn.web.doors import public_page

COOKIE, LIVES, SALT = KNOWN.name, KNOWN.lives, "samsyn_known"
AnyResponse = TypeVar("AnyResponse", bound=HttpResponseBase)


def remember(response: AnyResponse, user: User) -> AnyResponse:
    """`response` with the note of who has just signed in."""
    put(response, KNOWN, user.pk.hex, salt=SALT)
    return response


def forget(response: AnyResponse) -> AnyResponse:
    response.delete_cookie(COOKIE, samesite="Lax")
    return response


def known_here(request: HttpRequest) -> User | None:
    """Who signed in here last, when the note is ours and whole, and the person can still sign in."""
    if COOKIE not in request.COOKIES:
        return None
    try:
        value = request.get_signed_cookie(COOKIE, salt=SALT, max_age=LIVES)
        return User.objects.filter(pk=UUID(value), is_active=True).first()
    except (signing.BadSignature, ValueError):
        return None


def shown_address(request: HttpRequest, email: str) -> str:
    """An address as a page may show it: masked when it was not typed here but remembered."""
    known = known_here(request)
    return masked_address(email) if known and known.email == email else email


@public_page("POST")
def forget_me(request: HttpRequest) -> HttpResponse:
    """*Not you?*: the sign-in page for anybody, on the way to the page that was wanted."""
    address = passthrough_next_redirect_url(request, reverse("account_login"), REDIRECT_FIELD_NAME)
    return forget(HttpResponseRedirect(address))
