"""Who hears of an event. Never the one who did it."""

from __future__ import annotations

from samsyn.cases.models import Case, Event, Recipient
from samsyn.cases.verbs import VERBS
from samsyn.tenancy.models import CLIENT, Membership, Participant

Role = Membership.Role


def hearers(event: Event, case: Case) -> list[Membership]:
    """The people an event is told to: on the side its verb names, without the one who acted.

    A case that waits for consent is told to nobody: the invitation says what is needed.
    """
    side = VERBS[event.verb].tells
    if side == "other":
        side = CLIENT if event.side != CLIENT else "firm"
    if not case.is_sent:
        return []
    people = client_side(case) if side == CLIENT else firm_side(case)
    return [member for member in people if member.user_id != event.user_id]


def client_side(case: Case) -> list[Membership]:
    """The recipients, or the owners when none is left."""
    rows = Membership.objects.unscoped(why="whom to tell, decided by the case").select_related("user")
    here = rows.filter(engagement=case.engagement_id, ended_at=None)
    listed = Recipient.objects.unscoped(why="whom to tell, decided by the case").filter(case=case)
    named = list(here.filter(pk__in=listed.values("membership")))
    return named or list(here.filter(role=Role.OWNER))


def firm_side(case: Case) -> list[Membership]:
    """The first that exist of: the responsible, the participants, the client's responsible, the managers."""
    rows = Membership.objects.unscoped(why="whom to tell, decided by the case").select_related("user")
    staff = rows.filter(firm=case.firm_id, engagement=None, ended_at=None)
    part = Participant.objects.unscoped(why="whom to tell").filter(engagement=case.engagement_id)
    for people in (
        staff.filter(pk__in=[case.responsible_id]),
        staff.filter(pk__in=part.values("membership")),
        staff.filter(pk__in=[case.engagement.responsible_id]),
        staff.filter(role=Role.MANAGER),
    ):
        if found := list(people):
            return found
    return []
