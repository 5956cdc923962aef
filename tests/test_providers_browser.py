"""Linking and signing in through a real provider: a process of its own, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from samsyn.demo.world import PASSWORD, find
from samsyn.tenancy import actions
from samsyn.tenancy.providers import SignInProvider
from samsyn.web.openid import callback_address
from tests.services import provider as real

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CONSULTANT = "konsult@demobyran.example"


@pytest.fixture
def there(cast: None, live_server: Any, settings: Any) -> Iterator[tuple[real.Running, SignInProvider]]:
    settings.SAMSYN_URL = live_server.url
    with real.provider() as running:
        facts = {"issuer": running.issuer, "client_id": real.CLIENT_ID, "secret": real.SECRET}
        own = actions.add_provider(find().firm, name="Demobyråns konto", **facts)
        running.send_back_to(callback_address(own.ref))
        yield running, own


def fine(page: Any) -> None:
    page.wait_for_load_state("load")
    found = Axe().run(page).response["violations"]
    assert not found, [(one["id"], one["nodes"][0]["html"]) for one in found]
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def sign_in_there(page: Any, email: str) -> None:
    page.wait_for_url("**/accounts/login/**")
    page.fill("[name=login]", email)
    page.fill("[name=password]", real.PASSWORD)
    page.press("[name=password]", "Enter")


def press(page: Any, words: str) -> None:
    page.get_by_role("button", name=words, exact=True).click()


@pytest.mark.slow
def test_a_consultant_links_and_signs_in_through_a_real_provider(
    browser: Any, live_server: Any, there: tuple[real.Running, SignInProvider]
) -> None:
    base, (_running, own) = live_server.url, there
    context = browser.new_context(viewport={"width": 390, "height": 900}, locale="sv-SE")
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda said: faults.append(said.text) if "Refused" in said.text else None)
    page.goto(f"{base}/konto/logga-in/")
    page.fill("[name=login]", CONSULTANT)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/byra/demobyran/")

    page.goto(f"{base}/konto/")
    page.get_by_role("link", name="Koppla Demobyråns konto").click()
    fine(page)
    press(page, "Koppla Demobyråns konto")
    sign_in_there(page, real.KARIN)
    page.wait_for_url(f"{base}/konto/")
    assert "Kopplat. Nästa gång kan du logga in med Demobyråns konto." in page.inner_text("body")
    fine(page)

    # Signed out on both sides: one press here, the password there, and the page that was wanted.
    press(page, "Logga ut")
    page.wait_for_url("**/konto/logga-in/**")
    context.clear_cookies(name="there_session")
    page.goto(f"{base}/byra/demobyran/kunder/")
    fine(page)
    press(page, "Logga in med Demobyråns konto")
    sign_in_there(page, real.KARIN)
    page.wait_for_url(f"{base}/byra/demobyran/kunder/")
    assert not faults

    # In another browser the firm's own address, and somebody who is not linked.
    page = browser.new_context(viewport={"width": 1440, "height": 900}, locale="sv-SE").new_page()
    page.goto(f"{base}/konto/logga-in/")
    assert "Demobyråns konto" not in page.inner_text("body")
    page.goto(f"{base}/konto/byra/{own.ref}/")
    fine(page)
    press(page, "Logga in")
    sign_in_there(page, real.OTHER)
    page.wait_for_url(f"{base}/konto/logga-in/")
    assert "Ingen inloggning är kopplad till det kontot." in page.inner_text("body")
