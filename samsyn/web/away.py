"""Away, with a colleague who answers meanwhile: the form on a person's page, and how it is said on the others."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from samsyn.cases import actions as cases
from samsyn.kit.fields import DayField
from samsyn.kit.sweden import short_date
from samsyn.tenancy import actions
from samsyn.tenancy.absences import Absence, away, coming
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.errors import NotNow, NotYours, Refused
from samsyn.tenancy.models import Engagement, Membership
from samsyn.tenancy.people import staff_named, staff_of
from samsyn.web.pages import listed, slug_of


class Away(forms.Form):
    """From when, until when, and who answers."""

    first_day = DayField(label=gettext_lazy("First day away"))
    last_day = DayField(label=gettext_lazy("Last day away"))
    stand_in = forms.ChoiceField(
        label=gettext_lazy("Who answers meanwhile"),
        error_messages={"required": gettext_lazy("Choose who answers meanwhile.")},
    )

    def __init__(self, actor: Actor, member: Membership, *args: Any, **how: Any) -> None:
        super().__init__(*args, **how)
        others = [(str(one.pk), one.name) for one in staff_of(actor) if one.pk != member.pk]
        self.fields["stand_in"].choices = [("", _("Choose")), *others]  # type: ignore[attr-defined]

    def days(self) -> dict[str, dt.date]:
        return {name: dt.date.fromisoformat(self.cleaned_data[name]) for name in ("first_day", "last_day")}


def words_of(absence: Absence) -> str:
    """'Borta till 3 december. Erik Berg svarar.', of somebody who is away now or will be."""
    if absence.is_today:
        said = _("Away until %(day)s.") % {"day": short_date(absence.last_day)}
    else:
        days = {"first": short_date(absence.first_day), "last": short_date(absence.last_day)}
        said = _("Away from %(first)s to %(last)s.") % days
    instead = absence.answering
    answers = _("%(name)s answers.") % {"name": instead.name} if instead else _("Nobody answers meanwhile.")
    return f"{said} {answers}"


def said_of(members: Iterable[Membership | None]) -> dict[Any, str]:
    """What is said today of those of these members who are away, by id."""
    return {pk: words_of(one) for pk, one in away(one.pk for one in members if one).items()}


def all_coming(actor: Actor) -> dict[Any, list[str]]:
    """What is said of everyone at the firm who is away now or later, by id, the next first."""
    said: dict[Any, list[str]] = {}
    for one in coming(firm=actor.firm):
        said.setdefault(one.membership_id, []).append(words_of(one))
    return said


def of_desk(actor: Actor) -> list[str]:
    """What somebody should know at the desk: for whom he or she answers, and who answers instead."""
    said = []
    for one in coming(firm=actor.firm):
        until = {"day": short_date(one.last_day), "name": one.membership.name}
        if one.is_today and one.stand_in_id in actor.membership_ids:
            said.append(_("You answer for %(name)s until %(day)s.") % until)
        elif one.is_today and one.membership_id in actor.membership_ids:
            said.append(words_of(one))
    return said


def pressed(request: HttpRequest, actor: Actor, member: Membership, form: Away) -> HttpResponse | None:
    """Carry out *Borta* or *Tillbaka*; None when the form must be shown with its errors."""
    try:
        if request.POST.get("do") == "back":
            actions.end_away(actor, _found(actor, member, request.POST.get("absence", "")))
            messages.success(request, _("Nobody stands in any more"))
        elif not form.is_valid():
            return None
        else:
            chosen = staff_named(actor, form.cleaned_data["stand_in"])
            actions.set_away(actor, member, stand_in=chosen, **form.days())
            messages.success(request, _("Saved"))
            _warn(request, form)
            _warn_of_unseen(request, actor, member, chosen)
    except NotYours:
        raise
    except Refused as refusal:
        if not refusal.field:
            raise
        form.add_error(refusal.field, str(refusal))
        return None
    return redirect("firm_staff_member", slug_of(actor), member.pk)


def _found(actor: Actor, member: Membership, pk: str) -> Absence:
    try:
        found: Absence = Absence.objects.visible_to(actor).get(pk=pk, membership=member)
    except (Absence.DoesNotExist, ValidationError) as error:
        raise NotNow(_("These days are over already.")) from error
    return found


def _warn_of_unseen(request: HttpRequest, actor: Actor, member: Membership, stand_in: Membership | None) -> None:
    """A stand-in of own clients sees those the other works with. Cases of further clients he or she does not."""
    if stand_in is None or stand_in.scope == Membership.Scope.ALL:
        return
    lent = Engagement.objects.visible_to(actor).filter(Engagement.worked_with_by((stand_in.pk, member.pk)))
    seen = set(lent.values_list("pk", flat=True))
    names = {one.engagement.name for one in cases.answers_for(member).cases if one.engagement_id not in seen}
    if names:
        text = _("%(name)s doesn't see the cases of %(clients)s. Let %(name)s take part on the client's page.")
        messages.warning(request, text % {"name": stand_in.name, "clients": listed(sorted(names))})


def _warn(request: HttpRequest, form: Away) -> None:
    """Whoever stands in may be away on some of the days: then it is the next in order who is told."""
    days = form.days()
    also = coming(membership=form.cleaned_data["stand_in"])
    for one in also.filter(first_day__lte=days["last_day"], last_day__gte=days["first_day"]):
        text = _("%(name)s is away as well, from %(first)s to %(last)s. Those days letters go to the next in order.")
        shown = {"name": one.membership.name, "first": short_date(one.first_day), "last": short_date(one.last_day)}
        messages.warning(request, text % shown)
