"""An invitation link opens nothing by itself: a code is mailed at that moment, to the invited address alone."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from samsyn.kit import letters
from samsyn.kit.models import Letter, MailedCode
from samsyn.tenancy import actions
from samsyn.tenancy.models import Invitation, Membership, User
from samsyn.tenancy.security import SecurityLog
from tests.invited import ACCEPT, OPEN, accept, invitation_code, link_to, open_link
from tests.pressing import press, soup

pytestmark = pytest.mark.django_db
NEW, KNOWN, READER = "nils@ny.example", "konsult@rivalbyran.example", "lasare@demokund.example"
SEND = "send"
ANSWER = {"name": "Nils Nyman", "password": "lang-och-ovanlig-8"}


def text(response: Any) -> str:
    return " ".join(soup(response).get_text(" ", strip=True).split())


def invited(world: Any, email: str = NEW) -> str:
    """The link of an invitation as a colleague, in a letter that has just left."""
    engagement = world.engagements["demokund"]
    actions.add_colleague(world.owner, engagement, name="Nils Ny", email=email, role="member")
    return link_to(email)


def asked(link: str) -> tuple[Client, str]:
    person = Client()
    press(person, person.get(link), SEND)
    return person, invitation_code()


def wrong(right: str) -> str:
    return f"{(int(right) + 1) % 1_000_000:06d}"


def test_the_link_and_the_code_together_let_somebody_new_in(world: Any) -> None:
    link = invited(world)
    person = Client()
    page = person.get(link)
    assert "Fyrklang Redovisning AB har bjudit in dig" in text(page)
    assert "n•••@n•••.example" in text(page)
    for unsaid in (NEW, "Nils Ny", 'name="password"'):
        assert unsaid not in page.content.decode()
    before = len(mail.outbox)
    assert press(person, page, SEND).headers["Location"] == link
    digits = invitation_code()
    assert (len(mail.outbox) - before, mail.outbox[-1].to) == (1, [NEW])
    assert digits not in mail.outbox[-1].subject
    page = person.get(link)
    told = press(person, page, OPEN, code=f"{digits[:3]} {digits[3:]}")
    assert told.headers["Location"] == link
    page = person.get(link)
    assert "Välkommen, Nils Ny" in text(page)
    assert press(person, page, ACCEPT, **ANSWER).headers["Location"] == "/kund/demokund/"
    assert person.get("/kund/demokund/arenden/").status_code == 200


def test_a_password_can_be_left_out_and_codes_do(world: Any) -> None:
    assert accept(invited(world), name="Nils Nyman", password="").status_code == 302
    nils = User.objects.get(email=NEW)
    assert not nils.has_usable_password()
    person = Client()
    person.post("/konto/kod/", {"email": NEW})
    person.post("/konto/kod/svar/", {"code": invitation_code()})
    assert person.get("/kund/demokund/").status_code == 200
    page = person.get("/konto/")
    assert "Nuvarande lösenord" not in text(page)
    press(person, page, "Skicka en länk för att välja ett lösenord")
    letters.sweep()
    assert mail.outbox[-1].to == [NEW]
    assert "/konto/losenord/" in mail.outbox[-1].body


def test_looking_sends_nothing(world: Any) -> None:
    link = invited(world)
    before = Letter.objects.count()
    person = Client()
    for _look in range(50):
        person.get(link)
        person.head(link)
    assert Letter.objects.count() == before
    assert not MailedCode.objects.exists()


@pytest.mark.parametrize("do", ["", "code", "accept"])
def test_a_form_posted_without_the_code_opens_nothing(world: Any, do: str) -> None:
    link = invited(world)
    told = Client().post(link, {"do": do, "code": "000000", **ANSWER})
    assert told.status_code in (302, 422)
    assert User.objects.by_email(NEW) is None


def test_the_code_is_for_the_browser_that_asked(world: Any) -> None:
    link = invited(world)
    _asking, digits = asked(link)
    other = Client()
    other.post(link, {"do": "code", "code": digits})
    assert "Välkommen" not in text(other.get(link))
    other.post(link, {"do": "accept", **ANSWER})
    assert User.objects.by_email(NEW) is None


def test_the_code_of_one_invitation_opens_no_other(world: Any) -> None:
    first, second = invited(world), invited(world, "bo@ny.example")
    person, digits = asked(first)
    person.post(second, {"do": "code", "code": digits})
    assert "Välkommen" not in text(person.get(second))
    press(person, person.get(first), OPEN, code=digits)
    assert "Välkommen, Nils Ny" in text(person.get(first))
    assert "Välkommen" not in text(person.get(second)), "having opened one opens no other"


def test_five_wrong_codes_end_it_and_the_firm_is_told(world: Any) -> None:
    link = invited(world)
    person, digits = asked(link)
    for _try in range(4):
        told = person.post(link, {"do": "code", "code": wrong(digits)})
        assert (told.status_code, "Koden stämmer inte." in text(told)) == (422, True)
    told = person.post(link, {"do": "code", "code": wrong(digits)}, follow=True)
    assert "Koden gäller inte längre. Be om en ny." in text(told)
    person.post(link, {"do": "code", "code": digits})
    assert "Välkommen" not in text(person.get(link))
    rows = SecurityLog.objects.unscoped(why="the test reads it").filter(what="failed")
    assert [(row.name, row.words) for row in rows][:1] == [("Nils Ny", "Med koden till en inbjudan")]
    assert rows.count() >= 5
    assert accept(link, **ANSWER).status_code == 302, "another code can be asked for"


def test_a_code_is_dead_after_ten_minutes_and_when_a_newer_one_is_sent(world: Any) -> None:
    link = invited(world)
    person, first = asked(link)
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=10, seconds=1)):
        assert "Koden gäller inte längre." in text(person.post(link, {"do": "code", "code": first}, follow=True))
    person, first = asked(link)
    press(person, person.get(link), SEND)
    second = invitation_code()
    if first != second:
        assert "Koden stämmer inte." in text(person.post(link, {"do": "code", "code": first}))
    press(person, person.get(link), OPEN, code=second)
    assert "Välkommen, Nils Ny" in text(person.get(link))


def test_the_open_page_closes_after_an_hour(world: Any) -> None:
    link = invited(world)
    person, page = open_link(link)
    with time_machine.travel(timezone.now() + dt.timedelta(hours=1, seconds=1)):
        press(person, page, ACCEPT, **ANSWER)
        assert User.objects.by_email(NEW) is None
        assert "Välkommen" not in text(person.get(link))


def test_the_holder_of_a_link_learns_nothing_of_whether_there_is_a_login(world: Any) -> None:
    """Before the code, everything is the same for somebody new and for somebody at another firm."""
    seen = []
    for email in ("konsult.rask@rivalbyran.example", KNOWN):
        link, person = invited(world, email), Client()
        page = person.get(link)
        sent = press(person, page, SEND)
        waiting = person.get(link)
        refused = person.post(link, {"do": "code", "code": "00000x"})
        seen.append([one.status_code for one in (page, sent, waiting, refused)]
                    + [text(one) for one in (page, waiting, refused)])  # fmt: skip
    assert seen[0] == seen[1]


def test_somebody_with_a_login_goes_in_with_the_code_and_keeps_name_and_password(world: Any) -> None:
    known = User.objects.get(email=KNOWN)
    link = invited(world, KNOWN)
    person, page = open_link(link)
    assert "Du är inloggad som konsult@rivalbyran.example." in text(page)
    assert 'name="password"' not in page.content.decode()
    assert press(person, page, ACCEPT, name="Någon Annan", password="nytt-losenord-9").status_code == 302
    now = User.objects.get(pk=known.pk)
    assert (now.name, now.password) == (known.name, known.password)
    assert person.get("/kund/demokund/").status_code == 200
    assert person.get("/byra/rivalbyran/").status_code == 200, "staff here and client there, with one login"


def test_whoever_is_signed_in_with_the_very_address_needs_no_code(visit: Any, world: Any) -> None:
    link = invited(world, KNOWN)
    person = visit(KNOWN)
    before = Letter.objects.count()
    assert press(person, person.get(link), ACCEPT).headers["Location"] == "/kund/demokund/"
    assert Letter.objects.count() == before


def test_somebody_else_is_shown_a_masked_address_and_can_change_account(visit: Any, world: Any) -> None:
    link = invited(world)
    other = visit(READER)
    page = other.get(link)
    assert (page.status_code, NEW in page.content.decode()) == (403, False)
    assert "n•••@n•••.example" in text(page)
    assert other.post(link, {"do": "send"}).status_code == 403
    assert press(other, page, "Byt konto").headers["Location"] == link
    assert "Skicka en kod till n•••@n•••.example" in text(other.get(link))


def test_one_person_invited_by_two_firms_comes_in_to_both(world: Any) -> None:
    rival = world.staff("ansvarig@rivalbyran.example", "rivalbyran")
    first = invited(world)
    actions.add_staff(rival, name="Nils N", email=NEW, role="consultant")
    second = link_to(NEW)
    assert first != second
    person = Client()
    assert accept(first, person, **ANSWER).status_code == 302
    assert accept(second, person).headers["Location"] == "/byra/rivalbyran/"
    assert Membership.objects.unscoped(why="in both firms").filter(user__email=NEW).count() == 2
    assert User.objects.get(email=NEW).name == "Nils Nyman"


def test_two_links_opened_by_one_new_person_make_one_login(world: Any) -> None:
    rival = world.staff("ansvarig@rivalbyran.example", "rivalbyran")
    first = invited(world)
    actions.add_staff(rival, name="Nils N", email=NEW, role="consultant")
    second = link_to(NEW)
    (one, page_one), (two, page_two) = open_link(first), open_link(second)
    press(one, page_one, ACCEPT, **ANSWER)
    told = press(two, page_two, ACCEPT, name="Någon Annan", password="ett-annat-losen-1")
    assert (told.status_code, "Du har redan en inloggning. Logga in först." in text(told)) == (422, True)
    assert User.objects.get(email=NEW).check_password(ANSWER["password"])


def test_a_link_taken_back_while_the_code_is_on_its_way_is_dead(world: Any) -> None:
    link = invited(world)
    person, digits = asked(link)
    actions.revoke(world.owner, Invitation.objects.visible_to(world.owner).get(email=NEW))
    assert person.post(link, {"do": "code", "code": digits}).status_code == 410
    assert person.get(link).status_code == 410


def test_codes_are_not_sent_without_end(world: Any) -> None:
    link = invited(world)
    for _ask in range(5):
        assert Client().post(link, {"do": "send"}).status_code == 302
    told = Client().post(link, {"do": "send"})
    assert (told.status_code, "Vänta några minuter och försök igen." in text(told)) == (429, True)
    letters.sweep()
    assert len([one for one in mail.outbox if one.to == [NEW]]) == 6, "the invitation and five codes"
