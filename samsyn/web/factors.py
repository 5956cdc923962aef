"""One-time codes from an app: put on, taken off, and what the account page says of them and the passkeys."""

from __future__ import annotations

from typing import Any

import qrcode
from allauth.account.utils import get_next_redirect_url
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from cryptography.fernet import InvalidToken
from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from samsyn.tenancy import actions, factors
from samsyn.tenancy.errors import Refused
from samsyn.tenancy.factors import Type
from samsyn.tenancy.models import User
from samsyn.web.confirming import CODE
from samsyn.web.doors import must_be_sure, person_page
from samsyn.web.passkeys import are_possible, remove_factor
from samsyn.web.recovery import RECOVERY, in_groups, may_see
from samsyn.web.requests import address_of_visitor
from samsyn.web.sessions import sign_out_elsewhere

SECRET = "totp_secret"  # noqa: S105 - in the session, sealed, until the app has shown that it has it


def factors_of(request: HttpRequest, user: User) -> dict[str, Any]:
    """What the account page says of them."""
    return {
        "passkeys": factors.passkeys_of(user),
        "passkeys_possible": are_possible(request),
        "codes_on": factors.has(user, Type.TOTP),
        "recovery_left": factors.recovery_codes_left(user),
    }


class FirstCode(forms.Form):
    code = forms.CharField(label=gettext_lazy("Code from the app"), help_text=gettext_lazy("Six digits."), widget=CODE)


@person_page("GET", "POST")
def one_time_codes(request: HttpRequest) -> HttpResponse:
    """Put one-time codes on with an app, or take them off."""
    must_be_sure(request)
    user: User = request.user  # type: ignore[assignment]
    on = Authenticator.objects.filter(user=user, type=Type.TOTP).first()
    do = request.POST.get("do", "")
    if on is not None:
        return take_off(request, on) if do == "remove" else render(request, "account/codes_on.html")
    if do == "begin":
        request.session[SECRET] = get_adapter().encrypt(totp.generate_totp_secret())
    secret = begun(request)
    form = FirstCode(request.POST if "code" in request.POST else None)
    if secret and form.is_valid() and put_on(request, form, secret):
        return redirect_to_login(get_next_redirect_url(request) or reverse("account"), reverse(RECOVERY))
    following = get_next_redirect_url(request) or ""
    shown = {"form": form, "secret": secret, "following": following, **(drawn(user, secret) if secret else {})}
    return render(request, "account/codes_off.html", shown, status=422 if form.errors else 200)


def begun(request: HttpRequest) -> str:
    """The secret that was made for this session and is not in use yet, or ''."""
    try:
        return str(get_adapter().decrypt(request.session[SECRET]))
    except (KeyError, InvalidToken):
        return ""


def put_on(request: HttpRequest, form: FirstCode, secret: str) -> bool:
    """Whether the code was right; then they are on, here they are proved, and elsewhere nobody is signed in."""
    user: User = request.user  # type: ignore[assignment]
    code, here = form.cleaned_data["code"], address_of_visitor(request)
    try:
        made = actions.put_on_codes(user, secret, code, ip_address=here)
    except Refused as refusal:
        form.add_error("code", str(refusal))
        return False
    del request.session[SECRET]
    post_authentication(request, made, reauthenticated=True)
    sign_out_elsewhere(request)
    may_see(request)
    messages.success(request, _("One-time codes are on. You are signed out everywhere else."))
    return True


def take_off(request: HttpRequest, on: Authenticator) -> HttpResponse:
    remove_factor(request, on)
    messages.success(request, _("One-time codes are off. You are signed out everywhere else."))
    return redirect("account")


def drawn(user: User, secret: str) -> dict[str, Any]:
    """The secret for a camera, for an app on the same device, and for whoever types it."""
    address = get_adapter().build_totp_url(user, secret)
    code = qrcode.QRCode(border=4)
    code.add_data(address)
    rows = code.get_matrix()
    squares = [f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark]
    return {"address": address, "picture": "".join(squares), "size": len(rows), "groups": in_groups(secret, 4)}
