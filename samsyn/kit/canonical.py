"""Canonical bytes of JSON (RFC 8785), so that what was approved can be hashed and shown again."""

from __future__ import annotations

import hashlib
from typing import Any

import rfc8785


def canonical_bytes(value: Any) -> bytes:
    """The one way to write `value` as bytes. Raises rfc8785.CanonicalizationError for what JSON can't hold."""
    written: bytes = rfc8785.dumps(value)
    return written


def digest(value: Any) -> str:
    """SHA-256 over the canonical bytes, 64 hexadecimal characters."""
    return hashlib.sha256(canonical_bytes(value)).hexdigest()
