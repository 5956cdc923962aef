"""Whoever signed in here last is offered a code at once; *Inte du?* and signing out make the browser forget."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.test import Client

from samsyn.kit import letters
from samsyn.tenancy.models import User
from samsyn.web.remembered import COOKIE, LIVES
from tests.pressing import press
from tests.test_sign_in_code import GIVE, OWNER, code, is_in, text

pytestmark = pytest.mark.django_db
SIGN_IN, PASSWORD = "/konto/logga-in/", "samsyn-demo"
WANTED, SEND = "/kund/demokund/arenden/", "Skicka en kod till a•••@d•••.example"


@pytest.fixture
def back(world: Any) -> Client:
    """A browser in which the owner has signed in before, and whose session has ended by itself."""
    person = Client()
    person.post(SIGN_IN, {"login": OWNER, "password": PASSWORD})
    assert is_in(person)
    del person.cookies["sessionid"]
    return person


def test_from_the_second_visit_on_one_press_sends_the_code(back: Client) -> None:
    page = back.get(WANTED, follow=True)
    assert OWNER not in page.content.decode(), "the address is nowhere in the page"
    told = press(back, page, "known", next=WANTED)
    page = back.get(told.headers["Location"])
    assert "a•••@d•••.example" in text(page)
    assert OWNER not in page.content.decode()
    assert press(back, page, "Logga in", code=code()).headers["Location"] == WANTED
    assert mail.outbox[-1].to == [OWNER]
    assert is_in(back)


def test_the_cookie_says_nothing_readable_and_holds_for_half_a_year(back: Client) -> None:
    note = back.cookies[COOKIE]
    assert OWNER not in note.value
    assert (note["httponly"], note["samesite"], note["max-age"]) == (True, "Lax", int(LIVES.total_seconds()))
    assert not note["secure"], "the tests' address is http"


def test_not_you_makes_it_forget(back: Client) -> None:
    page = back.get(WANTED, follow=True)
    told = press(back, page, "Inte du?")
    assert told.headers["Location"] == f"{SIGN_IN}?next={WANTED.replace('/', '%2F')}"
    assert not back.cookies[COOKIE].value
    assert "Skicka en kod till" not in text(back.get(SIGN_IN))


def test_looking_at_not_you_does_nothing(back: Client) -> None:
    assert back.get("/konto/inte-jag/").status_code == 405
    assert SEND in text(back.get(SIGN_IN))
    other = back.post("/konto/inte-jag/", {"next": "https://evil.example/"})
    assert other.headers["Location"] == SIGN_IN


def test_signing_out_by_hand_makes_it_forget(world: Any) -> None:
    person = Client()
    person.post(SIGN_IN, {"login": OWNER, "password": PASSWORD})
    person.post("/konto/logga-ut/")
    assert "Skicka en kod till" not in text(person.get(SIGN_IN))


def test_it_follows_a_changed_address(back: Client) -> None:
    User.objects.filter(email=OWNER).update(email="ny@demokund.example")
    press(back, back.get(SIGN_IN), "known")
    letters.sweep()
    assert mail.outbox[-1].to == ["ny@demokund.example"]


@pytest.mark.parametrize("closed", [True, False])
def test_a_person_who_is_gone_or_a_forged_note_is_nobody(back: Client, closed: bool) -> None:
    if closed:
        User.objects.filter(email=OWNER).update(is_active=False)
    else:
        back.cookies[COOKIE] = f"{User.objects.get(email=OWNER).pk.hex}:forged"
    assert "Skicka en kod till" not in text(back.get(SIGN_IN))
    told = back.post("/konto/kod/", {"to": "known"})
    assert "Detta fält måste fyllas i." in text(told)
    letters.sweep()
    assert not mail.outbox


def test_another_person_can_write_another_address(back: Client) -> None:
    back.post("/konto/kod/", {"email": "lasare@demokund.example"})
    assert "lasare@demokund.example" in text(back.get(GIVE)), "what was typed here may stand here"
