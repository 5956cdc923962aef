"""The sign-in library's OpenID Connect client, told what it may believe: one question, one answer, who it is about.

The library asks with state, nonce and PKCE and fetches the token; `kit/openid.py` checks it. Nothing of
what a provider says is kept, its tokens least of all, and the library's own tables stay empty.
"""

from __future__ import annotations

import secrets
from functools import cached_property
from typing import Any

from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialToken
from allauth.socialaccount.providers.base.constants import AuthError
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from cryptography.fernet import InvalidToken
from django.http import HttpRequest
from django.urls import reverse
from requests import RequestException

from samsyn.kit import letters, openid
from samsyn.kit.openid import Untrusted
from samsyn.tenancy.providers import SignInProvider, provider_at

CALLBACK = "openid_connect_callback"
# What the library meets in answers that are none.
NONSENSE = (RequestException, LookupError, TypeError, ValueError, AttributeError, InvalidToken)


class Vouched(Exception):  # noqa: N818 - the answer that was asked for
    """The provider says who it is: `subject`. `state` is what was put aside when it was asked."""

    def __init__(self, subject: str, state: dict[str, Any]) -> None:
        self.subject, self.state = subject, state


class Protocol(OpenIDConnectOAuth2Adapter):
    """What is said between the provider and us, and what of it is believed."""

    state: dict[str, Any]

    @cached_property
    def provider(self) -> Any:
        return Adapter(self.request).get_provider(self.request, self.provider_id)

    def get_provider(self) -> Any:
        return self.provider

    @cached_property
    def openid_config(self) -> dict[str, Any]:
        return openid.discover(self.provider.app.settings["issuer"])

    @property
    def basic_auth(self) -> bool:
        """Whether the client's secret goes in a header: the way of a provider that names none."""
        named = self.openid_config.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        return "client_secret_post" not in named

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        return callback_address(app.provider_id)

    def parse_token(self, data: dict[str, Any]) -> Any:
        return SocialToken()  # it opens nothing that we want

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **how: Any) -> Any:
        subject = openid.subject_of(
            how["response"].get("id_token"),
            keys_at=self.openid_config["jwks_uri"],
            issuer=app.settings["issuer"],
            client_id=app.client_id,
            nonce=self.state.get("nonce", ""),
        )
        raise Vouched(subject, self.state)


class Provider(OpenIDConnectProvider):
    """One firm's provider, as the library knows it. Only who somebody is is asked for, neither name nor address."""

    oauth2_adapter_class = Protocol
    pkce_enabled_default = True

    def get_default_scope(self) -> list[str]:
        return ["openid"]

    def redirect(self, request: HttpRequest, process: str, next_url: Any = None, data: Any = None, **how: Any) -> Any:
        nonce = secrets.token_urlsafe(24)
        how |= {"nonce": nonce, "auth_params": {"nonce": nonce}}
        return super().redirect(request, process, next_url, data, **how)


class Adapter(DefaultSocialAccountAdapter):
    """Providers come from the firms' own table. Nobody signs up, and no account is found by its address."""

    def list_apps(self, request: HttpRequest, provider: Any = None, client_id: Any = None) -> list[Any]:
        return []

    def get_provider(self, request: HttpRequest, provider: str, client_id: Any = None) -> Any:
        row = provider_at(provider)
        if row is None:
            raise SocialApp.DoesNotExist
        return Provider(request, app=app_of(row))

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def authenticate_by_email(self, login: Any) -> None:
        return None

    def get_requests_session(self) -> openid.Wary:
        return openid.Wary()

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None
    ) -> None:
        if exception is not None:
            raise Untrusted(type(exception).__name__) from None
        if error == AuthError.CANCELLED:
            raise Untrusted("cancelled")
        raise Untrusted("state" if "state_id" in (extra_context or {}) else "refused")


class Callback(OAuth2CallbackView):
    """The way back from the provider: what was put aside is taken out, once."""

    def _get_state(self, request: HttpRequest, provider: Any) -> Any:
        state, response = super()._get_state(request, provider)
        self.adapter.state = state or {}
        return state, response


def app_of(row: SignInProvider) -> Any:
    """The library's name for what we know of a provider; never saved. The secret is opened here and goes nowhere."""
    return SocialApp(
        provider=Provider.id,
        provider_id=row.ref,
        name=row.name,
        client_id=row.client_id,
        secret=row.secret,
        settings={"issuer": row.issuer, "server_url": row.issuer},
    )


def callback_address(ref: str) -> str:
    """Where a provider sends people back: what the firm registers there."""
    return letters.absolute(reverse(CALLBACK, args=[ref]))


def ask(request: HttpRequest, ref: str, *, process: str, next_url: str = "", data: Any = None) -> str:
    """The provider's address to send somebody to, with what is needed on the way back put aside in the session.
    `Untrusted` when it can't be reached or can't be believed."""
    try:
        provider = Adapter(request).get_provider(request, ref)
        return str(provider.redirect(request, process, next_url, data).url)
    except NONSENSE as error:
        raise Untrusted(type(error).__name__) from None


def answer(request: HttpRequest, ref: str) -> Vouched:
    """Who the provider says it is, and what was put aside. `Untrusted` when that is not to be believed."""
    try:
        Callback.adapter_view(Protocol(request, ref))(request)
    except Vouched as told:
        return told
    except NONSENSE as error:
        raise Untrusted(type(error).__name__) from None
    raise Untrusted("answer")
