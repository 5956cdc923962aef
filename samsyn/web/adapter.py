"""How the sign-in library behaves here: nobody signs up, and no mail leaves inside a request."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from samsyn.kit import letters


class AccountAdapter(DefaultAccountAdapter):
    """People come by invitation; letters go through the queue like all others."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        letters.write(
            template=template_prefix.removeprefix("account/email/"),
            to=email,
            language=letters.present_language(),
            context={key: context[key] for key in ("password_reset_url", "code") if key in context},
        )
