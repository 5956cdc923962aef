"""The security log: what a firm's managers read of sign-ins, rights and copies, and what nobody reads there."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from samsyn.tenancy import actions, security
from samsyn.tenancy.security import SecurityLog
from tests.invited import accept, link_to
from tests.pressing import soup

pytestmark = pytest.mark.django_db
MANAGER, CONSULTANT, OWNER = "ansvarig@demobyran.example", "konsult@demobyran.example", "agare@demokund.example"
LOG, SIGN_IN, PASSWORD = "/byra/demobyran/installningar/logg/", "/konto/logga-in/", "samsyn-demo"


def lines(person: Any, address: str = LOG) -> list[str]:
    rows = soup(person.get(address)).select("tbody tr")
    return [" ".join(row.get_text(" ", strip=True).replace("\u2068", "").replace("\u2069", "").split()) for row in rows]


def sign_in(email: str, password: str = PASSWORD) -> Any:
    return Client(REMOTE_ADDR="192.0.2.7").post(SIGN_IN, {"login": email, "password": password})


def test_a_sign_in_and_one_that_failed_are_told_to_the_firms_it_concerns(visit: Any, world: Any) -> None:
    sign_in(OWNER, "fel-losenord")
    sign_in(OWNER)
    told = lines(visit(MANAGER))
    assert re.search(r"Loggade in Elin Bergqvist Med lösenord 192\.0\.2\.7$", told[0])
    assert re.search(r"Kunde inte logga in Elin Bergqvist 192\.0\.2\.7$", told[1])
    assert "fel-losenord" not in visit(MANAGER).get(LOG).content.decode()
    assert not [line for line in lines(visit("konsult@rivalbyran.example"), "/byra/rivalbyran/installningar/logg/")
                if "Elin" in line]  # fmt: skip


def test_a_person_at_two_firms_is_told_to_both(visit: Any, world: Any) -> None:
    sign_in("dubbel@demokund.example")
    assert SecurityLog.objects.unscoped(why="in every firm").filter(what="signed_in").values("firm").count() == 2


def test_nothing_is_kept_of_an_address_nobody_has_and_the_work_is_the_same(world: Any) -> None:
    work = []
    rows = SecurityLog.objects.unscoped(why="in every firm").filter(what="failed")
    for email, kept in ((OWNER, 1), ("ingen@nagonstans.example", 1)):  # the second leaves nothing
        with CaptureQueriesContext(connection) as asked:
            sign_in(email, "fel")
        work.append([one["sql"].split()[0] for one in asked if one["sql"].split()[0] in ("SELECT", "INSERT")])
        assert rows.count() == kept
    assert sorted(work[0]) == sorted(work[1])


def test_who_is_invited_and_comes_in_is_told_with_the_role(visit: Any, world: Any) -> None:
    actions.add_staff(world.manager, name="Nils Ny", email="nils@demobyran.example", role="consultant")
    answer = {"name": "Nils Nyman", "password": "lang-och-ovanlig-8"}
    accept(link_to("nils@demobyran.example"), Client(REMOTE_ADDR="192.0.2.9"), **answer)
    told = lines(visit(MANAGER))
    assert re.search(r"Loggade in Nils Nyman Med en kod i mejl 192\.0\.2\.9$", told[0])
    assert re.search(r"Tog emot inbjudan Nils Nyman Redovisningskonsult, alla kunder 192\.0\.2\.9$", told[1])
    assert re.search(r"Blev inbjuden Nils Ny Redovisningskonsult, alla kunder Maria Sundfalk", told[2])


@pytest.mark.parametrize(
    ("email", "address"),
    [
        (OWNER, "/kund/demokund/arenden/{ref}/kopia/"),
        (OWNER, "/kund/demokund/kopia/2026/"),
        (MANAGER, "/byra/demobyran/arenden/{ref}/kopia/"),
        (MANAGER, "/byra/demobyran/kunder/{client}/kopia/2026/"),
    ],
)
def test_a_copy_is_told_once_without_what_is_in_it(visit: Any, world: Any, email: str, address: str) -> None:
    case = world.cases["Kontoutdrag för november"]
    person = visit(email)
    answer = person.get(address.format(ref=case.ref, client=world.engagements["demokund"].pk))
    b"".join(answer.streaming_content)
    (told,) = [line for line in lines(visit(MANAGER)) if "Tog ut en kopia" in line]
    assert "Bageri Morgonglöd AB." in told
    assert "Kontoutdrag" not in told
    assert case.ref not in told


def test_only_managers_read_it_and_the_newest_fifty_come_first(visit: Any, world: Any) -> None:
    assert visit(CONSULTANT).get(LOG).status_code == 403
    assert visit(OWNER).get(LOG).status_code == 404
    for number in range(60):
        security.record(SecurityLog.What.COPY, world.firm, name=f"Person {number}")
    first = visit(MANAGER).get(LOG)
    assert lines(visit(MANAGER))[0].endswith("Person 59")
    following = soup(first).find("a", string="Nästa sida")["href"]
    assert len(lines(visit(MANAGER))) == 50
    assert lines(visit(MANAGER), f"{LOG}{following}")[0].endswith("Person 9")
    only = lines(visit(MANAGER), f"{LOG}?visa=came_in")
    assert only
    assert all("Tog emot inbjudan" in line for line in only)


def test_it_is_swept_when_it_is_more_than_a_year_old(visit: Any, world: Any) -> None:
    security.record(SecurityLog.What.COPY, world.firm, name="Länge sedan")
    with time_machine.travel(timezone.now() + security.KEPT - dt.timedelta(days=1)):
        security.sweep()
        assert SecurityLog.objects.visible_to(world.manager).filter(name="Länge sedan").exists()
    with time_machine.travel(timezone.now() + security.KEPT + dt.timedelta(minutes=1)):
        security.sweep()
    assert not SecurityLog.objects.visible_to(world.manager).exists()
