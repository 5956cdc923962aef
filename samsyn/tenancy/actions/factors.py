"""A person's passkeys, one-time codes and recovery codes: added, named, taken away, made anew.

Each is one transaction that also tells the person by mail and the firms in their logs. Whether the person has just
proved who he or she is, is asked by the page.
"""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.utils import encrypt
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from samsyn.kit import letters
from samsyn.tenancy import factors
from samsyn.tenancy.errors import NotNow, Refused
from samsyn.tenancy.factors import MOST_PASSKEYS, Type
from samsyn.tenancy.models import User
from samsyn.tenancy.security import SecurityLog, record_everywhere

What = SecurityLog.What
MARKS = {Type.WEBAUTHN: "passkey", Type.TOTP: "totp", Type.RECOVERY_CODES: "recovery"}


@transaction.atomic
def add_passkey(user: User, *, name: str, credential: dict[str, Any], ip_address: str | None = None) -> Authenticator:
    """Keep a passkey whose making has been checked."""
    locked(user)
    if len(factors.passkeys_of(user)) >= MOST_PASSKEYS:
        raise NotNow(_("You have as many passkeys as there is room for. Remove one first."))
    made = Authenticator.objects.create(user=user, type=Type.WEBAUTHN, data={"name": name, "credential": credential})
    answer_offer(user)
    _tell(user, What.FACTOR_ON, "passkey", "passkey_on", ip_address)
    return made


def rename_passkey(user: User, passkey: Authenticator, name: str) -> None:
    passkey.data["name"] = name
    Authenticator.objects.filter(pk=passkey.pk, user=user).update(data=passkey.data)


@transaction.atomic
def put_on_codes(user: User, secret: str, code: str, *, ip_address: str | None = None) -> Authenticator:
    """Ask for one-time codes at sign-in from now on. `code` shows that the app has the secret; it is used up by it."""
    locked(user)
    step = factors.step_of(secret, code)
    if not step:
        raise Refused(_("The code isn't right. Wait for the next one in the app and try again."), field="code")
    try:
        with transaction.atomic():
            data = {"secret": encrypt(secret), "used": step}
            made = Authenticator.objects.create(user=user, type=Type.TOTP, data=data)
    except IntegrityError as error:
        raise NotNow(_("One-time codes are on already.")) from error
    RecoveryCodes.activate(user)
    _tell(user, What.FACTOR_ON, "totp", "totp_on", ip_address)
    return made


@transaction.atomic
def remove_factor(user: User, one: Authenticator, *, ip_address: str | None = None) -> None:
    """Take a passkey or the one-time codes away. Recovery codes have nothing to recover without the last of them."""
    locked(user)
    if not Authenticator.objects.filter(pk=one.pk, user=user).delete()[0]:
        return
    if not factors.has(user):
        Authenticator.objects.filter(user=user).delete()
    mark = MARKS[Type(one.type)]
    _tell(user, What.FACTOR_OFF, mark, f"{mark}_off", ip_address)


@transaction.atomic
def renew_recovery_codes(user: User, *, ip_address: str | None = None) -> None:
    """New recovery codes; the old ones open nothing more."""
    locked(user)
    if not factors.has(user):
        raise NotNow(_("Recovery codes are for those who have a passkey or one-time codes."))
    Authenticator.objects.filter(user=user, type=Type.RECOVERY_CODES).delete()
    RecoveryCodes.activate(user)
    _tell(user, What.FACTOR_ON, "recovery", "recovery_on", ip_address)


@transaction.atomic
def reset_factors(user: User) -> int:
    """Whoever runs Samsyn helps a person who has lost everything: out everywhere, and in with password or mail again.

    Gives how many were taken away.
    """
    locked(user)
    gone: int = Authenticator.objects.filter(user=user).delete()[0]
    User.objects.filter(pk=user.pk).update(sessions_from=timezone.now())
    _tell(user, What.FACTOR_OFF, "operator", "reset", None)
    return gone


def tell_of_recovery(user: User) -> None:
    """A recovery code has been used: the person should know, and how many are left."""
    letters.write(
        template="factor",
        to=user.email,
        language=user.language,
        context={"what": "recovery_used", "left": factors.recovery_codes_left(user) or 0},
    )


def answer_offer(user: User) -> None:
    """The person has said yes or no to a passkey, and is not asked again."""
    User.objects.filter(pk=user.pk, passkey_answered_at=None).update(passkey_answered_at=timezone.now())


def locked(user: User) -> None:
    """Two at once for the same person are done one after the other."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _tell(user: User, what: SecurityLog.What, mark: str, letter: str, ip_address: str | None) -> None:
    record_everywhere(what, user, about=f"factor:{mark}", ip_address=ip_address)
    letters.write(template="factor", to=user.email, language=user.language, context={"what": letter, "left": 0})
