"""Who has access: the firm's staff, and a client's colleagues."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from samsyn.kit.fields import MailField, PersonNameField
from samsyn.tenancy import actions
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.errors import NotYours, Refused
from samsyn.tenancy.models import Invitation, Membership
from samsyn.tenancy.roles import Right
from samsyn.web.away import all_coming
from samsyn.web.doors import client_page, firm_page
from samsyn.web.kept import fill, put_back
from samsyn.web.limits import limit
from samsyn.web.pages import page, slug_of
from samsyn.web.person import ColleagueRole, StaffRole
from samsyn.web.requests import made_at


class NewPerson(forms.Form):
    name = PersonNameField(label=gettext_lazy("Name"))
    email = MailField(label=gettext_lazy("E-mail address"))


class NewStaff(StaffRole, NewPerson):
    """The name and the address first, then what the person may do."""


class NewColleague(ColleagueRole, NewPerson):
    engagement = forms.ChoiceField(label=gettext_lazy("For cases from"))

    def __init__(self, actor: Actor, *args: Any, **how: Any) -> None:
        super().__init__(*args, **how)
        owned = [held for held in actor.memberships if held.is_owner]
        self.fields["engagement"].choices = [(str(one.engagement_id), one.firm.name) for one in owned]  # type: ignore[attr-defined]
        if len(owned) == 1:
            self.fields["engagement"].widget = forms.HiddenInput()
            self.fields["engagement"].initial = str(owned[0].engagement_id)


@firm_page("GET", "POST", support=True)
def staff(request: HttpRequest, actor: Actor) -> HttpResponse:
    """*Medarbetare*: everyone at the firm; a manager adds."""
    runs = actor.may(Right.RUN_FIRM)
    form = NewStaff(request.POST if request.method == "POST" else None)
    fill(form, put_back(request))
    if request.method == "POST":
        if not runs:
            raise NotYours(_("Only a firm manager can add people to the firm."))
        if _asked(request, actor, form, lambda: actions.add_staff(actor, **form.cleaned_data, since=made_at(request))):
            return redirect("firm_staff", slug_of(actor))
    people = Membership.objects.visible_to(actor).filter(engagement=None, ended_at=None).select_related("user")
    invited = Invitation.objects.visible_to(actor).filter(engagement=None, state=Invitation.State.PENDING)
    return page(
        request,
        "people/staff.html",
        actor,
        "firm_staff",
        status=422 if request.method == "POST" else 200,
        form=form,
        people=people.order_by("user__name"),
        invited=invited.order_by("name"),
        runs=runs,
        absences=all_coming(actor),
    )


@client_page("GET", "POST")
def colleagues(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Who at the company has access; an owner adds."""
    owns = bool(actor.owned_engagement_ids)
    form = NewColleague(actor, request.POST if request.method == "POST" else None)
    fill(form, put_back(request))
    if request.method == "POST":
        if not owns:
            raise NotYours(_("Only an administrator can add colleagues."))
        if _asked(request, actor, form, lambda: _add_colleague(actor, form.cleaned_data, made_at(request))):
            return redirect("client_colleagues", slug_of(actor))
    people = Membership.objects.visible_to(actor).filter(engagement__in=actor.engagement_ids, ended_at=None)
    invited = Invitation.objects.visible_to(actor).filter(state=Invitation.State.PENDING)
    return page(
        request,
        "people/colleagues.html",
        actor,
        "client_start",
        status=422 if request.method == "POST" else 200,
        form=form,
        people=people.select_related("user", "firm").order_by("firm__name", "user__name"),
        invited=invited.select_related("firm").order_by("name"),
        several=len(actor.memberships) > 1,
        owns=owns,
    )


def _add_colleague(actor: Actor, facts: dict[str, Any], since: dt.datetime | None) -> Invitation:
    chosen = facts.pop("engagement")
    held = next(one for one in actor.memberships if str(one.engagement_id) == chosen)
    held.engagement.firm = held.firm
    return actions.add_colleague(actor, held.engagement, **facts, since=since)


def _asked(request: HttpRequest, actor: Actor, form: NewPerson, add: Callable[[], Invitation]) -> bool:
    """Send an invitation, a new one or again, or take one back; False when the form must be shown with its errors."""
    if (back := request.POST.get("take_back")) is not None:
        try:
            actions.revoke(actor, _found(actor, back))
            messages.success(request, _("The invitation is taken back"))
        except NotYours:
            raise
        except Refused as refusal:
            messages.warning(request, str(refusal))
        return True
    again = request.POST.get("again")
    if again is None and not form.is_valid():
        return False
    limit(request, "invite")
    try:
        asked = add() if again is None else actions.invite_again(actor, _found(actor, again))
    except NotYours:
        raise
    except Refused as refusal:
        if again is None:
            form.add_error(refusal.field or None, str(refusal))
        else:
            messages.warning(request, str(refusal))
        return again is not None
    messages.success(request, _("An invitation is on its way to %(email)s") % {"email": asked.email})
    return True


def _found(actor: Actor, pk: str) -> Invitation:
    rows = Invitation.objects.visible_to(actor).select_related("firm", "engagement")
    try:
        found: Invitation = rows.get(pk=pk)
    except (Invitation.DoesNotExist, ValidationError) as error:
        raise Http404 from error
    return found
