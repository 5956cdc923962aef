"""Identifiers: UUIDv7 for rows, random references for addresses, short ids for rows inside JSON."""

from __future__ import annotations

import base64
import secrets
import time
import uuid


def uuid7() -> uuid.UUID:
    """A UUIDv7 (RFC 9562, section 5.7): 48 bits of Unix milliseconds, then 74 random bits.

    Made in Python, since PostgreSQL has its own only from version 18.
    """
    milliseconds = time.time_ns() // 1_000_000
    random_bits = secrets.randbits(74)
    value = (milliseconds & (1 << 48) - 1) << 80
    value |= 0x7 << 76
    value |= (random_bits >> 62) << 64
    value |= 0b10 << 62
    value |= random_bits & (1 << 62) - 1
    return uuid.UUID(int=value)


def new_ref() -> str:
    """A reference for an address: 26 lower-case base32 characters holding 128 random bits."""
    return base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=").lower()


def row_id() -> str:
    """A short random id for a row inside JSON: eight hexadecimal characters, never reused."""
    return secrets.token_hex(4)
