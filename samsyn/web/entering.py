"""The letter with a code and a link for signing in, and the page behind the link.

Both open once, and one is dead when the other has been used. The press on the page signs in only in the browser
that asked; in any other the page asks for the code in the same letter, so that a link alone opens nothing.
Looking changes nothing: mail scanners press every link.
"""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.internal.stagekit import clear_login
from allauth.account.models import Login
from allauth.account.stages import LoginByCodeStage, LoginStageController
from allauth.account.utils import get_next_redirect_url
from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from samsyn.kit import codes, letters
from samsyn.kit.fields import CodeField
from samsyn.kit.models import MailedCode
from samsyn.kit.text import masked_address
from samsyn.tenancy.models import User
from samsyn.tenancy.security import record_failure
from samsyn.web.doors import public_page
from samsyn.web.limits import limit
from samsyn.web.requests import address_of_visitor

LETTER, PURPOSE = "sign_in_code", "sign-in"
ASKED = "sign_in_code"  # in the session of the browser that asked: the id of the newest code it asked for


class CodeForm(forms.Form):
    """All there is to fill in on a page."""

    code = CodeField(autofocus=True)


def write_letter(request: HttpRequest, user: User, digits: str) -> None:
    """Mail the code with a link beside it; what this browser asked for before is dead."""
    codes.end(request.session.get(ASKED))
    _write(request, user, digits)


def rehearse_letter(request: HttpRequest, email: str) -> None:
    """Do the work of `write_letter` for an address that nobody has, and leave nothing."""
    codes.end(request.session.get(ASKED))
    with letters.rehearsal():
        _write(request, User(email=email, language=letters.present_language()), codes.fresh())


def _write(request: HttpRequest, user: User, digits: str) -> None:
    following = (get_next_redirect_url(request) or "")[:500]
    made = codes.make(PURPOSE, user.pk, digits=digits, link=True, following=following)
    request.session[ASKED] = str(made.id)
    context = {"code": digits, "address": letters.absolute(f"/konto/lank/{made.token}/")}
    letters.write(template=LETTER, to=user.email, language=user.language, context=context)


def is_dead(request: HttpRequest) -> bool:
    """Whether the code this browser waits for has been used, or guessed at, by its link in another one."""
    alive = codes.living(PURPOSE).filter(pk=request.session.get(ASKED)).exists()
    waiting = LoginStageController.enter(request, LoginByCodeStage.key)  # not one who has come to a further step
    return not alive and bool(waiting and waiting.login.user)


def claim_try(request: HttpRequest) -> bool:
    """Count a try at the code this browser asked for; False when there is none left."""
    return codes.claim(PURPOSE, request.session.get(ASKED))


def use_up(request: HttpRequest) -> bool:
    """Use up the code this browser asked for, and its link; False when that has been done."""
    return codes.end(request.session.pop(ASKED, None))


@public_page("GET", "POST")
def sign_in_link(request: HttpRequest, token: str) -> HttpResponse:
    """One button where the link was asked for; elsewhere a field for the code beside it."""
    limit(request, "sign_in_link")
    found = codes.by_token(PURPOSE, token)
    user = User.objects.filter(pk=found.about, is_active=True).first() if found else None
    if found is None or user is None:
        return render(request, "account/link_dead.html", status=410)
    if request.user.is_authenticated:
        return redirect(found.following or "/")
    here = request.session.get(ASKED) == str(found.pk)
    if request.method != "POST":
        return _page(request, user, None if here else CodeForm())
    return _pressed(request, found, user) if here else _code_given(request, found, user)


def _pressed(request: HttpRequest, found: MailedCode, user: User) -> HttpResponse:
    if not use_up(request):
        return render(request, "account/link_dead.html", status=410)
    return let_in(request, user, method="link", following=found.following)


def _code_given(request: HttpRequest, found: MailedCode, user: User) -> HttpResponse:
    form = CodeForm(request.POST)
    outcome = codes.take(PURPOSE, found.pk, form.cleaned_data["code"]) if form.is_valid() else "wrong"
    if outcome == "right":
        return let_in(request, user, method="code", following=found.following)
    record_failure(user, about="by:code", ip_address=address_of_visitor(request))
    if outcome == "dead":
        return render(request, "account/link_dead.html", status=410)
    say_wrong(form)
    return _page(request, user, form)


def say_wrong(form: forms.Form) -> None:
    """The sentence about digits that are not those in the letter, unless something is said already."""
    if not form.errors:
        form.add_error("code", _("The code isn't right. Look at the newest e-mail and try again."))


def _page(request: HttpRequest, user: User, form: CodeForm | None) -> HttpResponse:
    shown = {"email": masked_address(user.email), "form": form}
    return render(request, "account/link.html", shown, status=422 if form and form.is_bound else 200)


def let_in(request: HttpRequest, user: User, *, method: str, following: str) -> HttpResponse:
    """Sign in somebody who has shown that the mail is his or hers, through every further step there is."""
    clear_login(request)
    record_authentication(request, user, method=method, email=user.email)
    login: Any = Login(user=user, email=user.email, redirect_url=following or None)
    return perform_login(request, login)  # type: ignore[no-any-return]
