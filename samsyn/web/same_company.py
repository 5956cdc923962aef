"""*Samma företag*: what two firms both have as a client comes under one address, by somebody who owns it at both."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from samsyn.tenancy import actions
from samsyn.tenancy.actions import Twin
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.errors import NotYours, Refused
from samsyn.web.doors import client_page, held_by
from samsyn.web.pages import page


@client_page("GET", "POST")
def same_company(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Not there for anybody but an owner of both: nobody else may learn that the other one exists."""
    twins = actions.twins_of(actor)
    if not twins:
        raise Http404
    problem = ""
    if request.method == "POST":
        try:
            return joined(request, actor, twins)
        except NotYours:
            raise
        except Refused as refusal:
            problem = str(refusal)
    status = 422 if problem else 200
    return page(request, "client/same_company.html", actor, "client_start", status=status, twins=twins, problem=problem)


def joined(request: HttpRequest, actor: Actor, twins: list[Twin]) -> HttpResponse:
    """Join the two that were chosen, under the address that was chosen."""
    keep = request.POST.get("keep", "")
    found = next((one for one in twins if one.there.slug == request.POST.get("there")), None)
    if found is None or actor.user is None or keep not in (found.here.slug, found.there.slug):
        raise Refused(_("Choose which address is to remain."))
    stays, goes = (found.here, found.there) if keep == found.here.slug else (found.there, found.here)
    kept = actions.join_companies(actor.user, stays.pk, goes.pk)
    messages.success(request, _("The company has one address now. The old one leads here."))
    return redirect("client_start", kept.slug)


def is_offered(request: HttpRequest, actor: Actor) -> bool:
    """Whether the page is there for this person. Whoever owns one company only costs no question to the database."""
    owned = {held.engagement.company_id for held in held_by(request) if held.engagement_id and held.is_owner}
    return len(owned) > 1 and bool(actions.twins_of(actor))
