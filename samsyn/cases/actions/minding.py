"""What is said and kept in order while a case goes its way: the turn stays where it is."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from samsyn.cases.models import Audience, Case, Event, Purpose, State
from samsyn.cases.people import sees_client
from samsyn.cases.verbs import ANYONE, action, written
from samsyn.kit.sweden import day_changed, free_day_sentence, is_working_day, short_date
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.errors import NotNow, Refused
from samsyn.tenancy.models import CLIENT, FIRM, Membership
from samsyn.tenancy.roles import Right

OPEN = (State.WITH_CLIENT, State.WITH_FIRM)
UNENDED = (State.AWAITING_CONSENT, *OPEN)
NOT_DRAFT = (*UNENDED, State.CLOSED)


@action(
    side=(FIRM, CLIENT),
    when=OPEN,
    right=(Right.WORK, Right.ANSWER),
    says=gettext_lazy("%(actor)s wrote:"),
    icon="message-square",
    tells="other",
    takes=Purpose.MESSAGE,
)
def message(actor: Actor, case: Case, *, text: str) -> dict[str, Any]:
    """A message both sides read. It does not change whose turn it is."""
    return {"text": written(text, _("Write something first."))}


@action(
    side=FIRM,
    when=NOT_DRAFT,  # a draft is edited, and has no history
    right=Right.WORK,
    says=gettext_lazy("%(actor)s noted:"),
    icon="lock",
    audience=Audience.FIRM,
    needs_consent=False,
)
def note(actor: Actor, case: Case, *, text: str) -> dict[str, Any]:
    """An internal note: nothing of it on the client's side, not even that it exists."""
    return {"text": written(text, _("Write something first."))}


def _due_changed(event: Event) -> str:
    before, after = (dt.date.fromisoformat(one) if one else None for one in (event.body["before"], event.body["after"]))
    if before and after:
        was, now = day_changed(before, after)
        return _("%%(actor)s changed the due date from %(before)s to %(after)s.") % {"before": was, "after": now}
    if after:
        return _("%%(actor)s set the due date to %(day)s.") % {"day": short_date(after)}
    return _("%%(actor)s took away the due date, %(day)s.") % {"day": short_date(before)} if before else ""


def _asks_for_something(actor: Actor, case: Case) -> None:
    if case.only_to_read:
        raise NotNow(_("Nothing is asked for here, so there is nothing to remind of and no day to answer by."))


@action(
    side=FIRM,
    when=UNENDED,
    right=Right.WORK,
    says=_due_changed,
    icon="calendar",
    needs_consent=False,
    fits=_asks_for_something,
)
def change_due(actor: Actor, case: Case, *, due_on: dt.date | None) -> dict[str, Any]:
    """Another day to answer by. A day that is no working day is refused with the nearest before it."""
    refuse_free_day(due_on)
    if due_on == case.due_on:
        raise Refused(_("That is already the day to answer by."))
    before, case.due_on = case.due_on, due_on
    return {"before": before and before.isoformat(), "after": due_on and due_on.isoformat()}


def refuse_free_day(day: dt.date | None) -> None:
    """A due date is a working day; the refusal names the nearest one before."""
    if day is not None and not is_working_day(day):
        raise Refused(free_day_sentence(day))


def _reassigned(event: Event) -> str:
    before, after = event.body["before"], event.body["after"]
    if before:
        shown = {"before": before, "after": after}
        return _("%%(actor)s changed who is responsible from %(before)s to %(after)s.") % shown
    return _("%%(actor)s made %(after)s responsible.") % {"after": after}


@action(
    side=FIRM,
    when=UNENDED,
    right=Right.WORK,
    says=_reassigned,
    icon="user-round",
    needs_consent=False,
)
def reassign(actor: Actor, case: Case, *, responsible: Membership) -> dict[str, Any]:
    """Another consultant answers for the case: one who may see its client."""
    refuse_stranger(responsible, case)
    if responsible.pk == case.responsible_id:
        raise Refused(_("%(name)s is already responsible.") % {"name": responsible.name})
    before = case.responsible.name if case.responsible else ""
    case.responsible = responsible
    return {"before": before, "after": responsible.name, "membership": str(responsible.pk)}


def refuse_stranger(responsible: Membership, case: Case) -> None:
    """Whoever answers for a case must be able to open it."""
    if not sees_client(responsible, case.engagement):
        raise Refused(_("%(name)s doesn't work with this client.") % {"name": responsible.name})


@action(
    side=FIRM,
    when=(State.WITH_CLIENT,),
    right=Right.WORK,
    says=gettext_lazy("%(actor)s sent a reminder."),
    icon="bell",
    tells="client",
    fits=_asks_for_something,
)
def remind(actor: Actor, case: Case) -> dict[str, Any]:
    """A reminder, pressed by hand."""
    return {}


def works_here(actor: Actor) -> bool:
    """Whether this is somebody at the firm who works with its cases: a person, since the system writes none."""
    return actor.is_firm and actor.kind in ANYONE and actor.may(Right.WORK)
