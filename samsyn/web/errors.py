"""Error pages: one sentence, nothing about what was looked for, and back what was written."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template import loader
from django.utils.translation import gettext as _
from django.utils.translation import override

from samsyn.tenancy.agreement import LANGUAGES
from samsyn.tenancy.errors import Refused
from samsyn.web import kept
from samsyn.web.requests import by_htmx, by_script, status_of

logger = logging.getLogger("samsyn.refused")
TOO_MUCH = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """A form that is too old or came from elsewhere."""
    note(request, "form of another page")
    return kept.too_old(request)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    too_much = isinstance(exception, TOO_MUCH)
    sentence = _("It was too much at once, and nothing has been saved. Go back and divide it.") if too_much else ""
    return said(request, 400, "400.html", sentence)


def note(request: HttpRequest, why: str) -> None:
    """Tell the log of the installation that somebody was refused, for whoever looks for what doesn't belong.

    The page and the person by their own names in the program: an address may hold a token or lead to a case.
    """
    match, person = request.resolver_match, getattr(request, "user", None)
    told = (why, request.method, match.url_name if match else "-", getattr(person, "pk", None) or "-")
    logger.warning("%s: %s %s by %s", *told)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    note(request, "not allowed")
    return said(request, 403, "403.html", str(exception) or _("Your role doesn't let you do this."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    note(request, "not there")
    return said(request, 404, "404.html")


def wrong_method(request: HttpRequest, methods: Sequence[str]) -> HttpResponse:
    """A page that takes other methods; `methods` go in the header Allow, as HTTP asks."""
    response = render(request, "405.html", status=405)
    response["Allow"] = ", ".join(methods)
    return response


def refused(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """What can't be done as it was asked, or not now, when the view has no place of its own for the sentence."""
    back = kept.page_of(request) if request.method == "POST" else "/"
    return said(request, status_of(refusal), "refused.html", str(refusal), back=back)


def too_often(request: HttpRequest) -> HttpResponse:
    """More than the limit of an action: when to come again, and what was written to be copied until then."""
    note(request, "too often")
    response = said(request, 429, "429.html", SENTENCES[429]())
    response["Retry-After"] = "300"
    return response


def broken(request: HttpRequest) -> HttpResponse:
    """An inner fault. What is down may be the database or the session, so neither is asked: not even for a language."""
    if by_script(request) or by_htmx(request):
        return JsonResponse({"saved": SENTENCES[500]()}, status=500)
    page = loader.render_to_string("500.html", {"request": None, "LANGUAGE_CODE": LANGUAGES[0], "said": in_each()})
    return HttpResponse(page, status=500)


def in_each() -> list[tuple[str, str, str, str]]:
    """The words of an inner fault in each language: its code, heading, sentence and button."""
    found = []
    for code in LANGUAGES:
        with override(code):
            words = _(
                "It is our fault, not yours. Go back and see whether what you wrote is there. Try again in a moment."
            )
            found.append((code, _("Something went wrong"), words, _("To the start page")))
    return found


def said(request: HttpRequest, status: int, template: str, reason: str = "", **more: str) -> HttpResponse:
    """The page, or for a script the sentence alone, so that the form stays as it is on the screen."""
    if by_script(request) or by_htmx(request):
        return JsonResponse({"saved": reason or SENTENCES[status]()}, status=status)
    written = written_in(request) if status in (403, 404, 409, 422, 429) and request.method == "POST" else []
    return render(request, template, {"reason": reason, "written": written, **more}, status=status)


SENTENCES = {
    400: lambda: _("The request couldn't be read. Nothing has been saved."),
    403: lambda: _("Your role doesn't let you do this."),
    404: lambda: _("There is nothing here any more, so nothing could be saved. Copy what you wrote."),
    429: lambda: _("It was too often in a short time. Wait a few minutes and try again."),
    500: lambda: _("Something went wrong, and it is our fault. What you wrote is still here. Try again in a moment."),
}
# Ids, tokens and ticks: what a form carries and nobody has written.
CODE = re.compile(r"|[0-9a-f]{8}|[0-9a-f]{24,64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|on|yes|no")
CODED = re.compile(r"typ|kund|firm|part|how|version|scope|role|.*-(type|retention_class)")


def written_in(request: HttpRequest) -> list[str]:
    """The words among the posted fields: what a person has written, without ids and codes."""
    left_out = {name for name in request.POST if name in kept.LEFT_OUT or CODED.fullmatch(name)} - {"login"}
    fields = [(name, value.strip()) for name, values in request.POST.lists() for value in values]
    return [value for name, value in fields if name not in left_out and not CODE.fullmatch(value)]
