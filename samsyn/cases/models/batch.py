"""A case on its way to several clients: one case each, made in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.utils import timezone

from samsyn.cases.models.case import Case
from samsyn.kit.gate import key
from samsyn.tenancy.models import Membership, TenantModel

if TYPE_CHECKING:
    from samsyn.tenancy.actors import Actor


class SendBatch(TenantModel):
    """The clients a draft is being sent to, how far it has come, and whom it could not reach and why."""

    draft = key(Case, null=True)  # null once everyone has a case of his own, and the draft has done its work
    by = key(Membership)
    engagement_ids = models.JSONField(default=list)
    total = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    faults = models.JSONField(default=list)
    subject = models.CharField(max_length=120)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    once = models.CharField(max_length=32, null=True)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [models.UniqueConstraint(fields=["firm", "once"], name="each_batch_once")]
        indexes: ClassVar = [models.Index(fields=["firm", "finished_at"], name="batch_running")]

    @classmethod
    def narrow(cls, rows: Any, actor: Actor) -> Any:
        return rows.none() if actor.is_client else rows.filter(by__in=actor.membership_ids)
