"""*Ny huvudkontakt*: the firm appoints, and the owners of the company read it and can object."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from samsyn.kit.fields import MailField, PersonNameField, TextField
from samsyn.kit.sweden import moment_phrase
from samsyn.tenancy import actions
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.appointments import Appointment
from samsyn.tenancy.errors import NotYours, Refused
from samsyn.tenancy.models import Engagement, Membership
from samsyn.tenancy.people import people_of
from samsyn.tenancy.roles import Right
from samsyn.web.doors import client_page, firm_page
from samsyn.web.firm_clients import find_client
from samsyn.web.kept import fill, put_back
from samsyn.web.pages import contact_in, page, slug_of
from samsyn.web.requests import status_of
from samsyn.web.showing import Happened

State = Appointment.State
DONE = {
    "appoint": gettext_lazy("Saved. The administrators have been told."),
    "choose": gettext_lazy("Saved"),
    "again": gettext_lazy("The invitation is on its way"),
    "cancel": gettext_lazy("The appointment is taken back"),
}


class NewContact(forms.Form):
    """Who, and why."""

    name = PersonNameField(label=gettext_lazy("Name"))
    email = MailField(label=gettext_lazy("E-mail address"))
    reason = TextField(
        label=gettext_lazy("Why"),
        longest=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("The administrators read it. They can object for seven days."),
    )


class Objection(forms.Form):
    """The one press, with a reason or without."""

    reason = TextField(
        label=gettext_lazy("Reason"),
        longest=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("The firm reads it."),
    )


def appointments(actor: Actor, engagement: Engagement) -> list[Appointment]:
    """All there have been, newest first."""
    rows = Appointment.objects.visible_to(actor).filter(engagement=engagement)
    return list(rows.select_related("engagement", "membership__user", "invitation").order_by("-at", "-id"))


def happened(one: Appointment) -> list[Happened]:
    """An appointment as a history, newest first."""
    steps = [_step("user-round", _("{by} appointed {name}."), one.by_name, one, one.at, one.reason)]
    if one.invited_at:
        steps.append(_step("mail", _("{name} was invited."), "", one, one.invited_at))
    if one.ended_at:
        icon, says = _ended(one)
        steps.append(_step(icon, says, one.ended_by, one, one.ended_at, one.ended_reason))
    return steps[::-1]


def _ended(one: Appointment) -> tuple[str, str]:
    says = {
        State.OBJECTED: ("circle-x", _("{by} objected.")),
        State.DECLINED: ("circle-x", _("{name} declined.")),
        State.APPROVED: ("shield-check", _("{name} is the main contact.")),
        State.CANCELLED: ("undo-2", _("{by} took the appointment back.") if one.ended_by else _("It came to nothing.")),
    }
    return says[State(one.state)]


def _step(icon: str, says: str, by: str, one: Appointment, at: Any, reason: str = "") -> Happened:
    sentence: SafeString = format_html(says, by=format_html("<b>{}</b>", by), name=one.name)
    return Happened(icon, sentence, at, moment_phrase(at), [line for line in reason.split("\n") if line])


def history_of(rows: Iterable[Appointment]) -> list[Happened]:
    return [step for one in rows for step in happened(one)]


# At the firm


@firm_page("GET", "POST")
def firm_new_contact(request: HttpRequest, actor: Actor, pk: UUID) -> HttpResponse:
    """A manager appoints, chooses, invites again or takes back; everybody who sees the client reads how it stands."""
    engagement = find_client(actor, pk)
    do = request.POST.get("do", "")
    form = NewContact(request.POST if do == "appoint" else None)
    fill(form, put_back(request))
    problem, status = "", 200
    if request.method == "POST":
        try:
            if _carried_out(request, actor, engagement, form, do):
                messages.success(request, str(DONE[do]))
                return redirect("firm_client", slug_of(actor), engagement.pk)
            status = 422
        except NotYours:
            raise
        except Refused as refusal:
            problem, status = str(refusal), status_of(refusal)
            if refusal.field in form.fields and form.is_bound:
                form.add_error(refusal.field, problem)
                problem = ""
        engagement = find_client(actor, pk)
    rows = appointments(actor, engagement)
    owners = [one for one in people_of(actor, engagement) if one.is_owner]
    return page(
        request,
        "firm/new_contact.html",
        actor,
        "firm_clients",
        status=status,
        client=engagement,
        form=form,
        problem=problem,
        now=next((one for one in rows if one.is_running), None),
        history=history_of(rows),
        owners=owners,
        others=[one for one in owners if one.pk != engagement.main_contact_id],
        decides=actor.may(Right.RUN_FIRM),
    )


def _carried_out(request: HttpRequest, actor: Actor, engagement: Engagement, form: NewContact, do: str) -> bool:
    """Carry out the button; False when the form must be shown with its errors."""
    if not actor.may(Right.RUN_FIRM):
        raise NotYours(_("Only a firm manager can appoint a new main contact."))
    if do == "appoint":
        if not form.is_valid():
            return False
        actions.appoint(actor, engagement, **form.cleaned_data)
    elif do == "choose":
        actions.choose_main_contact(actor, engagement, _owner(actor, engagement, request.POST.get("owner", "")))
    elif do in ("again", "cancel"):
        act = actions.invite_appointed_again if do == "again" else actions.cancel_appointment
        act(actor, _newest(actor, engagement))
    else:
        raise Refused(_("Choose what to do."))
    return True


def _owner(actor: Actor, engagement: Engagement, pk: str) -> Membership:
    chosen: Membership | None = next(
        (one for one in people_of(actor, engagement) if str(one.pk) == pk and one.is_owner), None
    )
    if chosen is None:
        raise Refused(_("Choose one of the administrators."))
    return chosen


def _newest(actor: Actor, engagement: Engagement) -> Appointment:
    rows = appointments(actor, engagement)
    if not rows:
        raise Refused(_("Nobody has been appointed."))
    return rows[0]


# At the client


@client_page("GET", "POST")
def client_new_contact(request: HttpRequest, actor: Actor, firm: str) -> HttpResponse:
    """Whom the firm has appointed, and why; an owner objects with one press."""
    held = next((one for one in actor.memberships if one.firm.slug == firm), None)
    if held is None:
        raise Http404
    engagement = held.engagement
    if not actor.may(Right.REPRESENT, engagement.pk):
        raise NotYours(_("Only an administrator reads about a new main contact."))
    rows = appointments(actor, engagement)
    form = Objection(request.POST if request.method == "POST" else None)
    fill(form, put_back(request))
    problem, status = "", 200
    if request.method == "POST":
        try:
            if _objected(actor, rows, form):
                messages.success(request, _("You have objected. The firm knows."))
                return redirect("client_new_contact", slug_of(actor), firm)
            status = 422
        except NotYours:
            raise
        except Refused as refusal:
            problem, status = str(refusal), status_of(refusal)
    return page(
        request,
        "client/new_contact.html",
        actor,
        "client_start",
        status=status,
        held=held,
        engagement=engagement,
        contacts=[contact_in(actor, engagement.pk)],
        form=form,
        problem=problem,
        now=next((one for one in rows if one.is_running), None),
        history=history_of(one for one in rows if not one.is_waiting),  # that one is shown in full
    )


def _objected(actor: Actor, rows: list[Appointment], form: Objection) -> bool:
    if not rows:
        raise Refused(_("Nobody has been appointed."))
    if not form.is_valid():
        return False
    actions.object_to(actor, rows[0], reason=form.cleaned_data["reason"])
    return True
