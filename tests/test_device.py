"""Nothing written is lost in the browser: htmx, no connection, reload, two tabs, an ended session, signing out."""

from __future__ import annotations

import re
from typing import Any

import pytest

from samsyn.cases import actions
from samsyn.cases.models import Case, Draft, Event
from samsyn.demo.world import answer, pdf
from samsyn.tenancy.actors import firm_actor, memberships_of
from samsyn.tenancy.models import User
from tests.test_nothing_lost import member_actor
from tests.test_walk import Screen

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OWNER, MEMBER, MANAGER = "agare@demokund.example", "medarbetare@demokund.example", "ansvarig@demobyran.example"
QUESTION = "Vad gällde inköpet den 9 december?"
COMMENT = "Något mer byrån bör veta?"

KEPT = """async () => {
  const database = await new Promise((done) => {
    const asked = indexedDB.open("samsyn", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("drafts");
    asked.onsuccess = () => done(asked.result);
  });
  const keys = database.transaction("drafts").objectStore("drafts").getAllKeys();
  return new Promise((done) => (keys.onsuccess = () => (database.close(), done(keys.result))));
}"""


def case_of(subject: str) -> Case:
    found: Case = Case.objects.unscoped(why="a case of the cast").get(subject=subject)
    return found


@pytest.fixture
def client(browser: Any, live_server: Any, cast: None) -> Any:
    screen = Screen(browser, live_server.url, 390)
    screen.sign_in(OWNER)
    yield screen
    assert not screen.faults
    screen.context.close()


@pytest.fixture
def question(client: Screen) -> str:
    path = f"/kund/demokund/arenden/{case_of(QUESTION).ref}/"
    client.go(path)
    return path


def mark(screen: Screen) -> None:
    """Leave a mark that a reload of the document takes away."""
    screen.page.evaluate("window.stillHere = true")


def is_marked(screen: Screen) -> bool:
    return bool(screen.page.evaluate("window.stillHere === true"))


def kept_on_device(screen: Screen) -> list[str]:
    """The keys of what this device keeps."""
    return list(screen.page.evaluate(KEPT))


def wait_until_saved(page: Any) -> None:
    """Until the server has what this device kept, whether this page or the one before it has sent it."""
    page.evaluate(f"async () => {{ while ((await ({KEPT})()).length) await new Promise(requestAnimationFrame); }}")


def value(screen: Screen, label: str) -> str:
    return str(screen.page.get_by_label(label).first.input_value())


def test_a_field_error_arrives_by_htmx_and_takes_the_focus(client: Screen, question: str) -> None:
    page = client.page
    mark(client)
    client.fill(COMMENT, "Det här står kvar.")
    client.press("Skicka tillbaka till byrån")
    assert is_marked(client), "the document was loaded again"
    assert page.url == client.base + question
    assert page.evaluate("document.activeElement.matches('[role=alert]')")
    assert page.evaluate("document.activeElement.textContent").strip().startswith("Något saknas")
    assert client.sees("Svara på frågan, så kan byrån gå vidare.")
    assert value(client, COMMENT) == "Det här står kvar."
    page.get_by_role("alert").get_by_role("link").first.click()
    assert page.evaluate("document.activeElement.matches('textarea, input')")


def test_after_success_address_history_and_back_are_right(client: Screen, question: str) -> None:
    client.go("/kund/demokund/arenden/")
    client.follow(QUESTION)
    before = client.page.evaluate("history.length")
    mark(client)
    client.press("Skicka tillbaka till byrån")
    client.fill(QUESTION, "En degblandare")
    client.page.get_by_label("Ja", exact=True).first.check()
    client.press("Skicka tillbaka till byrån")
    client.page.get_by_text("Hos byrån").first.wait_for()
    assert not is_marked(client)
    assert client.page.url == client.base + question
    assert client.page.evaluate("history.length") == before
    assert kept_on_device(client) == []
    client.page.go_back()
    assert client.page.url == client.base + "/kund/demokund/arenden/"


def test_a_double_click_sends_once(client: Screen, question: str) -> None:
    client.fill(QUESTION, "Bara en gång")
    client.page.get_by_label("Ja", exact=True).first.check()
    client.page.locator("main").get_by_role("button", name="Skicka tillbaka till byrån").last.dblclick()
    client.page.get_by_text("Ta tillbaka svaret").first.wait_for()
    case = case_of(QUESTION)
    assert Event.objects.unscoped(why="a test").filter(case=case, verb="send_back").count() == 1


def test_what_is_written_without_a_connection_is_put_back_and_saved(client: Screen, question: str) -> None:
    client.context.set_offline(True)
    client.fill(COMMENT, "Skrivet i tunneln")
    client.page.get_by_text("Ingen anslutning.").first.wait_for()
    assert len(kept_on_device(client)) == 1
    client.page.evaluate("location.hash")  # the page is still there
    client.context.set_offline(False)
    client.page.get_by_text("Sparat").first.wait_for()
    assert kept_on_device(client) == []
    client.context.set_offline(True)
    client.fill(COMMENT, "Skrivet i nästa tunnel")
    client.page.get_by_text("Ingen anslutning.").first.wait_for()
    client.page.evaluate("window.onpagehide = null")
    second = client.context.new_page()  # a new page, as after the browser was closed
    client.page.close()
    client.context.set_offline(False)
    second.goto(client.base + question)
    wait_until_saved(second)
    assert second.get_by_label(COMMENT).input_value() == "Skrivet i nästa tunnel"
    assert Draft.objects.unscoped(why="a test").get(case__subject=QUESTION).typed["comment"] == "Skrivet i nästa tunnel"


def test_what_is_chosen_without_a_connection_is_put_back_and_saved(client: Screen) -> None:
    case = case_of("Uppgifter till årsredovisningen")
    here, page = f"/kund/demokund/arenden/{case.ref}/", client.page
    client.go(here)
    client.context.set_offline(True)
    page.get_by_label("Ränta").first.select_option("Rörlig")
    page.get_by_text("Ingen anslutning.").first.wait_for()
    second = client.context.new_page()
    page.close()
    client.context.set_offline(False)
    second.goto(client.base + here)
    wait_until_saved(second)
    assert second.get_by_label("Ränta").first.input_value() == "Rörlig"
    assert "Rörlig" in Draft.objects.unscoped(why="a test").get(case=case).typed.values()


def test_a_tick_and_a_radio_button_outlive_a_closed_page(client: Screen, question: str) -> None:
    page = client.page
    client.context.set_offline(True)
    page.get_by_label("Ja", exact=True).first.check()
    page.get_by_text("Ingen anslutning.").first.wait_for()
    second = client.context.new_page()
    page.close()
    client.context.set_offline(False)
    second.goto(client.base + question)
    wait_until_saved(second)
    assert second.get_by_label("Ja", exact=True).first.is_checked()
    documents = case_of("Kvitton som saknas för december")
    second.goto(f"{client.base}/kund/demokund/arenden/{documents.ref}/")
    client.context.set_offline(True)
    second.get_by_text("Finns inte").first.click()
    second.get_by_label("Det finns inte").first.check()
    second.get_by_text("Ingen anslutning.").first.wait_for()
    third = client.context.new_page()
    second.close()
    client.context.set_offline(False)
    third.goto(f"{client.base}/kund/demokund/arenden/{documents.ref}/")
    third.get_by_text("Sparat").first.wait_for()
    assert third.get_by_label("Det finns inte").first.is_checked()


@pytest.fixture
def firm(browser: Any, live_server: Any, cast: None) -> Any:
    screen = Screen(browser, live_server.url, 1440)
    screen.sign_in(MANAGER)
    yield screen
    assert not screen.faults
    screen.context.close()


def test_a_case_is_saved_by_itself_while_it_is_written_and_refused_without_a_new_page(firm: Screen) -> None:
    page, client = firm.page, case_of(QUESTION).engagement_id
    firm.go(f"/byra/demobyran/arenden/nytt/?typ=question&kund={client}")
    mark(firm)
    firm.fill("Ämne", "Skriven utan att spara")
    page.get_by_text("Sparat").first.wait_for()
    draft = case_of("Skriven utan att spara")
    assert page.url == f"{firm.base}/byra/demobyran/arenden/{draft.ref}/andra/"
    # Rows come by htmx, with the new one in focus; what is written meanwhile is in the next save.
    page.locator("[name$='-text']").first.fill("Den första frågan")
    page.get_by_role("button", name="Lägg till fråga").click()
    page.locator("[name$='-text']").nth(1).wait_for()
    assert page.evaluate("document.activeElement.name").endswith("-text")
    page.keyboard.type("Den andra frågan")
    page.get_by_role("button", name="Skicka till kunden").click()
    page.wait_for_url(f"{firm.base}/byra/demobyran/arenden/{draft.ref}/")
    page.wait_for_load_state("networkidle")
    assert [one["text"] for one in case_of("Skriven utan att spara").request["questions"]] == [
        "Den första frågan",
        "Den andra frågan",
    ]
    assert kept_on_device(firm) == []


def test_a_refused_case_arrives_by_htmx_and_survives_no_connection_and_a_closed_page(firm: Screen) -> None:
    page, client = firm.page, case_of(QUESTION).engagement_id
    firm.go(f"/byra/demobyran/arenden/nytt/?typ=question&kund={client}")
    mark(firm)
    firm.press("Skicka till kunden")
    assert is_marked(firm), "the document was loaded again"
    assert page.evaluate("document.activeElement.matches('[role=alert]')")
    page.get_by_role("alert").get_by_role("link").first.click()
    firm.context.set_offline(True)
    firm.fill("Ämne", "Skriven i tunneln")
    page.get_by_text("Ingen anslutning.").first.wait_for()
    page.locator("main").get_by_role("button", name="Skicka till kunden").click()
    page.get_by_role("alert").get_by_text("Ingen anslutning.").wait_for()
    assert value(firm, "Ämne") == "Skriven i tunneln"
    second = firm.context.new_page()
    page.close()
    firm.context.set_offline(False)
    draft = (
        Case.objects.unscoped(why="a test").filter(subject="", state="draft", engagement=client).latest("created_at")
    )
    second.goto(f"{firm.base}/byra/demobyran/arenden/{draft.ref}/andra/")
    second.get_by_label("Ämne").and_(second.locator("[value='Skriven i tunneln']")).wait_for()
    draft.refresh_from_db()
    assert draft.subject == "Skriven i tunneln"


def test_a_message_that_is_not_sent_survives_a_reload_and_goes_when_one_signs_out(
    client: Screen, question: str
) -> None:
    page = client.page
    client.fill("Meddelande till byrån", "Inte skickat än")
    client.context.set_offline(True)
    client.fill(COMMENT, "Utan anslutning")
    page.get_by_text("Ingen anslutning.").first.wait_for()
    client.context.set_offline(False)
    page.get_by_text("Sparat").first.wait_for()
    assert len(kept_on_device(client)) == 1
    page.reload()
    page.locator("#text").and_(page.locator(":not(:placeholder-shown)")).wait_for()
    page.wait_for_load_state("networkidle")
    assert page.locator("#text").input_value() == "Inte skickat än"
    page.locator("header summary").last.click()
    page.get_by_role("button", name="Logga ut").click()
    page.wait_for_url(f"{client.base}/konto/**")
    assert kept_on_device(client) == []


def test_a_script_goes_on_after_a_new_sign_in_and_says_so_when_there_is_none(client: Screen, question: str) -> None:
    session = [one for one in client.context.cookies() if one["name"] == "sessionid"]
    client.context.clear_cookies(name="sessionid")
    client.fill(COMMENT, "Utloggad mitt i")
    client.page.get_by_text("Du har loggats ut.").first.wait_for()
    assert len(kept_on_device(client)) == 1
    client.context.add_cookies(session)
    client.fill(COMMENT, "Inloggad igen")
    client.page.get_by_text("Sparat").first.wait_for()
    assert kept_on_device(client) == []


def test_a_case_to_the_firm_is_saved_by_itself(client: Screen) -> None:
    client.go("/kund/demokund/arenden/nytt/")
    client.fill("Ämne", "Påbörjat brev")
    client.page.get_by_text("Sparat").first.wait_for()
    client.go("/kund/demokund/arenden/nytt/")
    assert value(client, "Ämne") == "Påbörjat brev"
    mark(client)
    client.press("Skicka till byrån")
    assert is_marked(client), "the document was loaded again"
    client.fill("Vad vill du säga?", "Hela texten")
    client.page.locator("main").get_by_role("button", name="Skicka till byrån").last.click()
    client.page.wait_for_url(re.compile(r"/arenden/[a-z0-9]{26}/$"))
    client.page.wait_for_load_state("networkidle")
    assert case_of("Påbörjat brev").state == "with_firm"
    assert kept_on_device(client) == []


# A refusal arrives where one stands


def refused_in_place(screen: Screen, button: Any, sentence: str) -> None:
    """The press is refused at its own form: no new document, and the page stands where it stood."""
    mark(screen)
    button.scroll_into_view_if_needed()
    before = screen.page.evaluate("scrollY")
    button.click()
    screen.page.get_by_text(sentence).first.wait_for()
    assert is_marked(screen), "the document was loaded again"
    screen.page.locator("form :focus").wait_for()
    assert abs(screen.page.evaluate("scrollY") - before) < 120


def test_a_refused_message_and_a_refused_decline_of_the_client_stay_where_they_are(client: Screen) -> None:
    client.go(f"/kund/demokund/arenden/{case_of('Löner för januari').ref}/")
    client.page.get_by_text("Avböj …").click()
    refused_in_place(client, client.page.get_by_role("button", name="Avböj och skicka"), "Skriv varför du avböjer")
    refused_in_place(client, client.page.get_by_role("button", name="Skicka meddelandet"), "Skriv något först.")
    client.fill("Meddelande till byrån", "Nu med text")
    client.page.get_by_role("button", name="Skicka meddelandet").click()
    client.page.get_by_text("Meddelandet är skickat till byrån").first.wait_for()
    assert Event.objects.unscoped(why="a test").filter(verb="message", body__text="Nu med text").count() == 1


def manager_actor() -> Any:
    user = User.objects.get(email=MANAGER)
    return firm_actor(user, memberships_of(user), "demobyran")


def test_a_refused_reopening_of_the_client_stays_where_it_is(client: Screen) -> None:
    case = case_of("Kontoutdrag för november")
    actions.close(manager_actor(), case)
    client.go(f"/kund/demokund/arenden/{case.ref}/")
    refused_in_place(client, client.page.get_by_role("button", name="Öppna igen och skicka"), "Skriv")


def test_what_is_refused_of_the_firm_stays_where_it_is(firm: Screen) -> None:
    page, here = firm.page, f"/byra/demobyran/arenden/{case_of(QUESTION).ref}/"
    firm.go(here)
    refused_in_place(firm, page.get_by_role("button", name="Spara internt"), "Skriv något först.")
    refused_in_place(firm, page.get_by_role("button", name="Skicka meddelandet till kunden"), "Skriv något först.")
    page.get_by_text("Ändra datum …").click()
    page.locator("#due").fill("2026-03-01")
    refused_in_place(firm, page.get_by_role("button", name="Ändra datum", exact=True), "är en söndag")
    firm.fill("Ny intern anteckning", "Nu med text")
    page.get_by_role("button", name="Spara internt").click()
    page.get_by_text("Anteckningen är sparad.").first.wait_for()
    firm.go(here + "svara-at/")
    mark(firm)
    page.get_by_role("button", name="Spara svaret").click()
    page.locator("form [role=alert]:focus").get_by_text("Något saknas").wait_for()
    assert is_marked(firm), "the document was loaded again"
    page.get_by_label("Per telefon").check()
    page.get_by_label(QUESTION).fill("Sagt i telefon")
    page.get_by_label("Ja", exact=True).first.check()
    page.get_by_role("button", name="Spara svaret").click()
    page.wait_for_url(firm.base + here)
    page.get_by_text("Svaret är nedskrivet.").first.wait_for()


def test_a_file_chosen_after_a_colleague_has_sent_is_shown_at_once(client: Screen) -> None:
    case = case_of("Kvitton som saknas för december")
    client.go(f"/kund/demokund/arenden/{case.ref}/")
    answer(member_actor(None), case)
    mark(client)
    chosen = {"name": "sent-kvitto.pdf", "mimeType": "application/pdf", "buffer": pdf("sent")}
    client.page.locator("input[data-upload][multiple]").first.set_input_files([chosen])
    client.page.get_by_text("Ärendet har gått vidare under tiden.").first.wait_for()
    assert client.page.locator("[data-files] .file-name").get_by_text("sent-kvitto.pdf").is_visible()
    assert is_marked(client)


def test_a_sentence_alone_never_takes_the_place_of_the_form(client: Screen, question: str) -> None:
    client.fill("Meddelande till byrån", "Det här får inte försvinna")
    sentence = '{"saved": "Det går inte just nu."}'
    client.page.route(
        "**/meddelande/", lambda way: way.fulfill(status=409, content_type="application/json", body=sentence)
    )
    client.page.get_by_role("button", name="Skicka meddelandet").click()
    client.page.get_by_role("alert").get_by_text("Det går inte just nu.").wait_for()
    assert value(client, "Meddelande till byrån") == "Det här får inte försvinna"
    assert client.page.get_by_role("button", name="Skicka meddelandet").get_attribute("aria-busy") is None
