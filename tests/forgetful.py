"""Views that forget: behind the doors of the real ones, asking for every row there is. And one that breaks off."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.http import Http404, HttpRequest, JsonResponse
from django.urls import path

from samsyn.tenancy.actors import Actor
from samsyn.tenancy.models import Engagement
from samsyn.urls import handler400, handler403, handler404, handler500  # noqa: F401 - Django looks here for them
from samsyn.urls import urlpatterns as real
from samsyn.web.doors import client_page, firm_page, person_page, public_page


def everything(request: HttpRequest, actor: Actor | None = None) -> JsonResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT engagement_id::text FROM cases_case")
        clients = [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT DISTINCT firm_id::text FROM cases_event")
        firms = [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT count(*) FROM cases_event WHERE audience = 'firm'")
        return JsonResponse({"clients": clients, "firms": firms, "notes": cursor.fetchone()[0]})


def renaming(request: HttpRequest, actor: Actor) -> Any:
    """Change something, and then refuse or break off, as the address says."""
    Engagement.objects.visible_to(actor).update(city=request.GET["how"])
    if request.GET["how"] == "gone":
        raise Http404
    raise ZeroDivisionError


urlpatterns = [
    path("oppet/", public_page()(everything)),
    path("person/", person_page()(everything)),
    path("kund/<slug:company>/allt/", client_page()(everything)),
    path("byra/<slug:firm>/allt/", firm_page()(everything)),
    path("byra/<slug:firm>/byt/", firm_page()(renaming)),
    *real,
]
