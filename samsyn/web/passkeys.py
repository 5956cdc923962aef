"""Passkeys: signing in with a face, a finger or a PIN; adding one, naming it, taking it away.

The browser is asked by `static/js/passkey.js`. What it is to sign is made for one press and kept in the session
until the answer comes, so that looking at a page leaves nothing behind.
"""

from __future__ import annotations

import struct
from typing import Any
from urllib.parse import urlsplit

from allauth.account.models import Login
from allauth.account.utils import get_next_redirect_url
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import AddWebAuthnForm, LoginWebAuthnForm
from allauth.mfa.webauthn.internal import auth, flows
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from samsyn.kit.fields import LineField
from samsyn.kit.sealing import sealed_box
from samsyn.settings import LOOPBACK
from samsyn.tenancy import actions, factors
from samsyn.tenancy.demands import needs_second_factor
from samsyn.tenancy.errors import Refused
from samsyn.tenancy.models import User
from samsyn.web.doors import held_by, must_be_sure, person_page, public_page
from samsyn.web.proofs import forget_proof
from samsyn.web.recovery import RECOVERY, may_see
from samsyn.web.requests import address_of_visitor
from samsyn.web.sessions import device, sign_out_elsewhere


def home_of_passkeys() -> str:
    """The host name that passkeys belong to. A number can have none, so on this machine it is `localhost`."""
    host = urlsplit(settings.SAMSYN_URL).hostname or ""
    return "localhost" if host in LOOPBACK else host


def are_possible(request: HttpRequest) -> bool:
    """Whether a browser takes passkeys on the address this page has."""
    home = home_of_passkeys()
    safe = home == "localhost" or settings.SAMSYN_URL.startswith("https://")
    return safe and request.get_host().partition(":")[0] == home


class FactorAdapter(DefaultMFAAdapter):
    """What the sign-in library asks about passkeys and codes; secrets are sealed with the house's own key."""

    error_messages = {  # noqa: RUF012 - the library's own way
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy("The passkey couldn't be used. Try again, or sign in in another way."),
    }

    def encrypt(self, text: str) -> str:
        return sealed_box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return sealed_box().decrypt(encrypted_text.encode()).decode()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": home_of_passkeys(), "name": "Samsyn"}


def asks(request: HttpRequest) -> bool:
    """Whether the script asks what the browser is to sign."""
    return request.POST.get("do") == "ask"


def options(made: dict[str, Any]) -> JsonResponse:
    return JsonResponse({"options": made["publicKey"]})


@public_page("POST")
def sign_in(request: HttpRequest) -> HttpResponse:
    """In without a password: the passkey says who it is, and asks for the person's face, finger or PIN."""
    limited: HttpResponse | None = ratelimit.consume_or_429(request, app="allauth.mfa", action="webauthn_login")
    if limited:
        return limited
    if asks(request):
        return options(auth.begin_authentication(user=None))
    form = LoginWebAuthnForm(data=well_formed(request))
    if not holds(form):
        messages.error(request, _("The passkey couldn't be used. Try again, or sign in in another way."))
        return redirect_to_login(get_next_redirect_url(request) or "/", reverse("account_login"))
    key = form.cleaned_data["credential"]
    login = Login(user=key.user, redirect_url=get_next_redirect_url(request))
    return flows.perform_passwordless_login(request, key, login)  # type: ignore[no-any-return]


def well_formed(request: HttpRequest) -> dict[str, str]:
    """The posted credential, when it is an object at all; the library expects one."""
    posted = request.POST.get("credential", "").strip()
    return {"credential": posted if posted.startswith("{") else ""}


# What the libraries raise at an answer that no browser would give.
MALFORMED = (ValueError, KeyError, TypeError, IndexError, AttributeError, NotImplementedError, struct.error)


def holds(form: forms.Form) -> bool:
    """Whether the browser's answer is right. One that is not even an answer is wrong, and no fault of ours."""
    try:
        return form.is_valid()
    except MALFORMED:
        return False


class NewPasskey(AddWebAuthnForm):
    """What the browser has made, and what the person calls it."""

    name = LineField(label=gettext_lazy("What you call it"), longest=60, required=False)
    passwordless = None

    def __init__(self, request: HttpRequest, data: Any = None) -> None:
        self.called = device(request.headers.get("User-Agent", "")) or _("Passkey")
        super().__init__(data, user=request.user, initial={"name": self.called})

    def clean_name(self) -> str:
        return self.cleaned_data["name"] or self.called


@person_page("GET", "POST")
def add(request: HttpRequest) -> HttpResponse:
    """A passkey on this device, or on a key one carries."""
    must_be_sure(request)
    if not are_possible(request):
        raise Http404
    user: User = request.user  # type: ignore[assignment]
    if request.method == "POST" and asks(request):
        return options(auth.begin_registration(user, passwordless=True))
    data = {**well_formed(request), "name": request.POST.get("name", "")[:60]} if request.method == "POST" else None
    form = NewPasskey(request, data)
    problem = keep(request, user, form) if data else ""
    if data and not problem:
        messages.success(request, _("The passkey is added. You can sign in with it next time."))
        return onward(request, user)
    shown = {"form": form, "problem": problem, "following": get_next_redirect_url(request) or ""}
    return render(request, "account/passkey_new.html", shown, status=422 if problem else 200)


def keep(request: HttpRequest, user: User, form: NewPasskey) -> str:
    """Keep what the browser has made, which also proves here and now who it is; or the sentence why not."""
    if not holds(form):
        return _("The passkey couldn't be made. Try again.")
    facts = {"name": form.cleaned_data["name"], "credential": form.cleaned_data["credential"]}
    try:
        made = actions.add_passkey(user, **facts, ip_address=address_of_visitor(request))
    except Refused as refusal:
        return str(refusal)
    post_authentication(request, made, reauthenticated=True)
    return ""


def onward(request: HttpRequest, user: User) -> HttpResponse:
    """Back to where the person came from; first past recovery codes, when a firm's door may be shut without the key."""
    following = get_next_redirect_url(request) or reverse("account")
    demanded = any(needs_second_factor(one) for one in held_by(request))
    if not demanded or factors.recovery_codes_left(user) is not None:
        return redirect(following)
    actions.renew_recovery_codes(user, ip_address=address_of_visitor(request))
    may_see(request)
    return redirect_to_login(following, reverse(RECOVERY))


class PasskeyName(forms.Form):
    name = LineField(label=gettext_lazy("What you call it"), longest=60)


@person_page("GET", "POST")
def passkey(request: HttpRequest, pk: int) -> HttpResponse:
    """One of the person's own passkeys: its name, when it was used, and the way out of it."""
    user: User = request.user  # type: ignore[assignment]
    found = next((one for one in factors.passkeys_of(user) if one.pk == pk), None)
    if found is None:
        raise Http404
    must_be_sure(request)
    form = PasskeyName(request.POST if request.method == "POST" else None, initial={"name": found.data["name"]})
    if request.POST.get("do") == "remove":
        remove_factor(request, found)
        messages.success(request, _("The passkey is removed. You are signed out everywhere else."))
        return redirect("account")
    if form.is_valid():
        actions.rename_passkey(user, found, form.cleaned_data["name"])
        messages.success(request, _("Saved"))
        return redirect("account")
    status = 422 if form.is_bound else 200
    return render(request, "account/passkey.html", {"form": form, "passkey": found}, status=status)


def remove_factor(request: HttpRequest, one: Authenticator) -> None:
    """Take it away, and out goes whoever is signed in elsewhere: it may be gone because somebody else has it."""
    number = one.pk
    actions.remove_factor(request.user, one, ip_address=address_of_visitor(request))  # type: ignore[arg-type]
    forget_proof(request, number)
    sign_out_elsewhere(request)


@person_page("POST")
def answer_offer(request: HttpRequest) -> HttpResponse:
    """Not now: the offer doesn't come again by itself."""
    actions.answer_offer(request.user)  # type: ignore[arg-type]
    return redirect(get_next_redirect_url(request) or "/")


def is_offered(request: HttpRequest) -> bool:
    """Whether the person has not yet said yes or no to a passkey, and could have one here."""
    return request.user.is_authenticated and request.user.passkey_answered_at is None and are_possible(request)
