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
    box = sealed_box()
    with transaction.atomic():
        for model in apps.get_models():
            for name in [one.name for one in model._meta.fields if isinstance(one, SealedField)]:
                for row in _rows(model):
                    _seal_anew(box, row, name)


def _seal_anew(box: MultiFernet, row: models.Model, name: str) -> None:
    try:
        setattr(row, name, box.rotate(bytes(getattr(row, name))))
    except InvalidToken:
        return
    row.save(update_fields=[name])


def _rows(model: Any) -> Any:
    rows = model._default_manager.all()
    return rows.unscoped(why="a key is changed for all at once") if hasattr(rows, "unscoped") else rows
