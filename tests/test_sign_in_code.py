"""Signing in with a code by mail: six digits, ten minutes, once, and five tries."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from samsyn.cases.basis import basis_digest
from samsyn.cases.models import Event
from samsyn.kit import letters
from samsyn.tenancy import actions
from samsyn.tenancy.models import User
from samsyn.tenancy.security import SecurityLog
from tests.pressing import press, soup

pytestmark = pytest.mark.django_db
OWNER, STRANGER = "agare@demokund.example", "ingen@nagonstans.example"
ASK, GIVE = "/konto/kod/", "/konto/kod/svar/"


def text(response: Any) -> str:
    return " ".join(soup(response).get_text(" ", strip=True).split())


def asked(email: str = OWNER, following: str = "") -> Client:
    person = Client()
    told = person.post(ASK, {"email": email, **({"next": following} if following else {})})
    assert told.status_code == 302
    assert told.headers["Location"].startswith(GIVE)
    return person


def code() -> str:
    letters.sweep()
    found = re.search(r"^\d{6}$", str(mail.outbox[-1].body), re.M)
    assert found
    return found[0]


def wrong(right: str) -> str:
    return f"{(int(right) + 1) % 1_000_000:06d}"


def is_in(person: Client) -> bool:
    return person.get("/kund/demokund/").status_code == 200


def test_a_person_signs_in_with_the_code_in_the_mail(world: Any) -> None:
    person = asked()
    page = person.get(GIVE)
    assert "är en kod med sex siffror på väg dit" in text(page)
    digits = code()
    assert mail.outbox[-1].to == [OWNER]
    assert digits not in mail.outbox[-1].subject
    told = press(person, page, "Logga in", code=f" {digits[:3]} {digits[3:]} ")
    assert (told.status_code, told.headers["Location"]) == (302, "/")
    assert is_in(person)
    (row,) = SecurityLog.objects.unscoped(why="the test reads it").filter(what="signed_in")
    assert (row.name, row.words) == ("Elin Bergqvist", "Med en kod i mejl")


def test_the_page_that_was_asked_for_comes_after_the_code(world: Any) -> None:
    first = Client().get("/kund/demokund/arenden/", follow=True)
    link = soup(first).find("a", string="Få en kod med mejl i stället")["href"]
    person = Client()
    page = person.get(link)
    told = press(person, page, "Skicka en kod", email=OWNER)
    page = person.get(told.headers["Location"])
    assert press(person, page, "Logga in", code=code()).headers["Location"] == "/kund/demokund/arenden/"


def test_a_code_opens_once_and_only_where_it_was_asked_for(world: Any) -> None:
    person, digits = asked(), code()
    elsewhere = Client()
    assert elsewhere.post(GIVE, {"code": digits}).headers["Location"] == ASK
    assert not is_in(elsewhere)
    person.post(GIVE, {"code": digits})
    person.post("/konto/logga-ut/")
    person.post(GIVE, {"code": digits})
    assert not is_in(person)


def test_a_code_is_dead_after_ten_minutes(world: Any) -> None:
    person, digits = asked(), code()
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=10, seconds=1)):
        told = person.post(GIVE, {"code": digits}, follow=True)
        assert "Koden gäller inte längre. Be om en ny." in text(told)
        assert not is_in(person)


def test_five_wrong_codes_end_it_and_the_right_one_comes_too_late(world: Any) -> None:
    person, digits = asked(), code()
    for _try in range(4):
        told = person.post(GIVE, {"code": wrong(digits)})
        assert "Koden stämmer inte." in text(told)
    told = person.post(GIVE, {"code": wrong(digits)}, follow=True)
    assert "För många fel koder. Be om en ny." in text(told)
    person.post(GIVE, {"code": digits})
    assert not is_in(person)
    assert SecurityLog.objects.unscoped(why="the test reads it").filter(what="failed").count() == 5


def test_an_older_code_is_no_good_once_a_new_one_is_sent(world: Any) -> None:
    person, first = asked(), code()
    press(person, person.get(GIVE), "Skicka en ny kod")
    second = code()
    if first != second:
        person.post(GIVE, {"code": first})
        assert not is_in(person)
    person.post(GIVE, {"code": second})
    assert is_in(person)


def test_nothing_tells_whether_there_is_an_account(world: Any) -> None:
    seen, work = [], []
    for email in (OWNER, STRANGER):
        person = Client()
        with CaptureQueriesContext(connection) as queries:
            answer = person.post(ASK, {"email": email})
            page = person.get(GIVE)
            again = person.post(GIVE, {"action": "resend"})
            wrong_one = person.post(GIVE, {"code": "00000x"})
        seen.append([answer.headers["Location"], again.headers["Location"],
                     *(text(one).replace(email, "") for one in (page, wrong_one))])  # fmt: skip
        # What is written takes time; a look at one row by its key does not.
        work.append(sorted(one["sql"].split()[0] for one in queries if one["sql"].split()[0] in ("INSERT", "UPDATE")))
    assert seen[0] == seen[1]
    assert work[0] == work[1]
    letters.sweep()
    assert {tuple(one.to) for one in mail.outbox} == {(OWNER,)}


@pytest.mark.parametrize("email", [OWNER, STRANGER])
def test_codes_cannot_be_asked_for_without_end(world: Any, email: str) -> None:
    for _ask in range(5):
        assert Client().post(ASK, {"email": email}).status_code == 302
    blocked = Client().post(ASK, {"email": email})
    assert blocked.status_code == 429


def test_one_whose_login_is_locked_gets_no_code(world: Any) -> None:
    User.objects.filter(email=OWNER).update(is_active=False)
    asked()
    letters.sweep()
    assert not mail.outbox


@pytest.mark.parametrize("typed", ["AGARE@Demokund.example", " agare@demokund.example "])
def test_the_letter_goes_to_the_address_we_have(world: Any, typed: str) -> None:
    person = asked(typed)
    digits = code()
    assert mail.outbox[-1].to == [OWNER]
    person.post(GIVE, {"code": digits})
    assert is_in(person)


def test_an_approval_says_how_one_was_signed_in(world: Any) -> None:
    person = asked()
    person.post(GIVE, {"code": code()})
    case = world.cases["Löner för januari"]
    here = f"/kund/demokund/arenden/{case.ref}/"
    assert "Du är inloggad med en kod som skickades till din e-postadress." in text(person.get(here))
    person.post(f"{here}svara/", {"decision": "approve", "digest": basis_digest(case)})
    event = Event.objects.visible_to(world.manager).get(case=case, verb="approve")
    assert event.body["signed_in_by"] == "code"


def test_somebody_elses_code_opens_nothing(world: Any) -> None:
    mine, digits = asked(), code()
    theirs = asked("lasare@demokund.example")
    code()
    told = theirs.post(GIVE, {"code": digits})
    assert "Koden stämmer inte." in text(told)
    assert not is_in(theirs)
    mine.post(GIVE, {"code": digits})
    assert is_in(mine)


def test_one_who_is_removed_while_the_code_is_on_its_way_comes_to_no_place(world: Any) -> None:
    person = asked("lasare@demokund.example")
    digits = code()
    actions.end_access(world.owner, world.reader.memberships[0])
    person.post(GIVE, {"code": digits})
    assert person.get("/kund/demokund/").status_code == 404
    assert "ingen har gett dig tillgång" in text(person.get("/"))


def test_one_who_is_removed_with_a_page_open_is_asked_to_sign_in_and_then_finds_nothing(world: Any) -> None:
    reader = asked("medarbetare@demokund.example")
    reader.post(GIVE, {"code": code()})
    case = world.cases["Vad gällde inköpet den 9 december?"]
    here = f"/kund/demokund/arenden/{case.ref}/"
    assert reader.get(here).status_code == 200
    actions.end_access(world.owner, world.member.memberships[0])
    pressed = reader.post(f"{here}meddelande/", {"text": "Hej igen"})
    assert pressed.status_code in (302, 404)
    assert reader.get(here).status_code in (302, 404)
    assert not Event.objects.visible_to(world.manager).filter(case=case, verb="message", body__text="Hej igen").exists()


def test_staff_here_and_client_there_comes_to_a_choice(world: Any) -> None:
    person = asked("DUBBEL@demokund.example")
    person.post(GIVE, {"code": code()})
    assert person.get("/byra/rivalbyran/").status_code == 200
    assert person.get("/kund/demokund/").status_code == 200
    assert person.get("/byra/demobyran/").status_code == 404
    page = text(person.get("/"))
    assert "Rival Ekonomi AB" in page
    assert "Bageri Morgonglöd AB" in page
