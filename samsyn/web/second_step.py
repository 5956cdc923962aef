"""The second step of a sign-in: asked of whoever has one-time codes, after the password and after the mailed code.

A passkey is two factors by itself and is asked nothing more; whoever has only passkeys is not asked for them here,
since one that lies at home must not lock anybody out. A firm that wants a second factor asks at its own door.
"""

from __future__ import annotations

from typing import Any

from allauth.account.internal.decorators import login_stage_required
from allauth.mfa.stages import AuthenticateStage
from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm
from allauth.mfa.webauthn.internal import auth
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from samsyn.tenancy import factors
from samsyn.tenancy.factors import Type
from samsyn.tenancy.models import User
from samsyn.web.confirming import FromApp, has_passkey_here, too_often
from samsyn.web.doors import public_page
from samsyn.web.passkeys import asks, holds, options, well_formed


class SecondStep(AuthenticateStage):
    """Asked for when the person has one-time codes."""

    def _should_handle(self, request: HttpRequest) -> bool:
        return factors.has(self.login.user, Type.TOTP) and bool(super()._should_handle(request))


@public_page("GET", "POST")
@login_stage_required(stage=AuthenticateStage.key, redirect_urlname="account_login")  # type: ignore[untyped-decorator]
def second_step(request: HttpRequest) -> HttpResponse:
    """A code from the app, a recovery code, or a passkey."""
    stage = request._login_stage  # type: ignore[attr-defined]
    user = stage.login.user
    # Also when the codes were taken off meanwhile: then the way in begins anew, without them.
    if request.POST.get("do") == "stop" or not factors.has(user, Type.TOTP):
        return stage.abort()  # type: ignore[no-any-return]
    if "credential" in request.POST and has_passkey_here(request, user):
        return key_given(request, stage)
    form = FromApp(request, user, request.POST if "code" in request.POST else None)
    if form.is_valid():
        form.note(again=False)
        return stage.exit()  # type: ignore[no-any-return]
    return too_often(request, form) or show(request, user, form)


def key_given(request: HttpRequest, stage: Any) -> HttpResponse:
    user: User = stage.login.user
    if asks(request):
        return options(auth.begin_authentication(user))
    key = AuthenticateWebAuthnForm(user=user, data=well_formed(request))
    if holds(key):
        key.save()
        return stage.exit()  # type: ignore[no-any-return]
    sentence = _("The passkey couldn't be used. Try again, or write a code.")
    return too_often(request, key) or show(request, user, FromApp(request, user), sentence)


def show(request: HttpRequest, user: User, form: FromApp, problem: str = "") -> HttpResponse:
    shown = {"form": form, "problem": problem, "passkey": has_passkey_here(request, user)}
    return render(request, "account/second_step.html", shown, status=422 if form.errors or problem else 200)
