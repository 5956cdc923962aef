"""Whose a file is, on every way it can go: none is lost, none is doubled, none slips in."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile

from samsyn.cases import actions
from samsyn.cases.basis import basis_digest
from samsyn.cases.files import attach
from samsyn.cases.models import AccessLog, Attachment, Case, Event, Purpose
from samsyn.demo.world import answer, pdf, upload, write
from samsyn.tenancy.agreement import text_for
from samsyn.tenancy.errors import NotNow

OWNER, MEMBER = "agare@demokund.example", "medarbetare@demokund.example"
MANAGER, CONSULTANT = "ansvarig@demobyran.example", "konsult@demobyran.example"
WANTED, QUESTION = "Kvitton som saknas för december", "Vad gällde inköpet den 9 december?"


def text(response: Any) -> str:
    return str(response.content.decode())


def path(case: Case, end: str = "") -> str:
    return f"/kund/demokund/arenden/{case.ref}/{end}"


def firm_path(case: Case, end: str = "") -> str:
    return f"/byra/demobyran/arenden/{case.ref}/{end}"


def chosen(name: str, title: str = "") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, pdf(title or name))


def every(case: Case, **more: Any) -> list[Attachment]:
    rows = Attachment.objects.unscoped(why="the test sees all").filter(case=case, **more)
    return list(rows.select_related("blob", "event").order_by("created_at", "id"))


def names(case: Case, **more: Any) -> list[str]:
    return [one.name for one in every(case, **more)]


def wanted(world: Any) -> tuple[Case, str, str]:
    case = world.cases[WANTED]
    first, second = (one["id"] for one in case.request["documents"])
    return case, first, second


def reply_with(first: str, second: str, files: list[str]) -> dict[str, Any]:
    return {
        "rows": [
            {"id": first, "missing": not files, "explanation": "" if files else "Borta", "files": files},
            {"id": second, "missing": True, "explanation": "Finns inte", "files": []},
        ],
        "comment": "",
    }


# What an answer may speak of


STRANGE = [
    "of another case",
    "of the firm",
    "a colleague's",
    "of another row",
    "of nobody",
    "no id",
]


@pytest.mark.parametrize("which", STRANGE)
def test_an_answer_may_only_name_ones_own_files_of_this_case(world: Any, which: str) -> None:
    case, first, second = wanted(world)
    elin, oskar, maria = world.owner, world.member, world.manager

    def made(actor: Any, where: Any, row: str = first) -> str:
        return str(attach(actor, where, upload("x.pdf"), purpose=Purpose.ANSWER, row_id=row).pk)

    other = world.cases["Uppgifter till årsredovisningen"]
    strange = {
        "of another case": lambda: made(elin, other),
        "of the firm": lambda: made(maria, case),
        "a colleague's": lambda: made(oskar, case),
        "of another row": lambda: made(elin, case, second),
        "of nobody": lambda: "01900000-0000-7000-8000-000000000001",
        "no id": lambda: "../../etc/passwd",
    }[which]()
    with pytest.raises(NotNow):
        actions.send_back(elin, case, answer=reply_with(first, second, [strange]))
    case.refresh_from_db()
    assert (case.state, case.answer) == ("with_client", None)
    assert names(case, event__isnull=False) == []
    own = made(elin, case)
    event = actions.send_back(elin, case, answer=reply_with(first, second, [own]))
    assert [str(one.pk) for one in every(case, event=event)] == [own]


def test_what_is_posted_about_a_file_is_never_believed(visit: Any, world: Any) -> None:
    case, first, second = wanted(world)
    theirs = every(world.cases["Kontoutdrag för november"], side="client")[0]
    owner = visit(OWNER)
    owner.post(path(case, "filer/"), {f"file.{first}": chosen("kvitto.pdf")})
    posted = {
        f"a-missing-{second}": "on", f"a-explanation-{second}": "Borta", "a-files": str(theirs.pk),
        f"a-files-{first}": str(theirs.pk), "files": str(theirs.pk), f"files.{first}": str(theirs.pk), "name": "x.exe",
    }  # fmt: skip
    assert owner.post(path(case, "skicka-tillbaka/"), posted).status_code == 302
    case.refresh_from_db()
    (own,) = every(case, side="client")
    assert case.answer["rows"][0] == {"id": first, "missing": False, "explanation": "", "files": [str(own.pk)]}
    assert own.name == "kvitto.pdf"


def test_a_colleagues_unsent_file_stays_with_the_colleague(visit: Any, world: Any) -> None:
    case, first, second = wanted(world)
    elin, oskar = visit(OWNER), visit(MEMBER)
    oskar.post(path(case, "filer/"), {f"file.{first}": chosen("oskars.pdf")})
    elin.post(path(case, "filer/"), {f"file.{first}": chosen("elins.pdf")})
    assert "oskars.pdf" not in text(elin.get(path(case)))
    elin.post(path(case, "skicka-tillbaka/"), {f"a-missing-{second}": "on", f"a-explanation-{second}": "Borta"})
    assert names(case, event__isnull=False) == ["elins.pdf"]
    assert "oskars.pdf" not in text(visit(MANAGER).get(firm_path(case)))


def test_when_the_firm_answers_a_consultants_unsent_file_does_not_slip_in(visit: Any, world: Any) -> None:
    case, first, second = wanted(world)
    jonas, maria = visit(CONSULTANT), visit(MANAGER)
    page = jonas.post(firm_path(case, "svara-at/"), {f"file.{first}": chosen("jonas.pdf"), "do": "file.add"})
    assert "jonas.pdf" in text(page)
    assert "jonas.pdf" not in text(maria.get(firm_path(case, "svara-at/")))
    said = {f"a-missing-{second}": "on", f"a-explanation-{second}": "Borta", "how": "phone", "on": "2026-01-15"}
    assert maria.post(firm_path(case, "svara-at/"), {**said, f"file.{first}": chosen("maria.pdf")}).status_code == 302
    case.refresh_from_db()
    assert names(case, event__isnull=False) == ["maria.pdf"]
    assert len(case.answer["rows"][0]["files"]) == 1
    assert names(case, event=None) == ["jonas.pdf"]


def test_when_the_firm_answers_a_bad_file_a_strange_row_and_a_removed_one_are_handled(visit: Any, world: Any) -> None:
    case, first, _second = wanted(world)
    maria, form = visit(MANAGER), firm_path(case, "svara-at/")
    said = {"how": "phone", "on": "2026-01-15", "a-comment": "Sagt i telefon"}
    page = maria.post(form, {**said, f"file.{first}": chosen("bra.pdf"), "file.ffffffff": chosen("fel rad.pdf")})
    assert page.status_code == 422
    assert "Filen hör inte till något som efterfrågas." in text(page)
    page = maria.post(form, {**said, f"file.{first}": SimpleUploadedFile("dålig.pdf", b"<html>")})
    assert page.status_code == 422
    for kept in ("dålig.pdf är inte det som namnet säger", "bra.pdf", "Sagt i telefon"):
        assert kept in text(page)
    page = maria.post(form, {**said, "do": f"file.remove.{every(case)[0].pk}"})
    assert "bra.pdf" not in text(page)
    assert every(case) == []
    case.refresh_from_db()
    assert case.state == "with_client"


def test_when_the_firm_answers_too_late_nothing_it_wrote_is_lost(visit: Any, world: Any) -> None:
    case, first, second = wanted(world)
    maria = visit(MANAGER)
    actions.send_back(world.owner, case, answer=reply_with(first, second, []))
    said = {"how": "phone", "on": "2026-01-15", "a-comment": "Sagt i telefon"}
    late = maria.post(firm_path(case, "svara-at/"), {**said, f"file.{first}": chosen("sent.pdf")})
    assert late.status_code == 409
    assert "Sagt i telefon" in text(late)
    assert "sent.pdf" in text(late)
    assert maria.get(firm_path(case, "svara-at/")).status_code == 409


def test_a_file_that_is_locked_cannot_be_taken_away(visit: Any, world: Any) -> None:
    case = world.cases["Underlag för representation"]
    accepted = next(row["id"] for row in case.review["rows"] if row["verdict"] == "accepted")
    one = next(one for one in every(case, side="client") if one.row_id == accepted)
    page = visit(OWNER).post(path(case, "skicka-tillbaka/"), {"do": f"file.remove.{one.pk}"})
    assert page.status_code == 422
    assert "Byrån har redan godtagit det här" in text(page)


def test_an_approval_takes_no_files_from_the_client(visit: Any, world: Any) -> None:
    case = world.cases["Löner för januari"]
    page = visit(OWNER).post(path(case, "filer/"), {"file.": chosen("smyg.pdf")})
    assert page.status_code == 409
    assert every(case, side="client") == []


def test_the_same_file_chosen_twice_waits_once(visit: Any, world: Any) -> None:
    case, first, second = wanted(world)
    for row in (first, first, second):
        visit(OWNER).post(path(case, "filer/"), {f"file.{row}": chosen("kvitto.pdf")})
    assert [one.row_id for one in every(case, side="client")] == [first, second]
    assert len({one.blob_id for one in every(case, side="client")}) == 1


def test_bytes_are_never_compared_between_firms(world: Any) -> None:
    ours = write(world, world.manager, "delad", "information", "Från den ena", file="x.pdf", send=False)
    theirs = write(world, world.staff("konsult@rivalbyran.example", "rivalbyran"), "delad@rival", "information",
                   "Från den andra", file="x.pdf", send=False)  # fmt: skip
    (one,), (other,) = every(ours), every(theirs)
    assert one.blob.sha256 == other.blob.sha256
    assert one.blob_id != other.blob_id
    assert (one.blob.firm_id, other.blob.firm_id) == (one.firm_id, other.firm_id)


# Messages, on both sides


SIDES = [(OWNER, path, "meddelande/"), (MANAGER, firm_path, "gor/meddelande/")]
both_sides = pytest.mark.parametrize(("email", "where", "end"), SIDES, ids=["client", "firm"])


@both_sides
def test_a_message_that_fails_neither_loses_nor_doubles_its_files(
    visit: Any, world: Any, email: str, where: Any, end: str
) -> None:
    case, person = world.cases[QUESTION], visit(email)
    failed = person.post(where(case, end), {"text": " ", "file.": chosen("kvitto.pdf")})
    assert failed.status_code == 422
    assert "kvitto.pdf" in text(failed)
    assert "kvitto.pdf" in text(person.get(where(case)))
    again = person.post(where(case, end), {"text": "Här är det", "file.": chosen("kvitto.pdf")})
    assert again.status_code == 302
    (one,) = every(case)
    assert one.event.body["text"] == "Här är det"
    person.post(where(case, end), {"text": "Ett till"})
    assert len(every(case)) == 1


@both_sides
def test_a_message_pressed_twice_has_its_file_once(visit: Any, world: Any, email: str, where: Any, end: str) -> None:
    case, person = world.cases[QUESTION], visit(email)
    for _press in range(2):
        person.post(where(case, end), {"text": "Här", "once": "samma", "file.": chosen("kvitto.pdf")})
    (one,) = every(case)
    assert one.event is not None
    assert Event.objects.visible_to(world.manager).filter(case=case, verb="message").count() == 1


@both_sides
def test_of_several_files_in_a_message_the_good_ones_wait_when_one_is_refused(
    visit: Any, world: Any, email: str, where: Any, end: str
) -> None:
    case, person = world.cases[QUESTION], visit(email)
    files = [chosen("bra.pdf"), SimpleUploadedFile("dålig.pdf", b"<html>")]
    page = person.post(where(case, end), {"text": "Två filer", "file.": files})
    assert page.status_code == 422
    for kept in ("Två filer", "bra.pdf", "dålig.pdf är inte det som namnet säger"):
        assert kept in text(page)
    assert not Event.objects.visible_to(world.manager).filter(case=case, verb="message").exists()
    (one,) = every(case)
    gone = person.post(where(case, end), {"text": "Två filer", "do": f"file.remove.{one.pk}"})
    assert gone.status_code == 200
    assert "Två filer" in text(gone)
    assert "bra.pdf" not in text(gone)
    assert every(case) == []


@both_sides
def test_an_unsent_file_of_a_message_is_nobody_elses(visit: Any, world: Any, email: str, where: Any, end: str) -> None:
    case, person = world.cases[QUESTION], visit(email)
    person.post(where(case, end), {"text": "", "file.": chosen("hemligt.pdf")})
    (one,) = every(case)
    colleague, other_side = (MEMBER, MANAGER) if email == OWNER else (CONSULTANT, OWNER)
    there, across = (path, firm_path) if email == OWNER else (firm_path, path)
    assert "hemligt.pdf" not in text(visit(colleague).get(there(case)))
    assert "hemligt.pdf" not in text(visit(other_side).get(across(case)))
    assert visit(other_side).get(across(case, f"fil/{one.pk}/")).status_code == 404
    visit(colleague).post(there(case, end), {"text": "Från en kollega"})
    assert every(case)[0].event is None


def test_a_reply_that_came_too_late_keeps_its_file_for_a_message(visit: Any, world: Any) -> None:
    case, maria = world.cases["Kontoutdrag för november"], visit(MANAGER)
    actions.ask_again(world.consultant, case, text="En sak till")
    late = maria.post(firm_path(case, "gor/svara/"), {"text": "Mitt svar", "file.": chosen("svar.pdf")})
    assert late.status_code == 409
    assert "svar.pdf" in text(late)
    maria.post(firm_path(case, "gor/meddelande/"), {"text": "Mitt svar"})
    assert names(case, event__verb="message") == ["svar.pdf"]


def test_the_second_of_two_gets_its_files_into_the_message(visit: Any, world: Any) -> None:
    case, first, second = wanted(world)
    elin = visit(OWNER)
    elin.post(path(case, "filer/"), {f"file.{first}": chosen("vald tidigare.pdf")})
    actions.send_back(world.member, case, answer=reply_with(first, second, []))
    late = elin.post(path(case, "skicka-tillbaka/"), {"a-comment": "", f"file.{second}": chosen("vald nu.pdf")})
    assert late.status_code == 409
    for shown in ("Oskar Lindh hann före", "vald tidigare.pdf", "vald nu.pdf", "Lägg till min som meddelande"):
        assert shown in text(late)
    elin.post(path(case, "meddelande/"), {"text": "Mina filer", "unsent": "1"})
    assert sorted(names(case, event__verb="message")) == ["vald nu.pdf", "vald tidigare.pdf"]
    assert names(case, event=None) == []


def test_a_page_from_an_earlier_round_sends_nothing_and_loses_nothing(visit: Any, world: Any) -> None:
    case, first, second = wanted(world)
    elin, edition = visit(OWNER), case.edition
    elin.post(path(case, "filer/"), {f"file.{first}": chosen("vald i första.pdf")})
    actions.send_back(world.member, case, answer=reply_with(first, second, []))
    actions.ask_again(world.manager, case, text="En gång till")
    posted = {"edition": edition, f"file.{second}": chosen("vald nu.pdf"), "a-comment": "Skrivet i första"}
    old = elin.post(path(case, "skicka-tillbaka/"), posted)
    assert old.status_code == 409
    for shown in ("vald i första.pdf", "vald nu.pdf", "Skrivet i första", "Ärendet har ändrats"):
        assert shown in text(old)
    assert names(case, event__isnull=False) == []
    case.refresh_from_db()
    now = case.edition
    assert elin.post(path(case, "skicka-tillbaka/"), {"edition": now, "a-comment": "Nu"}).status_code == 302
    assert sorted(names(case, event__round=2)) == ["vald i första.pdf", "vald nu.pdf"]


# What the firm writes


def composing(world: Any, **more: Any) -> dict[str, Any]:
    engagement = world.engagements["demokund"]
    return {"typ": "information", "kund": str(engagement.pk), "responsible": str(world.manager.membership.pk), **more}


def action_of(page: Any) -> str:
    found = re.search(r'<form method="post" enctype="multipart/form-data" action="([^"]+)"', text(page))
    assert found
    return found[1].replace("&amp;", "&")


def test_a_file_chosen_when_something_else_is_wrong_goes_out_with_the_case(visit: Any, world: Any) -> None:
    maria, before = visit(MANAGER), Case.objects.visible_to(world.manager).count()
    files = [chosen("blad.pdf"), SimpleUploadedFile("dålig.pdf", b"<html>")]
    page = maria.post("/byra/demobyran/arenden/nytt/", composing(world, do="send", **{"file.": files}))
    assert page.status_code == 422
    for kept in ("blad.pdf", "dålig.pdf är inte det som namnet säger"):
        assert kept in text(page)
    page = maria.post(action_of(page), composing(world, do="send"))
    assert page.status_code == 422
    sent = maria.post(action_of(page), composing(world, do="send", subject="Med blad"))
    assert sent.status_code == 302
    assert Case.objects.visible_to(world.manager).count() == before + 1
    case = Case.objects.visible_to(world.manager).get(subject="Med blad")
    assert case.state == "with_client"
    assert names(case, event__isnull=False) == ["blad.pdf"]


def test_a_file_chosen_before_a_row_is_added_is_kept(visit: Any, world: Any) -> None:
    maria = visit(MANAGER)
    posted = composing(world, typ="question", do="questions.add", subject="Rader", **{"file.": chosen("blad.pdf")})
    page = maria.post("/byra/demobyran/arenden/nytt/", posted)
    assert "blad.pdf" in text(page)
    assert names(Case.objects.visible_to(world.manager).get(subject="Rader")) == ["blad.pdf"]
    assert "/andra/" in action_of(page)


def test_a_shared_draft_is_sent_with_everybodys_files_and_any_of_them_can_be_taken_away(visit: Any, world: Any) -> None:
    case = write(world, world.manager, "demokund", "information", "Delat utkast", file="marias.pdf", send=False)
    jonas = visit(CONSULTANT)
    jonas.post(
        firm_path(case, "andra/"), composing(world, subject="Delat utkast", do="save", **{"file.": chosen("x.pdf")})
    )
    maria_s = every(case, name="marias.pdf")[0]
    jonas.post(firm_path(case, "andra/"), composing(world, subject="Delat utkast", do=f"file.remove.{maria_s.pk}"))
    assert names(case) == ["x.pdf"]
    visit(MANAGER).post(firm_path(case, "andra/"), composing(world, subject="Delat utkast", do="send"))
    assert names(case, event__isnull=False) == ["x.pdf"]


def waiting_case(world: Any) -> tuple[Case, dict[str, Any]]:
    case = write(world, world.manager, "utansamtycke", "information", "Väntar", file="första.pdf")
    assert case.state == "awaiting_consent"
    kund = str(world.engagements["utansamtycke"].pk)
    return case, {**composing(world), "kund": kund, "subject": "Väntar"}


def test_files_of_a_case_that_waits_for_consent_can_be_changed_and_all_reach_the_client(visit: Any, world: Any) -> None:
    case, form = waiting_case(world)
    maria = visit(MANAGER)
    maria.post(firm_path(case, "andra/"), {**form, "do": "save", "file.": chosen("andra.pdf")})
    maria.post(firm_path(case, "andra/"), {**form, "do": f"file.remove.{every(case, name='första.pdf')[0].pk}"})
    wrong = maria.post(firm_path(case, "andra/"), {**form, "subject": "", "do": "save", "file.": chosen("tredje.pdf")})
    assert wrong.status_code == 422
    assert "tredje.pdf" in text(wrong)
    ulla = world.client("agare@utansamtycke.example", "utansamtycke")
    consent = text_for(world.firm, "sv").sha256
    actions.approve_consent(ulla, world.engagements["utansamtycke"], text_sha256=consent)
    page = text(visit("agare@utansamtycke.example").get(f"/kund/utansamtycke/arenden/{case.ref}/"))
    assert "andra.pdf" in page
    assert "tredje.pdf" in page
    assert "första.pdf" not in page


def test_amending_adds_files_that_change_the_basis_and_stand_in_the_history(visit: Any, world: Any) -> None:
    case, maria = world.cases["Löner för januari"], visit(MANAGER)
    before = basis_digest(case)
    form = {"subject": case.subject, "message": "Rättad", "r-what": "Löner för januari", "r-needed": "one"}
    wrong = maria.post(firm_path(case, "ratta/"), {**form, "r-what": "", "file.": chosen("rättad.pdf")})
    assert wrong.status_code == 422
    assert "rättad.pdf" in text(wrong)
    assert basis_digest(case) == before
    attach(world.consultant, case, upload("jonas.pdf"), purpose=Purpose.REQUEST)
    assert maria.post(firm_path(case, "ratta/"), form).status_code == 302
    case.refresh_from_db()
    assert basis_digest(case) != before
    page = text(visit(OWNER).get(path(case)))
    assert page.count("rättad.pdf") == 2
    assert "jonas.pdf" not in page
    assert every(case, name="jonas.pdf")[0].event is None


@pytest.mark.parametrize("end", ["ratta/", "svara-at/"])
def test_a_form_for_a_case_that_has_moved_on_says_so(visit: Any, world: Any, end: str) -> None:
    case = world.cases["Kontoutdrag för november"]
    page = visit(MANAGER).get(firm_path(case, end), follow=True)
    assert "Ärendet har gått vidare sedan du öppnade det" in text(page)


# The client's own case


def letter(**more: Any) -> dict[str, Any]:
    return {"firm": "demobyran", "r-topic": "question", "l-subject": "En fråga", "l-message": "Hej", **more}


def test_files_of_a_clients_own_case_survive_what_is_wrong_with_it(visit: Any, world: Any) -> None:
    elin, new = visit(OWNER), "/kund/demokund/arenden/nytt/"
    files = [chosen("ett.pdf"), chosen("två.pdf"), SimpleUploadedFile("dålig.pdf", b"<html>")]
    page = elin.post(new, letter(**{"file.": files}))
    assert page.status_code == 422
    assert "dålig.pdf är inte det som namnet säger" in text(page)
    page = elin.post(new, letter(**{"l-subject": ""}))
    assert page.status_code == 422
    assert "ett.pdf" in text(page)
    assert "ett.pdf" in text(elin.get(new))
    assert "ett.pdf" not in text(visit(MEMBER).get(new))
    two = Attachment.objects.visible_to(world.owner).get(name="två.pdf")
    page = elin.post(new, letter(do=f"file.remove.{two.pk}"))
    assert (page.status_code, "två.pdf" in text(page), "Hej" in text(page)) == (200, False, True)
    sent = elin.post(new, letter(once="press"))
    case = Case.objects.visible_to(world.manager).get(subject="En fråga")
    assert sent.headers["Location"] == path(case)
    assert names(case, event__isnull=False) == ["ett.pdf"]
    assert "ett.pdf" in text(visit(MANAGER).get(firm_path(case)))
    assert "ett.pdf" not in text(elin.get(new))


def test_a_clients_own_case_pressed_twice_is_one_case_with_its_file_once(visit: Any, world: Any) -> None:
    elin = visit(OWNER)
    for _press in range(2):
        elin.post("/kund/demokund/arenden/nytt/", letter(once="samma", **{"file.": chosen("ett.pdf")}))
    case = Case.objects.visible_to(world.manager).get(subject="En fråga")
    assert names(case) == ["ett.pdf"]
    assert not Attachment.objects.unscoped(why="none is left over").filter(case=None).exists()


def test_a_file_of_a_case_not_yet_written_is_no_other_clients_and_no_firms(world: Any) -> None:
    one = attach(world.owner, world.engagements["demokund"], upload("x.pdf"), purpose=Purpose.REQUEST)
    for actor in (world.manager, world.member, world.client("agare@annankund.example", "annankund")):
        assert not Attachment.objects.visible_to(actor).filter(pk=one.pk).exists()
    assert Attachment.objects.visible_to(world.owner).filter(pk=one.pk).exists()


# Taking away


def test_an_unsent_file_that_was_looked_at_can_still_be_taken_away(visit: Any, world: Any) -> None:
    case, first, _second = wanted(world)
    elin = visit(OWNER)
    elin.post(path(case, "filer/"), {f"file.{first}": chosen("kvitto.pdf")})
    (one,) = every(case)
    elin.get(path(case, f"fil/{one.pk}/"))
    gone = elin.post(path(case, "skicka-tillbaka/"), {"do": f"file.remove.{one.pk}"})
    assert gone.status_code == 302
    assert every(case) == []
    assert AccessLog.objects.visible_to(world.manager).filter(case=case, what="file").count() == 1


def test_a_draft_whose_files_were_looked_at_can_still_be_thrown_away(visit: Any, world: Any) -> None:
    case = write(world, world.manager, "demokund", "information", "Slängs", file="x.pdf", send=False)
    maria = visit(MANAGER)
    maria.get(firm_path(case, f"fil/{every(case)[0].pk}/"))
    maria.get(firm_path(case, "kopia/"))
    assert maria.post(firm_path(case, "andra/"), composing(world, do="discard")).status_code == 302
    assert not Case.objects.visible_to(world.manager).filter(pk=case.pk).exists()


def test_a_sent_file_is_never_taken_away_only_left_out_of_the_next_answer(visit: Any, world: Any) -> None:
    case = write(world, world.manager, "demokund", "document_request", "Med filer")
    answer(world.owner, case)
    case.refresh_from_db()
    actions.ask_again(world.manager, case, text="Titta en gång till.")
    one, other = every(case, side="client")
    visit(MEMBER).post(path(case, "skicka-tillbaka/"), {"do": f"file.remove.{one.pk}"})
    page = visit(MEMBER).post(
        path(case, "skicka-tillbaka/"), {f"a-missing-{one.row_id}": "on", f"a-explanation-{one.row_id}": "Fel fil"}
    )
    assert page.status_code == 302, text(page)
    case.refresh_from_db()
    assert [row["files"] for row in case.answer["rows"]] == [[], [str(other.pk)]]
    assert len(every(case, side="client", event__isnull=False)) == 2


@pytest.mark.parametrize("wrong", ["nonsens", "01900000-0000-7000-8000-000000000001"])
def test_taking_away_a_file_that_is_not_there_says_so(visit: Any, world: Any, wrong: str) -> None:
    case = world.cases[QUESTION]
    for email, where, end in SIDES:
        page = visit(email).post(where(case, end), {"text": "x", "do": f"file.remove.{wrong}"})
        assert page.status_code == 422
        assert "Filen hör inte längre till ditt svar." in text(page)


# Two fields of one row that are answered with files


def two_file_fields(world: Any) -> tuple[Case, str, str]:
    fields = [
        {"id": f"{n}a1b2c3e", "type": "file", "label": label, "required": True, "choices": []}
        for n, label in enumerate(("Besked", "Avtal"))
    ]
    request = {"rows": [{"id": "0a1b2c3d", "label": "Lån", "facts": [], "fields": fields}]}
    case = write(world, world.manager, "demokund", "details", "Två filer i en rad", request=request)
    return case, "0a1b2c3d0a1b2c3e", "0a1b2c3d1a1b2c3e"


@pytest.mark.parametrize("side", ["client", "firm"])
def test_one_file_satisfies_one_field_and_each_is_told_by_its_name(visit: Any, world: Any, side: str) -> None:
    case, first, second = two_file_fields(world)
    person, at = (visit(OWNER), path(case)) if side == "client" else (visit(MANAGER), firm_path(case, "svara-at/"))
    to, said = (path(case, "skicka-tillbaka/"), {}) if side == "client" else (at, {"how": "phone", "on": "2026-01-12"})
    half = person.post(to, {**said, f"file.{first}": chosen("besked.pdf")})
    assert half.status_code == 422
    assert "Lägg till en fil: Avtal." in text(half)
    assert "Lägg till en fil: Besked." not in text(half)
    page = BeautifulSoup(text(half), "html.parser")
    assert [bool(page.select(f'[data-files="{one}"] .file')) for one in (first, second)] == [True, False]
    assert person.post(to, {**said, f"file.{second}": chosen("avtal.pdf")}).status_code == 302
    for reader, address in ((visit(OWNER), path(case)), (visit(MANAGER), firm_path(case))):
        told = BeautifulSoup(text(reader.get(address)), "html.parser").select(".wanted dd:has(.file)")
        assert [[one.find_previous("dt").text, one.select_one(".file-name").text] for one in told] == [
            ["Besked", "besked.pdf"],
            ["Avtal", "avtal.pdf"],
        ]
        packed = zipfile.ZipFile(io.BytesIO(b"".join(reader.get(f"{address}kopia/").streaming_content)))
        assert sorted(name for name in packed.namelist() if name.endswith(".pdf")) == [
            "filer/01 Lån, Besked/besked.pdf",
            "filer/02 Lån, Avtal/avtal.pdf",
        ]
        copy = re.sub(r"<[^>]+>|\s+", " ", packed.read("arende.html").decode())
        assert re.search(r"Besked\s+besked.pdf.*Avtal\s+avtal.pdf", copy)


def test_a_file_is_not_moved_to_another_field_of_its_row(visit: Any, world: Any) -> None:
    case, first, second = two_file_fields(world)
    made = attach(world.owner, case, upload("besked.pdf"), purpose=Purpose.ANSWER, row_id=first)
    row = {"id": "0a1b2c3d", "values": {}, "files": {first: [], second: [str(made.pk)]}}
    with pytest.raises(NotNow):
        actions.send_back(world.owner, case, answer={"rows": [row], "comment": ""})


def test_what_stands_beside_an_answer_that_came_first_names_the_files_of_every_field(visit: Any, world: Any) -> None:
    case, first, second = two_file_fields(world)
    elin, files = visit(OWNER), {}
    for one, name in ((first, "mitt besked.pdf"), (second, "mitt avtal.pdf")):
        elin.post(path(case, "filer/"), {f"file.{one}": chosen(name)})
        made = attach(world.member, case, upload(f"hennes {name}"), purpose=Purpose.ANSWER, row_id=one)
        files[one] = [str(made.pk)]
    row = {"id": "0a1b2c3d", "values": {}, "files": files}
    actions.send_back(world.member, case, answer={"rows": [row], "comment": ""})
    shown = BeautifulSoup(text(elin.get(path(case))), "html.parser").select_one(".unsent")
    assert shown
    for name in ("mitt besked.pdf", "mitt avtal.pdf", "hennes mitt besked.pdf", "hennes mitt avtal.pdf"):
        assert name in shown.get_text()
