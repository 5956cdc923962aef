"""How a person's access changes and ends: another role, an invitation taken back, somebody removed or leaving.

Whoever gets less is out everywhere at once. The name stays on everything the person has done.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from samsyn.tenancy import absences, appointments
from samsyn.tenancy.actions.consent import locked_client
from samsyn.tenancy.actions.providers import end_provider_links
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.errors import NotNow, NotYours, Refused
from samsyn.tenancy.models import Firm, Invitation, Membership, Participant
from samsyn.tenancy.people import HERE
from samsyn.tenancy.roles import CLIENT_ROLES, FIRM_ROLES
from samsyn.tenancy.security import SecurityLog, record, role_of

Role = Membership.Role


@transaction.atomic
def change_role(
    actor: Actor, member: Membership, *, role: str, scope: str = "all", may_approve: bool = False
) -> Membership:
    """Give somebody another role. A manager always sees all clients; only a member needs *får godkänna*."""
    fresh = locked_member(actor, member)
    if not actor.decides_over(fresh):
        raise NotYours(_("Only a firm manager or an administrator can change what others may do."))
    if fresh.awaits_agreement:
        raise NotNow(_("The person hasn't approved the agreement yet."))
    if role not in (FIRM_ROLES if fresh.engagement_id is None else CLIENT_ROLES):
        raise Refused(_("Choose a role."), field="role")
    if role != fresh.role:
        _refuse_the_last(fresh)
    before = role_of(fresh)
    if role != fresh.role:
        _end_invitations_of(actor, fresh)  # who may ask others in no more has asked nobody
    fresh.role = role
    fresh.scope = scope if role == Role.CONSULTANT else Membership.Scope.ALL
    fresh.may_approve = may_approve and role == Role.MEMBER
    if (after := role_of(fresh)) == before:
        return fresh
    fresh.save(update_fields=["role", "scope", "may_approve"])
    appointments.sign_out(fresh)
    _tell(SecurityLog.What.ROLE, actor, fresh, f"{before}>{after}")
    return fresh


@transaction.atomic
def end_access(actor: Actor, member: Membership) -> None:
    """The person is out. Whoever decides may do it, and the person about himself or herself."""
    fresh = locked_member(actor, member)
    if not (actor.decides_over(fresh) or fresh.pk in actor.membership_ids):
        raise NotYours(_("Only a firm manager or an administrator can remove somebody."))
    _refuse_the_last(fresh)
    fresh.ended_at = timezone.now()
    fresh.save(update_fields=["ended_at"])
    Participant.objects.unscoped(why="whoever is gone takes part in nothing").filter(membership=fresh).delete()
    absences.end_all_of(fresh)
    end_provider_links(fresh)
    _end_invitations_of(actor, fresh)
    if fresh.engagement_id:
        appointments.stop(actor, engagement=fresh.engagement, membership=fresh)
    appointments.sign_out(fresh)
    _tell(SecurityLog.What.LEFT, actor, fresh, role_of(fresh))


@transaction.atomic
def revoke(actor: Actor, invitation: Invitation) -> None:
    """Take an invitation back: its link opens nothing more. A main contact's dies when the client is ended."""
    rows = Invitation.objects.visible_to(actor).locked()
    fresh = rows.select_related("firm", "engagement").get(pk=invitation.pk)
    if not actor.decides_over(fresh) or fresh.main_contact:
        raise NotYours(_("You can't take this invitation back."))
    if fresh.state == Invitation.State.ACCEPTED:
        raise NotNow(_("The invitation has already been used. Remove the person instead."))
    _take_back(actor, fresh)


def _take_back(actor: Actor, invitation: Invitation) -> None:
    invitation.state = Invitation.State.REVOKED
    invitation.save(update_fields=["state"])
    record(SecurityLog.What.LEFT, invitation.firm, name=invitation.name, actor=actor,
           engagement=invitation.engagement, about="link:")  # fmt: skip


def _end_invitations_of(actor: Actor, member: Membership) -> None:
    """Whom the person has asked in and who has not come: else somebody removed could come back by a link of the own.
    A main contact's has rules of its own."""
    rows = Invitation.objects.unscoped(why="whoever is gone has asked nobody").filter(invited_by=member)
    rows = rows.filter(state=Invitation.State.PENDING, main_contact=False)
    for one in rows.select_related("firm", "engagement").locked():
        _take_back(actor, one)


def locked_member(actor: Actor, member: Membership) -> Membership:
    """The person's role as it is now; the firm or the client is locked, so that two cannot both be the last but one."""
    if member.engagement_id is None:
        Firm.objects.select_for_update(no_key=True).get(pk=member.firm_id)
    else:
        locked_client(actor, member.engagement)
    rows = Membership.objects.visible_to(actor).select_related("firm", "engagement", "user")
    fresh: Membership | None = rows.locked().filter(pk=member.pk, ended_at=None).first()
    if fresh is None:
        raise NotNow(_("The person has no access any more."))
    return fresh


def _refuse_the_last(member: Membership) -> None:
    """A firm keeps a manager and a client an owner; the main contact is changed by the firm first."""
    needed = Role.MANAGER if member.engagement_id is None else Role.OWNER
    if member.role != needed or member.awaits_agreement:
        return
    rows = Membership.objects.unscoped(why="is anybody left").filter(
        HERE, firm=member.firm_id, engagement=member.engagement_id, role=needed
    )
    if not rows.exclude(pk=member.pk).exists():
        raise NotNow(
            _("This is the firm's last manager. Make somebody else one first.")
            if needed == Role.MANAGER
            else _("This is the company's last administrator. Make somebody else one first.")
        )
    if member.engagement and member.engagement.main_contact_id == member.pk:
        raise NotNow(_("This is the main contact. Ask the firm to choose another one first."))


def _tell(what: SecurityLog.What, actor: Actor, member: Membership, about: str) -> None:
    facts: dict[str, Any] = {"name": member.name, "user": member.user, "actor": actor, "engagement": member.engagement}
    record(what, member.firm, about=f"role:{about}", **facts)
