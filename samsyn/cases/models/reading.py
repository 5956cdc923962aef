"""What people are in the middle of: drafts, read marks, and the log of who opened what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.utils import timezone

from samsyn.cases.models.case import Case
from samsyn.cases.models.files import Attachment
from samsyn.kit.gate import key
from samsyn.tenancy.models import Engagement, Membership, TenantModel

if TYPE_CHECKING:
    from samsyn.tenancy.actors import Actor


class Draft(TenantModel):
    """What one person has written in one round and not sent. `typed` holds raw strings, name -> list.

    Never seen by the other side; a colleague sees that one exists and whose, never its text.
    A client's own new case has no case yet: then `case` is null.
    """

    engagement = key(Engagement)
    case = key(Case, null=True)
    membership = key(Membership)
    round = models.PositiveSmallIntegerField(default=1)
    typed = models.JSONField(default=dict)
    dropped = models.JSONField(default=list)
    saved_at = models.DateTimeField(default=timezone.now)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["firm", "case", "membership", "round"],
                condition=models.Q(case__isnull=False),
                name="one_draft_per_round",
            ),
            models.UniqueConstraint(
                fields=["firm", "engagement", "membership"],
                condition=models.Q(case__isnull=True),
                name="one_draft_of_a_new_case",
            ),
        ]

    @classmethod
    def narrow(cls, rows: Any, actor: Actor) -> Any:
        """One's own. That a colleague's exists is asked through `Draft.colleagues_of`."""
        return rows.filter(membership__in=actor.membership_ids)


class ReadMark(TenantModel):
    """How far one person has read one case."""

    case = key(Case)
    membership = key(Membership)
    seq = models.PositiveIntegerField()
    at = models.DateTimeField(default=timezone.now)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["firm", "membership", "case"], name="one_mark_per_reader"),
        ]

    @classmethod
    def narrow(cls, rows: Any, actor: Actor) -> Any:
        return rows.filter(membership__in=actor.membership_ids)

    @classmethod
    def advance(cls, member: Membership, case: Case, seq: int) -> None:
        """The reader has seen everything up to `seq`. A mark never goes back, whichever tab is the later."""
        mark = cls(firm_id=case.firm_id, case=case, membership=member, seq=seq)
        cls.objects.bulk_create([mark], ignore_conflicts=True)
        rows = cls.objects.unscoped(why="the reader's own mark").filter(membership=member, case=case)
        rows.filter(seq__lt=seq).update(seq=seq, at=mark.at)

    @classmethod
    def is_up_to_date(cls, member: Membership, case: Case, actor: Actor) -> bool:
        """Whether the reader has seen the newest event in his or her audience."""
        seq, changed_at = case.seq_for(actor), case.changed_at(actor)
        if not seq or changed_at is None or changed_at <= member.seen_from:
            return True
        rows = cls.objects.unscoped(why="the reader's own mark")
        seen: bool = rows.filter(membership=member, case=case, seq__gte=seq).exists()
        return seen


class AccessLog(TenantModel):
    """Who opened a case or fetched a file, and when. Written beside the page, never shown to the other side."""

    case = key(Case)
    attachment = key(Attachment, null=True)
    what = models.CharField(max_length=12)
    side = models.CharField(max_length=6)
    user_id = models.UUIDField(null=True)
    name = models.CharField(max_length=120)
    at = models.DateTimeField(default=timezone.now)

    class Meta(TenantModel.Meta):
        indexes: ClassVar = [models.Index(fields=["firm", "case", "at"], name="access_by_case")]

    @classmethod
    def narrow(cls, rows: Any, actor: Actor) -> Any:
        """For the firm alone: it sees who had opened a case it retracts."""
        if actor.is_client:
            return rows.none()
        return rows.filter(case__in=Case.objects.visible_to(actor).values("pk"))
