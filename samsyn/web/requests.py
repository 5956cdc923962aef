"""What a request tells about the person who made it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from samsyn.tenancy.errors import NotNow, Refused


def address_of_visitor(request: HttpRequest) -> str | None:
    """The network address the web server saw. A proxy must be named to the server, never trusted from here."""
    return request.META.get("REMOTE_ADDR") or None


def how_signed_in(request: HttpRequest) -> str:
    """How the session was opened, as it is kept with an approval: 'password' until there are more ways."""
    records: list[dict[str, Any]] = request.session.get("account_authentication_methods", [])
    return records[-1]["method"] if records else "password"


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


def signed_in_words(method: str) -> str:
    words = {
        "password": _("You are signed in with a password."),
        "code": _("You are signed in with a code sent to your e-mail address."),
    }
    return words.get(method, _("You are signed in."))


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
