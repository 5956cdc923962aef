"""What somebody had written when the session ended: encrypted, for an hour, for that person alone."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from samsyn.kit.ids import uuid7


class KeptPost(models.Model):
    """The text fields of a form that was posted after the session had ended."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user_id = models.UUIDField()
    path = models.CharField(max_length=300)
    form = models.CharField(max_length=60, blank=True)
    body = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["user_id", "path"], name="kept_for_person")]
