"""OpenID Connect as it is trusted here: where a provider is, and what its token may say. Knows no firm.

What is checked follows OpenID Connect Core 1.0 (3.1.3.7) and Discovery 1.0 (4.3). Keys and addresses are
asked for anew at each sign-in, so a provider may change its keys whenever it wants.
"""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlsplit

import jwt
import requests
from django.conf import settings
from django.utils.crypto import constant_time_compare

SILENCE = 5  # seconds a provider may be silent
LONGEST = 15  # seconds an answer may take in all
MOST = 500_000  # bytes of an answer
SKEW = 60  # seconds that its clock and ours may differ
# Signed with a key that only the provider has; never with a secret that both know, never unsigned.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
LONGEST_SUBJECT = 255


class Untrusted(Exception):  # noqa: N818 - it says what the provider is
    """The provider can't be reached, or what it says can't be believed. `str()` is one word for the log of the
    installation, and never anything the provider has said."""


class Wary(requests.Session):
    """Asks over https only, follows nowhere, waits a while and reads so much. Faults are `requests`' own."""

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **how: Any) -> requests.Response:
        if not is_safe(url):
            raise requests.exceptions.InvalidURL("not https")
        how |= {"timeout": SILENCE, "allow_redirects": False, "stream": True}
        until = time.monotonic() + LONGEST
        with super().request(method, url, *args, **how) as response:
            body = b""
            for piece in response.iter_content(16_384):
                body += piece
                if len(body) > MOST or time.monotonic() > until:
                    raise requests.exceptions.ContentDecodingError("too much or too slow")
            response._content = body
        return response


def is_safe(address: Any) -> bool:
    """Whether a provider may be asked there: https, or http on this machine when Samsyn itself is only there."""
    try:
        parts = urlsplit(address)
        host, _port = parts.hostname, parts.port
    except (ValueError, TypeError, AttributeError):
        return False
    if not isinstance(address, str) or not host or parts.username or parts.fragment:
        return False
    at_home = urlsplit(settings.SAMSYN_URL).hostname in settings.LOOPBACK and host in settings.LOOPBACK
    return parts.scheme == "https" or (parts.scheme == "http" and at_home)


def discover(issuer: str) -> dict[str, Any]:
    """What a provider says of itself: `issuer` as it writes it, and its `ENDPOINTS`, each safe to ask."""
    found = _asked(issuer.rstrip("/") + "/.well-known/openid-configuration")
    if str(found.get("issuer", "")).rstrip("/") != issuer.rstrip("/"):
        raise Untrusted("issuer")
    if not all(is_safe(found.get(name)) for name in ENDPOINTS):
        raise Untrusted("endpoints")
    return found


def subject_of(token: Any, *, keys_at: str, issuer: str, client_id: str, nonce: str) -> str:
    """Whom a token is about: `sub`, when it was made for this client, by this issuer, in answer to this question."""
    try:
        key = _key_for(token, keys_at)
        said = jwt.decode(
            token,
            key,
            algorithms=ALGORITHMS,
            audience=client_id,
            issuer=issuer,
            leeway=SKEW,
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError) as error:
        raise Untrusted(type(error).__name__) from None
    several = isinstance(said["aud"], list) and len(said["aud"]) > 1
    if said.get("azp", "" if several else client_id) != client_id:
        raise Untrusted("azp")
    if not nonce or not constant_time_compare(str(said.get("nonce", "")), nonce):
        raise Untrusted("nonce")
    subject = said["sub"]
    if not isinstance(subject, str) or not 1 <= len(subject) <= LONGEST_SUBJECT or "\0" in subject:
        raise Untrusted("sub")
    return subject


def _key_for(token: Any, keys_at: str) -> jwt.PyJWK:
    """The key a token names, or the only one there is."""
    if not isinstance(token, str):
        raise Untrusted("id_token")
    named = jwt.get_unverified_header(token).get("kid")
    keys = jwt.PyJWKSet.from_dict(_asked(keys_at)).keys
    fit = [one for one in keys if named is None or one.key_id == named]
    if len(fit) != 1:
        raise Untrusted("kid")
    return fit[0]


def _asked(address: str) -> dict[str, Any]:
    """The JSON object at an address."""
    try:
        with Wary() as session:
            response = session.get(address)
            response.raise_for_status()
            found = response.json()
    except (requests.RequestException, RecursionError) as error:
        raise Untrusted(type(error).__name__) from None
    if not isinstance(found, dict):
        raise Untrusted("json")
    return found
