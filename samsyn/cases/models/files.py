"""Files: the bytes once per firm, and each place where they are attached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from samsyn.cases.models.case import Case, Outcome
from samsyn.cases.models.event import Audience, Event
from samsyn.kit.gate import key
from samsyn.tenancy.models import CLIENT, FIRM, Engagement, TenantModel

if TYPE_CHECKING:
    from samsyn.tenancy.actors import Actor


class RetentionClass(models.TextChoices):
    """Why a file is kept, and so for how long."""

    ACCOUNTING = "accounting", _("Accounting material")
    DUE_DILIGENCE = "due_diligence", _("Client due diligence")
    OTHER = "other", _("Other")


class Purpose(models.TextChoices):
    """What a file belongs to: what the firm asks, the client's answer, or a message."""

    REQUEST = "request"
    ANSWER = "answer"
    MESSAGE = "message"


class Blob(TenantModel):
    """Unchanged bytes on disk, known by their hash within one firm. Never compared between firms."""

    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    storage_key = models.CharField(max_length=64, unique=True)
    scan = models.CharField(max_length=10, default="unscanned")
    created_at = models.DateTimeField(default=timezone.now)
    # Since when no attachment has needed it; the sweep takes it seven days later.
    unused_since = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        indexes: ClassVar = [models.Index(fields=["firm", "sha256"], name="blob_by_hash")]


class Attachment(TenantModel):
    """A file in a case. Without an event it is somebody's draft and nobody else's on the other side.

    A client's own new case has no case yet: then `case` is null, and the file is its writer's alone.
    """

    engagement = key(Engagement)
    case = key(Case, null=True)
    blob = key(Blob)
    event = key(Event, null=True)
    event_id: Any
    purpose = models.CharField(max_length=8, choices=Purpose.choices)
    row_id = models.CharField(max_length=16, blank=True)
    round = models.PositiveSmallIntegerField(default=1)
    side = models.CharField(max_length=6)
    user_id = models.UUIDField(null=True)
    audience = models.CharField(max_length=6, choices=Audience.choices, default=Audience.BOTH)
    name = models.CharField(max_length=200)
    type = models.CharField(max_length=80)
    retention_class = models.CharField(max_length=14, choices=RetentionClass.choices, default=RetentionClass.ACCOUNTING)
    keep_until = models.DateField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta(TenantModel.Meta):
        indexes: ClassVar = [
            models.Index(fields=["firm", "case", "created_at"], name="attachment_by_case"),
            models.Index(fields=["firm", "engagement", "case"], name="attachment_by_client"),
            models.Index(fields=["firm", "blob"], name="attachment_by_blob"),
        ]

    @classmethod
    def narrow(cls, rows: Any, actor: Actor) -> Any:
        in_sight = models.Q(case__in=Case.objects.visible_to(actor).values("pk"))
        sent = models.Q(event__isnull=False)
        if actor.is_client:
            own_draft = models.Q(event=None, side=CLIENT, user_id=actor.user.pk if actor.user else None)
            loose = own_draft & models.Q(case=None, engagement__in=actor.agreed_engagement_ids)
            rows = rows.exclude(audience=Audience.FIRM).exclude(case__outcome=Outcome.RETRACTED)
            return rows.filter((in_sight & (sent | own_draft)) | loose)
        if actor.is_support:
            return rows.filter(in_sight & sent, audience=Audience.BOTH)
        return rows.filter(in_sight).exclude(audience=Audience.CLIENT).filter(sent | models.Q(side=FIRM))
