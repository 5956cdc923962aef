"""What a request tells about the person who made it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from samsyn.tenancy.errors import NotNow, Refused


def address_of_visitor(request: HttpRequest) -> str | None:
    """The network address the web server saw. A proxy must be named to the server, never trusted from here."""
    return request.META.get("REMOTE_ADDR") or None


def how_signed_in(request: HttpRequest) -> str:
    """How the person has proved who it is in this session, as it is kept with an approval: 'password', 'code+totp'."""
    marks = [mark_of(one) for one in get_authentication_records(request, request.user)]
    return "+".join(dict.fromkeys(marks)) or "password"


def mark_of(record: dict[str, Any]) -> str:
    """What a proof is called where it is kept."""
    return PROOFS.get(record.get("type", ""), str(record["method"]))


PROOFS = {"webauthn": "passkey", "totp": "totp", "recovery_codes": "recovery"}


def press_in(request: HttpRequest) -> dict[str, str]:
    """What every form of a case says of itself to the verb: which press it is, and of what edition of the case."""
    return {name: request.POST.get(name, "") for name in ("once", "edition")}


def made_at(request: HttpRequest) -> dt.datetime | None:
    """When the page was made whose form is posted, as the form says; None when it doesn't."""
    try:
        made = dt.datetime.fromisoformat(request.POST.get("made", ""))
    except ValueError:
        return None
    return made if made.tzinfo else None


def status_of(refusal: Refused) -> int:
    """What a refusal answers with: 409 for the wrong moment, 422 for what can be mended and sent again."""
    return 409 if isinstance(refusal, NotNow) else 422


def signed_in_words(how: str) -> str:
    """What `how_signed_in` gives, in sentences to the person."""
    first, *more = how.split("+")
    said = [SIGNED_IN[first]() if first in SIGNED_IN else _("You are signed in.")]
    return " ".join([*said, *(CONFIRMED[one]() for one in more if one in CONFIRMED)])


SIGNED_IN: dict[str, Callable[[], str]] = {
    "password": lambda: _("You are signed in with a password."),
    "code": lambda: _("You are signed in with a code sent to your e-mail address."),
    "link": lambda: _("You are signed in with a link sent to your e-mail address."),
    "passkey": lambda: _("You are signed in with a passkey."),
    "oidc": lambda: _("You are signed in with the firm's own sign-in."),
}
CONFIRMED: dict[str, Callable[[], str]] = {
    "password": lambda: _("You have also given your password."),
    "code": lambda: _("You have also given a code sent to your e-mail address."),
    "passkey": lambda: _("You have also used a passkey."),
    "totp": lambda: _("You have also given a one-time code from your app."),
    "recovery": lambda: _("You have also used a recovery code."),
}


def signed_in_briefly(how: str) -> str:
    """What `how_signed_in` gives, as a record says it after the time: 'signed in with a password, a one-time code'."""
    said = [BRIEFLY[one]() for one in how.split("+") if one in BRIEFLY]
    return _("signed in with %(ways)s") % {"ways": ", ".join(said)} if said else ""


BRIEFLY: dict[str, Callable[[], str]] = {
    "password": lambda: _("a password"),
    "code": lambda: _("a code by e-mail"),
    "link": lambda: _("a link by e-mail"),
    "passkey": lambda: _("a passkey"),
    "totp": lambda: _("a one-time code from an app"),
    "recovery": lambda: _("a recovery code"),
    "oidc": lambda: _("the firm's own sign-in"),
}


def by_script(request: HttpRequest) -> bool:
    """Whether one of our own small scripts asks (a draft, an upload) and can read a sentence as JSON."""
    return "X-Samsyn" in request.headers


def by_htmx(request: HttpRequest) -> bool:
    """Whether htmx posts a form and swaps a part of the page with the answer."""
    return request.headers.get("HX-Request") == "true"


def whole_page(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """An answer to htmx that is shown as the whole page, since more than the form is new."""
    if by_htmx(request):
        response["HX-Retarget"] = response["HX-Reselect"] = "#main"
    return response


def same_origin(request: HttpRequest) -> bool:
    """Whether the browser itself says that one of our own pages asks. An old browser says nothing: then no."""
    if fetched := request.headers.get("Sec-Fetch-Site"):
        return fetched == "same-origin"
    return request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"
