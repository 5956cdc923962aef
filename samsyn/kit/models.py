"""Letters on their way out. Their text is encrypted and erased once it has left."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from samsyn.kit.ids import uuid7


class Letter(models.Model):
    """One mail: written in the transaction that wants it, sent by the worker, then emptied.

    `body` is a Fernet token holding {"subject", "text", "html", "sender", "reply_to"}. `about` names what it
    was for (an event and a person, say) and is claimed once, so that nobody gets the same letter twice.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        SENT = "sent"
        FAILED = "failed"
        EXPIRED = "expired"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    to = models.EmailField()
    template = models.CharField(max_length=40)
    body = models.BinaryField()
    about = models.CharField(max_length=120, unique=True, null=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["state", "next_try_at"], name="letter_waiting")]


class MailedCode(models.Model):
    """Six digits that were mailed to somebody, and for a sign-in the link beside them: one use for both together.

    Neither is kept as it was sent: the digits as a keyed hash, the link's token as a hash. `about` is the id of
    whom or what it opens, `following` the page that was wanted. See `kit/codes.py`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    purpose = models.CharField(max_length=20)
    about = models.UUIDField()
    code = models.CharField(max_length=64)
    token_sha256 = models.CharField(max_length=64, unique=True, null=True)
    following = models.CharField(max_length=500, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["expires_at"], name="mailed_code_by_age")]
