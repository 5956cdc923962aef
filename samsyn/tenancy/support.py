"""Support: somebody who belongs nowhere and reads a firm's pages while one of its managers lets it.

A support login is made by the operator and opens nothing by itself. A window is opened by a manager, for one such
person, with a reason and for some hours; what is seen through it is decided in each model's `narrow`.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from samsyn.kit.gate import key
from samsyn.tenancy.models import Membership, TenantModel, User
from samsyn.tenancy.roles import Right
from samsyn.tenancy.walls.standing import as_person


class SupportWindow(TenantModel):
    """That a support person may read a firm's pages until a moment. Kept when it is over."""

    user: Any = models.ForeignKey(User, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    name = models.CharField(max_length=120)
    opened_by = key(Membership)
    reason = models.CharField(max_length=200)
    opened_at = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=120, blank=True)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(until__gt=models.F("opened_at")), name="support_ends_later"),
        ]
        indexes: ClassVar = [models.Index(fields=["firm", "-opened_at"], name="support_newest")]

    @classmethod
    def narrow(cls, rows: Any, actor: Any) -> Any:
        return rows if actor.is_firm and actor.may(Right.RUN_FIRM) else rows.none()

    @property
    def is_open(self) -> bool:
        return self.ended_at is None and self.opened_at <= timezone.now() < self.until


def open_windows(user: User, **which: Any) -> list[SupportWindow]:
    """The windows through which a person may read now, one for each firm: the one that is open longest."""
    if not user.supports or not user.is_active:
        return []
    rows = SupportWindow.objects.unscoped(why="what the person may read").select_related("firm", "user")
    rows = rows.filter(user=user, ended_at=None, until__gt=timezone.now(), **which).order_by("until")
    with as_person(user.pk):
        return list({one.firm_id: one for one in rows}.values())
