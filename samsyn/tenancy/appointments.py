"""A new main contact whom the firm has appointed: who, why, until when the owners can object, and what came of it."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from samsyn.kit.gate import key
from samsyn.kit.sweden import STOCKHOLM, stockholm_day, stockholm_today
from samsyn.tenancy.models import Engagement, Invitation, Membership, TenantModel, User

WAITS = 7  # whole days in Stockholm


class Appointment(TenantModel):
    """One appointment, from when the firm makes it to how it ended. Kept as the history of it on both sides."""

    class State(models.TextChoices):
        WAITING = "waiting", _("The administrators can object")
        INVITED = "invited", _("Invited")
        APPROVED = "approved", _("Has approved the agreement")
        OBJECTED = "objected", _("Objected to")
        CANCELLED = "cancelled", _("Taken back")
        DECLINED = "declined", _("Declined")

    engagement = key(Engagement)
    name = models.CharField(max_length=120)
    email = models.EmailField()
    reason = models.CharField(max_length=500)
    # Who at the firm appointed.
    by = key(Membership)
    by_name = models.CharField(max_length=120)
    at = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    invited_at = models.DateTimeField(null=True)
    invitation = key(Invitation, null=True)
    membership = key(Membership, null=True)
    # How it ended: when, by whom (nobody when the system did), and why when something was written.
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=120, blank=True)
    ended_by_id = models.UUIDField(null=True)
    ended_reason = models.CharField(max_length=500, blank=True)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["firm", "engagement"],
                condition=Q(state__in=("waiting", "invited")),
                name="one_appointment_at_a_time",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["firm", "engagement", "-at"], name="appointment_newest")]

    @classmethod
    def narrow(cls, rows: Any, actor: Any) -> Any:
        """The owners, who may object; whoever has been appointed; and those at the firm who see the client."""
        if actor.is_client:
            return rows.filter(Q(engagement__in=actor.owned_engagement_ids) | Q(membership__in=actor.membership_ids))
        return rows.filter(engagement__in=Engagement.objects.visible_to(actor).values("pk"))

    @property
    def last_day(self) -> dt.date:
        """The last day to object."""
        return stockholm_day(self.until - dt.timedelta(seconds=1))

    @property
    def is_waiting(self) -> bool:
        return self.state == self.State.WAITING

    @property
    def is_running(self) -> bool:
        return self.state in RUNNING

    def end(self, state: Any, actor: Any = None, *, reason: str = "") -> None:
        """Keep how it ended. The caller has asked whether `actor` may; without one the system did."""
        self.state, self.ended_at, self.ended_reason = state, timezone.now(), reason
        if actor is not None and actor.user is not None:
            self.ended_by, self.ended_by_id = actor.user.name, actor.user.pk
        self.save(update_fields=["state", "ended_at", "ended_reason", "ended_by", "ended_by_id"])


RUNNING = (Appointment.State.WAITING, Appointment.State.INVITED)


def until_when() -> dt.datetime:
    """When the time to object has passed that begins now."""
    return dt.datetime.combine(stockholm_today() + dt.timedelta(days=WAITS + 1), dt.time(), STOCKHOLM)


def running(**which: Any) -> Any:
    """The appointments that have not ended, of the clients the caller names."""
    return Appointment.objects.unscoped(why="the caller has found the client").filter(state__in=RUNNING, **which)


def stop(actor: Any, *, states: Any = RUNNING, but: str = "", **which: Any) -> None:
    """What was appointed comes to nothing, since the client, its consent or the person has gone.

    `states` are the ones an appointment is stopped in; `but` is an address whose appointment goes on.
    """
    for one in running(**which).filter(state__in=states).exclude(email=but).locked():
        one.end(Appointment.State.CANCELLED, actor)


def put_out(actor: Any, engagement: Engagement, *, states: Any = RUNNING, but: str = "") -> None:
    """Whoever has come in and not approved goes out with what let him or her in, and so does what was appointed.

    `engagement` is locked and its links are dead; `states` and `but` as `stop` has them.
    """
    stop(actor, engagement=engagement, states=states, but=but)
    rows = Membership.objects.unscoped(why="the caller has found the client").filter(engagement=engagement)
    for member in rows.filter(ended_at=None, awaits_agreement=True).exclude(user__email=but).locked():
        as_before(member)


def as_before(member: Membership) -> None:
    """Whoever came in to be main contact is what he or she was before, or nobody; signed out everywhere."""
    role, _slash, more = member.role_before.partition("/")
    if role:
        member.role, member.may_approve = role, more == "approves"
    else:
        member.ended_at = timezone.now()
    member.awaits_agreement, member.role_before = False, ""
    member.save(update_fields=["role", "may_approve", "ended_at", "awaits_agreement", "role_before"])
    sign_out(member)


def sign_out(member: Membership) -> None:
    User.objects.filter(pk=member.user_id).update(sessions_from=timezone.now())


def was_let_in(member: Membership) -> bool:
    """Whether what let a new main contact in still holds: a running appointment, or the client's newest invitation."""
    if running(engagement=member.engagement_id, membership=member).exists():
        return True
    rows = Invitation.objects.unscoped(why="the caller has found the member")
    newest = rows.filter(engagement=member.engagement_id, main_contact=True).order_by("-created_at", "-id").first()
    return bool(newest and newest.state == Invitation.State.ACCEPTED and newest.membership_id == member.pk)
