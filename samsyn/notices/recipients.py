"""Who hears of an event, and of a step of a consent. Never the one who did it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from samsyn.cases.models import Case, Event, Recipient
from samsyn.cases.verbs import VERBS
from samsyn.tenancy.models import CLIENT, Consent, Engagement, Membership, Participant

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
    people = client_side(case) if side == CLIENT else at_firm(case.engagement, case.responsible_id)
    return [member for member in people if member.user_id != event.user_id]


def hearers_of_consent(consent: Consent) -> list[Membership]:
    """The firm and all owners."""
    people = [*owners(consent.engagement), *at_firm(consent.engagement, consent.engagement.responsible_id)]
    return [member for member in people if member.user_id != consent.user_id]


def client_side(case: Case) -> list[Membership]:
    """The recipients, or the owners when none is left."""
    listed = Recipient.objects.unscoped(why="whom to tell, decided by the case").filter(case=case)
    here = _present().filter(engagement=case.engagement_id, pk__in=listed.values("membership"))
    return list(here) or owners(case.engagement)


def owners(engagement: Engagement) -> list[Membership]:
    return list(_present().filter(engagement=engagement, role=Role.OWNER))


def at_firm(engagement: Engagement, responsible: UUID | None) -> list[Membership]:
    """The first that exist of: the responsible, the participants, the client's responsible, the managers."""
    staff = _present().filter(firm=engagement.firm_id, engagement=None)
    part = Participant.objects.unscoped(why="whom to tell").filter(engagement=engagement)
    for people in (
        staff.filter(pk=responsible),
        staff.filter(pk__in=part.values("membership")),
        staff.filter(pk=engagement.responsible_id),
        staff.filter(role=Role.MANAGER),
    ):
        if found := list(people):
            return found
    return []


def _present() -> Any:
    rows = Membership.objects.unscoped(why="whom to tell, decided by what has happened")
    return rows.select_related("user").filter(ended_at=None)
