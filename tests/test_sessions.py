"""How long a sign-in lasts, where one is signed in, and how it is ended elsewhere."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from samsyn.tenancy.models import Membership, User
from tests.pressing import press, soup

pytestmark = pytest.mark.django_db
CONSULTANT, OWNER, BOTH = "konsult@demobyran.example", "agare@demokund.example", "dubbel@demokund.example"
ACCOUNT, SIGN_IN, PASSWORD = "/konto/", "/konto/logga-in/", "samsyn-demo"
HOUR, MINUTE = 60, 1


def signed_in(email: str, **how: Any) -> Client:
    person = Client(**how)
    person.post(SIGN_IN, {"login": email, "password": PASSWORD})
    return person


def is_in(person: Client) -> bool:
    return person.get(ACCOUNT).status_code == 200


def after(minutes: float) -> Any:
    return time_machine.travel(timezone.now() + dt.timedelta(minutes=minutes))


def test_a_sign_in_gets_a_session_of_its_own_and_what_was_before_opens_nothing(world: Any) -> None:
    person, other = signed_in(CONSULTANT), Client()
    first = person.cookies["sessionid"].value
    person.post("/konto/logga-ut/")
    person.post(SIGN_IN, {"login": CONSULTANT, "password": PASSWORD})
    second = person.cookies["sessionid"].value
    assert first != second
    assert len(second) >= 32
    other.cookies["sessionid"] = first
    assert not is_in(other)
    assert is_in(person)


def test_a_session_handed_to_somebody_before_the_sign_in_is_not_the_one_that_is_signed_in(world: Any) -> None:
    planted, thief = Client(), Client()
    before = planted.session
    before["planted"] = True
    before.save()
    known = before.session_key
    assert planted.cookies["sessionid"].value == known
    planted.post(SIGN_IN, {"login": OWNER, "password": PASSWORD})
    thief.cookies["sessionid"] = str(known)
    assert is_in(planted)
    assert not is_in(thief)


@pytest.mark.parametrize(
    ("email", "rests", "lives"),
    [
        (CONSULTANT, 59, True), (CONSULTANT, 61, False),
        (OWNER, 23 * HOUR, True), (OWNER, 24 * HOUR + 1, False),
        (BOTH, 61, False),  # staff at one firm, client of another: the shorter of the two
    ],
)  # fmt: skip
def test_a_sign_in_ends_when_nothing_has_been_done(world: Any, email: str, rests: int, lives: bool) -> None:
    person = signed_in(email)
    with after(rests):
        assert is_in(person) is lives


@pytest.mark.parametrize(("email", "hours"), [(CONSULTANT, 12), (OWNER, 14 * 24)])
def test_a_sign_in_ends_in_the_end_however_much_is_done(world: Any, email: str, hours: int) -> None:
    person = signed_in(email)
    step = 45 if hours == 12 else 20 * HOUR
    for minutes in range(step, hours * HOUR, step):
        with after(minutes):
            assert is_in(person), minutes
    with after(hours * HOUR + 1):
        assert not is_in(person)


def test_a_page_that_asks_by_itself_keeps_nobody_signed_in(world: Any) -> None:
    person = signed_in(OWNER)
    for minutes in range(0, 25 * HOUR, 5 * HOUR):
        with after(minutes):
            assert person.get("/kund/demokund/flikar/").status_code == 200
    with after(24 * HOUR + 1):
        assert not is_in(person)


def test_whoever_becomes_staff_gets_the_shorter_time_at_once(world: Any) -> None:
    person = signed_in(OWNER)
    Membership.objects.create(firm=world.rival, user=User.objects.get(email=OWNER), role="consultant")
    with after(61):
        assert not is_in(person)


def test_what_was_written_when_the_time_was_up_is_put_back(world: Any) -> None:
    person, case = signed_in(OWNER), world.cases["Kontoutdrag för november"]
    here = f"/kund/demokund/arenden/{case.ref}/"
    person.get(here)
    with after(24 * HOUR + 1):
        late = person.post(f"{here}meddelande/", {"text": "Skrivet över natten"})
        assert late.headers["Location"].startswith(SIGN_IN)
        person.post(SIGN_IN, {"login": OWNER, "password": PASSWORD})
        assert "Skrivet över natten" in person.get(here).content.decode()


def test_one_sees_where_one_is_signed_in_and_ends_the_others(world: Any) -> None:
    phone = signed_in(OWNER, HTTP_USER_AGENT="Mozilla/5.0 (iPhone) AppleWebKit Safari/604", REMOTE_ADDR="192.0.2.7")
    desk = signed_in(OWNER, HTTP_USER_AGENT="Mozilla/5.0 (Windows NT 10.0) Gecko Firefox/140")
    third = signed_in(OWNER)
    page = desk.get(ACCOUNT)
    listed = [one.get_text(" ", strip=True) for one in soup(page).select("[aria-labelledby=signed-in] li")]
    assert listed[0].startswith("Firefox, Windows Här")
    assert any(line.startswith("Safari, iPhone 192.0.2.7") for line in listed)
    button = next(one for one in soup(page).select("[name=place]") if "192.0.2.7" in one.get_text())
    assert press(desk, page, button["value"]).status_code == 302
    assert (is_in(phone), is_in(desk), is_in(third)) == (False, True, True)
    press(desk, desk.get(ACCOUNT), "Logga ut överallt annars")
    assert (is_in(desk), is_in(third)) == (True, False)


def test_nobody_ends_anybody_elses_sign_in(world: Any) -> None:
    phone, other = signed_in(OWNER), signed_in(CONSULTANT)
    number = soup(signed_in(OWNER).get(ACCOUNT)).select_one("[name=place]")["value"]
    other.post(ACCOUNT, {"part": "elsewhere", "place": number})
    assert is_in(phone)
