"""The link beside the code: ten minutes, once, one press where it was asked for, the code anywhere else."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from samsyn.cases.basis import basis_digest
from samsyn.cases.models import Event
from samsyn.kit import codes, letters
from samsyn.kit.models import MailedCode
from samsyn.tenancy.models import User
from samsyn.tenancy.security import SecurityLog
from tests.pressing import press
from tests.test_factors import put_on, shown_by_app, signed_in
from tests.test_sign_in_code import GIVE, OWNER, asked, code, is_in, text, wrong

pytestmark = pytest.mark.django_db
PRESS, MASKED = "Logga in som a•••@d•••.example", "a•••@d•••.example"
DEAD = "Länken gäller inte längre"


def link() -> str:
    letters.sweep()
    found = re.search(r"/konto/lank/[\w-]+/", str(mail.outbox[-1].body))
    assert found
    return found[0]


def test_one_press_signs_in_where_the_link_was_asked_for(world: Any) -> None:
    person = asked()
    page = person.get(link())
    assert OWNER not in text(page), "whoever looks over a shoulder reads no address"
    told = press(person, page, PRESS)
    assert (told.status_code, told.headers["Location"]) == (302, "/")
    assert is_in(person)
    (row,) = SecurityLog.objects.unscoped(why="the test reads it").filter(what="signed_in")
    assert row.words == "Med en länk i mejl"


def test_the_page_that_was_wanted_comes_after_the_press(world: Any) -> None:
    person = asked(following="/kund/demokund/arenden/")
    assert press(person, person.get(link()), PRESS).headers["Location"] == "/kund/demokund/arenden/"
    other = asked(following="https://evil.example/")
    assert press(other, other.get(link()), PRESS).headers["Location"] == "/"


def test_a_hundred_looks_leave_it_unused(world: Any) -> None:
    person = asked()
    address = link()
    for look in range(50):
        scanner = person if look % 2 else Client()
        scanner.get(address, headers={"Sec-Purpose": "prefetch"})
        scanner.head(address)
    assert not is_in(person)
    assert MailedCode.objects.get().tries == 0
    press(person, person.get(address), PRESS)
    assert is_in(person)


def test_another_browser_is_asked_for_the_code_in_the_same_letter(world: Any) -> None:
    asked(following="/kund/demokund/arenden/")
    digits, address, other = code(), link(), Client()
    page = other.get(address)
    assert "så här behövs koden i samma mejl" in text(page)
    assert PRESS not in text(page)
    assert other.post(address).status_code == 422, "a press alone opens nothing here"
    assert not is_in(other)
    told = press(other, other.get(address), "Logga in", code=f"{digits[:3]} {digits[3:]}")
    assert told.headers["Location"] == "/kund/demokund/arenden/"
    assert is_in(other)


def test_the_code_dies_with_the_link_and_the_link_with_the_code(world: Any) -> None:
    person = asked()
    digits, address = code(), link()
    person.post(GIVE, {"code": digits})
    person.post("/konto/logga-ut/")
    for browser in (person, Client()):
        assert (browser.get(address).status_code, browser.post(address, {"code": digits}).status_code) == (410, 410)
        assert not is_in(browser)
    asking, other = asked(), Client()
    digits, address = code(), link()
    other.post(address, {"code": digits})
    assert is_in(other)
    told = asking.post(GIVE, {"code": digits}, follow=True)
    assert "Koden gäller inte längre. Be om en ny." in text(told)
    assert asking.post(address).status_code == 410
    assert not is_in(asking)


def test_the_press_works_once_also_when_it_comes_twice(world: Any) -> None:
    person = asked()
    address = link()
    page = person.get(address)
    press(person, page, PRESS)
    assert press(person, page, PRESS).status_code in (302, 403, 410)
    person.post("/konto/logga-ut/")
    assert person.get(address).status_code == 410


@pytest.mark.parametrize("mine", [0, 2, 5])
def test_five_wrong_codes_in_whatever_browsers_kill_both(world: Any, mine: int) -> None:
    person, other = asked(), Client()
    digits, address = code(), link()
    for _try in range(mine):
        person.post(GIVE, {"code": wrong(digits)})
    told = [other.post(address, {"code": wrong(digits)}) for _try in range(5 - mine)]
    assert [one.status_code for one in told] == [422] * max(0, 4 - mine) + [410] * (mine < 5)
    assert other.post(address, {"code": digits}).status_code == 410
    assert person.get(address).status_code == 410
    person.post(GIVE, {"code": digits})
    assert not is_in(person)
    assert not is_in(other)
    assert SecurityLog.objects.unscoped(why="the test reads it").filter(what="failed").count() == 5


def test_it_is_dead_after_ten_minutes(world: Any) -> None:
    person = asked()
    address = link()
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=10, seconds=1)):
        told = person.post(address)
        assert (told.status_code, DEAD in text(told)) == (410, True)
        assert not is_in(person)


def test_a_new_letter_kills_the_link_in_the_one_before_it(world: Any) -> None:
    person = asked()
    first = link()
    press(person, person.get(GIVE), "Skicka en ny kod")
    second = link()
    assert person.get(first).status_code == 410
    press(person, person.get(second), PRESS)
    assert is_in(person)


def test_a_new_code_lives_ten_minutes_as_its_letter_says(world: Any) -> None:
    person = asked()
    now = timezone.now()
    with time_machine.travel(now + dt.timedelta(minutes=9)):
        press(person, person.get(GIVE), "Skicka en ny kod")
        digits = code()
    with time_machine.travel(now + dt.timedelta(minutes=18)):
        person.post(GIVE, {"code": digits})
        assert is_in(person)


def test_wrong_old_and_used_links_are_met_alike(world: Any) -> None:
    """The page tells nothing of whether there ever was such a link, or for whom."""
    person = asked()
    used = link()
    press(person, person.get(used), PRESS)
    asked()
    old = link()
    seen = {text(Client().get(f"/konto/lank/{token}/")) for token in ("finns-inte", "x" * 500)}
    seen.add(text(Client().get(used)))
    with time_machine.travel(timezone.now() + dt.timedelta(hours=1)):
        seen.add(text(Client().get(old)))
    assert len(seen) == 1
    assert MASKED not in seen.pop()


def test_a_person_whose_login_is_closed_in_between_is_not_let_in(world: Any) -> None:
    person = asked()
    digits, address = code(), link()
    User.objects.filter(email=OWNER).update(is_active=False)
    assert person.get(address).status_code == 410
    assert Client().post(address, {"code": digits}).status_code == 410
    assert not SecurityLog.objects.unscoped(why="the test reads it").filter(what="signed_in").exists()


def test_whoever_is_signed_in_already_comes_to_the_wanted_page(visit: Any, world: Any) -> None:
    asked(following="/kund/demokund/arenden/")
    address = link()
    assert visit(OWNER).get(address).headers["Location"] == "/kund/demokund/arenden/"
    assert MailedCode.objects.get().ended_at is None


def test_nothing_of_it_can_be_read_in_the_database(world: Any) -> None:
    asked()
    digits, address = code(), link()
    kept = str(MailedCode.objects.values().get())
    assert digits not in kept.replace(str(MailedCode.objects.get().pk), "")
    assert address.split("/")[-2] not in kept


def test_an_approval_says_that_a_link_was_used(world: Any) -> None:
    person = asked()
    press(person, person.get(link()), PRESS)
    case = world.cases["Löner för januari"]
    here = f"/kund/demokund/arenden/{case.ref}/"
    assert "Du är inloggad med en länk som skickades till din e-postadress." in text(person.get(here))
    person.post(f"{here}svara/", {"decision": "approve", "digest": basis_digest(case)})
    assert Event.objects.visible_to(world.manager).get(case=case, verb="approve").body["signed_in_by"] == "link"


def test_it_is_swept_a_day_later(world: Any) -> None:
    asked()
    codes.sweep()
    assert MailedCode.objects.exists()
    with time_machine.travel(timezone.now() + dt.timedelta(days=1, minutes=11)):
        codes.sweep()
    assert not MailedCode.objects.exists()


def test_a_code_holds_while_the_secret_key_is_changed(world: Any, settings: Any) -> None:
    asked()
    digits, address, other = code(), link(), Client()
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-" + "y" * 40
    other.post(address, {"code": digits})
    assert is_in(other)


def test_the_code_page_opened_again_does_not_break_off_the_second_step(world: Any) -> None:
    """Somebody with one-time codes presses Back after the mailed code: the further step is still waiting."""
    secret = put_on(signed_in(OWNER))
    person = asked()
    digits, address = code(), link()
    person.post(GIVE, {"code": digits})
    assert not is_in(person)
    person.get(GIVE)
    person.get(address)
    person.post("/konto/andra-steget/", {"code": shown_by_app(secret)})
    assert is_in(person)


def test_the_link_asks_for_the_second_step_as_well(world: Any) -> None:
    secret = put_on(signed_in(OWNER))
    person = asked(following="/kund/demokund/arenden/")
    press(person, person.get(link()), PRESS)
    assert not is_in(person)
    told = person.post("/konto/andra-steget/", {"code": shown_by_app(secret)})
    assert told.headers["Location"] == "/kund/demokund/arenden/"
    assert is_in(person)
