"""The link an invited person finds in the mail, and the way through it as that person."""

from __future__ import annotations

import re
from typing import Any

from django.core import mail
from django.test import Client

from samsyn.kit import letters
from samsyn.kit.text import mail_address
from tests.pressing import button, press, soup

ACCEPT, OPEN = "Tacka ja till inbjudan", "Öppna inbjudan"


def newest_to(email: str) -> str:
    """The text of the newest letter to `email`, after the worker has run."""
    letters.sweep()
    return next(str(one.body) for one in reversed(mail.outbox) if mail_address(one.to[0]) == mail_address(email))


def link_to(email: str) -> str:
    """The link of the newest invitation to `email`."""
    letters.sweep()
    mine = [str(one.body) for one in reversed(mail.outbox) if mail_address(one.to[0]) == mail_address(email)]
    return next(found[0] for found in (re.search(r"/inbjudan/[\w-]+/", body) for body in mine) if found)


def invitation_code() -> str:
    """The code in the newest letter, to whomever it went."""
    letters.sweep()
    found = re.search(r"^\d{6}$", str(mail.outbox[-1].body), re.MULTILINE)
    assert found
    return found[0]


def open_link(link: str, person: Client | None = None) -> tuple[Client, Any]:
    """Follow a link, ask for the code and write it: the browser, and the page with the button to accept.

    Whoever is signed in as the invited person, and whoever the link is dead for, comes no further than the link.
    """
    person = person or Client()
    page = person.get(link)
    if page.status_code == 200 and soup(page).select_one("button[value=send]"):
        press(person, page, "send")
        press(person, person.get(link), OPEN, code=invitation_code())
        page = person.get(link)
    return person, page


def accept(link: str, person: Client | None = None, **answer: str) -> Any:
    """Come in by a link: what the last press is answered with, not followed. `answer` has the name and the password."""
    person, page = open_link(link, person)
    if page.status_code != 200:
        return page
    button(page, ACCEPT)
    return press(person, page, ACCEPT, **answer)
