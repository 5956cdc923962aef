"""One-time codes as an app shows them, and people who have them."""

from __future__ import annotations

import re
import time
from typing import Any

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from bs4 import BeautifulSoup
from django.test import Client

SIGN_IN, CODES, STEP, RECOVERY = "/konto/logga-in/", "/konto/engangskoder/", "/konto/andra-steget/", (
    "/konto/aterstallningskoder/"
)  # fmt: skip
PASSWORD = "samsyn-demo"


def signed_in(email: str, **how: Any) -> Client:
    """Signed in with the password, on the host that takes passkeys; one with codes on stands at the second step."""
    person = Client(HTTP_HOST="localhost", **how)
    person.post(SIGN_IN, {"login": email, "password": PASSWORD})
    return person


def is_in(person: Client) -> bool:
    return person.get("/konto/").status_code == 200


def shown_by_app(secret: str, steps: int = 0) -> str:
    """The code the app shows now, or so many half minutes later."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps)))


def secret_on(page: Any) -> str:
    found = BeautifulSoup(page.content.decode(), "html.parser").select_one(".secret")
    assert found
    return found.get_text("", strip=True).replace(" ", "")


def put_on(person: Client) -> str:
    """Put one-time codes on; gives the secret. The code of one step ago is used, so that the present one is new."""
    secret = secret_on(person.post(CODES, {"do": "begin"}))
    told = person.post(CODES, {"code": shown_by_app(secret, -1)})
    assert told.status_code == 302, told.content.decode()
    return secret


def recovery_codes(person: Client) -> list[str]:
    page = person.get(RECOVERY).content.decode()
    return re.findall(r"<li>(\d{5} \d{5})</li>", page)
