"""One import and its rows, staged until somebody says that they are to be applied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from samsyn.kit.gate import key
from samsyn.tenancy.models import Engagement, Membership, TenantModel

if TYPE_CHECKING:
    from samsyn.tenancy.actors import Actor


class ImportRun(TenantModel):
    """A file on its way into the register. `mapping` is column number -> column name; what is left out isn't there.

    `samples` holds the first few things each column says. Whoever checks writes its own `claim`, and stops
    when another has written over it; `beat_at` is when the work last moved.
    """

    class State(models.TextChoices):
        MAPPING = "mapping", _("Columns to be named")
        CHECKING = "checking", _("Being checked")
        CHECKED = "checked", _("Checked")
        APPLIED = "applied", _("Applied")
        FAILED = "failed", _("Could not be read")

    by = key(Membership)
    state = models.CharField(max_length=10, choices=State.choices, default=State.CHECKING)
    file_name = models.CharField(max_length=200)
    storage_key = models.CharField(max_length=40)
    sheet = models.CharField(max_length=100, blank=True)
    headings = models.JSONField(default=list)
    samples = models.JSONField(default=list)
    mapping = models.JSONField(default=dict)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    claim = models.UUIDField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    beat_at = models.DateTimeField(default=timezone.now)
    applied_at = models.DateTimeField(null=True)
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)

    @classmethod
    def narrow(cls, rows: Any, actor: Actor) -> Any:
        return rows.none() if actor.is_client else rows.filter(by__in=actor.membership_ids)


class StagedRow(TenantModel):
    """One line of the file, judged.

    `data` holds the clean columns until they are applied, `changes` {column: [before, after]}, `faults`
    [{column, text}], and `typed` {column: as written} of a row that somebody has to mend.
    """

    class Verdict(models.TextChoices):
        NEW = "new", _("New")
        CHANGED = "changed", _("Changed")
        UNCHANGED = "unchanged", _("Unchanged")
        NEEDS_ACTION = "needs_action", _("Needs action")
        FAULTY = "faulty", _("Faulty")

    run = key(ImportRun)
    line = models.PositiveIntegerField()
    verdict = models.CharField(max_length=12, choices=Verdict.choices)
    name = models.CharField(max_length=200, blank=True)
    data = models.JSONField(default=dict)
    changes = models.JSONField(default=dict)
    faults = models.JSONField(default=list)
    typed = models.JSONField(default=dict)
    engagement = key(Engagement, null=True)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [models.UniqueConstraint(fields=["firm", "run", "line"], name="each_line_once")]
        indexes: ClassVar = [models.Index(fields=["firm", "run", "verdict", "line"], name="staged_by_verdict")]

    @classmethod
    def narrow(cls, rows: Any, actor: Actor) -> Any:
        return rows.filter(run__in=ImportRun.objects.visible_to(actor).values("pk"))
