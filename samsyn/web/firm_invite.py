"""*Bjud in flera*: whom it reaches and what hinders the others; then how far it has come, and what became of each."""

from __future__ import annotations

import secrets
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from samsyn.tenancy import actions
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.errors import NotYours, Refused
from samsyn.tenancy.inviting import InviteRow, InviteRun
from samsyn.tenancy.roles import Right
from samsyn.web.doors import firm_page
from samsyn.web.firm_filters import as_id
from samsyn.web.pages import page, slug_of

SHOWN = 200


@firm_page("GET", "POST")
def invite_many(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Before anything is sent: how many are invited, and for the others a line with what to mend."""
    if not actor.may(Right.WORK):
        raise NotYours(_("Only the firm can invite."))
    ids, problem = chosen_in(request), ""
    if request.method == "POST":
        try:
            again = request.POST.get("do") == "again"
            run = actions.begin_inviting(actor, ids, again=again, once=request.POST.get("once"))
        except NotYours:
            raise
        except Refused as refusal:
            problem = str(refusal)
        else:
            return redirect("firm_invite_run", slug_of(actor), run.pk)
    found = actions.sorted_out(actor, ids)
    return page(
        request,
        "firm/invite.html",
        actor,
        "firm_clients",
        status=422 if problem else 200,
        problem=problem,
        found=found,
        hindered=found.hindered[:SHOWN],
        more=max(0, len(found.hindered) - SHOWN),
        chosen=ids,
        once=secrets.token_hex(16),
        runs=[(run, actions.progress_of(actor, run)) for run in newest_runs(actor)],
    )


def chosen_in(request: HttpRequest) -> list[UUID] | None:
    """The clients that were ticked, from the address or the form; None for everyone without a consent."""
    named = request.POST.getlist("kund") if request.method == "POST" else request.GET.getlist("kund")
    return [one for one in map(as_id, named) if one] if named else None


def newest_runs(actor: Actor) -> list[InviteRun]:
    return list(InviteRun.objects.visible_to(actor).order_by("-created_at")[:5])


@firm_page()
def run(request: HttpRequest, actor: Actor, pk: UUID) -> HttpResponse:
    """One run: its progress while it is at work, and what became of each client."""
    found = InviteRun.objects.visible_to(actor).filter(pk=pk).first()
    if found is None:
        raise Http404
    rows = InviteRow.objects.visible_to(actor).filter(run=found).select_related("engagement")
    left = rows.filter(state=InviteRow.State.LEFT).order_by("engagement__sort_key", "id")
    sent = rows.filter(state=InviteRow.State.SENT).order_by("engagement__sort_key", "id")
    return page(
        request,
        "firm/invite_run.html",
        actor,
        "firm_clients",
        run=found,
        count=actions.progress_of(actor, found),
        left=list(left[:SHOWN]),
        sent=list(sent[:SHOWN]),
        shown=SHOWN,
    )
