"""/health/: whether the program answers and reaches its database. And what browsers ask every site for."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static

from samsyn.web.doors import public_page


@public_page()
def health(request: HttpRequest) -> HttpResponse:
    """Whether we can answer: `ok`, or 503 while the database can't be reached, for whoever watches or balances."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("no database", content_type="text/plain", status=503)
    return HttpResponse("ok", content_type="text/plain")


@public_page()
def icon(request: HttpRequest) -> HttpResponse:
    """Browsers ask for it unasked, on pages that are not ours too."""
    return redirect(static("assets/samsyn.svg"))
