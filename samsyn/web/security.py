"""*Säkerhetslogg*: what managers read of sign-ins, rights and copies."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from samsyn.tenancy.actors import Actor
from samsyn.tenancy.errors import NotYours
from samsyn.tenancy.roles import Right
from samsyn.tenancy.security import SecurityLog
from samsyn.web.doors import firm_page
from samsyn.web.firm_filters import filter_by, paged
from samsyn.web.pages import page

PAGE = 50


@firm_page()
def security_log(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Newest first, a page at a time; of one kind when the address says so."""
    if not actor.may(Right.RUN_FIRM):
        raise NotYours(_("Only a firm manager can read the security log."))
    asked = request.GET
    kind = asked.get("visa") if asked.get("visa") in SecurityLog.What.values else ""
    rows = SecurityLog.objects.visible_to(actor).select_related("engagement").order_by("-at", "-id")
    rows = rows.filter(what=kind) if kind else rows
    found, following, first = paged(asked, rows, "at", True, PAGE)
    return page(
        request,
        "firm/security_log.html",
        actor,
        "firm_settings",
        rows=found,
        what=filter_by(asked, "visa", _("What"), {one.value: str(one.label) for one in SecurityLog.What}),
        following=following,
        first=first,
    )
