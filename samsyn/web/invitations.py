"""The page behind an invitation link: a GET changes nothing, one button lets the invited person in."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy

from samsyn.kit.fields import PersonNameField
from samsyn.tenancy import actions
from samsyn.tenancy.errors import Refused
from samsyn.tenancy.models import Invitation, Membership, User
from samsyn.web.doors import public_page
from samsyn.web.requests import address_of_visitor


class Welcome(forms.Form):
    """For a person who has no login yet."""

    name = PersonNameField(
        label=gettext_lazy("Your name"),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Choose a password"),
        strip=False,
        help_text=gettext_lazy("At least ten characters."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, invitation: Invitation, data: object = None) -> None:
        self.invitation = invitation
        super().__init__(data, initial={"name": invitation.name})  # type: ignore[arg-type]

    def clean_password(self) -> str:
        user = User(email=self.invitation.email, name=self.cleaned_data.get("name", ""))
        client = self.invitation.engagement
        user.invited_to = [self.invitation.firm.name, client.name if client else ""]  # type: ignore[attr-defined]
        validate_password(self.cleaned_data["password"], user)
        return str(self.cleaned_data["password"])


def masked(email: str) -> str:
    """'k•••@b•••.example': enough to recognise one's own address, too little to learn another's."""
    local, _at, domain = email.partition("@")
    host, dot, top = domain.rpartition(".")
    return f"{local[:1]}•••@{host[:1]}•••{dot}{top}"


@public_page("GET", "POST")
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """What the link leads to, for the person it was sent to, for another one, and when it is dead."""
    found = actions.invitation_for(token)
    if found is None:
        return render(request, "people/invitation_dead.html", status=410)
    signed_in = request.user if request.user.is_authenticated else None
    if signed_in and signed_in.email != found.email:
        return render(request, "people/invitation_other.html", {"email": masked(found.email)}, status=403)
    known = User.objects.by_email(found.email)
    must_sign_in = signed_in is None and known is not None and (known.last_login or known.has_usable_password())
    form = Welcome(found, request.POST if request.method == "POST" else None)
    problem = ""
    if request.method == "POST" and not must_sign_in and (signed_in or form.is_valid()):
        try:
            return _let_in(request, found, signed_in, form)
        except (Refused, ValidationError) as refusal:
            problem = str(refusal)
    shown = {
        "invitation": found,
        "form": form,
        "must_sign_in": must_sign_in,
        "signed_in": signed_in,
        "problem": problem,
    }
    return render(request, "people/invitation.html", shown, status=422 if request.method == "POST" else 200)


def _let_in(request: HttpRequest, found: Invitation, user: User | None, form: Welcome) -> HttpResponse:
    if user is not None:
        held = actions.accept_invitation(found, user=user, ip_address=address_of_visitor(request))
    else:
        held = actions.accept_invitation(
            found,
            user=None,
            name=form.cleaned_data["name"],
            password=form.cleaned_data["password"],
            ip_address=address_of_visitor(request),
        )
        login(request, held.user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return redirect(_where(found, held))


def _where(found: Invitation, held: Membership) -> str:
    if found.engagement is None:
        return f"/byra/{found.firm.slug}/"
    slug = found.engagement.company.slug
    return f"/kund/{slug}/samtycke/{found.firm.slug}/" if held.is_owner else f"/kund/{slug}/"
