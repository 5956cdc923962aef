"""Who hears of an event, and of a step of a consent. Never the one who did it."""

from __future__ import annotations

from uuid import UUID

from samsyn.cases.models import Case, Event
from samsyn.cases.people import owners_of, present, recipients_of, sees_client
from samsyn.cases.verbs import VERBS
from samsyn.tenancy.absences import today
from samsyn.tenancy.models import CLIENT, Consent, Engagement, Invitation, Membership, Participant
from samsyn.tenancy.people import newcomers_at

Role = Membership.Role
Step = Engagement.ConsentState


def hearers(event: Event, case: Case) -> list[Membership]:
    """The people an event is told to: on the side its verb names, without the one who acted.

    A case that waits for consent is told to nobody: the invitation says what is needed. Nor is the client
    told of a case that has been retracted meanwhile.
    """
    side = VERBS[event.verb].tells
    if side == "other":
        side = CLIENT if event.side != CLIENT else "firm"
    if not case.is_sent or (side == CLIENT and case.is_retracted):
        return []
    people = recipients_of(case) if side == CLIENT else at_firm(case.engagement, case.responsible_id)
    return [member for member in people if member.user_id != event.user_id]


def hearers_of_consent(consent: Consent) -> list[Membership]:
    """The firm and all owners; of a reminder or a new text the owners alone, and of a reminder also whoever has come
    in to be main contact and has not answered.

    A main contact who has just got a link in a letter of its own needs no second letter.
    """
    engagement = consent.engagement
    if consent.step in (Step.REMINDED, Step.RENEWAL) and engagement.asked_at is None:
        return []  # answered meanwhile
    people = owners_of(engagement.pk)
    if consent.step == Step.REMINDED:
        people = [one for one in (*people, *newcomers_at(engagement)) if one.user.email not in _with_a_link(engagement)]
    elif consent.step != Step.RENEWAL:
        people += at_firm(engagement, engagement.responsible_id)
    return [member for member in people if member.user_id != consent.user_id]


def _with_a_link(engagement: Engagement) -> frozenset[str]:
    """The addresses that a living invitation of the client's main contact went to."""
    rows = Invitation.objects.unscoped(why="whom to tell").filter(
        engagement=engagement, main_contact=True, state=Invitation.State.PENDING
    )
    return frozenset(rows.values_list("email", flat=True))


def at_firm(engagement: Engagement, responsible: UUID | None) -> list[Membership]:
    """The first that exist of: the responsible, whoever stands in, the participants, the client's responsible,
    whoever stands in for that one, the managers.

    Only those who can open what they are told of, since a consultant may have left the client since; and who are
    not away. When everybody is, the first of them is told all the same.
    """
    staff = present().filter(firm=engagement.firm_id, engagement=None)
    part = Participant.objects.unscoped(why="whom to tell").filter(engagement=engagement)
    absent = today(firm=engagement.firm_id)
    order = (
        staff.filter(pk=responsible),
        staff.filter(pk__in=absent.filter(membership=responsible).values("stand_in")),
        staff.filter(pk__in=part.values("membership")),
        staff.filter(pk=engagement.responsible_id),
        staff.filter(pk__in=absent.filter(membership=engagement.responsible_id).values("stand_in")),
        staff.filter(role=Role.MANAGER),
    )
    for some in (staff.exclude(pk__in=absent.values("membership")), staff):
        for people in order:
            if found := [one for one in people & some if sees_client(one, engagement, today=True)]:
                return found
    return []
