"""Many clients invited at once: a run, and one row for each client it is to invite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from samsyn.kit.gate import key
from samsyn.tenancy.models import Engagement, Membership, TenantModel

if TYPE_CHECKING:
    from samsyn.tenancy.actors import Actor


class InviteRun(TenantModel):
    """Invitations that somebody has asked for, sent in the background. `again`: also to those who have one already."""

    by = key(Membership)
    again = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    once = models.CharField(max_length=32, null=True)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [models.UniqueConstraint(fields=["firm", "once"], name="each_invite_run_once")]
        indexes: ClassVar = [models.Index(fields=["firm", "finished_at"], name="invite_run_running")]

    @classmethod
    def narrow(cls, rows: Any, actor: Actor) -> Any:
        return rows.none() if actor.is_client else rows.filter(by__in=actor.membership_ids)


class InviteRow(TenantModel):
    """One client of a run: claimed once, and invited or left out with the reason."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Invited")
        LEFT = "left", _("Left out")

    run = key(InviteRun)
    engagement = key(Engagement)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    why = models.CharField(max_length=500, blank=True)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [models.UniqueConstraint(fields=["firm", "run", "engagement"], name="invited_once")]
        indexes: ClassVar = [models.Index(fields=["firm", "run", "state"], name="invite_row_by_state")]

    @classmethod
    def narrow(cls, rows: Any, actor: Actor) -> Any:
        return rows.filter(run__in=InviteRun.objects.visible_to(actor).values("pk"))
