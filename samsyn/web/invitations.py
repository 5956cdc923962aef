"""The page behind an invitation link: a GET changes nothing and sends nothing.

The link alone opens nothing, however old or forwarded: one press mails a code to the invited address, the right
code opens the page in the browser that asked for it, and only then is anything told of whether there is a login.
Whoever is signed in with that very address needs no code.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from samsyn.kit import codes, letters
from samsyn.kit.fields import PersonNameField
from samsyn.kit.text import masked_address
from samsyn.tenancy import actions
from samsyn.tenancy.errors import Refused
from samsyn.tenancy.models import Invitation, Membership, User
from samsyn.web.doors import public_page
from samsyn.web.entering import CodeForm, let_in, say_wrong
from samsyn.web.limits import limit
from samsyn.web.requests import address_of_visitor

PURPOSE = "invitation"
# In the session: which code this browser has asked for, and until when it has been right; each for one invitation.
ASKED, PROVEN = "invitation_code", "invitation_proven"
OPEN_FOR = dt.timedelta(hours=1)


class Welcome(forms.Form):
    """For a person who has no login yet."""

    name = PersonNameField(
        label=gettext_lazy("Your name"),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Choose a password"),
        strip=False,
        required=False,
        help_text=gettext_lazy("At least ten characters. Without one you get a code by e-mail when you sign in."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, invitation: Invitation, data: object = None) -> None:
        self.invitation = invitation
        super().__init__(data, initial={"name": invitation.name})  # type: ignore[arg-type]

    def clean_password(self) -> str:
        if not self.cleaned_data["password"]:
            return ""
        user = User(email=self.invitation.email, name=self.cleaned_data.get("name", ""))
        client = self.invitation.engagement
        user.invited_to = [self.invitation.firm.name, client.name if client else ""]  # type: ignore[attr-defined]
        validate_password(self.cleaned_data["password"], user)
        return str(self.cleaned_data["password"])


@public_page("GET", "POST")
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """What the link leads to: for whoever holds it, for the person it was sent to, for another one, and when dead."""
    found = actions.invitation_for(token)
    if found is None:
        return render(request, "people/invitation_dead.html", status=410)
    if request.user.is_authenticated and request.user.email != found.email:
        return render(request, "people/invitation_other.html", {"email": masked_address(found.email)}, status=403)
    if not request.user.is_authenticated and not _is_proven(request, found):
        return _prove(request, found)
    return _welcome(request, found)


def _prove(request: HttpRequest, found: Invitation) -> HttpResponse:
    """A button that mails the code, and the field for it in the browser that pressed."""
    asked = request.session.get(ASKED, {})
    code = asked.get("code") if asked.get("of") == str(found.pk) else None
    do = request.POST.get("do")
    if do == "send":
        return _send_code(request, found)
    form = CodeForm(request.POST if do == "code" else None)
    if do == "code":
        outcome = codes.take(PURPOSE, code, form.cleaned_data["code"]) if form.is_valid() else "wrong"
        if outcome == "right":
            return _proven(request, found)
        if code:
            actions.tell_of_wrong_code(found, ip_address=address_of_visitor(request))
        if outcome == "dead":
            return _ask_anew(request, code)
        say_wrong(form)
    shown = {"invitation": found, "email": masked_address(found.email), "form": form if code else None}
    return render(request, "people/invitation_code.html", shown, status=422 if request.method == "POST" else 200)


def _ask_anew(request: HttpRequest, code: str | None) -> HttpResponse:
    if code:
        del request.session[ASKED]
    messages.error(request, _("The code is no longer valid. Ask for a new one."))
    return redirect(request.path)


def _send_code(request: HttpRequest, found: Invitation) -> HttpResponse:
    limit(request, "invitation_code", key=found.email)
    codes.end(request.session.get(ASKED, {}).get("code"))  # a newer one, and only that, is right
    made = codes.make(PURPOSE, found.pk)
    request.session[ASKED] = {"of": str(found.pk), "code": str(made.id)}
    firm = found.firm
    letters.write(
        template="invitation_code",
        to=found.email,
        language=found.language,
        sender=firm.sender_name,
        reply_to=firm.reply_to,
        context={"code": made.digits, "firm": firm.name},
    )
    return redirect(request.path)


def _proven(request: HttpRequest, found: Invitation) -> HttpResponse:
    """The mail is this person's. Whoever has a login is signed in by that, as with any code; then comes the button."""
    del request.session[ASKED]
    known = User.objects.by_email(found.email)
    if known is not None and actions.has_login(known):
        return let_in(request, known, method="code", following=request.path)
    until = timezone.now() + OPEN_FOR
    request.session[PROVEN] = {"of": str(found.pk), "until": until.timestamp()}
    return redirect(request.path)


def _is_proven(request: HttpRequest, found: Invitation) -> bool:
    proven = request.session.get(PROVEN, {})
    return bool(proven.get("of") == str(found.pk) and timezone.now().timestamp() < proven["until"])


def _welcome(request: HttpRequest, found: Invitation) -> HttpResponse:
    """The button that lets the person in, and for somebody new a name and, if wanted, a password."""
    signed_in = request.user if request.user.is_authenticated else None
    form = Welcome(found, request.POST if request.method == "POST" else None)
    problem = ""
    if request.method == "POST" and (signed_in or form.is_valid()):
        try:
            return _let_in(request, found, signed_in, form)
        except (Refused, ValidationError) as refusal:
            problem = str(refusal)
    shown: dict[str, Any] = {"invitation": found, "form": form, "signed_in": signed_in, "problem": problem}
    return render(request, "people/invitation.html", shown, status=422 if request.method == "POST" else 200)


def _let_in(request: HttpRequest, found: Invitation, user: User | None, form: Welcome) -> HttpResponse:
    new = {} if user else {name: form.cleaned_data[name] for name in ("name", "password")}
    held = actions.accept_invitation(found, user=user, ip_address=address_of_visitor(request), **new)
    if user is not None:
        return redirect(_where(found, held))
    del request.session[PROVEN]
    return let_in(request, held.user, method="code", following=_where(found, held))


def _where(found: Invitation, held: Membership) -> str:
    if found.engagement is None:
        return f"/byra/{found.firm.slug}/"
    slug = found.engagement.company.slug
    return f"/kund/{slug}/samtycke/{found.firm.slug}/" if found.role == Membership.Role.OWNER else f"/kund/{slug}/"
