"""Where a firm's logo lies: below SAMSYN_VAR, outside any public folder, under a random name."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from django.conf import settings

TYPE = "image/png"


def put(content: bytes) -> str:
    """Lay the bytes on disk; gives the key they are found under."""
    key = secrets.token_hex(16)
    place(key).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open(os.open(place(key), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        target.write(content)
        target.flush()
        os.fsync(target.fileno())
    return key


def read(key: str) -> bytes | None:
    """The bytes, or None when there are none."""
    try:
        return place(key).read_bytes() if key else None
    except FileNotFoundError:
        return None


def remove(key: str) -> None:
    place(key).unlink(missing_ok=True)


def place(key: str) -> Path:
    return Path(settings.VAR) / "logos" / key
