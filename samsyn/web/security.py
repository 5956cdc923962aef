"""*Säkerhetslogg*: what managers read of sign-ins, rights and copies."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from samsyn.cases.lists import after, cursor_of
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.errors import NotYours
from samsyn.tenancy.roles import Right
from samsyn.tenancy.security import SecurityLog
from samsyn.web.doors import firm_page
from samsyn.web.firm_filters import with_
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
    if cursor := asked.get("efter"):
        rows = after(rows, "at", True, cursor)
    found = list(rows[: PAGE + 1])
    following = with_(asked, efter=cursor_of(found[PAGE - 1], "at")) if len(found) > PAGE else ""
    views: list[tuple[str, Any, str]] = [("", _("All"), with_(asked, visa=None, efter=None))]
    views += [(one.value, one.label, with_(asked, visa=one.value, efter=None)) for one in SecurityLog.What]
    return page(
        request,
        "firm/security_log.html",
        actor,
        "firm_settings",
        rows=found[:PAGE],
        views=views,
        kind=kind,
        following=following,
        first=with_(asked, efter=None) if asked.get("efter") else "",
    )
