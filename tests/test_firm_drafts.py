"""What the firm writes: one page makes one draft, two tabs overwrite nothing unseen, and nothing typed is lost."""

from __future__ import annotations

import re
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from samsyn.cases import actions, jobs
from samsyn.cases.models import Attachment, Case, Event, SendBatch
from samsyn.demo.world import pdf, write
from samsyn.tenancy.models import Membership
from tests.pressing import press
from tests.test_nothing_lost import MANAGER, again, answer, fields, late, member_actor, signed_in, text

pytestmark = pytest.mark.django_db
NEW = "/byra/demobyran/arenden/nytt/"
CONSULTANT = "konsult@demobyran.example"


def written(world: Any, *names: str, **more: Any) -> dict[str, Any]:
    """A question to the named clients, as the form posts it."""
    return {
        "kund": [str(world.engagements[name].pk) for name in names or ("demokund",)],
        "typ": "question",
        "subject": "Skriven på en sida",
        "message": "Hej!",
        "responsible": str(world.manager.membership.pk),
        "r-questions": "0a1b2c3d",
        "r-questions-0a1b2c3d-text": "Vad var det?",
        "r-questions-0a1b2c3d-type": "text",
        "once": "sida1",
        **more,
    }


def made(world: Any, subject: str = "Skriven på en sida") -> Any:
    return Case.objects.visible_to(world.manager).filter(subject=subject)


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]


def edit(case: Case) -> str:
    return f"/byra/demobyran/arenden/{case.ref}/andra/"


def file(name: str = "underlag.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, pdf(name))


SCRIPT = {"X-Samsyn": "script"}


@pytest.mark.parametrize(("do", "state"), [("save", "draft"), ("send", "with_client")])
def test_a_page_pressed_twice_makes_one_case(visit: Any, world: Any, do: str, state: str) -> None:
    firm = visit(MANAGER)
    for _press in range(2):
        told = firm.post(NEW, written(world, do=do), follow=True)
        assert told.status_code == 200
    case = made(world).get()
    assert case.state == state
    assert Event.objects.visible_to(world.manager).filter(case=case).count() == (1 if do == "send" else 0)


def test_a_refused_sending_goes_on_with_the_draft_it_has_made_and_its_file(visit: Any, world: Any) -> None:
    firm, wrong = visit(MANAGER), {"r-questions-0a1b2c3d-text": ""}
    page = text(firm.post(NEW, written(world, do="send", **wrong, **{"file.": file()})))
    case = made(world).get()
    assert f'action="{edit(case)}"' in page
    assert "underlag.pdf" in page
    firm.post(edit(case), written(world, do="send", version=hidden(page, "version")))
    assert made(world).get().state == "with_client"
    assert Attachment.objects.visible_to(world.manager).filter(case=case).count() == 1


def test_a_case_to_several_goes_out_once_whenever_it_is_pressed_again(visit: Any, world: Any) -> None:
    firm, several = visit(MANAGER), written(world, "demokund", "annankund", do="send")
    for _press in range(2):
        firm.post(NEW, several)
    batch = SendBatch.objects.unscoped(why="the worker").get(subject="Skriven på en sida")
    jobs.send_copies(str(batch.pk))
    assert firm.post(NEW, several).headers["Location"] == "/byra/demobyran/"
    assert sorted(case.engagement_id for case in made(world)) == sorted(
        world.engagements[name].pk for name in ("demokund", "annankund")
    )


def test_what_is_saved_while_one_writes_is_a_draft_with_an_address(visit: Any, world: Any) -> None:
    firm = visit(MANAGER)
    told = firm.post(NEW, written(world, do="draft", message="Påbörjat"), headers=SCRIPT).json()
    case = made(world).get()
    assert (told["kept"], told["at"]) == (True, edit(case))
    assert re.fullmatch(r"Sparat \d\d\.\d\d\. Kunden ser inget förrän du skickar\.", told["saved"])
    assert fields(text(firm.get(told["at"])), "Påbörjat") == ["id_message"]
    later = written(world, do="draft", message="Fortsatt", version=told["version"])
    assert firm.post(told["at"], later, headers=SCRIPT).json()["kept"]
    assert fields(text(firm.get(told["at"])), "Fortsatt") == ["id_message"]
    assert case.subject in text(firm.get(f"{NEW}?kund={case.engagement_id}&typ=question"))


def test_of_two_tabs_the_second_sees_both_texts_before_it_overwrites(visit: Any, world: Any) -> None:
    case = write(world, world.manager, "demokund", "question", "Två flikar", "Först", send=False)
    first, second = visit(MANAGER), visit(CONSULTANT)
    pages = [text(person.get(edit(case))) for person in (first, second)]
    how = [
        {"once": hidden(page, "once"), "version": hidden(page, "version"), "subject": "Två flikar"} for page in pages
    ]
    first.post(edit(case), written(world, do="save", message="Den ena texten", **how[0]))
    told = second.post(edit(case), written(world, do="draft", message="Den andra texten", **how[1]), headers=SCRIPT)
    assert (told.status_code, "kept" in told.json()) == (409, False)
    clash = second.post(edit(case), written(world, do="send", message="Den andra texten", **how[1]))
    assert clash.status_code == 409
    beside = text(clash)[text(clash).index('class="beside"') :]
    assert beside.index("Den ena texten") < beside.index("Den andra texten")
    assert fields(text(clash), "Den andra texten") == ["id_message"]
    case.refresh_from_db()
    assert (case.message, case.state) == ("Den ena texten", "draft")
    how[1]["version"] = hidden(text(clash), "version")
    second.post(edit(case), written(world, do="save", message="Den andra texten", **how[1]))
    case.refresh_from_db()
    assert case.message == "Den andra texten"


PLAN = {
    "due_on": ("2026-03-02", "2026-03-09", "Svara senast"),
    "responsible": ("{consultant}", "{manager}", "Ansvarig"),
    "recipients": ("{member}", "{owner}", "Mottagare"),
    "period": ("2025-12-01/2025-12-31", "", "Period"),
}


@pytest.mark.parametrize("name", PLAN)
def test_of_two_who_choose_different_days_or_people_the_second_sees_both(visit: Any, world: Any, name: str) -> None:
    case = write(world, world.manager, "demokund", "question", "Två val", send=False)
    rows = Membership.objects.unscoped(why="a test").filter(firm=world.firm, ended_at=None)
    one, other, label = PLAN[name]
    ids = {
        "consultant": rows.get(user__email=CONSULTANT, engagement=None).pk,
        "manager": world.manager.membership.pk,
        "member": rows.get(user__email="medarbetare@demokund.example").pk,
        "owner": rows.get(user__email="agare@demokund.example", engagement=case.engagement).pk,
    }
    with time_machine.travel("2026-01-15"):
        first, second = visit(MANAGER), visit(CONSULTANT)
        pages = [text(person.get(edit(case))) for person in (first, second)]
        how = [
            written(world, do="save", subject="Två val", once=hidden(page, "once"), version=hidden(page, "version"))
            for page in pages
        ]
        how[0][name], how[1][name] = one.format(**ids), other.format(**ids)
        assert first.post(edit(case), how[0]).status_code == 302
        clash = second.post(edit(case), how[1])
        assert clash.status_code == 409
        beside = re.findall(r'<div class="beside">.*?</div></div>', text(clash), re.DOTALL)
        assert [re.findall(r"<h3>(.*?)</h3>", part)[0] for part in beside] == [label]
        told = second.post(edit(case), {**how[1], "do": "draft"}, headers=SCRIPT)
        assert (told.status_code, "kept" in told.json()) == (409, False)
        again = second.post(edit(case), {**how[1], "version": hidden(text(clash), "version")})
        assert again.status_code == 302


def test_a_page_that_is_open_while_the_table_changes_the_day_overwrites_it_only_when_told(
    visit: Any, world: Any
) -> None:
    case, firm = write(world, world.manager, "demokund", "question", "Nytt datum", send=False), visit(MANAGER)
    page = text(firm.get(edit(case)))
    how = {"once": hidden(page, "once"), "version": hidden(page, "version"), "subject": "Nytt datum"}
    firm.post(edit(case), written(world, do="draft", due_on="2026-03-09", **how), headers=SCRIPT)
    firm.post("/byra/demobyran/arenden/", {"ref": case.ref, "do": "date", "due_on": "2026-03-02"})
    clash = firm.post(edit(case), written(world, do="save", due_on="2026-03-09", **how))
    assert (clash.status_code, "2026-03-02" in text(clash)) == (409, True)


def test_a_page_never_clashes_with_what_it_saved_itself_a_moment_ago(visit: Any, world: Any) -> None:
    case = write(world, world.manager, "demokund", "question", "En flik", send=False)
    firm = visit(MANAGER)
    page = text(firm.get(edit(case)))
    how = {"once": hidden(page, "once"), "version": hidden(page, "version"), "subject": "En flik"}
    firm.post(edit(case), written(world, do="draft", message="Halva", **how), headers=SCRIPT)
    sent = firm.post(edit(case), written(world, do="save", message="Halva och hela", **how))
    assert sent.status_code == 302
    case.refresh_from_db()
    assert case.message == "Halva och hela"


def test_a_case_sent_meanwhile_shows_what_was_not_saved(visit: Any, world: Any) -> None:
    case = write(world, world.manager, "demokund", "question", "Skickad av en annan", send=False)
    firm = visit(CONSULTANT)
    page = text(firm.get(edit(case)))
    actions.open_(world.manager, case)
    posted = written(world, do="save", message="Tillägget som kom för sent", version=hidden(page, "version"))
    told = firm.post(edit(case), posted)
    assert told.status_code == 409
    assert "Meddelande: Tillägget som kom för sent" in text(told)
    assert firm.post(edit(case), {**posted, "do": "draft"}, headers=SCRIPT).status_code == 409
    assert firm.get(edit(case)).headers["Location"] == f"/byra/demobyran/arenden/{case.ref}/"


def test_what_the_case_cannot_hold_is_there_when_its_writer_comes_back(visit: Any, world: Any) -> None:
    firm, long = visit(MANAGER), "Ett alldeles för långt ämne " * 6
    saved = firm.post(NEW, written(world, do="save", subject=long, due_on="på fredag"))
    back = text(firm.get(saved.headers["Location"]))
    assert f'value="{long}"' in back
    assert 'value="på fredag"' in back
    assert "på fredag" not in text(visit(CONSULTANT).get(saved.headers["Location"]))


def test_several_clients_are_still_chosen_when_the_draft_is_opened_again(visit: Any, world: Any) -> None:
    firm = visit(MANAGER)
    firm.post(NEW, written(world, "demokund", "annankund", do="save"))
    assert "Skicka till 2 kunder" in text(firm.get(edit(made(world).get())))


def test_files_are_kept_whatever_button_is_pressed_and_one_bad_one_stops_no_other(visit: Any, world: Any) -> None:
    firm = visit(MANAGER)
    bad = SimpleUploadedFile("virus.exe", b"MZ\x90\x00")
    page = text(
        firm.post(NEW, written(world, do="questions.add", **{"file.": [bad, file("ett.pdf"), file("två.pdf")]}))
    )
    assert "virus.exe" in page
    for name in ("ett.pdf", "två.pdf"):
        assert name in page
    assert len(re.findall(r'name="r-questions" value', page)) == 2
    assert len(re.findall(r"<(?:input|textarea)[^>]*autofocus", page)) == 1
    assert Attachment.objects.visible_to(world.manager).filter(case=made(world).get()).count() == 2


def test_a_session_that_ends_while_a_case_is_written_gives_back_fields_rows_and_clients(world: Any) -> None:
    person, posted = signed_in(MANAGER), written(world, do="send", message="Skrivet innan sessionen tog slut")
    address = f"{NEW}?kund={posted['kund'][0]}&typ=question"
    back = again(person, MANAGER, late(person, address, posted))
    assert fields(back, "Skrivet innan sessionen tog slut") == ["id_message"]
    assert 'value="Vad var det?"' in back
    assert 'class="error"' not in back
    assert "Skrivet innan" not in text(person.get(NEW))
    assert not made(world).exists()


def test_a_waiting_case_holds_nothing_half_written_and_its_writer_loses_nothing(visit: Any, world: Any) -> None:
    case, firm = world.cases["Uppgifter för nyanställda"], visit(MANAGER)
    before = dict(case.request)
    version = hidden(text(firm.get(edit(case))), "version")
    posted = {"do": "send", "version": version, "message": "Nästan färdig ändring", "r-rows": "0a1b2c3d"}
    page = firm.post(edit(case), {**posted, "r-rows-0a1b2c3d-label": "", "file.": file("till.pdf")})
    assert page.status_code == 422
    case.refresh_from_db()
    assert (case.request, "Nästan" in case.message) == (before, False)
    assert fields(text(firm.get(edit(case))), "Nästan färdig ändring") == ["id_message"]
    assert "Nästan färdig ändring" not in text(visit(CONSULTANT).get(edit(case)))


def test_a_note_meanwhile_is_no_clash_and_takes_nothing_away(visit: Any, world: Any) -> None:
    case, firm = world.cases["Uppgifter för nyanställda"], visit(MANAGER)
    page = firm.get(edit(case))
    unfinished = {"message": "Kvar sedan sist", "r-rows-0a1b2c3d-label": ""}
    assert press(firm, page, "send", **unfinished).status_code == 422
    actions.note(world.manager, case, text="Ring henne")
    assert fields(text(firm.get(edit(case))), "Kvar sedan sist") == ["id_message"]
    told = press(firm, page, "send", message="Färdig", once="en annan flik")
    assert told.status_code == 302
    case.refresh_from_db()
    assert case.message == "Färdig"


def test_a_file_added_while_a_case_waits_reaches_the_client_with_it(visit: Any, world: Any) -> None:
    case, firm = world.cases["Uppgifter för nyanställda"], visit(MANAGER)
    page = text(firm.get(edit(case)))
    rows = dict(re.findall(r'name="(r-[^"]*|subject|version|once)"[^>]*value="([^"]*)"', page))
    firm.post(edit(case), {**rows, "subject": case.subject, "do": "save", "file.": file("till.pdf")})
    owner = visit("agare@utansamtycke.example")
    engagement = world.engagements["utansamtycke"]
    from samsyn.tenancy.agreement import text_for

    agreement = text_for(engagement.firm, "sv").sha256
    address = "/kund/utansamtycke/samtycke/demobyran/"
    shown = text(owner.get(address))
    if (found := re.search(r'action="(/kund/[^"]*/samtycke/demobyran/)"', shown)) is not None:
        address = found[1]
    owner.post(address, {"decision": "approve", "may_represent": "on", "text": agreement})
    sent = Attachment.objects.visible_to(world.manager).get(case=case, name="till.pdf")
    assert sent.event_id is not None


def test_a_change_pressed_twice_is_sent_once_and_an_old_page_overwrites_nothing(visit: Any, world: Any) -> None:
    case = write(world, world.manager, "demokund", "question", "Att rätta")
    address = f"/byra/demobyran/arenden/{case.ref}/ratta/"
    first, second = visit(MANAGER), visit(CONSULTANT)
    pages = [text(person.get(address)) for person in (first, second)]
    how = [{"once": hidden(page, "once"), "version": hidden(page, "version")} for page in pages]
    for _press in range(2):
        first.post(address, written(world, message="Den enas rättelse", **how[0]))
    clash = second.post(address, written(world, message="Den andras rättelse", **how[1]))
    assert clash.status_code == 409
    for words in ("Den enas rättelse", "Den andras rättelse"):
        assert words in text(clash)
    assert Event.objects.visible_to(world.manager).filter(case=case, verb="amend").count() == 1


def test_a_change_of_what_has_been_answered_shows_what_was_written(visit: Any, world: Any) -> None:
    case = write(world, world.manager, "demokund", "question", "Redan besvarad")
    answer(member_actor(world), case)
    told = visit(MANAGER).post(
        f"/byra/demobyran/arenden/{case.ref}/ratta/", written(world, message="För sen rättelse", subject=case.subject)
    )
    assert told.status_code == 409
    assert "Meddelande: För sen rättelse" in text(told)


@pytest.mark.parametrize("words", ["\x00noll \x01ett", "x" * 600_000, "🍞\u202eomvänt"])
def test_a_draft_of_the_firm_takes_any_signs_in_every_field(visit: Any, world: Any, words: str) -> None:
    firm, clean = visit(MANAGER), re.sub("[\x00\x01]", "", words)[:300]
    posted = written(world, do="save", subject=words, message=words, **{"r-questions-0a1b2c3d-text": words})
    saved = firm.post(NEW, posted)
    assert saved.status_code == 302
    back = text(firm.get(saved.headers["Location"]))
    assert back.count(clean) >= 2


@pytest.mark.parametrize("once", ["x" * 33, "\x00", "a b", ""])
def test_a_token_that_is_none_of_ours_makes_an_ordinary_draft(visit: Any, world: Any, once: str) -> None:
    assert visit(MANAGER).post(NEW, written(world, do="save", once=once)).status_code == 302
    assert made(world).count() == 1


def test_forged_and_doubled_row_ids_are_not_taken(visit: Any, world: Any) -> None:
    forged = {"r-questions": ["0a1b2c3d", "0a1b2c3d", "<b>", "../../x", "0a1b2c3d\x00"]}
    visit(MANAGER).post(NEW, written(world, do="save", **forged))
    assert [row["id"] for row in made(world).get().request["questions"]] == ["0a1b2c3d"]
