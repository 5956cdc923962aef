"""A case on the firm's desk: what can be done, said where it is done, and nothing that can't."""

from __future__ import annotations

import re
from typing import Any

import pytest

from samsyn.cases.models import Case, Event

pytestmark = pytest.mark.django_db
MANAGER, CASES = "ansvarig@demobyran.example", "/byra/demobyran/arenden/"


def page(person: Any, case: Case) -> str:
    return str(person.get(f"{CASES}{case.ref}/").content.decode())


def test_a_retracted_case_is_never_offered_again_and_says_whether_anyone_had_seen_it(visit: Any, world: Any) -> None:
    case = world.cases["Skickad till fel kund"]
    shown = page(visit(MANAGER), case)
    assert "Öppna ärendet igen" not in shown
    assert "Ingen hos kunden hade öppnat ärendet." in shown


def test_who_had_opened_a_retracted_case_is_told(visit: Any, world: Any) -> None:
    case = world.cases["Nya beloppsgränser"]
    visit("medarbetare@demokund.example").get(f"/kund/demokund/arenden/{case.ref}/")
    visit(MANAGER).post(f"{CASES}{case.ref}/gor/aterkalla/", {"once": "a" * 24})
    assert "Öppnat hos kunden av Oskar Lindh." in page(visit(MANAGER), case)


def test_what_is_written_beside_a_review_goes_along_when_the_case_is_closed(visit: Any, world: Any) -> None:
    case = world.cases["Kontoutdrag för november"]
    shown = page(visit(MANAGER), case)
    address = f"{CASES}{case.ref}/gor/avsluta/"
    assert f'formaction="{address}"' in shown
    visit(MANAGER).post(address, {"text": "Tack, allt är på plats.", "once": "a" * 24})
    event = Event.objects.unscoped(why="the test looks at what is stored").get(case=case, verb="close")
    assert event.body["text"] == "Tack, allt är på plats."
    assert "Tack, allt är på plats." in page(visit(MANAGER), case)


def test_what_the_firm_reads_is_not_spoken_to_the_client(visit: Any, world: Any) -> None:
    assert "Det här godkänner du" not in page(visit(MANAGER), world.cases["Löner för januari"])
    assert "Frågor från byrån" not in page(visit(MANAGER), world.cases["Vad gällde inköpet den 9 december?"])


def test_a_decision_says_the_day_it_was_made_in_sweden(visit: Any, world: Any) -> None:
    case = world.cases["Löner för december"]
    answer = dict(case.answer)
    answer["decisions"][0]["at"] = "2024-01-14T23:30:00+00:00"
    Case.objects.unscoped(why="the test sets the scene").filter(pk=case.pk).update(answer=answer)
    shown = page(visit(MANAGER), case).replace("\u00a0", " ")
    assert "Elin Bergqvist avböjde" in shown
    assert "15 januari 2024" in shown
    assert "14 januari 2024" not in shown


def test_a_waiting_case_lies_with_the_firm(visit: Any, world: Any) -> None:
    assert 'data-holder="firm"' in page(visit(MANAGER), world.cases["Uppgifter för nyanställda"])


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("Skickad till fel kund", "Kunden ser bara att ett ärende har återkallats."),
        ("Uppgifter för nyanställda", "Kunden har inte sett något av det."),
        ("Löner för januari", "Kunden ser samma historik, utom det interna"),
    ],
)
def test_the_history_says_what_the_client_sees_of_it(visit: Any, world: Any, subject: str, words: str) -> None:
    label = page(visit(MANAGER), world.cases[subject]).partition('class="seam-label"')[2].partition("</p>")[0]
    assert words in label


def test_what_can_no_longer_be_amended_is_refused_on_the_page_and_not_in_a_toast(visit: Any, world: Any) -> None:
    address = f"{CASES}{world.cases['Underlag för representation'].ref}/ratta/"
    shown = visit(MANAGER).get(address, follow=True).content.decode()
    before, _mark, toasts = shown.partition('class="toasts"')
    assert "Kunden har redan svarat en gång" in before
    assert "Kunden har redan svarat en gång" not in toasts


def test_each_thing_asked_says_how_it_is_answered_and_whether_it_must_be(visit: Any, world: Any) -> None:
    shown = page(visit(MANAGER), world.cases["Vad gällde inköpet den 9 december?"])
    asked = shown.partition('class="wanted"')[2].partition("</ol>")[0]
    assert "Ja eller nej" in asked
    assert "Val: Företaget, Jag själv" in asked
    assert asked.count("Valfritt") == 1
    details = page(visit(MANAGER), world.cases["Uppgifter till årsredovisningen"])
    lines = [line for line in re.findall(r"<li>(.*?)</li>", details) if "Valfritt" in line]
    assert any("Ränta" in line and "Fast, Rörlig" in line for line in lines)


def test_what_is_to_be_done_again_is_the_clients_turn_and_its_file_is_to_be_replaced(visit: Any, world: Any) -> None:
    shown = page(visit(MANAGER), world.cases["Underlag för representation"])
    assert shown.count("data-replaced") == 1
    told = visit(MANAGER).get(f"{CASES}{world.cases['Underlag för representation'].ref}/svara-at/").content.decode()
    assert "Ska göras om" in told
    assert "Gör om" not in told


def test_who_wrote_a_case_to_the_firm_is_not_called_its_recipient(visit: Any, world: Any) -> None:
    shown = page(visit(MANAGER), world.cases["Vi byter kassasystem i mars"])
    facts = shown.partition('id="facts"')[2]
    assert "<dt>Från</dt><dd>Oskar Lindh</dd>" in facts
    assert "Mottagare" not in facts
