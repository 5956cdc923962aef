"""One person, however the address is written; and nobody else's letters."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.core.mail.message import sanitize_address
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from samsyn.kit import letters
from samsyn.kit.text import mail_address, wire_address
from samsyn.tenancy import actions
from samsyn.tenancy.models import Invitation, User
from tests.invited import accept, invitation_code, link_to

pytestmark = pytest.mark.django_db
FORMS = ["asa@räksmörgås.example", "asa@xn--rksmrgs-5wao1o.example", "ASA@RÄKSMÖRGÅS.example",
         "Asa@XN--RKSMRGS-5WAO1O.EXAMPLE", " asa@ra\u0308ksmo\u0308rga\u030as.example "]  # fmt: skip
KEPT, WIRE = FORMS[:2]


@pytest.mark.parametrize("written", FORMS)
def test_every_way_of_writing_an_address_is_one_person(written: str) -> None:
    assert mail_address(written) == KEPT
    assert wire_address(mail_address(written)) == WIRE


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("kim@straße.example", "kim@strasse.example"),
        ("kim@xn--strae-oqa.example", "kim@strasse.example"),
        ("kim+samsyn@ny.example", "kim@ny.example"),
        ("k.im@ny.example", "kim@ny.example"),
        ("kim@xn--abc-.example", "kim@abc.example"),  # a code for what needs none is another domain's trick
        ("kim@xn--\u00e4.example", "kim@ä.example"),
    ],
)
def test_what_is_two_addresses_stays_two(one: str, other: str) -> None:
    assert mail_address(one) != mail_address(other)


@given(st.text(max_size=40))
def test_folding_twice_is_folding_once_and_a_mail_server_understands_it(text: str) -> None:
    once = mail_address(f"kim@{text}.example")
    assert mail_address(once) == once
    assert wire_address(once).rpartition("@")[2].isascii()


def test_no_letter_goes_to_the_domain_that_only_sounds_alike() -> None:
    assert "xn--strae-oqa" in sanitize_address(wire_address("kim@straße.example"), "utf-8")


@pytest.mark.parametrize("written", [FORMS[1], FORMS[2]])
def test_a_person_signs_in_with_whichever_form(world: Any, written: str) -> None:
    User.objects.create_user(FORMS[0], "lang-och-ovanlig-8", name="Åsa Räka")
    person = Client()
    assert person.post("/konto/logga-in/", {"login": written, "password": "lang-och-ovanlig-8"}).status_code == 302
    assert person.get("/konto/").status_code == 200
    by_code = Client()
    by_code.post("/konto/kod/", {"email": written})
    by_code.post("/konto/kod/svar/", {"code": invitation_code()})
    assert by_code.get("/konto/").status_code == 200
    assert mail.outbox[-1].to == [WIRE]
    Client().post("/konto/losenord/", {"email": written})
    letters.sweep()
    assert "/konto/losenord/" in str(mail.outbox[-1].body)


def test_a_person_is_not_invited_twice_by_writing_the_domain_differently(visit: Any, world: Any) -> None:
    owner, here = visit("agare@demokund.example"), "/kund/demokund/kollegor/"
    facts = {"name": "Åsa Räka", "role": "member", "engagement": str(world.engagements["demokund"].pk)}
    assert owner.post(here, {**facts, "email": FORMS[1]}).status_code == 302
    told = owner.post(here, {**facts, "name": "Åsa R", "email": FORMS[2]})
    assert "Personen är redan inbjuden." in told.content.decode()
    assert Invitation.objects.visible_to(world.owner).filter(email=KEPT).count() == 1
    assert accept(link_to(KEPT), name="Åsa Räka", password="").status_code == 302
    told = owner.post(here, {**facts, "email": FORMS[1]})
    assert "Den här personen har redan tillgång." in told.content.decode()


def test_an_address_of_the_firms_own_staff_is_seen_in_either_form(world: Any) -> None:
    actions.add_staff(world.manager, name="Åsa Räka", email=FORMS[1], role="consultant")
    accept(link_to(KEPT), name="Åsa Räka", password="")
    from samsyn.tenancy.errors import Refused

    with pytest.raises(Refused, match="någon på byrån"):
        actions.add_colleague(world.owner, world.engagements["demokund"], name="Åsa", email=FORMS[2], role="member")


def test_an_address_with_a_plus_keeps_it(visit: Any, world: Any) -> None:
    actions.add_staff(world.manager, name="Kim Berg", email="Kim+Samsyn@ny.example", role="consultant")
    accept(link_to("kim+samsyn@ny.example"), name="Kim Berg", password="")
    assert mail.outbox[-1].to == ["kim+samsyn@ny.example"]
    assert User.objects.by_email("kim@ny.example") is None
