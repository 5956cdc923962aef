"""Passkeys: added, used without a password, named, taken away, and no good to anybody else."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client
from django.utils import timezone

from samsyn.cases.basis import basis_digest
from samsyn.cases.models import Event
from samsyn.kit import letters
from samsyn.tenancy.models import User
from samsyn.tenancy.security import SecurityLog
from tests.factors import is_in, put_on, signed_in
from tests.passkeys import PRESENT, Passkey, add, asked, sign_in
from tests.pressing import press, soup

pytestmark = pytest.mark.django_db
OWNER, MEMBER, MANAGER = "agare@demokund.example", "medarbetare@demokund.example", "ansvarig@demobyran.example"
ADD, USE = "/konto/passnycklar/ny/", "/konto/passnyckel/"
SORRY = "Det gick inte att använda passnyckeln."


def text(response: Any) -> str:
    return " ".join(soup(response).get_text(" ", strip=True).split())


def fresh() -> Client:
    return Client(HTTP_HOST="localhost")


def told() -> list[tuple[str, str]]:
    rows = SecurityLog.objects.unscoped(why="the test reads it").filter(firm__slug="demobyran").order_by("-at", "-id")
    return [(str(row.get_what_display()), row.words) for row in rows]


def test_a_person_adds_a_passkey_and_signs_in_with_it_alone(world: Any) -> None:
    owner = signed_in(OWNER)
    key = add(owner, name="Min telefon")
    assert "Min telefon" in text(owner.get("/konto/"))
    letters.sweep()
    assert (mail.outbox[-1].to, mail.outbox[-1].subject) == ([OWNER], "Din inloggning har ändrats")
    assert "Min telefon" not in mail.outbox[-1].body
    person = fresh()
    answer = sign_in(person, key, next="/kund/demokund/arenden/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/kund/demokund/arenden/")
    assert is_in(person)
    assert told()[:2] == [("Loggade in", "Med en passnyckel"), ("Ett andra steg lades till", "Passnyckel")]


def test_no_way_on_leads_out_of_samsyn(world: Any) -> None:
    key = add(signed_in(OWNER))
    assert sign_in(fresh(), key, next="https://annan.example/").headers["Location"] == "/"


def test_an_answer_is_taken_once_and_only_where_it_was_asked_for(world: Any) -> None:
    key = add(signed_in(OWNER))
    person, elsewhere = fresh(), fresh()
    signed = key.signed(asked(person, USE))
    assert SORRY in text(elsewhere.post(USE, {"credential": signed}, follow=True))
    asked(elsewhere, USE)
    assert not (elsewhere.post(USE, {"credential": signed}), is_in(elsewhere))[1]
    person.post(USE, {"credential": signed})
    assert is_in(person)
    person.post("/konto/logga-ut/")
    person.post(USE, {"credential": signed})
    assert not is_in(person)


@pytest.mark.parametrize("key", [
    Passkey(flags=PRESENT),  # a device that has asked for neither face, finger nor PIN
    Passkey(origin="https://samsyn.annan.example"),  # a page that only looks like ours
])  # fmt: skip
def test_what_is_not_verified_or_comes_from_another_page_is_refused(world: Any, key: Passkey) -> None:
    made = Passkey(id=key.id, key=key.key)
    add(signed_in(OWNER), made)
    key.handle = made.handle
    person = fresh()
    assert SORRY in text(person.post(USE, {"credential": key.signed(asked(person, USE))}, follow=True))
    assert not is_in(person)
    owner = signed_in(MEMBER)
    refused = owner.post(ADD, {"credential": key.made(asked(owner, ADD)), "name": "Fel"})
    assert (refused.status_code, "Det gick inte att skapa passnyckeln." in text(refused)) == (422, True)


def test_somebody_elses_key_opens_nothing(world: Any) -> None:
    mine, stranger = add(signed_in(OWNER)), Passkey()
    stranger.handle = mine.handle  # another key that says it is mine
    person = fresh()
    sign_in(person, stranger)
    assert not is_in(person)
    theirs = add(signed_in(MEMBER))
    theirs.handle = mine.handle
    sign_in(person, theirs)
    assert not is_in(person)


@pytest.mark.parametrize(
    "posted", ["", "{}", "[]", "null", "x", '{"id": 1}', '{"response": {"userHandle": 7}}', "{" * 90]
)
def test_nonsense_is_met_with_the_same_sentence(world: Any, posted: str) -> None:
    person = fresh()
    asked(person, USE)
    assert SORRY in text(person.post(USE, {"credential": posted}, follow=True))
    owner = signed_in(OWNER)
    asked(owner, ADD)
    assert owner.post(ADD, {"credential": posted, "name": "x"}).status_code in (200, 422)
    assert not Authenticator.objects.exists()


def test_a_key_that_is_removed_opens_nothing_and_ends_what_it_had_opened(world: Any) -> None:
    owner = signed_in(OWNER)
    key = add(owner)
    telephone = fresh()
    sign_in(telephone, key)
    page = owner.get(f"/konto/passnycklar/{Authenticator.objects.get().pk}/")
    press(owner, page, "remove")
    assert (is_in(owner), is_in(telephone)) == (True, False)
    sign_in(telephone, key)
    assert not is_in(telephone)
    assert told()[0] == ("Ett andra steg togs bort", "Passnyckel")
    letters.sweep()
    assert "En passnyckel har tagits bort" in mail.outbox[-1].body


def test_a_key_gets_another_name_and_nobody_elses_is_there(world: Any) -> None:
    owner, member = signed_in(OWNER), signed_in(MEMBER)
    add(owner)
    here = f"/konto/passnycklar/{Authenticator.objects.get().pk}/"
    assert press(owner, owner.get(here), "Spara", name="Datorn hemma").status_code == 302
    assert "Datorn hemma" in text(owner.get("/konto/"))
    assert press(owner, owner.get(here), "Spara", name=" ").status_code == 422
    for answer in (member.get(here), member.post(here, {"do": "remove"}), member.post(here, {"name": "Min nu"})):
        assert answer.status_code == 404
    assert Authenticator.objects.get().data["name"] == "Datorn hemma"


def test_adding_and_removing_needs_a_fresh_proof_and_comes_back(world: Any) -> None:
    owner = signed_in(OWNER)
    add(owner)
    here = f"/konto/passnycklar/{Authenticator.objects.get().pk}/"
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=16)):
        for path in (ADD, here):
            assert owner.get(path).headers["Location"] == f"/konto/bekrafta/?next={path}"
        assert owner.post(here, {"do": "remove"}).status_code == 302
        assert owner.post(ADD, {"do": "ask"}, headers={"X-Samsyn": "script"}).status_code == 401
        assert Authenticator.objects.count() == 1
        page = owner.get(f"/konto/bekrafta/?next={here}")
        assert press(owner, page, "Bekräfta", password="samsyn-demo").headers["Location"] == here
        assert owner.get(here).status_code == 200


def test_it_is_offered_until_one_has_answered(world: Any) -> None:
    owner = signed_in(OWNER)
    page = owner.get("/kund/demokund/")
    assert "Logga in med ansikte eller finger nästa gång" in text(page)
    assert press(owner, page, "Inte nu").headers["Location"] == "/kund/demokund/"
    assert "finger nästa gång" not in text(signed_in(OWNER).get("/kund/demokund/"))
    member = signed_in(MEMBER)
    add(member)
    assert "finger nästa gång" not in text(member.get("/kund/demokund/"))
    assert "finger nästa gång" in text(signed_in(MANAGER).get("/byra/demobyran/"))


def test_it_is_not_offered_where_no_browser_would_take_one(world: Any, settings: Any) -> None:
    for host, url in (("testserver", "http://127.0.0.1:8000"), ("localhost", "http://samsyn.example")):
        settings.SAMSYN_URL, settings.ALLOWED_HOSTS = url, ["*"]
        person = Client(HTTP_HOST=host)
        assert "passnyckel" not in text(person.get("/konto/logga-in/"))
        person.post("/konto/logga-in/", {"login": OWNER, "password": "samsyn-demo"})
        assert "finger nästa gång" not in text(person.get("/kund/demokund/"))
        assert "Här går det inte att lägga till passnycklar." in text(person.get("/konto/"))
        assert person.get(ADD).status_code == 404


def test_a_passkey_asks_for_nothing_more_though_codes_are_on(world: Any) -> None:
    owner = signed_in(OWNER)
    key = add(owner)
    put_on(owner)
    person = fresh()
    sign_in(person, key)
    assert is_in(person)


def test_one_with_only_a_passkey_may_still_use_the_password(world: Any) -> None:
    add(signed_in(OWNER))
    assert is_in(signed_in(OWNER))


def test_a_closed_login_stays_closed(world: Any) -> None:
    key = add(signed_in(OWNER))
    User.objects.filter(email=OWNER).update(is_active=False)
    person = fresh()
    assert sign_in(person, key).headers["Location"] == "/konto/avslutat/"
    assert not is_in(person)


def test_an_approval_says_that_a_passkey_was_used(world: Any) -> None:
    key, person = add(signed_in(OWNER)), fresh()
    sign_in(person, key)
    case = world.cases["Löner för januari"]
    here = f"/kund/demokund/arenden/{case.ref}/"
    assert "Du är inloggad med en passnyckel." in text(person.get(here))
    person.post(f"{here}svara/", {"decision": "approve", "digest": basis_digest(case)})
    assert Event.objects.visible_to(world.manager).get(case=case, verb="approve").body["signed_in_by"] == "passkey"


def test_there_is_an_end_to_how_many_one_has(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("samsyn.tenancy.actions.factors.MOST_PASSKEYS", 1)
    owner = signed_in(OWNER)
    add(owner)
    one_more = owner.post(ADD, {"credential": Passkey().made(asked(owner, ADD)), "name": "Till en"})
    assert (one_more.status_code, Authenticator.objects.count()) == (422, 1)


def test_looking_at_the_pages_leaves_nothing_behind(world: Any) -> None:
    person = fresh()
    person.get("/konto/logga-in/")
    assert "sessionid" not in person.cookies
    assert person.get(USE).status_code == 405
    owner = signed_in(OWNER)
    owner.get(ADD)
    before = dict(owner.session.items())
    for path in (ADD, "/konto/engangskoder/", "/konto/aterstallningskoder/", "/konto/bekrafta/"):
        owner.get(path)
    assert dict(owner.session.items()) == before
