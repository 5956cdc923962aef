"""A session that ends in the middle of a form loses nothing: the text is kept, and put back after signing in.

Only text, never files; encrypted; for an hour; and only for the person who had written it, told by a
signed cookie that names nobody in clear. Nothing is ever posted by itself.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils import timezone

from samsyn.kit.letters import sealed_box
from samsyn.web.models import KeptPost

COOKIE = "samsyn_person"
# Says only that something waits, so that pages need not ask the database each time.
WAITING = "samsyn_kept"
LIVES = dt.timedelta(hours=1)
MOST = 200_000
# A form's own address, where it is not the page that shows it.
SHOWN_AT = ("skicka-tillbaka/", "utkast/")


class KeepsWhatWasTyped(LoginRequiredMiddleware):
    """Asks for a sign-in as the library does, but first keeps a form that came too late."""

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> HttpResponseRedirect:
        person = request.get_signed_cookie(COOKIE, default="", salt=COOKIE)
        late = request.method == "POST" and bool(person)
        if late and person:
            path = page_of(request.path)
            keep(person, path, request.POST)
            request.path = request.path_info = path  # where to come back to
            request.META["QUERY_STRING"] = ""
        response = super().handle_no_permission(request, view_func)
        if late:
            secure, age = request.is_secure(), int(LIVES.total_seconds())
            response.set_cookie(WAITING, "1", max_age=age, httponly=True, samesite="Lax", secure=secure)
        return response

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        user = getattr(request, "user", None)
        if user is not None and user.is_authenticated and COOKIE not in request.COOKIES:
            response.set_signed_cookie(
                COOKIE, str(user.pk), salt=COOKIE, max_age=30 * 24 * 3600, httponly=True, samesite="Lax",
                secure=request.is_secure(),
            )  # fmt: skip
        return response


def page_of(path: str) -> str:
    """The page whose form posts to `path`."""
    for end in SHOWN_AT:
        path = path.removesuffix(end)
    return path


def keep(person: str, path: str, post: QueryDict) -> None:
    fields = post.copy()
    for name in ("csrfmiddlewaretoken", "do", "once", "digest"):
        fields.pop(name, None)
    text = fields.urlencode()
    if text and len(text) <= MOST:
        KeptPost.objects.filter(user_id=UUID(person), path=path[:300]).delete()
        KeptPost.objects.create(user_id=UUID(person), path=path[:300], body=sealed_box().encrypt(text.encode()))


def put_back(request: HttpRequest) -> QueryDict | None:
    """What this person had written on this page, once; older than an hour it is gone."""
    if request.method != "GET" or WAITING not in request.COOKIES:
        return None
    try:
        person = request.get_signed_cookie(COOKIE, salt=COOKIE)
    except (KeyError, signing.BadSignature):
        return None
    if person != str(request.user.pk):
        return None
    rows = KeptPost.objects.filter(user_id=UUID(person), path=request.path)
    found = rows.filter(created_at__gt=timezone.now() - LIVES).order_by("-created_at").first()
    if found is None:
        return None
    rows.delete()
    return QueryDict(sealed_box().decrypt(bytes(found.body)).decode())


def sweep() -> None:
    """Erase what nobody came back for. Each minute."""
    KeptPost.objects.filter(created_at__lt=timezone.now() - LIVES).delete()
