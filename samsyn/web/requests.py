"""What a request tells about the person who made it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _


def address_of_visitor(request: HttpRequest) -> str | None:
    """The network address the web server saw. A proxy must be named to the server, never trusted from here."""
    return request.META.get("REMOTE_ADDR") or None


def how_signed_in(request: HttpRequest) -> str:
    """How the session was opened, as it is kept with an approval: 'password' until there are more ways."""
    records: list[dict[str, Any]] = request.session.get("account_authentication_methods", [])
    return records[-1]["method"] if records else "password"


def signed_in_words(method: str) -> str:
    return {"password": _("You are signed in with a password.")}.get(method, _("You are signed in."))
