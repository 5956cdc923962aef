"""Signing in and out, the person's own page, and the choice between places."""

from __future__ import annotations

import time
from typing import Any

from allauth.account import views as library
from allauth.account.internal.stagekit import clear_login
from allauth.core import ratelimit
from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from samsyn.kit.fields import CodeField, MailField, PersonNameField
from samsyn.kit.text import masked_address
from samsyn.tenancy import actions
from samsyn.tenancy.errors import NotFresh, Refused
from samsyn.tenancy.models import User
from samsyn.tenancy.providers import providers_of
from samsyn.tenancy.security import record_failure
from samsyn.web.cookies import LANGUAGE, put
from samsyn.web.doors import held_by, must_be_sure, person_page, public_page
from samsyn.web.entering import claim_try, is_dead, rehearse_letter, use_up
from samsyn.web.factors import factors_of
from samsyn.web.kept import fill, put_back
from samsyn.web.limits import limit
from samsyn.web.pages import chooser_places
from samsyn.web.passkeys import are_possible
from samsyn.web.remembered import forget, known_here, shown_address
from samsyn.web.requests import address_of_visitor
from samsyn.web.sessions import places_of, sign_out_elsewhere


class TooOften:
    """Too many tries get the page that says so."""

    def form_invalid(self, form: forms.Form) -> HttpResponse:
        codes = {error.code for errors in form.errors.as_data().values() for error in errors}
        if "too_many_login_attempts" in codes:
            return ratelimit.respond_429(self.request)  # type: ignore[attr-defined, no-any-return]
        return super().form_invalid(form)  # type: ignore[misc, no-any-return]


class SignIn(TooOften, library.LoginView):
    """A wrong address and a wrong password look alike. Whoever signed in here last is offered a code at once."""

    template_name = "account/login.html"

    def get_context_data(self, **how: Any) -> dict[str, Any]:
        shown: dict[str, Any] = super().get_context_data(**how)
        known = known_here(self.request)
        shown["known"] = masked_address(known.email) if known else ""
        return {**shown, "passkeys_possible": are_possible(self.request)}


class AskForCode(TooOften, library.RequestLoginCodeView):
    """Whether or not there is an account with the address, the same page follows and the same work is done."""

    template_name = "account/code.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        """To whoever signed in here last, the code goes without the address being written."""
        how: dict[str, Any] = super().get_form_kwargs()
        if self.request.POST.get("to") == "known":
            known = known_here(self.request)
            how["data"] = {"email": known.email if known else ""}
        return how

    def form_valid(self, form: Any) -> HttpResponse:
        if form._user is None:
            rehearse_letter(self.request, form.cleaned_data["email"])
        return super().form_valid(form)  # type: ignore[no-any-return]


class GiveCode(library.ConfirmLoginCodeView):
    """The code that was mailed. It lives ten minutes, opens once, and dies of five wrong ones and of its link."""

    template_name = "account/code_given.html"

    def dispatch(self, request: HttpRequest, *args: Any, **how: Any) -> HttpResponse:
        self._process: Any = None
        if is_dead(request):
            clear_login(request)
        response: HttpResponse = super().dispatch(request, *args, **how)
        if self._process is None and response.status_code == 302:
            messages.error(request, _("The code is no longer valid. Ask for a new one."))
        return response

    def get_context_data(self, **how: Any) -> dict[str, Any]:
        shown: dict[str, Any] = super().get_context_data(**how)
        return {**shown, "email": shown_address(self.request, shown["email"])}

    def post(self, request: HttpRequest, *args: Any, **how: Any) -> HttpResponse:
        if self._action == "verify" and not claim_try(request) and self._process.user is not None:
            return self._over()  # many at once: the fifth has been counted meanwhile
        return super().post(request, *args, **how)  # type: ignore[no-any-return]

    def _verify_form_valid(self, form: Any) -> HttpResponse:
        if use_up(self.request):
            return super()._verify_form_valid(form)  # type: ignore[no-any-return]
        return self._over()  # another press was first

    def _over(self) -> HttpResponse:
        self._process.abort()
        messages.error(self.request, _("The code is no longer valid. Ask for a new one."))
        return redirect("account_request_login_code")

    def _resend_form_valid(self, form: Any) -> HttpResponse:
        self._process.state["at"] = self.stage.login.initiated_at = time.time()  # a new code lives ten minutes as well
        if self._process.user is None:
            rehearse_letter(self.request, self._process.state["email"])
        return super()._resend_form_valid(form)  # type: ignore[no-any-return]

    def form_invalid(self, form: Any) -> HttpResponse:
        record_failure(self._process.user, about="by:code", ip_address=address_of_visitor(self.request))
        return super().form_invalid(form)  # type: ignore[no-any-return]


class SignOut(library.LogoutView):
    template_name = "account/logout.html"

    def post(self, *args: Any, **how: Any) -> HttpResponse:
        """Whoever signs out by hand may share the browser with others, so it forgets who it was and what it kept."""
        response = forget(super().post(*args, **how))
        response["Clear-Site-Data"] = '"storage"'
        return response  # type: ignore[no-any-return]


sign_in = public_page("GET", "POST")(SignIn.as_view())
ask_for_code = public_page("GET", "POST")(AskForCode.as_view())
give_code = public_page("GET", "POST")(GiveCode.as_view())
sign_out = public_page("GET", "POST")(SignOut.as_view())
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
    name = PersonNameField(label=gettext_lazy("Name"), widget=forms.TextInput(attrs={"autocomplete": "name"}))

    class Meta:
        model = User
        fields = ("name", "language", "keys_on")
        labels = {  # noqa: RUF012 - Django's own way
            "language": gettext_lazy("Language"),
            "keys_on": gettext_lazy("Single-key shortcuts"),
        }

    def __init__(self, *args: Any, staff: bool, **how: Any) -> None:
        super().__init__(*args, **how)
        if not staff:
            del self.fields["keys_on"]  # only the firm's pages have keys

    def carry_out(self, request: HttpRequest) -> str:
        translation.activate(self.save().language)
        return _("Saved")


class NewAddress(forms.Form):
    limit = "manage_email"
    email = MailField(
        label=gettext_lazy("New e-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )

    def carry_out(self, request: HttpRequest) -> str:
        """Whoever finds an open screen must not lead the letters, and so the next sign-in, somewhere else."""
        must_be_sure(request)
        actions.ask_for_address(request.user, self.cleaned_data["email"])  # type: ignore[arg-type]
        return _("We have sent a code to the new address")


class Code(forms.Form):
    code = CodeField()

    def carry_out(self, request: HttpRequest) -> str:
        actions.confirm_address(request.user, self.cleaned_data["code"])  # type: ignore[arg-type]
        return _("Your e-mail address has been changed")


class NewPassword(forms.Form):
    limit = "change_password"
    current = forms.CharField(
        label=gettext_lazy("Present password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    password = forms.CharField(
        label=gettext_lazy("New password"),
        strip=False,
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

    def carry_out(self, request: HttpRequest) -> str:
        """Every other session of this person ends: it holds a mark of the old password."""
        self.user.set_password(self.cleaned_data["password"])
        self.user.save(update_fields=["password"])
        update_session_auth_hash(request, self.user)
        return _("Your password has been changed. You are signed out everywhere else.")


@person_page()
def start(request: HttpRequest) -> HttpResponse:
    """The only place, or a chooser that shows what waits in each."""
    places = chooser_places(request)
    if len(places) == 1:
        return redirect(places[0].url)
    return render(request, "account/places.html", {"places": places, "person": request.user})


class SignOutElsewhere(forms.Form):
    """One sign-in, by its number, or every other one."""

    place = forms.IntegerField(required=False)

    def carry_out(self, request: HttpRequest) -> str:
        ended = sign_out_elsewhere(request, self.cleaned_data["place"])
        return ngettext("Signed out in %(num)d place", "Signed out in %(num)d places", ended) % {"num": ended}


@person_page("GET", "POST")
def account(request: HttpRequest) -> HttpResponse:
    """Name, e-mail, password, language, shortcuts: a form each, carried out one at a time."""
    user = User.objects.get(pk=request.user.pk)  # type: ignore[misc]
    part = request.POST.get("part", "")
    staff = any(held.engagement_id is None for held in held_by(request))

    def data(name: str) -> Any:
        return request.POST if name == part else None

    shown: dict[str, Any] = {
        "about": AboutMe(data("about"), instance=User.objects.get(pk=user.pk), staff=staff),
        "address": NewAddress(data("address")),
        "code": Code(data("code")),
        "password": NewPassword(user, data("password")),
        "elsewhere": SignOutElsewhere(data("elsewhere")),
    }
    written = put_back(request)
    fill(shown["address" if written.get("", "part") == "address" else "about"], written)
    form = shown.get(part)
    if action := getattr(form, "limit", ""):
        limit(request, action)
    if form is not None and _carried_out(request, form):
        return redirect("account")
    shown |= {"person": user, "pending": actions.awaited_address(user), "signed_in": places_of(request, user)}
    shown |= factors_of(request, user)
    shown["providers"] = providers_of(held_by(request))
    return render(request, "account/account.html", shown, status=422 if part else 200)


def _carried_out(request: HttpRequest, form: Any) -> bool:
    if not form.is_valid():
        return False
    try:
        messages.success(request, form.carry_out(request))
    except NotFresh:
        raise
    except Refused as refusal:
        form.add_error(refusal.field or None, str(refusal))
        return False
    return True


@public_page("POST")
def language(request: HttpRequest) -> HttpResponse:
    """A visitor's choice of language, kept in a cookie."""
    following = request.POST.get("next", "/")
    if not following.startswith("/") or not url_has_allowed_host_and_scheme(following, allowed_hosts=None):
        following = "/"
    response = HttpResponseRedirect(following)
    chosen = request.POST.get("language")
    if chosen in ("sv", "en"):
        put(response, LANGUAGE, chosen)
    return response
