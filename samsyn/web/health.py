"""/health/: whether the program answers and reaches its database. And what browsers ask every site for."""

from __future__ import annotations

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static

from samsyn.web.doors import public_page


@public_page()
def health(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain")


@public_page()
def icon(request: HttpRequest) -> HttpResponse:
    """Browsers ask for it unasked, on pages that are not ours too."""
    return redirect(static("assets/samsyn.svg"))
