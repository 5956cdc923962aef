"""Who at a firm is away, and who answers instead. A day is a day in Stockholm, and it ends by itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, ClassVar
from uuid import UUID

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.expressions import RawSQL
from django.utils import timezone

from samsyn.kit.gate import key
from samsyn.kit.sweden import stockholm_today
from samsyn.tenancy.models import Membership, TenantModel
from samsyn.tenancy.security import KEPT
from samsyn.tenancy.walls.standing import behind


class Absence(TenantModel):
    """Somebody at the firm is away from `first_day` to `last_day`, both with them; `stand_in` answers meanwhile."""

    membership = key(Membership)
    stand_in = key(Membership)
    first_day = models.DateField()
    last_day = models.DateField()
    made_at = models.DateTimeField(default=timezone.now)
    # Taken back before its last day, or one of the two has left.
    ended_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(last_day__gte=models.F("first_day")), name="away_to_a_later_day"),
            models.CheckConstraint(condition=~Q(membership=models.F("stand_in")), name="nobody_stands_in_for_oneself"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["firm", "stand_in", "last_day"], name="absence_by_stand_in"),
            models.Index(fields=["firm", "membership", "last_day"], name="absence_by_person"),
        ]

    @classmethod
    def narrow(cls, rows: Any, actor: Any) -> Any:
        """Colleagues know. A client is told who answers (`away`), and not why or how long."""
        return rows.none() if actor.is_client else rows

    @property
    def is_today(self) -> bool:
        return self.ended_at is None and self.first_day <= stockholm_today() <= self.last_day

    @property
    def answering(self) -> Membership | None:
        """Whoever answers instead, unless that person is not there either. Of a row of `away` or `coming`."""
        there = self.stand_in.is_there and not (self.is_today and getattr(self, "stand_in_is_away", False))
        return self.stand_in if there else None


def _on(day: dt.date) -> Q:
    return Q(ended_at=None, first_day__lte=day, last_day__gte=day)


def today(**which: Any) -> Any:
    """The absences of today, of whichever firm the caller names or reaches them through."""
    return Absence.objects.unscoped(why="who answers today").filter(_on(stockholm_today()), **which)


def is_away(member: str) -> Exists:
    """Whether the membership in the column `member` is away today."""
    return Exists(today(membership=OuterRef(member)))


def asked_of_memberships() -> dict[str, RawSQL]:
    """Two columns for a query of memberships with their clients: whether the person stands in for somebody today, and
    whether the client's responsible is away. Every request asks them, and as querysets they would double what the
    framework needs to put the question together."""
    day = stockholm_today()
    text = (
        f"EXISTS (SELECT 1 FROM {Absence._meta.db_table} away WHERE away.firm_id = tenancy_membership.firm_id"  # noqa: S608
        " AND away.{} = {} AND away.ended_at IS NULL AND away.first_day <= %s AND away.last_day >= %s)"
    )
    columns = {
        "stands_in": ("stand_in_id", "tenancy_membership.id"),
        "responsible_is_away": ("membership_id", "tenancy_engagement.responsible_id"),
    }
    return {
        name: RawSQL(text.format(*both), [day, day], output_field=models.BooleanField())  # noqa: S611 - no value in it
        for name, both in columns.items()
    }


def coming(**which: Any) -> Any:
    """Those of today and later, the next first, with both persons."""
    rows = Absence.objects.unscoped(why="who answers").filter(ended_at=None, last_day__gte=stockholm_today(), **which)
    return _with_people(rows).order_by("first_day", "id")


def away(members: Iterable[UUID | None]) -> dict[UUID, Absence]:
    """Those of `members` who are away today, each with who answers instead."""
    return {one.membership_id: one for one in _with_people(today(membership__in=[pk for pk in members if pk]))}


def _with_people(rows: Any) -> Any:
    rows = rows.select_related("membership__user", "stand_in__user")
    return rows.annotate(stand_in_is_away=is_away("stand_in"))


def stood_in_for(member: Membership) -> tuple[UUID, ...]:
    """The colleagues whom a member of staff answers for today."""
    return tuple(today(stand_in=member).values_list("membership", flat=True))


def sweep() -> None:
    """Take away what was so long ago that the security log tells nothing of it either. Each day."""
    from samsyn.tenancy.actors import systems

    rows = Absence.objects.unscoped(why="age alone decides").filter(last_day__lt=stockholm_today() - KEPT)
    for system in systems():
        with behind(system):
            rows.filter(firm=system.firm).delete()


def end_all_of(member: Membership) -> None:
    """Whoever has left is neither away nor stands in."""
    rows = Absence.objects.unscoped(why="whoever has left is neither away nor stands in")
    rows = rows.filter(Q(membership=member) | Q(stand_in=member), ended_at=None, last_day__gte=stockholm_today())
    rows.update(ended_at=timezone.now())
