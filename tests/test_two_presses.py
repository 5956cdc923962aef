"""Signing in with a code, in a browser: how many presses and codes there are from the mail to the case open."""

from __future__ import annotations

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core import mail

from samsyn.cases import actions
from samsyn.cases.models import Case
from samsyn.demo.world import find
from samsyn.kit import letters
from samsyn.notices import jobs

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OWNER = "agare@demokund.example"
QUESTION = "Vad gällde inköpet den 9 december?"


class Hand:
    """A person's hand: it presses, types and pastes, and counts what it does. Every page it sees is checked."""

    def __init__(self, browser: Any, **how: Any) -> None:
        self.context = browser.new_context(viewport={"width": 390, "height": 844}, locale="sv-SE", **how)
        self.page = self.context.new_page()
        self.page.set_default_timeout(15_000)
        self.presses, self.codes, self.script = 0, 0, how.get("java_script_enabled", True)

    def open(self, address: str) -> None:
        """Press the button in a mail."""
        self.presses += 1
        self.page.goto(address)
        self.look()

    def press(self, words: str) -> None:
        self.presses += 1
        self.page.get_by_role("button", name=words).click()
        self.look()

    def type_code(self, digits: str) -> None:
        self.codes += 1
        self.page.get_by_label("Koden i mejlet").press_sequentially(digits)

    def paste_code(self, digits: str) -> None:
        self.codes += 1
        self.page.get_by_label("Koden i mejlet").fill(digits)

    def look(self) -> None:
        self.page.wait_for_load_state("networkidle")
        if self.script:
            found = Axe().run(self.page).response["violations"]
            assert not found, [(one["id"], one["nodes"][0]["html"]) for one in found]


def newest(pattern: str) -> str:
    jobs.sweep()
    letters.sweep()
    mine = [str(one.body) for one in reversed(mail.outbox) if one.to == [OWNER]]
    return next(found[0] for found in (re.search(pattern, body, re.MULTILINE) for body in mine) if found)


def code() -> str:
    return newest(r"^\d{6}$")


def button_in_the_mail(base: str) -> str:
    """A case is sent; the address its letter's button leads to, on the server of the test."""
    world = find()
    case = Case.objects.unscoped(why="a case of the cast").get(subject=QUESTION)
    actions.message(world.manager, case, text="Kan du titta på det här?")
    return base + newest(r"/kund/demokund/arenden/\w+/")


@pytest.fixture
def hand(browser: Any, live_server: Any, cast: None) -> Any:
    """A person whose first visit is over: signed in with a code, and the session has ended since."""
    person = Hand(browser)
    person.page.goto(f"{live_server.url}/konto/logga-in/")
    person.page.get_by_role("link", name="Få en kod med mejl i stället").click()
    person.page.get_by_label("E-postadress").fill(OWNER)
    person.press("Skicka en kod")
    person.type_code(code())
    person.page.wait_for_url(f"{live_server.url}/kund/demokund/")
    person.context.clear_cookies(name="sessionid")
    person.presses = person.codes = 0
    yield person
    person.context.close()


def test_from_the_mail_to_the_case_open_there_are_two_presses_and_one_code(hand: Hand, live_server: Any) -> None:
    address = button_in_the_mail(live_server.url)
    hand.open(address)
    hand.press("Skicka en kod till a•••@d•••.example")
    hand.type_code(code())
    hand.page.wait_for_url(address)
    assert hand.page.get_by_role("heading", level=1).inner_text().endswith(QUESTION)
    print(f"\nfrom the second visit on: {hand.presses} presses, {hand.codes} code")  # shown by pytest -s
    assert (hand.presses, hand.codes) == (2, 1)


def test_a_code_is_pasted_as_it_was_written_and_a_wrong_one_is_mended(hand: Hand, live_server: Any) -> None:
    address = button_in_the_mail(live_server.url)
    hand.open(address)
    hand.press("Skicka en kod till a•••@d•••.example")
    digits = code()
    hand.paste_code(f"{(int(digits) + 1) % 1_000_000:06d}")
    hand.page.get_by_text("Koden stämmer inte.").wait_for()
    hand.look()
    assert hand.page.evaluate("document.activeElement.name") == "code"
    field = hand.page.get_by_label("Koden i mejlet")
    assert (field.get_attribute("inputmode"), field.get_attribute("autocomplete")) == ("numeric", "one-time-code")
    hand.paste_code(f" {digits[:3]}\u00a0{digits[3:]} ")
    hand.page.wait_for_url(address)


def test_without_scripts_a_button_sends_the_code(browser: Any, live_server: Any, cast: None) -> None:
    person = Hand(browser, java_script_enabled=False)
    person.page.goto(f"{live_server.url}/konto/kod/")
    person.page.get_by_label("E-postadress").fill(OWNER)
    person.press("Skicka en kod")
    assert not person.page.get_by_text("Den skickas av sig själv").is_visible()
    person.type_code(code())
    person.press("Logga in")
    person.page.wait_for_url(f"{live_server.url}/kund/demokund/")
    person.context.close()


def test_the_link_is_one_press_here_and_asks_for_the_code_elsewhere(
    browser: Any, hand: Hand, live_server: Any, cast: None
) -> None:
    address = button_in_the_mail(live_server.url)
    hand.open(address)
    hand.press("Skicka en kod till a•••@d•••.example")
    link, elsewhere = live_server.url + newest(r"/konto/lank/[\w-]+/"), Hand(browser)
    elsewhere.open(link)
    assert elsewhere.page.get_by_role("button", name="Logga in", exact=True).is_visible()
    hand.open(link)
    hand.press("Logga in som a•••@d•••.example")
    hand.page.wait_for_url(address)
    elsewhere.paste_code(code())
    elsewhere.page.get_by_text("Länken gäller inte längre").wait_for()
    elsewhere.look()
    elsewhere.context.close()
