"""Whom a case concerns, on both sides. Every answer counts only those who are still there."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from samsyn.cases.models import Case, Recipient
from samsyn.tenancy.absences import stood_in_for
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.models import Engagement, Membership
from samsyn.tenancy.people import HERE, owners_here
from samsyn.tenancy.roles import Right, rights_of


def present() -> Any:
    """Everyone who has not left and can sign in, with the person behind."""
    rows = Membership.objects.unscoped(why="whom a case concerns is decided by the case")
    return rows.select_related("user").filter(HERE)


def recipients_of(case: Case) -> list[Membership]:
    """Who at the client is mailed, reminded and badged: those listed, or the owners when none of them is left."""
    listed = Recipient.objects.unscoped(why="whom a case concerns is decided by the case").filter(case=case)
    here = present().filter(engagement=case.engagement_id, pk__in=listed.values("membership"))
    return list(here) or owners_of(case.engagement_id)


def owners_of(engagement_id: UUID) -> list[Membership]:
    return list(owners_here(engagement_id))


def approvers_at(engagement_id: UUID) -> list[Membership]:
    """Those at the client who may approve now."""
    return [one for one in present().filter(engagement=engagement_id) if Right.APPROVE in rights_of(one)]


def sees_client(member: Membership, engagement: Engagement, *, today: bool = False) -> bool:
    """Whether a member of staff works with this client: sees all, is responsible, or takes part.

    With `today` also whether he or she stands in, just now, for somebody who is or does: enough to be told and
    to open it, not to be given it.
    """
    if member.firm_id != engagement.firm_id or member.engagement_id is not None or member.ended_at is not None:
        return False
    if member.scope == Membership.Scope.ALL:
        return True
    who = (member.pk, *(stood_in_for(member) if today else ()))
    rows = Engagement.objects.unscoped(why="does this member of staff work with it").filter(pk=engagement.pk)
    works_with: bool = rows.filter(Engagement.worked_with_by(who)).exists()
    return works_with


def known_staff(actor: Actor, engagement: Engagement) -> list[Membership]:
    """Those at the firm who have sent this company a case the actor sees: whom a client may write to by name."""
    senders = Case.objects.visible_to(actor).filter(engagement=engagement).values("sender")
    staff = present().filter(pk__in=senders, engagement=None).order_by("user__name")
    return [one for one in staff if sees_client(one, engagement)]
