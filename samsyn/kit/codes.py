"""Codes of six digits that are mailed: ten minutes, one use, five tries, in every place that asks for one.

A try is counted in the database before the digits are looked at, and the one use is claimed there too, so that
many guesses at once are still five and two presses at once are still one.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from django.conf import settings
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from samsyn.kit.models import MailedCode

LIVES = dt.timedelta(minutes=10)
TRIES, DIGITS = 5, 6
KEPT = dt.timedelta(days=1)
Outcome = Literal["right", "wrong", "dead"]


def fresh() -> str:
    """Six digits nobody can foresee."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"


@dataclass(frozen=True)
class Made:
    """What goes into the letter. `token` is "" unless a link was asked for."""

    id: UUID
    digits: str
    token: str


def make(purpose: str, about: UUID, *, digits: str = "", link: bool = False, following: str = "") -> Made:
    """Keep a new code, and the token of a link when there is to be one. `digits` are made here when left out."""
    row = MailedCode(purpose=purpose, about=about, following=following, expires_at=timezone.now() + LIVES)
    digits, token = digits or fresh(), secrets.token_urlsafe(32) if link else ""
    row.code = sealed(row, digits, settings.SECRET_KEY)
    row.token_sha256 = _hash(token) if link else None
    row.save(force_insert=True)
    return Made(row.pk, digits, token)


def living(purpose: str) -> Any:
    """The codes that still open something."""
    rows = MailedCode.objects.filter(purpose=purpose, ended_at=None, tries__lt=TRIES)
    return rows.filter(expires_at__gt=timezone.now())


def by_token(purpose: str, token: str) -> MailedCode | None:
    """The code whose link this is, when it still opens something."""
    found: MailedCode | None = living(purpose).filter(token_sha256=_hash(token)).first()
    return found


def claim(purpose: str, pk: UUID | str | None) -> bool:
    """Count a try; False when there is none left, or nothing to try."""
    return bool(living(purpose).filter(pk=pk).update(tries=F("tries") + 1))


def end(pk: UUID | str | None) -> bool:
    """Use it up; False when somebody else has, or it was none."""
    rows: Any = MailedCode.objects.filter(ended_at=None)
    return bool(rows.filter(pk=pk).update(ended_at=timezone.now()))


def take(purpose: str, pk: UUID | str | None, digits: str) -> Outcome:
    """Try the digits, and use the code up when they are right."""
    if not claim(purpose, pk):
        return "dead"
    row = MailedCode.objects.get(pk=str(pk))
    if not is_right(row, digits):
        return "wrong" if row.tries < TRIES else "dead"
    return "right" if end(pk) else "dead"


def is_right(row: MailedCode, digits: str) -> bool:
    """Also when the secret key has been changed since the code was sent."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return any(constant_time_compare(sealed(row, digits, key), row.code) for key in keys)


def sealed(row: MailedCode, digits: str, key: str) -> str:
    """The digits as they are kept: the same for no two codes, and of no use without the secret key."""
    return salted_hmac("samsyn.codes", f"{row.pk} {row.purpose} {row.about} {digits}", secret=key).hexdigest()


def sweep() -> None:
    """Take away what has long been dead. Each day."""
    MailedCode.objects.filter(expires_at__lt=timezone.now() - KEPT).delete()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
