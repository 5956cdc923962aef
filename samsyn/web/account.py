"""Signing in and out, the person's own page, and the choice between places."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

from allauth.account import views as library
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from samsyn.kit import letters
from samsyn.kit.text import clean_name, looks_like_address
from samsyn.tenancy.models import User
from samsyn.web.doors import held_by, person_page, public_page
from samsyn.web.kept import fill, put_back
from samsyn.web.pages import chooser_places

CODE_LIVES = dt.timedelta(minutes=10)
TRIES = 5

sign_in = public_page("GET", "POST")(library.LoginView.as_view(template_name="account/login.html"))
sign_out = public_page("GET", "POST")(library.LogoutView.as_view(template_name="account/logout.html"))
forgot = public_page("GET", "POST")(library.PasswordResetView.as_view(template_name="account/password_reset.html"))
forgot_done = public_page()(library.PasswordResetDoneView.as_view(template_name="account/password_reset_done.html"))
new_password = public_page("GET", "POST")(
    library.PasswordResetFromKeyView.as_view(template_name="account/password_reset_from_key.html")
)
new_password_done = public_page()(
    library.PasswordResetFromKeyDoneView.as_view(template_name="account/password_reset_from_key_done.html")
)
locked = public_page()(library.AccountInactiveView.as_view(template_name="account/account_inactive.html"))


class AboutMe(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ("name", "language", "keys_on")
        labels = {  # noqa: RUF012 - Django's own way
            "name": gettext_lazy("Name"),
            "language": gettext_lazy("Language"),
            "keys_on": gettext_lazy("Single-key shortcuts"),
        }

    def __init__(self, *args: Any, staff: bool, **how: Any) -> None:
        super().__init__(*args, **how)
        if not staff:
            del self.fields["keys_on"]  # only the firm's pages have keys

    def clean_name(self) -> str:
        name = clean_name(self.cleaned_data["name"])
        if not name or looks_like_address(name):
            raise ValidationError(_("Write your name, without links or addresses."))
        return name


class NewAddress(forms.Form):
    email = forms.EmailField(
        label=gettext_lazy("New e-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )


class Code(forms.Form):
    code = forms.CharField(
        label=gettext_lazy("Code from the e-mail"),
        max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )


class NewPassword(forms.Form):
    current = forms.CharField(
        label=gettext_lazy("Present password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    password = forms.CharField(
        label=gettext_lazy("New password"),
        help_text=gettext_lazy("At least ten characters."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, user: User, *args: Any, **how: Any) -> None:
        self.user = user
        super().__init__(*args, **how)

    def clean_current(self) -> str:
        if not self.user.check_password(self.cleaned_data["current"]):
            raise ValidationError(_("The present password isn't right."))
        return str(self.cleaned_data["current"])

    def clean_password(self) -> str:
        validate_password(self.cleaned_data["password"], self.user)
        return str(self.cleaned_data["password"])


@person_page()
def start(request: HttpRequest) -> HttpResponse:
    """The only place, or a chooser that shows what waits in each."""
    places = chooser_places(request)
    if len(places) == 1:
        return redirect(places[0].url)
    return render(request, "account/places.html", {"places": places, "person": request.user})


@person_page("GET", "POST")
def account(request: HttpRequest) -> HttpResponse:
    """Name, e-mail, password, language, shortcuts."""
    user: User = request.user  # type: ignore[assignment]
    part = request.POST.get("part", "")
    data = request.POST if request.method == "POST" else None
    staff = any(held.engagement_id is None for held in held_by(request))
    about = AboutMe(data if part == "about" else None, instance=User.objects.get(pk=user.pk), staff=staff)
    address = NewAddress(data if part == "address" else None)
    code = Code(data if part == "code" else None)
    password = NewPassword(user, data if part == "password" else None)
    written = put_back(request)
    fill(address if written.get("", "part") == "address" else about, written)
    if part == "about" and about.is_valid():
        saved = about.save()
        translation.activate(saved.language)
        messages.success(request, _("Saved"))
        return redirect("account")
    if part == "address" and address.is_valid():
        _mail_code(request, user, address.cleaned_data["email"].strip().casefold())
        messages.success(request, _("We have sent a code to the new address"))
        return redirect("account")
    if part == "code" and code.is_valid():
        if problem := _confirm(request, user, code.cleaned_data["code"].strip()):
            code.add_error("code", problem)
        else:
            messages.success(request, _("Your e-mail address has been changed"))
            return redirect("account")
    if part == "password" and password.is_valid():
        user.set_password(password.cleaned_data["password"])
        user.save(update_fields=["password"])
        update_session_auth_hash(request, user)
        messages.success(request, _("Your password has been changed"))
        return redirect("account")
    return render(
        request,
        "account/account.html",
        {
            "about": about,
            "address": address,
            "code": code,
            "password": password,
            "person": user,
            "pending": (request.session.get("new_address") or {}).get("email", ""),
        },
        status=422 if part else 200,
    )


def _mail_code(request: HttpRequest, user: User, email: str) -> None:
    """Mail a code to the new address. Nothing tells whether somebody else has it."""
    code = f"{secrets.randbelow(1_000_000):06d}"
    request.session["new_address"] = {
        "email": email,
        "code": salted_hmac("new-address", f"{email}{code}").hexdigest(),
        "until": (timezone.now() + CODE_LIVES).isoformat(),
        "tries": 0,
    }
    if User.objects.by_email(email) is None:
        letters.write(template="address_code", to=email, language=user.language, context={"code": code})


def _confirm(request: HttpRequest, user: User, code: str) -> str:
    """Change the address when the code is right; gives the sentence when it is not. The old address is told."""
    waiting = request.session.get("new_address")
    if not waiting or timezone.now() > dt.datetime.fromisoformat(waiting["until"]) or waiting["tries"] >= TRIES:
        request.session.pop("new_address", None)
        return _("The code is no longer valid. Ask for a new one.")
    request.session["new_address"] = {**waiting, "tries": waiting["tries"] + 1}
    given = salted_hmac("new-address", f"{waiting['email']}{code}").hexdigest()
    if not constant_time_compare(given, waiting["code"]) or User.objects.by_email(waiting["email"]):
        return _("The code isn't right. Check it and try again.")
    old, user.email = user.email, waiting["email"]
    user.save(update_fields=["email"])
    request.session.pop("new_address")
    letters.write(template="address_changed", to=old, language=user.language, context={})
    return ""


@public_page("POST")
def language(request: HttpRequest) -> HttpResponse:
    """A visitor's choice of language, kept in a cookie."""
    following = request.POST.get("next", "/")
    if not following.startswith("/") or not url_has_allowed_host_and_scheme(following, allowed_hosts=None):
        following = "/"
    response = HttpResponseRedirect(following)
    chosen = request.POST.get("language")
    if chosen in ("sv", "en"):
        response.set_cookie(
            "samsyn_language",
            chosen,
            max_age=365 * 24 * 3600,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
    return response
