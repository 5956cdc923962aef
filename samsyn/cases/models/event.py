"""What has happened: append-only events, and the outbox that hands them to the notices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.utils import timezone

from samsyn.cases.models.case import Case, Outcome
from samsyn.kit.gate import key
from samsyn.tenancy.models import Consent, Engagement, TenantModel

if TYPE_CHECKING:
    from samsyn.cases.kinds.base import Kind
    from samsyn.tenancy.actors import Actor


class Audience(models.TextChoices):
    """Who may know that an event happened at all."""

    BOTH = "both"
    FIRM = "firm"
    CLIENT = "client"


class Event(TenantModel):
    """One verb that was carried out. Never changed, never removed; the timeline and the audit trail."""

    case = key(Case)
    engagement = key(Engagement)
    seq = models.PositiveIntegerField()
    verb = models.CharField(max_length=20)
    audience = models.CharField(max_length=6, choices=Audience.choices, default=Audience.BOTH)
    at = models.DateTimeField(default=timezone.now)
    side = models.CharField(max_length=6)
    actor_kind = models.CharField(max_length=10)
    user_id = models.UUIDField(null=True)
    membership_id = models.UUIDField(null=True)
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=12, blank=True)
    on_behalf_of = models.CharField(max_length=120, blank=True)
    round = models.PositiveSmallIntegerField(default=1)
    body = models.JSONField(default=dict)
    body_version = models.PositiveSmallIntegerField(default=1)
    # What a form carried so that a second click does nothing twice.
    once = models.CharField(max_length=32, null=True)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["firm", "case", "seq"], name="events_in_order"),
            models.UniqueConstraint(fields=["firm", "case", "once"], name="each_press_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["firm", "-at"], name="event_by_time"),
        ]

    @classmethod
    def narrow(cls, rows: Any, actor: Actor) -> Any:
        rows = rows.filter(case__in=Case.objects.visible_to(actor).values("pk"))
        if actor.is_client:
            # Of a retracted case both sides keep one line, and the client nothing else.
            left = ~models.Q(case__outcome=Outcome.RETRACTED) | models.Q(verb="retract")
            return rows.exclude(audience=Audience.FIRM).filter(left)
        return rows.filter(audience=Audience.BOTH) if actor.is_support else rows.exclude(audience=Audience.CLIENT)

    def half(self, kind: Kind, name: str) -> Any:
        """A half of the case (`request`, `answer`, `review`) as it was then, as `kind` reads it now."""
        stored = self.body[name]
        return stored if stored is None else kind.upgraded(name, self.body_version, stored)

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("an event is never changed")
        super().save(*args, **kwargs)


class Outbox(TenantModel):
    """An event, or a step of a consent, nobody has been told of yet. Swept each minute; the job is only a nudge."""

    event = key(Event, null=True)
    consent = key(Consent, null=True)
    created_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["firm", "event"], name="told_once"),
            models.UniqueConstraint(fields=["firm", "consent"], name="consent_told_once"),
            models.CheckConstraint(
                condition=models.Q(event__isnull=True) ^ models.Q(consent__isnull=True), name="one_thing_to_tell"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["done_at", "created_at"], name="outbox_waiting")]
