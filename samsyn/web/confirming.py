"""Proving once more who one is: before what must not be done by whoever finds an open screen.

Whoever has one-time codes confirms with what a sign-in asks for beside the password: a code or a passkey. The others
confirm with what lets them in: a password, a passkey, or a code by mail.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import get_next_redirect_url
from allauth.core import ratelimit
from allauth.mfa.base.internal.flows import check_rate_limit, post_authentication
from allauth.mfa.webauthn.forms import ReauthenticateWebAuthnForm
from allauth.mfa.webauthn.internal import auth
from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from samsyn.kit import codes, letters
from samsyn.kit.fields import CodeField
from samsyn.tenancy import actions, factors
from samsyn.tenancy.factors import Type
from samsyn.tenancy.models import User
from samsyn.tenancy.security import record_failure
from samsyn.web.doors import person_page
from samsyn.web.passkeys import are_possible, asks, holds, options, well_formed
from samsyn.web.requests import address_of_visitor

PURPOSE = "confirm"
MAILED = "confirm_code"  # in the session: which mailed code is this one's
CODE = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"})


class Way(forms.Form):
    """One way of proving who one is: a field, and whether what stands in it is right."""

    called = ""  # as the library notes it, and as the log says of a failure

    def __init__(self, request: HttpRequest, user: User, data: Any = None) -> None:
        self.request, self.user = request, user
        super().__init__(data)

    def clean(self) -> dict[str, Any]:
        """Count the try before it is looked at; a right one takes the count away."""
        cleaned = dict(self.cleaned_data)
        if self.errors:
            return cleaned
        clear = check_rate_limit(self.user)
        if not self.is_right(next(iter(cleaned.values()))):
            record_failure(self.user, about=f"by:{self.called}", ip_address=address_of_visitor(self.request))
            raise ValidationError(self.sentence(), code="wrong")
        clear()
        return cleaned

    def is_right(self, value: str) -> bool:
        raise NotImplementedError

    def sentence(self) -> str:
        return _("The code isn't right. Check it and try again.")

    def note(self) -> None:
        """Write the proof down in the session."""
        record_authentication(self.request, self.user, method=self.called, reauthenticated=True)


class Password(Way):
    called = "password"
    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def is_right(self, value: str) -> bool:
        return self.user.check_password(value)

    def sentence(self) -> str:
        return _("The password isn't right.")


class Mailed(Way):
    """The code that was mailed to the person's own address, for this session alone."""

    called = "code"
    mailed = CodeField()

    def is_right(self, value: str) -> bool:
        return codes.take(PURPOSE, self.request.session.get(MAILED), value) == "right"

    def note(self) -> None:
        del self.request.session[MAILED]
        super().note()


class FromApp(Way):
    """A code from the app, or a recovery code: the same field takes both."""

    called = "totp"
    code = forms.CharField(
        label=gettext_lazy("One-time code"),
        help_text=gettext_lazy("Six digits from your app, or one of your recovery codes."),
        widget=CODE,
    )

    def is_right(self, value: str) -> bool:
        self.used = factors.use_code(self.user, value)
        return self.used is not None

    def note(self, *, again: bool = True) -> None:
        post_authentication(self.request, self.used, reauthenticated=again)
        if self.used is not None and self.used.type == Type.RECOVERY_CODES:
            actions.tell_of_recovery(self.user)


def mail_code(request: HttpRequest, user: User) -> None:
    """Mail a code of six digits to the person; an earlier one is dead."""
    codes.end(request.session.get(MAILED))
    made = codes.make(PURPOSE, user.pk)
    request.session[MAILED] = str(made.id)
    letters.write(template="confirm_code", to=user.email, language=user.language, context={"code": made.digits})


def ways_of(request: HttpRequest, user: User) -> dict[str, type[Way]]:
    """The forms this person can confirm with, by the name of what is posted."""
    if factors.has(user, Type.TOTP):
        return {"code": FromApp}
    return {**({"password": Password} if user.has_usable_password() else {}), "mailed": Mailed}


def has_passkey_here(request: HttpRequest, user: User) -> bool:
    return are_possible(request) and factors.has(user, Type.WEBAUTHN)


@person_page("GET", "POST")
def confirm(request: HttpRequest) -> HttpResponse:
    """The page between a person and what needs a fresh proof."""
    user: User = request.user  # type: ignore[assignment]
    return proved(request, user, ways_of(request, user), functools.partial(show, request, user))


Show = Callable[..., HttpResponse]


def proved(request: HttpRequest, user: User, ways: dict[str, type[Way]], show: Show) -> HttpResponse:
    """What a press on a page of ways leads to. `show(filled, problem=)` shows it, with a form that was wrong."""
    if request.method != "POST":
        return show()
    limited: HttpResponse | None = ratelimit.consume_or_429(request, action="reauthenticate", user=user)
    if limited:
        return limited
    part = request.POST.get("part", "")
    if "credential" in request.POST and has_passkey_here(request, user):
        return by_passkey(request, user, show)
    if part == "mail" and "mailed" in ways:
        mail_code(request, user)
    if part not in ways:
        return show()
    form = ways[part](request, user, request.POST)
    if not form.is_valid():
        return too_often(request, form) or show({part: form})
    form.note()
    return onward(request)


def by_passkey(request: HttpRequest, user: User, show: Show) -> HttpResponse:
    if asks(request):
        return options(auth.begin_authentication(user))
    form = ReauthenticateWebAuthnForm(user=user, data=well_formed(request))
    if not holds(form):
        sentence = _("The passkey couldn't be used. Try again, or confirm in another way.")
        return too_often(request, form) or show(problem=sentence)
    form.save()
    return onward(request)


def onward(request: HttpRequest) -> HttpResponse:
    messages.success(request, _("Confirmed. You can go on now."))
    return redirect(get_next_redirect_url(request) or "account")


def too_often(request: HttpRequest, form: forms.Form) -> HttpResponse | None:
    """The page that says so, after too many wrong ones."""
    codes = {error.code for errors in form.errors.as_data().values() for error in errors}
    return ratelimit.respond_429(request) if "too_many_login_attempts" in codes else None


def show(request: HttpRequest, user: User, filled: dict[str, Way] | None = None, *, problem: str = "") -> HttpResponse:
    """The page with the ways this person has; `filled` is one that was wrong."""
    shown = {
        "ways": {name: form(request, user) for name, form in ways_of(request, user).items()} | (filled or {}),
        "mailed_to": user.email if MAILED in request.session else "",
        "email": user.email,
        "passkey": has_passkey_here(request, user),
        "problem": problem,
        "following": get_next_redirect_url(request) or "",
    }
    return render(request, "account/confirm.html", shown, status=422 if filled or problem else 200)
