"""What has proved in this session who the person is: when, and by which means.

The sign-in library notes each proof in the session. A page that asks for a fresh one counts the sign-in itself.
"""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY, get_authentication_records
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from samsyn.tenancy.errors import NotFresh

BEGAN = "began"  # in the session: when the sign-in began, in seconds since 1970


def proofs_in(request: HttpRequest) -> list[dict[str, Any]]:
    """The proofs of the signed-in person, oldest first: `method`, `at` in seconds since 1970, `type` and `id`."""
    return get_authentication_records(request, request.user)  # type: ignore[no-any-return]


def newest_proof(request: HttpRequest) -> float:
    """When the person last proved who it is, in seconds since 1970."""
    began = request.session.get(BEGAN, timezone.now().timestamp())
    return float(max([began, *(one["at"] for one in proofs_in(request))]))


def is_fresh(request: HttpRequest) -> bool:
    """Whether that was within fifteen minutes."""
    age = timezone.now().timestamp() - newest_proof(request)
    return bool(age < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)


def must_be_fresh(request: HttpRequest) -> None:
    """Raise `NotFresh` for a proof that is too old: the door asks for a new one and comes back."""
    if not is_fresh(request):
        raise NotFresh(_("Confirm that it is you. What you have written is kept."))


def has_second_factor(request: HttpRequest) -> bool:
    """Whether a passkey, a code from an app or a recovery code has been used in this session."""
    return any(one["method"] == "mfa" for one in proofs_in(request))


def forget_proof(request: HttpRequest, number: int) -> None:
    """What has been taken away proves nothing more in this session."""
    left = [one for one in proofs_in(request) if one.get("id") != number]
    request.session[AUTHENTICATION_METHODS_SESSION_KEY] = left
