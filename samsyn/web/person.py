"""One person's access: another role, removal with handing over, and leaving."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from samsyn.cases import actions as cases
from samsyn.tenancy import actions
from samsyn.tenancy.absences import coming
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.errors import NotYours, Refused
from samsyn.tenancy.models import Membership
from samsyn.tenancy.people import staff_named, staff_of
from samsyn.tenancy.roles import CLIENT_ROLES, FIRM_ROLES
from samsyn.web import away
from samsyn.web.away import Away
from samsyn.web.doors import client_page, firm_page
from samsyn.web.kept import fill, put_back
from samsyn.web.pages import page, slug_of
from samsyn.web.requests import status_of


class StaffRole(forms.Form):
    """What somebody at the firm may do."""

    role = forms.ChoiceField(
        label=gettext_lazy("Role"), choices=[(one.value, one.label) for one in FIRM_ROLES], initial="consultant"
    )
    scope = forms.ChoiceField(
        label=gettext_lazy("Sees"),
        choices=Membership.Scope.choices,
        initial=Membership.Scope.ALL,
        help_text=gettext_lazy(
            "Own clients are those the person is responsible for or takes part in. A firm manager always sees all."
        ),
    )


class ColleagueRole(forms.Form):
    """What somebody at the company may do."""

    role = forms.ChoiceField(
        label=gettext_lazy("Role"), choices=[(one.value, one.label) for one in CLIENT_ROLES], initial="member"
    )
    may_approve = forms.BooleanField(
        label=gettext_lazy("Can approve"),
        required=False,
        help_text=gettext_lazy("For employees. Administrators always can, readers never."),
    )


def found(actor: Actor, pk: UUID, **where: Any) -> Membership:
    """The person in the address, when there is one here now."""
    rows = Membership.objects.visible_to(actor).filter(pk=pk, ended_at=None, **where)
    member: Membership | None = rows.select_related("user", "firm", "engagement").first()
    if member is None:
        raise Http404
    return member


@firm_page("GET", "POST")
def staff_member(request: HttpRequest, actor: Actor, pk: UUID) -> HttpResponse:
    """A member of staff: for managers, and for the person himself or herself."""
    member = found(actor, pk, engagement=None)
    decides, own = actor.decides_over(member), member.pk in actor.membership_ids
    if not (decides or own):
        raise NotYours(_("Only a firm manager can change what others at the firm may do."))
    leave = Away(actor, member, request.POST if request.POST.get("do") == "away" else None)
    return one_person(request, actor, member, StaffRole, "people/staff_member.html", "firm_staff", decides=decides,
                      own=own, held=cases.answers_for(member),
                      others=[one for one in staff_of(actor) if one.pk != member.pk], away=leave,
                      absences=[(one, away.words_of(one)) for one in coming(membership=member)],
                      stands_in_for=list(coming(stand_in=member)))  # fmt: skip


@client_page("GET", "POST")
def colleague(request: HttpRequest, actor: Actor, pk: UUID) -> HttpResponse:
    """Somebody at the company: for its administrators, and for the person."""
    member = found(actor, pk, engagement__in=actor.engagement_ids)
    decides, own = actor.decides_over(member), member.pk in actor.membership_ids
    if not (decides or own):
        raise NotYours(_("Only an administrator can change what others may do."))
    return one_person(request, actor, member, ColleagueRole, "people/colleague.html", "client_start", decides=decides,
                      own=own, several=len(actor.memberships) > 1)  # fmt: skip


def one_person(
    request: HttpRequest, actor: Actor, member: Membership, form_of: Any, template: str, here: str, **shown: Any
) -> HttpResponse:
    """The page of one person, and what its buttons do."""
    do, away_form = request.POST.get("do", ""), shown.get("away")
    form = form_of(
        request.POST if do == "role" else None, initial={name: getattr(member, name) for name in form_of.base_fields}
    )
    written = put_back(request)
    for one in (form, away_form):
        if one is not None:
            fill(one, written)
    problem, status = "", 200
    if request.method == "POST":
        try:
            if away_form is not None and do in ("away", "back"):
                response = away.pressed(request, actor, member, away_form)
            else:
                response = pressed(request, actor, member, form, do)
            if response is not None:
                return response
            status = 422
        except NotYours:
            raise
        except Refused as refusal:
            problem, status = str(refusal), status_of(refusal)
    return page(request, template, actor, here, status=status, member=member, form=form, problem=problem, **shown)


def pressed(request: HttpRequest, actor: Actor, member: Membership, form: Any, do: str) -> HttpResponse | None:
    """Carry out the button; None when the form must be shown with its errors."""
    staff = member.engagement_id is None
    everybody = redirect("firm_staff" if staff else "client_colleagues", slug_of(actor))
    if do == "role":
        if not form.is_valid():
            return None
        actions.change_role(actor, member, **form.cleaned_data)
        messages.success(request, _("Saved"))
        return everybody
    own = member.pk in actor.membership_ids
    if do == "remove" and staff:
        cases.remove_staff(actor, member, to=staff_named(actor, request.POST.get("to")))
    elif do == "remove":
        actions.end_access(actor, member)
    elif do == "leave" and own:
        cases.leave_firm(actor, member) if staff else actions.end_access(actor, member)
    else:
        raise Refused(_("Choose what to do."))
    if own:
        return redirect("start")
    messages.success(request, _("%(name)s has no access any more") % {"name": member.name})
    return everybody
