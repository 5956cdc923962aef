"""Bytes on disk: laid there before any row names them, never changed, and taken away long after the last row.

A crash between the bytes and the row leaves bytes that nobody names; `sweep` finds them. Nothing here knows
what a file is or whose it is.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from samsyn.cases.models import Blob
from samsyn.tenancy.walls.standing import in_firm


@dataclass(frozen=True)
class Laid:
    """Bytes that lie on disk and that no row names yet."""

    firm_id: UUID
    key: str
    sha256: str
    size: int

    def erase(self) -> None:
        place_of(self.firm_id.hex, self.key).unlink(missing_ok=True)


def lay(firm_id: UUID, upload: UploadedFile[Any]) -> Laid:
    """Write the bytes under a random name in the firm's folder, hashed on the way, and safe when this returns."""
    key = secrets.token_hex(16)
    path = place_of(firm_id.hex, key)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    sha, size = hashlib.sha256(), 0
    upload.seek(0)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        for chunk in upload.chunks():
            sha.update(chunk)
            size += len(chunk)
            target.write(chunk)
        target.flush()
        os.fsync(target.fileno())
    _sync(path.parent)
    return Laid(firm_id, key, sha.hexdigest(), size)


def _sync(folder: Path) -> None:
    """A new name in a folder outlives a power cut only when the folder is written too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def blob_of(laid: Laid) -> Blob:
    """The row of these bytes: the firm's own that has them already, or a new one. Inside a transaction.

    The row is locked, so that a sweep cannot take it before the attachment is written.
    """
    with in_firm(laid.firm_id):  # whoever brings the bytes does not see who else in the firm has them
        return _blob_of(laid)


def _blob_of(laid: Laid) -> Blob:
    rows = Blob.objects.unscoped(why="the same bytes are kept once per firm, never compared between firms")
    same = rows.select_for_update().filter(firm=laid.firm_id, sha256=laid.sha256, size=laid.size)
    for blob in same.order_by("created_at"):
        if place_of(laid.firm_id.hex, blob.storage_key).exists():
            laid.erase()
            if blob.unused_since is not None:
                blob.unused_since = None
                blob.save(update_fields=["unused_since"])
            return blob
    made: Blob = Blob.objects.create(firm_id=laid.firm_id, sha256=laid.sha256, size=laid.size, storage_key=laid.key)
    return made


def place_of(firm_hex: str, key: str) -> Path:
    """Where a blob's bytes lie: below SAMSYN_VAR, outside any public folder."""
    return Path(settings.SAMSYN_FILES) / firm_hex / key[:2] / key


def open_blob(blob: Blob) -> BinaryIO:
    """The bytes, open for reading. Raises FileNotFoundError when they are not where they should be."""
    return place_of(blob.firm_id.hex, blob.storage_key).open("rb")
