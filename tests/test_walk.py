"""The whole road as two people on two screens: the firm at 1440, the client at 390. axe on every page passed."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core import mail
from PIL import Image

from samsyn.demo.world import PASSWORD, pdf
from samsyn.kit import letters
from samsyn.notices import jobs
from samsyn.tenancy.register import receiving

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def pictures(tmp_path: Path) -> dict[str, Path]:
    """Real files, made here."""
    from pillow_heif import register_heif_opener

    register_heif_opener()
    picture = Image.effect_noise((320, 240), 40).convert("RGB")
    made = {}
    for ending, kind in (("jpg", "JPEG"), ("heic", "HEIF"), ("png", "PNG")):
        content = io.BytesIO()
        picture.save(content, kind)
        made[ending] = tmp_path / f"kvitto.{ending}"
        made[ending].write_bytes(content.getvalue())
    made["pdf"] = tmp_path / "kontoutdrag.pdf"
    made["pdf"].write_bytes(pdf("Kontoutdrag"))
    return made


class Screen:
    """A person at a screen. Every page it lands on is checked."""

    def __init__(self, browser: Any, base: str, width: int) -> None:
        self.base = base
        self.faults: list[str] = []
        self.context = browser.new_context(viewport={"width": width, "height": 900}, locale="sv-SE")
        self.page = self.context.new_page()
        self.page.set_default_timeout(15_000)
        # axe measures with inline styles, which our policy refuses and logs: only our own faults count.
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("response", self.note)

    def note(self, answer: Any) -> None:
        if answer.status >= 500 or (answer.status == 404 and "/static/" in answer.url):
            self.faults.append(f"{answer.status} {answer.url}")

    def go(self, path: str) -> None:
        self.page.goto(self.base + path)
        self.check()

    def check(self) -> None:
        self.page.wait_for_load_state("networkidle")
        self.page.evaluate("document.querySelectorAll('.toasts > *').forEach((toast) => toast.remove())")
        assert not self.faults
        found = Axe().run(self.page).response["violations"]
        assert not found, [(one["id"], one["nodes"][0]["html"]) for one in found]
        wide = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{self.page.url} scrolls sideways by {wide} px"

    def press(self, words: str, *, within: str = "main") -> None:
        self.page.locator(within).get_by_role("button", name=words, exact=True).first.click()
        self.page.locator("form[data-sent]").first.wait_for(state="detached")  # htmx answers in its own time
        self.check()

    def follow(self, words: str) -> None:
        self.page.get_by_role("link", name=words).first.click()
        self.check()

    def fill(self, label: str, text: str) -> None:
        self.page.get_by_label(label).first.fill(text)

    def sees(self, words: str) -> bool:
        return words in self.page.content()

    def sign_in(self, email: str) -> None:
        self.go("/konto/logga-in/")
        self.fill("E-postadress", email)
        self.fill("Lösenord", PASSWORD)
        self.press("Logga in")


def letter_to(email: str) -> str:
    """The newest letter to this address, after the worker's two sweeps."""
    jobs.sweep()
    letters.sweep()
    return str(next(one for one in reversed(mail.outbox) if one.to == [email]).body)


def new_case(firm: Screen, kind: str, subject: str) -> None:
    firm.go("/byra/demobyran/arenden/nytt/")
    firm.page.get_by_label("Glasmästeri Åhus AB").check()
    firm.page.locator(f"input[value={kind}]").check()
    firm.press("Fortsätt")
    firm.fill("Ämne", subject)


def open_case(screen: Screen, where: str, subject: str) -> None:
    screen.go(where)
    screen.follow(subject)


def test_the_whole_road_as_two_people_on_two_screens(
    browser: Any, live_server: Any, cast: None, pictures: dict[str, Path], tmp_path: Path
) -> None:
    firm, client = Screen(browser, live_server.url, 1440), Screen(browser, live_server.url, 390)
    firm.sign_in("ansvarig@demobyran.example")

    # The firm takes its register in from a file, and writes a first case: the invitation goes out by itself.
    register = tmp_path / "kunder.csv"
    register.write_bytes(
        "Orgnr;Namn;Adress;Postnr;Ort;Kontaktperson;E-post\r\n"
        "559999-0081;Glasmästeri Åhus AB;Glasgatan 1;296 31;Åhus;Gunnel Glas;gunnel@ahusglas.example\r\n".encode(
            "cp1252"
        )
    )
    firm.go("/byra/demobyran/kunder/import/")
    firm.page.get_by_label("Fil", exact=True).set_input_files(register)
    firm.press("Läs filen")
    receiving.check(firm.page.url.rstrip("/").rpartition("/")[2])
    firm.go(firm.page.url.removeprefix(firm.base))
    firm.press("Verkställ 1 rad")
    assert firm.sees("Tillagda kunder: 1.")
    new_case(firm, "question", "Inköpet i december")
    firm.page.locator("textarea[name$='-text'], input[name$='-text']").first.fill("Vad gällde inköpet?")
    firm.press("Skicka till kunden")
    assert firm.sees("Väntar på samtycke")

    # The client opens the link, chooses a password, reads and approves.
    link = re.search(r"/inbjudan/\S+/", letter_to("gunnel@ahusglas.example"))
    assert link
    client.go(link[0])
    client.press("Skicka en kod till g•••@a•••.example")
    digits = re.search(r"^\d{6}$", letter_to("gunnel@ahusglas.example"), re.MULTILINE)
    assert digits
    client.fill("Koden i mejlet", digits[0])
    client.page.get_by_role("heading", name="Välkommen").wait_for()
    client.check()
    client.fill("Välj ett lösenord", "glas-och-ramar-7")
    client.press("Tacka ja till inbjudan")
    assert not client.sees("Ärenden</a>")
    client.page.get_by_text("Jag får företräda företaget").click()
    client.press("Ja, godkänn")
    slug = client.page.url.split("/")[4]
    cases = f"/kund/{slug}/arenden/"
    assert client.sees("Inköpet i december")

    # A required question left out is said at the field, and nothing typed is lost.
    client.follow("Inköpet i december")
    client.fill("Något mer byrån bör veta?", "Kvittot kommer i morgon.")
    client.page.evaluate("window.stillHere = true")
    client.press("Skicka tillbaka till byrån")
    assert client.page.evaluate("window.stillHere"), "the field error did not arrive by htmx"
    assert client.sees("Svara på frågan, så kan byrån gå vidare.")
    assert client.page.get_by_label("Något mer byrån bör veta?").input_value() == "Kvittot kommer i morgon."
    client.fill("Vad gällde inköpet?", "En ny glasskärare.")
    client.press("Skicka tillbaka till byrån")
    assert client.sees("Hos byrån")

    # Taken back while nobody at the firm has opened it, sent again, closed.
    client.press("Ta tillbaka svaret")
    client.press("Skicka tillbaka till byrån")
    open_case(firm, "/byra/demobyran/arenden/", "Inköpet i december")
    assert firm.sees("En ny glasskärare.")
    firm.press("Avsluta ärendet")

    # Documents: real files, one row returned and answered again.
    new_case(firm, "document_request", "Underlag för december")
    firm.page.locator("input[name$='-name']").first.fill("Kontoutdrag")
    firm.press("Lägg till underlag")
    firm.page.locator("input[name$='-name']").nth(1).fill("Kvitto")
    firm.press("Skicka till kunden")
    open_case(client, cases, "Underlag för december")
    inputs = client.page.locator("input[type=file][name^='file.'][data-upload]")
    inputs.nth(0).set_input_files(pictures["pdf"])
    client.page.get_by_role("link", name="kontoutdrag.pdf").wait_for()
    inputs.nth(1).set_input_files([pictures["jpg"], pictures["heic"]])
    client.page.get_by_role("link", name="kvitto.heic").wait_for()
    client.press("Skicka tillbaka till byrån")
    assert client.sees("Hos byrån")

    # One row is accepted and one returned; only the returned one is open again.
    open_case(firm, "/byra/demobyran/arenden/", "Underlag för december")
    firm.page.locator("button", has_text=re.compile("Godta.*Kontoutdrag", re.DOTALL)).click()
    firm.check()
    firm.page.locator("summary", has_text=re.compile("Begär ny.*Kvitto", re.DOTALL)).click()
    firm.page.get_by_label("Vad behöver göras om?").fill("Bilden är suddig. Ta om den i dagsljus.")
    firm.page.locator("button", has_text=re.compile("Markera.*Kvitto", re.DOTALL)).click()
    firm.check()
    firm.page.get_by_role("button", name="Begär komplettering").first.click()
    firm.check()
    open_case(client, cases, "Underlag för december")
    assert client.sees("Bilden är suddig. Ta om den i dagsljus.")
    assert client.page.locator("input[type=file][name^='file.'][data-upload]").count() == 1
    client.page.locator("input[type=file][name^='file.'][data-upload]").set_input_files(pictures["png"])
    client.page.get_by_role("link", name="kvitto.png").wait_for()
    client.press("Skicka tillbaka till byrån")
    open_case(firm, "/byra/demobyran/arenden/", "Underlag för december")
    assert firm.sees("kvitto.png")
    firm.press("Avsluta ärendet")

    # Approval, with the exact file; and one that is retracted.
    new_case(firm, "approval", "Löner för december")
    firm.fill("Vad som ska godkännas", "Lönerna enligt bilagan")
    firm.page.locator("input[type=file]").set_input_files(pictures["pdf"])
    firm.press("Skicka till kunden")
    open_case(client, cases, "Löner för december")
    assert client.sees("Ett godkännande är inte en underskrift")
    client.press("Godkänn")
    assert client.sees("Hos byrån")

    # Details with a voucher, and information that is to be confirmed.
    new_case(firm, "details", "Uppgifter till bokslutet")
    firm.page.get_by_label("Rad", exact=True).fill("Lån hos banken")
    firm.page.get_by_label("Fältets namn", exact=True).first.fill("Skuld den 31 december")
    firm.page.get_by_label("Besvaras med").first.select_option("amount")
    firm.press("Lägg till fält")
    firm.page.get_by_label("Fältets namn", exact=True).nth(1).fill("Besked från banken")
    firm.page.get_by_label("Besvaras med").nth(1).select_option("file")
    firm.press("Skicka till kunden")
    open_case(client, cases, "Uppgifter till bokslutet")
    client.fill("Skuld den 31 december", "en halv miljon")
    client.page.locator("input[type=file][name^='file.'][data-upload]").set_input_files(pictures["jpg"])
    client.page.get_by_role("link", name="kvitto.jpg").wait_for()
    client.press("Skicka tillbaka till byrån")
    assert client.sees("Skriv ett belopp i kronor, till exempel 1 249,50.")
    client.fill("Skuld den 31 december", "500 000")
    client.press("Skicka tillbaka till byrån")
    open_case(firm, "/byra/demobyran/arenden/", "Uppgifter till bokslutet")
    assert "500 000,00 kr" in firm.page.inner_text("main").replace("\u00a0", " ")
    new_case(firm, "information", "Nya rutiner i vår")
    firm.fill("Meddelande", "Vi byter bank för löner i vår.")
    firm.page.get_by_label("Kunden ska bekräfta").check()
    firm.press("Skicka till kunden")
    open_case(client, cases, "Nya rutiner i vår")
    client.press("Jag har läst")
    assert client.sees("Läst")

    # Sent to the wrong one: everything vanishes but the line that says so.
    new_case(firm, "information", "Fel mottagare")
    firm.fill("Meddelande", "Det här skulle till någon annan.")
    firm.press("Skicka till kunden")
    firm.page.get_by_text("Skickat till fel kund …").click()
    firm.press("Återkalla ärendet")
    client.go(cases)
    assert not client.sees("Fel mottagare")
    assert client.sees("Ett ärende som byrån har återkallat")

    # The client starts one of its own, and finds the closed one among Avslutade.
    client.follow("Skriv till byrån")
    client.fill("Ämne", "Får vi dra av momsen?")
    client.fill("Vad vill du säga?", "Vi köper en ny bil.")
    client.press("Skicka till byrån")
    open_case(firm, "/byra/demobyran/", "Får vi dra av momsen?")
    client.go(f"{cases}avslutade/")
    assert client.sees("Inköpet i december")
    body = letter_to("gunnel@ahusglas.example")
    assert "december" not in body
    assert "momsen" not in body
    for screen in (firm, client):
        screen.context.close()
