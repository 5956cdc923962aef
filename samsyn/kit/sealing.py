"""What lies encrypted in the database: opened with the secret key, or an older one that still holds."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.conf import settings
from django.db import models, transaction


def sealed_box() -> MultiFernet:
    """Seals with the newest key; opens with that or an older one."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest())) for key in keys])


class SealedField(models.BinaryField):  # type: ignore[type-arg]
    """Sealed bytes that are to outlive the key they were sealed with: `reseal` knows them. What waits for a day or
    less, a letter or a form, is a plain BinaryField."""


def reseal() -> None:
    """Seal every `SealedField` anew with the newest key, so that an older one can be forgotten. Each day. What no key
    opens stays as it is."""
    for model in apps.get_models():
        if not hasattr(model._default_manager.all(), "unscoped"):  # those of firms have a `reseal` of their own
            seal_anew(model._default_manager.all())


@transaction.atomic
def seal_anew(rows: Any) -> None:
    """Seal the fields of these rows anew."""
    box = sealed_box()
    for name in [one.name for one in rows.model._meta.fields if isinstance(one, SealedField)]:
        for row in rows:
            _seal_anew(box, row, name)


def _seal_anew(box: MultiFernet, row: models.Model, name: str) -> None:
    try:
        setattr(row, name, box.rotate(bytes(getattr(row, name))))
    except InvalidToken:
        return
    row.save(update_fields=[name])
