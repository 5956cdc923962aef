"""What is said and kept in order while a case goes its way: the turn stays where it is."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from samsyn.cases.models import Audience, Case, Event, Purpose, Recipient, State
from samsyn.cases.verbs import action
from samsyn.kit.sweden import free_day_sentence, is_working_day, short_date
from samsyn.kit.text import clean_text
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.errors import NotNow, Refused
from samsyn.tenancy.models import CLIENT, FIRM, Membership, Participant
from samsyn.tenancy.roles import Right

OPEN = (State.WITH_CLIENT, State.WITH_FIRM)
LONGEST = 20_000


def _written(text: str) -> str:
    text = clean_text(text)
    if not text:
        raise Refused(_("Write something first."))
    if len(text) > LONGEST:
        raise Refused(_("The text is too long. At most 20,000 characters can be sent; attach a file instead."))
    return text


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
    return {"text": _written(text)}


@action(
    side=FIRM,
    when=tuple(State),
    right=Right.WORK,
    says=gettext_lazy("%(actor)s noted:"),
    icon="lock",
    audience=Audience.FIRM,
    needs_consent=False,
)
def note(actor: Actor, case: Case, *, text: str) -> dict[str, Any]:
    """An internal note: nothing of it on the client's side, not even that it exists."""
    return {"text": _written(text)}


def _due_changed(event: Event) -> str:
    def day(value: str | None) -> str:
        return short_date(dt.date.fromisoformat(value)) if value else _("none")

    return _("%%(actor)s changed the due date from %(before)s to %(after)s.") % {
        "before": day(event.body["before"]),
        "after": day(event.body["after"]),
    }


@action(
    side=FIRM,
    when=(State.AWAITING_CONSENT, *OPEN),
    right=Right.WORK,
    says=_due_changed,
    icon="calendar",
    needs_consent=False,
)
def change_due(actor: Actor, case: Case, *, due_on: dt.date | None) -> dict[str, Any]:
    """Another day to answer by. A day that is no working day is refused with the nearest before it."""
    refuse_free_day(due_on)
    before, case.due_on = case.due_on, due_on
    return {"before": before and before.isoformat(), "after": due_on and due_on.isoformat()}


def refuse_free_day(day: dt.date | None) -> None:
    """A due date is a working day; the refusal names the nearest one before."""
    if day is not None and not is_working_day(day):
        raise Refused(free_day_sentence(day))


def _reassigned(event: Event) -> str:
    return _("%%(actor)s made %(after)s responsible.") % {"after": event.body["after"]}


@action(
    side=FIRM,
    when=(State.DRAFT, State.AWAITING_CONSENT, *OPEN),
    right=Right.WORK,
    says=_reassigned,
    icon="user-round",
    needs_consent=False,
)
def reassign(actor: Actor, case: Case, *, responsible: Membership) -> dict[str, Any]:
    """Another consultant answers for the case: one who may see its client."""
    if not sees_client(responsible, case):
        raise Refused(_("%(name)s doesn't work with this client.") % {"name": responsible.name})
    before = case.responsible.name if case.responsible else ""
    case.responsible = responsible
    return {"before": before, "after": responsible.name, "membership": str(responsible.pk)}


def sees_client(member: Membership, case: Case) -> bool:
    """Whether a member of staff may see the client of this case (scope all, responsible, or taking part)."""
    if member.firm_id != case.firm_id or member.engagement_id is not None or member.ended_at is not None:
        return False
    if member.scope == Membership.Scope.ALL or case.engagement.responsible_id == member.pk:
        return True
    rows = Participant.objects.unscoped(why="does this member of staff take part")
    taking_part: bool = rows.filter(engagement=case.engagement_id, membership=member).exists()
    return taking_part


@action(
    side=FIRM,
    when=(State.WITH_CLIENT,),
    right=Right.WORK,
    says=gettext_lazy("%(actor)s sent a reminder."),
    icon="bell",
    tells="client",
)
def remind(actor: Actor, case: Case) -> dict[str, Any]:
    """A reminder, pressed by hand."""
    if case.only_to_read:
        raise NotNow(_("Nothing is asked for here, so there is nothing to remind of."))
    return {}


def set_recipients(actor: Actor, case: Case, memberships: list[Membership]) -> None:
    """Who at the client is mailed and badged, each once. Nobody listed means the owners."""
    Recipient.objects.visible_to(actor).filter(case=case).delete()
    listed = {member.pk: member for member in memberships if member.engagement_id == case.engagement_id}
    Recipient.objects.bulk_create(
        [Recipient(firm_id=case.firm_id, case=case, membership=member) for member in listed.values()]
    )
