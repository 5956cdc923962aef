"""What holds for every request: nothing stays behind, the reader's own language, and where htmx goes after a form."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_cache_control

from samsyn.web.requests import by_htmx


class NothingStays:
    """No page stays in a browser or a proxy after it was read: not a page, not a refusal, not a way elsewhere."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not hasattr(response, "stays"):
            patch_cache_control(response, private=True, no_store=True)
        return response


# What no page of ours uses. A photograph is taken by the telephone's own camera, outside the page.
UNUSED = ("camera", "microphone", "geolocation", "payment", "usb", "midi", "display-capture", "browsing-topics")

# Passkeys: for our own pages, never for one that is framed in them.
OWN = ("publickey-credentials-create", "publickey-credentials-get")
POLICY = ", ".join([*(f"{name}=()" for name in UNUSED), *(f"{name}=(self)" for name in OWN)])


class UsesLittle:
    """No page, and nothing that might get into one, may ask the browser for what Samsyn has no use for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response["Permissions-Policy"] = POLICY
        return response


def may_stay(response: HttpResponse, *, days: int) -> HttpResponse:
    """The exception: a picture that is no secret between firm and client, kept by the reader's browser alone."""
    response.stays = True  # type: ignore[attr-defined]
    patch_cache_control(response, private=True, max_age=days * 24 * 3600)
    return response


class PersonLanguage:
    """Activates the person's own language; a visitor keeps what the browser or the cookie says."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = translation.get_language() or ""
        return self.get_response(request)


class WholePageAfterwards:
    """A form that htmx posts and that leads to another page opens that page whole.

    A script cannot see a redirect: it would be followed unseen and the page swapped into the form. So address,
    title, menu and history are the same as without scripts.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if by_htmx(request) and response.status_code in (301, 302, 303):
            response["HX-Redirect"] = response["Location"]
            del response["Location"]
            response.status_code = 200
        return response
