"""A person's own proofs beside password and mail: passkeys, one-time codes from an app, and recovery codes.

They belong to the login, not to a firm: the rows are the sign-in library's, and what they hold that is secret is
sealed (see `samsyn.web.passkeys.FactorAdapter`). What is added, taken away or used up is done in `actions`.
"""

from __future__ import annotations

import time
from typing import Any

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa import app_settings as library
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt, encrypt
from cryptography.fernet import InvalidToken
from django.db import transaction

from samsyn.tenancy.models import User

Type = Authenticator.Type
STEPS = (-1, 0, 1)  # a clock may be one step, half a minute, before or behind
MOST_PASSKEYS = 20


def passkeys_of(user: User) -> list[Authenticator]:
    """The passkeys of a person, the oldest first."""
    return list(Authenticator.objects.filter(user=user, type=Type.WEBAUTHN).order_by("created_at", "pk"))


def has(user: User, *types: str) -> bool:
    """Whether the person has one of these; of none named, a second factor of any kind."""
    rows = Authenticator.objects.filter(user=user, type__in=types or (Type.WEBAUTHN, Type.TOTP))
    return bool(rows.exists())


def recovery_codes_left(user: User) -> int | None:
    """How many recovery codes are unused; None for a person who has none to begin with."""
    one = Authenticator.objects.filter(user=user, type=Type.RECOVERY_CODES).first()
    return len(unused(one)) if one else None


def unused(one: Authenticator) -> list[str]:
    """The recovery codes that are left; none when they were sealed with a key that is gone."""
    try:
        return list(one.wrap().get_unused_codes())
    except InvalidToken:
        return []


@transaction.atomic
def use_code(user: User, code: str) -> Authenticator | None:
    """Use a code from the app, or a recovery code, up: gives what it belongs to, or None for one that is wrong."""
    rows = Authenticator.objects.select_for_update().filter(user=user, type__in=(Type.TOTP, Type.RECOVERY_CODES))
    for one in rows.order_by("type"):
        try:
            right = used_step(one, code) if one.type == Type.TOTP else one.wrap().validate_code(code)
        except InvalidToken:  # sealed with a key that is gone: nothing is right any more
            continue
        if right:
            one.user = user
            return one
    return None


def used_step(one: Authenticator, code: str) -> bool:
    """Whether a code from the app is right and newer than the last one used; then it is the last one."""
    step = step_of(decrypt(one.data["secret"]), code)
    if step <= one.data.get("used", 0):
        return False
    one.data["used"] = step
    one.save(update_fields=["data"])
    return True


def step_of(secret: str, code: str) -> int:
    """Which half minute since 1970 the code is for, among those that are taken now; 0 for none of them."""
    now: int = int(time.time()) // library.TOTP_PERIOD
    for step in (now + one for one in STEPS):
        if compare_user_code(actual=code, expected=totp.format_hotp_value(totp.hotp_value(secret, step))):
            return int(step)
    return 0


def reseal() -> None:
    """Seal every secret anew with the newest key, so that an older one can be forgotten. Each day."""
    for one in Authenticator.objects.filter(type__in=(Type.TOTP, Type.RECOVERY_CODES)).iterator():
        with transaction.atomic():
            fresh = Authenticator.objects.select_for_update().filter(pk=one.pk).first()
            if fresh is not None and sealed_anew(fresh.data):
                fresh.save(update_fields=["data"])


def sealed_anew(data: dict[str, Any]) -> bool:
    """Seal what is secret in `data` again; False when it can't be opened any more."""
    name = "secret" if "secret" in data else "seed"
    try:
        data[name] = encrypt(decrypt(data[name]))
    except (InvalidToken, KeyError):
        return False
    return True
