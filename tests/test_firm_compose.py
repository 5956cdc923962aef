"""Writing a case on the firm's desk: clients, kind, rows, what hinders, and answering for the client."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from samsyn.cases import actions
from samsyn.cases.models import Attachment, Case
from samsyn.demo.world import upload
from samsyn.tenancy.errors import Refused
from samsyn.tenancy.models import Engagement

pytestmark = pytest.mark.django_db
MANAGER, CASES = "ansvarig@demobyran.example", "/byra/demobyran/arenden/"


def page(person: Any, address: str) -> str:
    return str(person.get(address).content.decode())


def test_one_who_comes_with_a_client_is_not_told_that_something_is_wrong(visit: Any, world: Any) -> None:
    firm, client = visit(MANAGER), world.engagements["demokund"].pk
    assert 'class="error"' not in page(firm, f"{CASES}nytt/?kund={client}")
    assert "Välj ärendetyp." in page(firm, f"{CASES}nytt/?kund={client}&valt=1")
    assert "Välj en kund." in page(firm, f"{CASES}nytt/?typ=question&valt=1")


def test_a_row_more_keeps_everything_and_calls_nothing_wrong_yet(visit: Any, world: Any) -> None:
    client = str(world.engagements["demokund"].pk)
    typed = {
        "kund": client,
        "typ": "document_request",
        "subject": "",
        "message": "Hej Elin!",
        "r-documents": "0a1b2c3d",
    }
    row = {"r-documents-0a1b2c3d-name": "Kvitto", "r-documents-0a1b2c3d-note": "Från lunchen"}
    shown = visit(MANAGER).post(f"{CASES}nytt/", {**typed, **row, "do": "documents.add"}).content.decode()
    assert 'class="error"' not in shown
    for text in ("Hej Elin!", 'value="Kvitto"', 'value="Från lunchen"'):
        assert text in shown
    assert len(re.findall(r'name="r-documents" value', shown)) == 2


def test_a_client_can_be_taken_off_a_case_to_several_with_nothing_lost(visit: Any, world: Any) -> None:
    several = [world.engagements[name] for name in ("demokund", "annankund", "delad")]
    typed = {"kund": [str(one.pk) for one in several], "typ": "information", "subject": "Till er", "message": "Hej!"}
    firm = visit(MANAGER)
    shown = firm.post(f"{CASES}nytt/", {**typed, "do": f"client.remove.{several[1].pk}"}).content.decode()
    assert set(re.findall(r'name="kund" value="(.*?)"', shown)) == {str(several[0].pk), str(several[2].pk)}
    assert 'value="Till er"' in shown
    assert "Skicka till 2 kunder" in shown


@pytest.mark.parametrize(
    ("fault", "field"),
    [
        ({"contact_name": ""}, "contact_name"),
        ({"contact_email": ""}, "contact_email"),
        ({"contact_email": "konsult@demobyran.example"}, "contact_email"),
        ({"city": ""}, "city"),
        ({"number": "5599991234"}, "number"),
    ],
)
def test_each_hindrance_is_said_before_sending_with_a_link_to_the_field_that_mends_it(
    visit: Any, world: Any, fault: dict[str, str], field: str
) -> None:
    client = world.engagements["utansamtycke"]
    Engagement.objects.visible_to(world.manager).filter(pk=client.pk).update(**fault)
    firm, register = visit(MANAGER), "/byra/demobyran/kunder/"
    form = f"{register}{client.pk}/andra/"
    for address in (f"{CASES}nytt/?kund={client.pk}&typ=question", register, f"{register}{client.pk}/"):
        assert f'href="{form}#id_{field}"' in page(firm, address), address
    assert f'id="id_{field}"' in page(firm, form)


def test_a_waiting_case_is_changed_in_place_and_never_called_a_draft(visit: Any, world: Any) -> None:
    case, firm = world.cases["Uppgifter för nyanställda"], visit(MANAGER)
    address = f"{CASES}{case.ref}/andra/"
    shown = page(firm, address)
    assert "Ärendet skickas som det står här, så fort kunden har godkänt." in shown
    assert "tkast" not in shown.partition('<main id="main">')[2].partition("</main>")[0]


def test_an_answer_written_down_says_at_the_field_what_is_missing_and_keeps_the_rest(visit: Any, world: Any) -> None:
    case, firm = world.cases["Vad gällde inköpet den 9 december?"], visit(MANAGER)
    first = case.request["questions"][0]["id"]
    at = f"{CASES}{case.ref}/svara-at/"
    shown = firm.post(at, {f"a-{first}": "En degblandare", "on": "2099-01-15"})
    assert shown.status_code == 422
    text = shown.content.decode()
    assert "Ange om det var per telefon eller på möte." in text.partition("</fieldset>")[0]
    assert "Dagen kan inte ligga i framtiden." in text
    assert "En degblandare" in text


def test_a_file_that_cannot_be_kept_does_not_lose_the_answer_written_down(visit: Any, world: Any) -> None:
    case, firm = world.cases["Kvitton som saknas för december"], visit(MANAGER)
    row = case.request["documents"][0]["id"]
    bad = SimpleUploadedFile("virus.exe", b"MZ\x90\x00")
    at = f"{CASES}{case.ref}/svara-at/"
    shown = firm.post(at, {"how": "phone", "on": "2026-01-15", "a-comment": "Sa hon i telefon", f"file.{row}": bad})
    assert shown.status_code == 422
    assert "Sa hon i telefon" in shown.content.decode()
    assert Case.objects.unscoped(why="the test looks at what is stored").get(pk=case.pk).state == "with_client"


def test_a_page_of_its_own_says_which_case_it_is_about_and_what_was_sent(visit: Any, world: Any) -> None:
    case = world.cases["Löner för januari"]
    files = Attachment.objects.visible_to(world.manager).filter(case=case, purpose="request")
    amending = page(visit(MANAGER), f"{CASES}{case.ref}/ratta/")
    assert files
    assert all(one.name in amending for one in files)
    question = next(one for one in world.cases.values() if one.kind == "question" and one.state == "with_client"
                    and one.firm == world.firm)  # fmt: skip
    for about, shown in ((case, amending), (question, page(visit(MANAGER), f"{CASES}{question.ref}/svara-at/"))):
        assert f"Nr {about.number}" in shown
        assert about.engagement.name in shown
        assert about.subject in shown


def test_information_without_words_or_a_file_is_refused_at_the_field(visit: Any, world: Any) -> None:
    firm, client = visit(MANAGER), world.engagements["demokund"]
    typed = {"kund": str(client.pk), "typ": "information", "subject": "Tomt", "do": "send", "once": "a" * 24}
    typed["responsible"] = str(world.manager.membership.pk)
    refused = firm.post(f"{CASES}nytt/", typed)
    assert refused.status_code == 422
    at_field = refused.content.decode().partition('id="id_message-error"')[2].partition("</p>")[0]
    assert "Skriv ett meddelande eller lägg till en fil" in at_field
    case = Case.objects.visible_to(world.manager).get(subject="Tomt")
    assert case.state == "draft"
    assert firm.post(f"{CASES}nytt/", {**typed, "file.": upload("priser.pdf")}).status_code == 302
    case.refresh_from_db()
    assert case.state == "with_client"
    Attachment.objects.visible_to(world.manager).filter(case=case).delete()
    with pytest.raises(Refused, match="något att läsa"):
        actions.amend(world.manager, case, request={"acknowledge": True}, subject="Nytt", message="")
