"""Every refusal is a sentence, keeps what was typed, and loses nothing that was sent."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from samsyn.cases import actions, jobs
from samsyn.cases.models import Attachment, Case, Event
from samsyn.demo.world import answer, pdf, write
from samsyn.kit import letters
from samsyn.kit.models import Letter
from samsyn.tenancy.errors import NotNow, Refused
from tests.invited import accept, link_to

OWNER, MEMBER = "agare@demokund.example", "medarbetare@demokund.example"


def text(response: Any) -> str:
    return str(response.content.decode())


def path(case: Case, end: str = "") -> str:
    return f"/kund/demokund/arenden/{case.ref}/{end}"


def question_answer(said: str, once: str = "") -> dict[str, str]:
    return {"a-0a1b2c3d": said, "a-1a1b2c3d": "no", "a-2a1b2c3d": "", "a-comment": "Hälsningar", "once": once}


def test_a_second_press_of_the_same_button_does_nothing_twice(visit: Any, world: Any) -> None:
    case, owner = world.cases["Vad gällde inköpet den 9 december?"], visit(OWNER)
    for _press in range(2):
        sent = owner.post(path(case, "skicka-tillbaka/"), question_answer("En degblandare", "press-1"), follow=True)
        assert sent.status_code == 200
        assert "Hos byrån" in text(sent)
    assert Event.objects.visible_to(world.manager).filter(case=case, verb="send_back").count() == 1
    for _press in range(2):
        owner.post(path(case, "meddelande/"), {"text": "Bara en gång", "once": "press-2"})
    assert Event.objects.visible_to(world.manager).filter(case=case, verb="message").count() == 1


def test_of_two_who_answer_at_once_the_second_gets_both_texts(visit: Any, world: Any) -> None:
    case = world.cases["Vad gällde inköpet den 9 december?"]
    visit(MEMBER).post(path(case, "skicka-tillbaka/"), question_answer("Oskars svar"))
    late = visit(OWNER).post(path(case, "skicka-tillbaka/"), question_answer("Elins svar"))
    assert late.status_code == 409
    for words in ("Oskar Lindh hann före", "Elins svar", "Oskars svar", "Lägg till min som meddelande"):
        assert words in text(late)


def test_an_answer_to_a_closed_case_is_refused_and_shown_again(visit: Any, world: Any) -> None:
    case = world.cases["Vad gällde inköpet den 9 december?"]
    actions.cancel(world.manager, case)
    late = visit(OWNER).post(path(case, "skicka-tillbaka/"), question_answer("Skrivet i onödan"))
    assert late.status_code == 409
    assert "Skrivet i onödan" in text(late)


def test_a_missing_answer_is_said_at_the_question_and_the_rest_is_kept(visit: Any, world: Any) -> None:
    case = world.cases["Vad gällde inköpet den 9 december?"]
    page = visit(OWNER).post(path(case, "skicka-tillbaka/"), question_answer(""))
    assert page.status_code == 422
    assert "Svara på frågan, så kan byrån gå vidare." in text(page)
    assert "Hälsningar" in text(page)
    assert "Hälsningar" in text(visit(OWNER).get(path(case)))


def test_a_draft_is_its_writers_own_but_a_colleague_sees_that_it_exists(visit: Any, world: Any) -> None:
    case = world.cases["Vad gällde inköpet den 9 december?"]
    saved = visit(MEMBER).post(path(case, "utkast/"), question_answer("Halvfärdigt"))
    assert saved.json()["saved"].startswith("Sparat")
    assert "Halvfärdigt" in text(visit(MEMBER).get(path(case)))
    colleague = text(visit(OWNER).get(path(case)))
    assert "Oskar Lindh har börjat på ett svar." in colleague
    assert "Halvfärdigt" not in colleague
    firm = text(visit("ansvarig@demobyran.example").get(f"/byra/demobyran/arenden/{case.ref}/"))
    assert "Halvfärdigt" not in firm
    assert "har börjat" not in firm


FILES = [
    ("tom.pdf", b"", "tom.pdf är tom. Välj en annan fil."),
    ("virus.exe", b"MZ\x90\x00", "går inte att skicka"),
    ("forged.pdf", b"<html><script>alert(1)</script>", "är inte det som namnet säger"),
    ("bild.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "går inte att skicka"),
    ("bok.xlsx", b"PK\x03\x04 inte en bok", "är inte det som namnet säger"),
]


@pytest.mark.parametrize(("name", "content", "sentence"), FILES)
def test_a_file_that_cannot_be_sent_gets_a_sentence_and_the_text_is_kept(
    visit: Any, world: Any, name: str, content: bytes, sentence: str
) -> None:
    case = world.cases["Kvitton som saknas för december"]
    row = case.request["documents"][0]["id"]
    posted = {"a-comment": "Det här vill jag behålla", f"file.{row}": SimpleUploadedFile(name, content)}
    owner = visit(OWNER)
    page = owner.post(path(case, "skicka-tillbaka/"), posted)
    assert page.status_code == 422
    if content:  # a browser's empty file is dropped by the form parser, and then the row is said to lack one
        assert sentence in text(page)
    assert "Det här vill jag behålla" in text(owner.get(path(case)))
    assert not Attachment.objects.visible_to(world.owner).filter(case=case, side="client").exists()


def test_a_file_over_the_limit_is_refused_with_the_limit(visit: Any, world: Any) -> None:
    world.firm.max_file_mb = 1
    world.firm.save()
    case = world.cases["Kvitton som saknas för december"]
    row = case.request["documents"][0]["id"]
    big = SimpleUploadedFile("stor.pdf", pdf() + b"0" * 1_200_000)
    page = visit(OWNER).post(path(case, "skicka-tillbaka/"), {f"file.{row}": big})
    assert "stor.pdf är 1,2 MB. Högst 1 MB går att skicka." in text(page)


def test_a_hostile_name_is_made_harmless(visit: Any, world: Any) -> None:
    case = world.cases["Kvitton som saknas för december"]
    row = case.request["documents"][0]["id"]
    hostile = SimpleUploadedFile("x.pdf", pdf())
    hostile.name = "kvitto\u202efdp.pdf"
    visit(OWNER).post(path(case, "filer/"), {f"file.{row}": hostile})
    kept = Attachment.objects.visible_to(world.owner).get(case=case, side="client", event=None)
    assert kept.name == "kvittofdp.pdf"


def test_a_file_for_a_row_that_does_not_exist_is_refused(visit: Any, world: Any) -> None:
    case = world.cases["Kvitton som saknas för december"]
    page = visit(OWNER).post(path(case, "skicka-tillbaka/"), {"file.ffffffff": SimpleUploadedFile("a.pdf", pdf())})
    assert "Filen hör inte till något som efterfrågas." in text(page)


def test_somebody_elses_file_cannot_be_taken_away_through_this_case(visit: Any, world: Any) -> None:
    other = world.cases["Kontoutdrag för november"]
    theirs = Attachment.objects.visible_to(world.owner).filter(case=other, side="client").first()
    case = world.cases["Kvitton som saknas för december"]
    for wanted in (theirs.pk, "nonsens"):
        page = visit(OWNER).post(path(case, "skicka-tillbaka/"), {"do": f"file.remove.{wanted}"})
        assert page.status_code == 422
        assert "Filen hör inte längre till ditt svar." in text(page)
    assert Attachment.objects.visible_to(world.owner).filter(pk=theirs.pk).exists()


def test_a_changed_basis_cannot_be_approved(visit: Any, world: Any) -> None:
    case, owner = world.cases["Löner för januari"], visit(OWNER)
    import re

    digest = re.search(r'name="digest" value="([0-9a-f]{64})"', text(owner.get(path(case))))
    assert digest
    actions.amend(world.manager, case, request={**case.request, "amount": "1.00"}, subject=case.subject, message="")
    late = owner.post(path(case, "svara/"), {"decision": "approve", "digest": digest[1]})
    assert late.status_code == 409
    assert "Underlaget har ändrats sedan du läste det" in text(late)


def test_declining_without_a_reason_is_refused(visit: Any, world: Any) -> None:
    case, owner = world.cases["Löner för januari"], visit(OWNER)
    page = owner.post(path(case, "svara/"), {"decision": "decline", "digest": "x", "a-comment": " "})
    assert page.status_code == 422
    assert "Skriv varför du avböjer, så vet byrån vad som ska ändras." in text(page)


def test_a_megabyte_in_a_field_gets_a_sentence(visit: Any, world: Any) -> None:
    case = world.cases["Vad gällde inköpet den 9 december?"]
    page = visit(OWNER).post(path(case, "skicka-tillbaka/"), question_answer("x" * 1_000_000))
    assert page.status_code == 422
    assert "Texten är för lång" in text(page)


def test_emoji_and_marks_of_direction_are_kept_in_texts_and_tamed_in_names(visit: Any, world: Any) -> None:
    case = write(world, world.manager, "demokund", "question", "Ämne\u202e 🍞", "Text \u202e🍞 שלום")
    assert case.subject == "Ämne 🍞"
    shown = text(visit(OWNER).get(path(case)))
    assert "\u2068Text \u202e🍞 שלום\u2069" in shown


def test_an_unknown_address_and_a_wrong_method(visit: Any, world: Any) -> None:
    assert visit(OWNER).get("/kund/finns-inte/").status_code == 404
    assert visit(OWNER).get(path(world.cases["Löner för januari"], "svara/")).status_code == 405


def test_an_answer_cannot_be_taken_back_once_the_firm_has_opened_it(visit: Any, world: Any) -> None:
    case = write(world, world.manager, "demokund", "question", "Går den att ta tillbaka?")
    answer(world.owner, case)
    assert "Ta tillbaka svaret" in text(visit(OWNER).get(path(case)))
    visit("ansvarig@demobyran.example").get(f"/byra/demobyran/arenden/{case.ref}/")
    assert "Ta tillbaka svaret" not in text(visit(OWNER).get(path(case)))
    with pytest.raises(NotNow):
        actions.take_back(world.owner, case)


def test_information_that_needs_no_confirmation_closes_itself_after_fourteen_days(world: Any) -> None:
    case = world.cases["Nya regler för personalliggare"]
    with time_machine.travel(timezone.now() + dt.timedelta(days=15), tick=False):
        jobs.close_what_was_only_to_read()
    case.refresh_from_db()
    assert (case.state, case.outcome) == ("closed", "informed")


@pytest.mark.parametrize(
    "moment", ["2026-01-16T22:30:00+00:00", "2026-03-29T00:30:00+00:00", "2026-10-25T00:30:00+00:00"]
)
def test_a_case_is_late_from_swedish_midnight(visit: Any, world: Any, moment: str) -> None:
    case = world.cases["Vad gällde inköpet den 9 december?"]
    now = dt.datetime.fromisoformat(moment)
    local = now.astimezone(timezone.get_default_timezone()).date()
    for due_on, late in ((local, False), (local - dt.timedelta(days=1), True)):
        Case.objects.unscoped(why="any day").filter(pk=case.pk).update(due_on=due_on)
        with time_machine.travel(now, tick=False):
            assert ("1 dag försenat" in text(visit(OWNER).get(path(case)))) is late


def test_withdrawal_closes_what_is_open_and_leaves_everything_readable(visit: Any, world: Any) -> None:
    owner = visit(OWNER)
    owner.post("/kund/demokund/samtycke/demobyran/", {"decision": "withdraw"})
    engagement = world.engagements["demokund"]
    left = Case.objects.visible_to(world.manager).filter(engagement=engagement, state__in=["with_client", "with_firm"])
    assert not left.exists()
    case = world.cases["Vad gällde inköpet den 9 december?"]
    page = text(owner.get(path(case)))
    assert "Samtycket återkallades" in page
    with pytest.raises(Refused):
        actions.reopen(world.manager, world.cases["Kontoutdrag för oktober"], text="igen")


def test_an_invitation_is_only_for_the_one_it_was_sent_to(visit: Any, world: Any, client: Any) -> None:
    from samsyn.tenancy import actions as tenancy
    from samsyn.tenancy.models import Invitation, Membership

    tenancy.add_staff(world.manager, name="Nils Ny", email="nils@demobyran.example", role="consultant")
    link = link_to("nils@demobyran.example")
    other = visit(OWNER).get(link)
    assert other.status_code == 403
    assert "n•••@d•••.example" in text(other)
    for _look in range(5):
        assert client.get(link).status_code == 200
    rows = Invitation.objects.unscoped(why="a GET changes nothing")
    assert rows.get(email="nils@demobyran.example").state == "pending"
    weak = accept(link, client, name="Nils Ny", password="kort")
    assert weak.status_code == 422
    done = accept(link, client, name="Nils Ny", password="lang-och-ovanlig-8")
    assert done.headers["Location"] == "/byra/demobyran/"
    assert Membership.objects.visible_to(world.manager).filter(user__email="nils@demobyran.example").exists()
    assert client.get(link).status_code == 410


def test_a_letter_is_encrypted_while_it_waits_and_erased_when_it_has_left(world: Any) -> None:
    write(world, world.manager, "demokund", "question", "Ett brev")
    from samsyn.notices import jobs as notices

    notices.sweep()
    waiting = Letter.objects.filter(state="waiting", template="case").first()
    assert waiting
    assert b"Fyrklang" not in bytes(waiting.body)
    letters.sweep()
    waiting.refresh_from_db()
    assert (waiting.state, bytes(waiting.body)) == ("sent", b"")


def test_managers_are_told_when_no_mail_leaves(visit: Any, world: Any) -> None:
    write(world, world.manager, "demokund", "question", "Kön står still")
    from samsyn.notices import jobs as notices

    notices.sweep()
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=3)):
        assert "Inget mejl har lämnat kön" in text(visit("ansvarig@demobyran.example").get("/byra/demobyran/"))
        assert "Inget mejl har lämnat kön" not in text(visit("konsult@demobyran.example").get("/byra/demobyran/"))


def test_an_unfinished_draft_cannot_be_sent_whichever_way_it_is_tried(world: Any) -> None:
    case = write(world, world.manager, "demokund", "question", "Halv", send=False, request={"questions": []})
    with pytest.raises(Refused):
        actions.open_(world.manager, case)
    case.refresh_from_db()
    assert case.state == "draft"


def test_a_session_that_ends_in_the_middle_of_an_answer_loses_nothing(client: Any, visit: Any, world: Any) -> None:
    case = world.cases["Vad gällde inköpet den 9 december?"]
    signing_in = {"login": OWNER, "password": "samsyn-demo"}
    client.post("/konto/logga-in/", signing_in)
    client.get(path(case))
    del client.cookies["sessionid"]
    late = client.post(path(case, "skicka-tillbaka/"), question_answer("Skrivet innan sessionen tog slut"))
    assert late.headers["Location"] == f"/konto/logga-in/?next={path(case)}"
    assert "Skrivet innan" not in text(visit(MEMBER).get(path(case)))
    back = client.post(f"/konto/logga-in/?next={path(case)}", signing_in, follow=True)
    assert "Skrivet innan sessionen tog slut" in text(back)
    assert "Det du hade skrivit är tillbaka" in text(back)
    case.refresh_from_db()
    assert case.state == "with_client"


def test_what_somebody_else_had_written_is_never_put_back(client: Any, world: Any) -> None:
    case = world.cases["Vad gällde inköpet den 9 december?"]
    client.post("/konto/logga-in/", {"login": OWNER, "password": "samsyn-demo"})
    client.get(path(case))
    del client.cookies["sessionid"]
    client.post(path(case, "skicka-tillbaka/"), question_answer("Elins hemlighet"))
    there = client.post(
        f"/konto/logga-in/?next={path(case)}", {"login": MEMBER, "password": "samsyn-demo"}, follow=True
    )
    assert "Elins hemlighet" not in text(there)
