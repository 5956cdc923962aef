"""How the sign-in library behaves here: nobody signs up, and no mail leaves inside a request."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import ConfirmLoginCodeForm, LoginForm, RequestLoginCodeForm, ResetPasswordForm
from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy

from samsyn.kit import letters
from samsyn.kit.fields import CodeField, MailField
from samsyn.kit.text import mail_address
from samsyn.tenancy.models import User
from samsyn.tenancy.security import SecurityLog, record_everywhere, record_failure
from samsyn.web.entering import write_letter
from samsyn.web.providers import remember_providers
from samsyn.web.remembered import remember
from samsyn.web.requests import address_of_visitor, how_signed_in

LETTER = "password_reset_key"


class AccountAdapter(DefaultAccountAdapter):
    """People come by invitation; letters go through the queue like all others."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "incorrect_code": gettext_lazy("The code isn't right. Look at the newest e-mail and try again."),
        "rate_limited": gettext_lazy("Wait a few minutes and try again."),
        "too_many_login_attempts": gettext_lazy("Too many wrong codes. Ask for a new one."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_stages(self) -> list[str]:
        second = "allauth.mfa.stages.AuthenticateStage"
        return ["samsyn.web.second_step.SecondStep" if one == second else one for one in super().get_login_stages()]

    def post_login(self, request: HttpRequest, user: User, **how: Any) -> HttpResponse:
        about, here = f"by:{how_signed_in(request)}", address_of_visitor(request)
        record_everywhere(SecurityLog.What.SIGNED_IN, user, about=about, ip_address=here)
        response: HttpResponse = super().post_login(request, user, **how)
        remember_providers(request, response, user)
        return remember(response, user)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Told to the firms of whoever has the address. Of an address nobody has, nothing is kept."""
        user = User.objects.by_email(str(credentials.get("email", "")))
        record_failure(user, ip_address=address_of_visitor(request))

    def get_reset_password_from_key_url(self, key: str) -> str:
        return letters.absolute(urlsplit(super().get_reset_password_from_key_url(key)).path)

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        """To the address we have, not to the one that was typed: they may look alike and differ."""
        facts = {"password_reset_url": context["password_reset_url"]}
        letters.write(template=LETTER, to=user.email, language=user.language, context=facts)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """A code for signing in, with a link beside it: to the address we have, as with the link to a new password."""
        user = User.objects.by_email(email)
        if template_prefix == "account/email/login_code" and user is not None:
            write_letter(context["request"], user, context["code"])
            return
        raise NotImplementedError(f"Samsyn has no letter for {template_prefix}")


class SignIn(LoginForm):
    """An address is found in whatever form it is written."""

    def clean_login(self) -> str:
        return mail_address(super().clean_login())


class AskForNewPassword(ResetPasswordForm):
    """The same page, status and work whether or not there is an account with the address."""

    email = MailField(widget=forms.EmailInput(attrs={"autocomplete": "email"}))

    def save(self, request: HttpRequest, **how: Any) -> str:
        if self.users:
            return str(super().save(request, **how))
        email = str(self.cleaned_data["email"])
        facts = {"password_reset_url": letters.absolute("/konto/losenord/")}
        letters.rehearse(template=LETTER, to=email, language=letters.present_language(), context=facts)
        return email


class AskForCode(RequestLoginCodeForm):
    """The address a code is to be sent to."""

    email = MailField(label=gettext_lazy("E-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "username"}))


class GiveCode(ConfirmLoginCodeForm):
    """The code from the letter."""

    code = CodeField(autofocus=True)
