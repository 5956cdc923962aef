"""Passkeys and one-time codes in a real browser, with a key of its own that knows who holds it."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.models import Authenticator

from samsyn.tenancy.models import User
from tests.factors import shown_by_app
from tests.test_walk import Screen

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OWNER, MANAGER = "agare@demokund.example", "ansvarig@demobyran.example"
KEY = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


@pytest.fixture
def screen(browser: Any, live_server: Any, cast: None) -> Any:
    """A telephone with a key. A passkey belongs to a name, so the address is localhost and not a number."""
    made = Screen(browser, live_server.url.replace("127.0.0.1", "localhost"), 390)
    made.devtools = made.context.new_cdp_session(made.page)
    made.devtools.send("WebAuthn.enable")
    made.key = made.devtools.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})["authenticatorId"]
    yield made
    made.context.close()


def keys_in(screen: Any) -> list[Any]:
    found: list[Any] = screen.devtools.send("WebAuthn.getCredentials", {"authenticatorId": screen.key})["credentials"]
    return found


def verified(screen: Any, yes: bool) -> None:
    screen.devtools.send("WebAuthn.setUserVerified", {"authenticatorId": screen.key, "isUserVerified": yes})


def press_key(screen: Any, words: str) -> None:
    """Press a button that asks for the key, and wait for where it leads."""
    with screen.page.expect_navigation():
        screen.page.get_by_role("button", name=words).click()
    screen.check()


def sign_out(screen: Any) -> None:
    screen.go("/konto/")
    with screen.page.expect_navigation(url="**/logga-in/**"):
        screen.page.locator("main [data-sign-out] button").click()
    screen.check()


def test_a_passkey_is_offered_added_used_alone_and_removed(screen: Any) -> None:
    screen.sign_in(OWNER)
    screen.go("/kund/demokund/")
    screen.follow("Lägg till en passnyckel")
    screen.fill("Vad du kallar den", "Telefonen")
    press_key(screen, "Lägg till en passnyckel")
    assert screen.page.url.endswith("/kund/demokund/")
    assert not screen.page.get_by_text("Logga in med ansikte eller finger nästa gång").count()
    (made,) = keys_in(screen)
    assert made["isResidentCredential"]

    sign_out(screen)
    screen.go("/kund/demokund/arenden/")
    press_key(screen, "Logga in med passnyckel")
    assert screen.page.url.endswith("/kund/demokund/arenden/")

    screen.go("/konto/")
    screen.follow("Ändra")
    screen.press("Ta bort passnyckeln")
    assert not Authenticator.objects.exists()
    sign_out(screen)
    screen.go("/konto/logga-in/")
    press_key(screen, "Logga in med passnyckel")
    assert screen.page.url.endswith("/konto/logga-in/?next=/")
    assert screen.sees("Det gick inte att använda passnyckeln.")


@pytest.mark.slow
def test_whoever_cannot_show_face_or_finger_is_told_and_may_try_in_another_way(screen: Any) -> None:
    screen.sign_in(OWNER)
    screen.go("/konto/passnycklar/ny/")
    verified(screen, False)
    screen.page.get_by_role("button", name="Lägg till en passnyckel").click()
    screen.page.get_by_text("Det avbröts. Försök igen eller välj ett annat sätt.").wait_for()
    assert not Authenticator.objects.exists()
    verified(screen, True)
    press_key(screen, "Lägg till en passnyckel")
    sign_out(screen)
    screen.go("/konto/logga-in/")
    verified(screen, False)
    screen.page.get_by_role("button", name="Logga in med passnyckel").click()
    screen.page.get_by_text("Det avbröts. Försök igen eller välj ett annat sätt.").wait_for()
    screen.check()
    screen.sign_in(OWNER)
    assert "/konto/logga-in/" not in screen.page.url


@pytest.mark.slow
def test_the_same_key_is_not_added_twice_and_not_now_is_remembered(screen: Any) -> None:
    screen.sign_in(MANAGER)
    screen.go("/byra/demobyran/")
    screen.press("Inte nu")
    assert User.objects.get(email=MANAGER).passkey_answered_at
    screen.go("/konto/passnycklar/ny/")
    press_key(screen, "Lägg till en passnyckel")
    screen.go("/konto/passnycklar/ny/")
    screen.page.get_by_role("button", name="Lägg till en passnyckel").click()
    screen.page.get_by_text("Det finns redan en passnyckel för dig i den här enheten.").wait_for()


def test_codes_from_an_app_with_recovery_codes(screen: Any) -> None:
    screen.sign_in(OWNER)
    screen.go("/konto/")
    screen.follow("Slå på")
    screen.press("Börja")
    screen.page.get_by_text("Jag kan inte skanna bilden").click()
    secret = screen.page.locator(".secret").inner_text().replace(" ", "")
    screen.fill("Kod från appen", shown_by_app(secret))
    screen.press("Slå på engångskoder")
    codes = screen.page.locator(".codes li").all_inner_texts()
    assert len(codes) == 10
    with screen.page.expect_download() as waiting:
        screen.page.get_by_role("link", name="Ladda ner som fil").click()
    assert codes[9] in waiting.value.path().read_text(encoding="utf-8")
    screen.press("Jag har sparat dem")

    sign_out(screen)
    screen.sign_in(OWNER)
    screen.fill("Engångskod", shown_by_app(secret, 1))
    screen.press("Logga in")
    sign_out(screen)
    screen.sign_in(OWNER)
    screen.fill("Engångskod", codes[3])
    screen.press("Logga in")
    screen.go("/konto/")
    assert screen.sees("Återställningskoder, 9 kvar")
    sign_out(screen)
    screen.sign_in(OWNER)
    screen.fill("Engångskod", codes[3])
    screen.press("Logga in")
    assert screen.sees("Koden stämmer inte.")
