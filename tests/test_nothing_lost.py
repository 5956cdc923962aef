"""Nothing typed or sent is ever lost: drafts, refusals, ended sessions, and two people at once."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.html import escape

from samsyn.cases import actions
from samsyn.cases.models import Attachment, Case, Draft, Event
from samsyn.demo.world import PASSWORD, answer, pdf, write
from samsyn.tenancy.models import Consent, Membership
from samsyn.web.models import KeptPost

OWNER, MEMBER, MANAGER = "agare@demokund.example", "medarbetare@demokund.example", "ansvarig@demobyran.example"
UNASKED = "agare@utansamtycke.example"
QUESTION = "Vad gällde inköpet den 9 december?"


def text(response: Any) -> str:
    return str(response.content.decode())


def client_path(case: Case, end: str = "") -> str:
    return f"/kund/demokund/arenden/{case.ref}/{end}"


def firm_path(case: Case, end: str = "") -> str:
    return f"/byra/demobyran/arenden/{case.ref}/{end}"


def question_answer(said: str, **more: str) -> dict[str, str]:
    return {"a-0a1b2c3d": said, "a-1a1b2c3d": "no", "a-2a1b2c3d": "", "a-comment": "Hälsningar", **more}


def fields(page: str, word: str) -> list[str]:
    """The names of the fields and buttons whose content has `word`, and the ids of those that have no other name."""
    found = re.findall(r'<textarea[^>]*\sid="([^"]*)"[^>]*>([^<]*)</textarea>', page)
    return [name for name, content in found if word in content]


def events(world: Any, case: Case, verb: str) -> Any:
    return Event.objects.visible_to(world.manager).filter(case=case, verb=verb)


def file(name: str = "kvitto.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, pdf(name))


# The session ends in the middle


def signed_in(email: str) -> Client:
    person = Client()
    person.post("/konto/logga-in/", {"login": email, "password": PASSWORD})
    person.get("/konto/")  # any page: the browser remembers whose it is
    return person


def late(person: Client, path: str, posted: dict[str, Any], **how: Any) -> Any:
    """Post when the session has ended meanwhile."""
    del person.cookies["sessionid"]
    return person.post(path, posted, **how)


def again(person: Client, email: str, answered: Any) -> str:
    """Sign in and come to the page one is led to."""
    signed = person.post(answered.headers["Location"], {"login": email, "password": PASSWORD}, follow=True)
    assert signed.status_code == 200, signed.redirect_chain
    return text(signed)


FORMS = [
    (OWNER, "/kund/demokund/arenden/{question}/meddelande/", "text", "text"),
    (OWNER, "/kund/demokund/arenden/{closed}/ateroppna/", "text", "text"),
    (OWNER, "/kund/demokund/samtycke/demobyran/", "reason", "reason"),
    (OWNER, "/kund/demokund/arenden/{approval}/svara/", "a-comment", "why"),
    (OWNER, "/kund/demokund/arenden/{question}/skicka-tillbaka/", "a-comment", "id_a-comment"),
    (MANAGER, "/byra/demobyran/arenden/{question}/gor/meddelande/", "text", "text-meddelande"),
    (MANAGER, "/byra/demobyran/arenden/{question}/gor/anteckning/", "text", "note"),
    (MANAGER, "/byra/demobyran/arenden/{closed}/gor/ateroppna/", "text", "text-ateroppna"),
    (MANAGER, "/byra/demobyran/arenden/{answered}/gor/svara/", "text", "text-svara"),
    (MANAGER, "/byra/demobyran/arenden/{answered}/gor/begar-komplettering/", "text", "text-begar-komplettering"),
    (MANAGER, "/byra/demobyran/arenden/{question}/svara-at/", "a-comment", "id_a-comment"),
    (MANAGER, "/byra/demobyran/installningar/avtal/", "sv", "id_sv"),
]


@pytest.fixture
def known(world: Any) -> dict[str, Case]:
    answered = write(world, world.manager, "demokund", "question", "Besvarad fråga")
    answer(world.owner, answered)
    closed = write(world, world.manager, "demokund", "question", "Avslutad fråga")
    answer(world.owner, closed)
    actions.close(world.manager, closed)
    return {
        "question": world.cases[QUESTION],
        "approval": world.cases["Löner för januari"],
        "closed": closed,
        "answered": answered,
    }


@pytest.mark.parametrize(("email", "path", "name", "where"), FORMS)
def test_a_session_that_ends_leads_back_to_the_page_with_the_text_in_its_own_field(
    known: dict[str, Case], email: str, path: str, name: str, where: str
) -> None:
    person = signed_in(email)
    words = "Ord som inte får försvinna, «åäö» 🍞"
    posted = {name: words, "once": "x1", "decision": "decline"}
    back = again(person, email, late(person, path.format(**{k: c.ref for k, c in known.items()}), posted))
    assert fields(back, words) == [where]
    assert "Det du hade skrivit är tillbaka" in back
    for case in known.values():
        assert not Event.objects.unscoped(why="nothing was sent by itself").filter(case=case, once="x1").exists()


def chosen(page: str, name: str) -> list[str]:
    """The values of the ticks, radio buttons and selects of this name that are chosen."""
    boxes = [one for one in re.findall(r"<input[^>]*>", page) if f'name="{name}"' in one and " checked" in one]
    lists = re.findall(rf'<select[^>]*name="{name}".*?</select>', page, re.DOTALL)
    ticked = ["".join(re.findall(r'value="([^"]*)"', one)) or "on" for one in boxes]
    return ticked + [value for one in lists for value in re.findall(r'value="([^"]*)"\s+selected', one)]


FIRM, CLIENT_SIDE = "/byra/demobyran/", "/kund/demokund/"
CHOICES = [
    (OWNER, CLIENT_SIDE + "arenden/{question}/skicka-tillbaka/", {"a-1a1b2c3d": "yes"}),
    (OWNER, CLIENT_SIDE + "arenden/{question}/utkast/", {"a-1a1b2c3d": "yes", "a-2a1b2c3d": "Jag själv"}),
    (OWNER, CLIENT_SIDE + "arenden/{documents}/skicka-tillbaka/", {"a-missing-{row}": "on"}),
    (OWNER, CLIENT_SIDE + "arenden/{details}/skicka-tillbaka/", {"a-0a1b2c3d-2a1b2c3e": "Rörlig"}),
    (OWNER, CLIENT_SIDE + "arenden/nytt/", {"r-topic": "information", "r-to": "{staff}", "firm": "demobyran"}),
    (OWNER, CLIENT_SIDE + "kollegor/", {"role": "reader", "may_approve": "on"}),
    (OWNER, "/konto/", {"part": "about", "language": "en"}),
    (UNASKED, "/kund/utansamtycke/samtycke/demobyran/", {"may_represent": "on"}),
    (MANAGER, "/konto/", {"part": "about", "language": "en", "keys_on": "on"}),
    (MANAGER, FIRM + "arenden/{answered}/gor/svara/", {"finished": "on"}),
    (MANAGER, FIRM + "arenden/{question}/gor/ansvarig/", {"responsible": "{other}"}),
    (MANAGER, FIRM + "arenden/{question}/svara-at/", {"how": "meeting", "a-1a1b2c3d": "yes"}),
    (MANAGER, FIRM + "arenden/nytt/?typ=question&kund={client}", {
        "typ": "question", "kund": "{client}", "responsible": "{staff}", "recipients": "{owner}",
        "r-questions": "0a1b2c3d",
        "r-questions-0a1b2c3d-type": "yes_no", "r-questions-0a1b2c3d-required": "on"}),
    (MANAGER, FIRM + "arenden/{question}/ratta/", {
        "r-questions": "0a1b2c3d", "r-questions-0a1b2c3d-type": "choice", "r-questions-0a1b2c3d-required": "on"}),
    (MANAGER, FIRM + "kunder/{client}/", {"do": "people", "responsible": "{staff}", "part": "{other}"}),
    (MANAGER, FIRM + "kunder/{client}/andra/", {"form": "housing", "fiscal_year_ends": "8", "language": "en"}),
    (MANAGER, FIRM + "medarbetare/", {"role": "manager", "scope": "own"}),
]  # fmt: skip


@pytest.mark.parametrize(("email", "path", "posted"), CHOICES)
def test_ticks_selects_and_radio_buttons_come_back_as_texts_do(
    known: dict[str, Case], world: Any, email: str, path: str, posted: dict[str, str]
) -> None:
    documents = world.cases["Kvitton som saknas för december"]
    people = Membership.objects.unscoped(why="a test").filter(firm=world.firm, ended_at=None)
    ids = {name: case.ref for name, case in known.items()} | {
        "documents": documents.ref,
        "details": world.cases["Uppgifter till årsredovisningen"].ref,
        "row": documents.request["documents"][0]["id"],
        "client": world.engagements["demokund"].pk,
        "staff": people.get(user__email="konsult@demobyran.example", engagement=None).pk,
        "other": people.get(user__email="egna@demobyran.example", engagement=None).pk,
        "owner": people.get(user__email=OWNER, engagement=world.engagements["demokund"]).pk,
    }
    filled = {name.format(**ids): value.format(**ids) for name, value in posted.items()}
    person = signed_in(email)
    back = again(person, email, late(person, path.format(**ids), filled))
    controls = {
        name: value
        for name, value in filled.items()
        if name not in ("part", "do", "kund", "typ", "firm", "r-questions")
    }
    if "people" in filled.values():
        controls["part"] = filled["part"]
    assert {name: chosen(back, name) for name in controls} == {name: [value] for name, value in controls.items()}
    assert "Det du hade skrivit är tillbaka" in back


def test_a_late_case_to_one_of_two_firms_comes_back_at_that_firm_alone(world: Any) -> None:
    both, posted = "agare@delad.example", {"firm": "rivalbyran", "r-topic": "information"}
    person = signed_in(both)
    back = again(person, both, late(person, "/kund/delad/arenden/nytt/", posted))
    assert ('value="rivalbyran"' in back, chosen(back, "r-topic")) == (True, ["information"])
    assert chosen(text(person.get("/kund/delad/arenden/nytt/?firm=demobyran")), "r-topic") == ["question"]


def test_the_columns_of_an_import_come_back(world: Any) -> None:
    person = signed_in(MANAGER)
    content = "Vad den heter;Var den finns\r\nBlomman AB;Örebro\r\n".encode()
    upload = SimpleUploadedFile("kunder.csv", content)
    run = person.post("/byra/demobyran/kunder/import/", {"file": upload, "ask": "1"}).headers["Location"]
    named = {"column-0": "name", "column-1": "city"}
    back = again(person, MANAGER, late(person, run, named))
    assert {name: chosen(back, name) for name in named} == {name: [value] for name, value in named.items()}


def test_the_reason_of_a_row_that_is_judged_comes_back(world: Any) -> None:
    case, person = world.cases["Kontoutdrag för november"], signed_in(MANAGER)
    name = f"v-reason-{case.request['documents'][0]['id']}"
    back = again(person, MANAGER, late(person, firm_path(case, "granska/"), {name: "Sidan två saknas"}))
    assert fields(back, "Sidan två saknas") == [f"id_{name}"]


def test_what_is_put_back_is_kept_until_the_form_is_posted(world: Any) -> None:
    case, person = world.cases[QUESTION], signed_in(OWNER)
    again(person, OWNER, late(person, client_path(case, "meddelande/"), {"text": "Vänta på mig"}))
    for _look in range(2):
        assert fields(text(person.get(client_path(case))), "Vänta på mig") == ["text"]
    person.post(client_path(case, "meddelande/"), {"text": "Vänta på mig", "once": "w"})
    assert not KeptPost.objects.exists()
    assert fields(text(person.get(client_path(case))), "Vänta på mig") == []


def test_files_of_a_late_form_are_asked_for_again(world: Any) -> None:
    case, person = world.cases[QUESTION], signed_in(OWNER)
    back = again(person, OWNER, late(person, client_path(case, "meddelande/"), {"text": "Med fil", "file.": file()}))
    assert "Filer måste väljas igen." in back


def test_a_shared_browser_keeps_a_late_form_for_the_one_who_signed_in_last(world: Any) -> None:
    case, person = world.cases[QUESTION], signed_in(OWNER)
    person.post("/konto/logga-ut/")
    person.post("/konto/logga-in/", {"login": MEMBER, "password": PASSWORD})
    person.get(client_path(case))
    answered = late(person, client_path(case, "meddelande/"), {"text": "Oskars ord"})
    person.post("/konto/logga-in/", {"login": OWNER, "password": PASSWORD})
    assert "Oskars ord" not in text(person.get(client_path(case)))
    del person.cookies["sessionid"]
    assert fields(again(person, MEMBER, answered), "Oskars ord") == ["text"]


def test_a_password_is_never_kept(world: Any) -> None:
    person = signed_in(OWNER)
    posted = {"part": "password", "current": "samsyn-demo", "password": "hemligt-och-nytt-9"}
    assert late(person, "/konto/", posted).status_code == 302
    from samsyn.kit.sealing import sealed_box

    bodies = [sealed_box().decrypt(bytes(one.body)) for one in KeptPost.objects.all()]
    assert bodies
    assert not [body for body in bodies if b"hemligt" in body or b"samsyn-demo" in body]


def test_a_new_secret_key_loses_what_was_kept_and_breaks_no_page(world: Any, settings: Any) -> None:
    case, person = world.cases[QUESTION], signed_in(OWNER)
    answered = late(person, client_path(case, "meddelande/"), {"text": "Skrivet före nyckelbytet"})
    settings.SECRET_KEY = "a new one " * 5
    assert fields(again(person, OWNER, answered), "nyckelbytet") == []
    for _look in range(2):  # the second with the cookie of the new key
        assert person.get(client_path(case)).status_code == 200
    assert late(person, client_path(case, "meddelande/"), {"text": "Efter"}).status_code == 302


@pytest.mark.parametrize("value", ["", "x", "nobody:x", "a:b:c", "åäö", "x" * 4000])
def test_a_forged_cookie_of_whose_browser_it_is_keeps_nothing_and_breaks_no_page(world: Any, value: str) -> None:
    from django.core import signing

    case, person = world.cases[QUESTION], signed_in(OWNER)
    for forged in (value, signing.get_cookie_signer(salt="samsyn_personsamsyn_person").sign(value)):
        person.cookies["samsyn_person"], person.cookies["samsyn_kept"] = forged, "1"
        assert person.get(client_path(case)).status_code == 200
        person.cookies["samsyn_person"] = forged
        answered = late(person, client_path(case, "meddelande/"), {"text": "Från ett förfalskat"})
        assert answered.status_code == 302
        again(person, OWNER, answered)
    assert not KeptPost.objects.exists()


@pytest.mark.parametrize("secure", [True, False])
def test_what_is_kept_is_sent_over_https_alone_wherever_the_session_is(world: Any, settings: Any, secure: bool) -> None:
    case, person = world.cases[QUESTION], signed_in(OWNER)
    del person.cookies["samsyn_person"]
    settings.SESSION_COOKIE_SECURE = secure
    person.get(client_path(case))
    late(person, client_path(case, "meddelande/"), {"text": "x"})
    assert [bool(person.cookies[name]["secure"]) for name in ("samsyn_person", "samsyn_kept")] == [secure, secure]


@pytest.mark.parametrize("end", ["utkast/", "filer/"])
def test_a_script_is_told_that_the_session_has_ended_and_gets_no_page(world: Any, end: str) -> None:
    case, person = world.cases[QUESTION], signed_in(OWNER)
    told = late(person, client_path(case, end), question_answer("På väg"), headers={"X-Samsyn": "draft"})
    assert told.status_code == 401
    assert told.json()["saved"].startswith("Du har loggats ut.")


def test_htmx_goes_to_the_sign_in_page_when_the_session_has_ended(world: Any) -> None:
    case, person = world.cases[QUESTION], signed_in(OWNER)
    posted = question_answer("Skrivet med htmx")
    gone = late(person, client_path(case, "skicka-tillbaka/"), posted, headers={"HX-Request": "true"})
    assert gone.status_code == 200
    assert gone.headers["HX-Redirect"] == f"/konto/logga-in/?next={client_path(case)}"
    back = person.post(gone.headers["HX-Redirect"], {"login": OWNER, "password": PASSWORD}, follow=True)
    assert fields(text(back), "Skrivet med htmx") == ["id_a-0a1b2c3d"]


# The page is older than the newest sign-in


@pytest.fixture
def strict(world: Any) -> Client:
    """A browser whose forms are checked for their token, signed in."""
    from django.conf import settings

    from samsyn.tenancy.models import User

    person = Client(enforce_csrf_checks=True)
    person.force_login(User.objects.get(email=OWNER), backend=settings.AUTHENTICATION_BACKENDS[0])
    person.get("/kund/demokund/")
    return person


OURS = {"Sec-Fetch-Site": "same-origin"}


def test_a_form_with_an_old_token_comes_back_with_its_text(strict: Client, world: Any) -> None:
    case = world.cases[QUESTION]
    posted = {"text": "Skrivet före den nya inloggningen", "csrfmiddlewaretoken": "x" * 64}
    old = strict.post(client_path(case, "meddelande/"), posted, headers=OURS)
    assert (old.status_code, old.headers["Location"]) == (302, client_path(case))
    page = text(strict.get(client_path(case)))
    assert fields(page, "Skrivet före den nya inloggningen") == ["text"]
    assert not events(world, case, "message").exists()


def test_a_script_with_an_old_token_gets_a_new_one_and_may_go_on(strict: Client, world: Any) -> None:
    case = world.cases[QUESTION]
    script = {**OURS, "X-Samsyn": "draft"}
    told = strict.post(client_path(case, "utkast/"), question_answer("Halvvägs"), headers=script)
    assert told.status_code == 403
    posted = question_answer("Halvvägs", csrfmiddlewaretoken=told.json()["token"])
    assert strict.post(client_path(case, "utkast/"), posted, headers=script).status_code == 200


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {}, {"Origin": "http://evil.example"}])
def test_a_form_from_elsewhere_puts_nothing_anywhere(strict: Client, world: Any, headers: dict[str, str]) -> None:
    case = world.cases[QUESTION]
    told = strict.post(client_path(case, "meddelande/"), {"text": "Utifrån"}, headers=headers)
    assert told.status_code == 403
    assert not KeptPost.objects.exists()
    script = strict.post(client_path(case, "utkast/"), {"a-comment": "x"}, headers={**headers, "X-Samsyn": "draft"})
    assert b'"token":' not in script.content


# A refusal keeps the text in the field it was typed in, and only there

SAID = [
    ("meddelande", "text-meddelande", "with_client"),
    ("anteckning", "note", "with_client"),
    ("svara", "text-svara", "with_firm"),
    ("begar-komplettering", "text-begar-komplettering", "with_firm"),
]


@pytest.mark.parametrize(("verb", "where", "state"), SAID)
def test_a_refused_text_of_the_firm_stands_where_it_was_typed(
    visit: Any, known: dict[str, Case], verb: str, where: str, state: str
) -> None:
    case = known["question"] if state == "with_client" else known["answered"]
    long = "Mycket långt. " * 2_000
    page = visit(MANAGER).post(firm_path(case, f"gor/{verb}/"), {"text": long})
    if verb in ("svara", "begar-komplettering"):  # these take any length; an old page is refused instead
        case = known["question"]
        page = visit(MANAGER).post(firm_path(case, f"gor/{verb}/"), {"text": "Mycket långt. "})
        assert page.status_code == 409
        assert "Mycket långt." in text(page)
        assert fields(text(page), "Mycket långt.") == []
        return
    assert page.status_code == 422
    assert fields(text(page), "Mycket långt.") == [where]
    assert text(page).count("Texten är för lång.") == 1


def test_a_refused_message_of_the_client_is_not_put_in_the_answer(visit: Any, world: Any) -> None:
    case = world.cases[QUESTION]
    page = visit(OWNER).post(client_path(case, "meddelande/"), {"text": "o" * 20_001})
    assert fields(text(page), "o" * 20_001) == ["text"]


def test_a_reason_to_decline_stands_at_the_decision_alone(visit: Any, world: Any) -> None:
    case = world.cases["Löner för januari"]
    page = visit(OWNER).post(
        client_path(case, "svara/"), {"decision": "decline", "digest": "x", "a-comment": "Fel lön"}
    )
    assert page.status_code == 409
    assert fields(text(page), "Fel lön") == ["why"]


def test_a_text_without_a_field_any_more_is_shown_to_be_copied(visit: Any, world: Any) -> None:
    case, manager = world.cases[QUESTION], visit(MANAGER)
    actions.cancel(world.manager, case)
    for path, posted in (
        (firm_path(case, "gor/meddelande/"), {"text": "Byråns ord i onödan"}),
        (firm_path(case, "granska/"), {"v-reason-0a1b2c3d": "Byråns ord i onödan"}),
    ):
        page = manager.post(path, posted)
        assert page.status_code == 409
        assert "Byråns ord i onödan" in text(page)
        assert fields(text(page), "Byråns ord i onödan") == []
    declined = world.cases["Löner för januari"]
    actions.cancel(world.manager, declined)
    page = visit(OWNER).post(client_path(declined, "svara/"), {"decision": "decline", "a-comment": "Ägarens skäl"})
    assert "Ägarens skäl" in text(page)


def test_an_answer_written_down_too_late_is_shown_to_be_copied(visit: Any, world: Any) -> None:
    case, manager = world.cases[QUESTION], visit(MANAGER)
    answer(member_actor(world), case)
    posted = question_answer("Sagt i telefon", how="phone", on="2026-01-15")
    told = manager.post(firm_path(case, "svara-at/"), posted)
    assert told.status_code == 409
    assert "Sagt i telefon" in text(told)
    assert manager.get(firm_path(case, "svara-at/")).status_code == 409


def test_a_lost_right_and_a_removal_show_what_was_written(visit: Any, world: Any) -> None:
    case, member = world.cases[QUESTION], visit(MEMBER)
    rows = Membership.objects.visible_to(world.owner).filter(user__email=MEMBER)
    rows.update(role="reader")
    told = member.post(client_path(case, "meddelande/"), {"text": "Medarbetarens ord"})
    assert (told.status_code, "Medarbetarens ord" in text(told)) == (403, True)
    rows.update(ended_at="2026-01-01T00:00:00Z")
    told = member.post(client_path(case, "skicka-tillbaka/"), question_answer("Medarbetarens svar"))
    assert (told.status_code, "Medarbetarens svar" in text(told)) == (404, True)
    script = member.post(client_path(case, "utkast/"), question_answer("x"), headers={"X-Samsyn": "draft"})
    assert (script.status_code, bool(script.json()["saved"])) == (404, True)


def test_what_is_begun_to_the_client_outlives_the_review_of_each_row(visit: Any, world: Any) -> None:
    case, manager = world.cases["Kontoutdrag för november"], visit(MANAGER)
    row = case.request["documents"][0]["id"]
    manager.post(firm_path(case, "granska/"), {"do": f"verdict.{row}.accepted", "text": "Bra, men en sak till"})
    assert fields(text(manager.get(firm_path(case))), "Bra, men en sak till") == ["again"]
    manager.post(firm_path(case, "gor/begar-komplettering/"), {"text": "Bra, men en sak till", "once": "a"})
    assert not Draft.objects.visible_to(world.manager).filter(case=case).exists()


# Files beside a message


@pytest.mark.parametrize(("email", "path"), [(OWNER, client_path), (MANAGER, lambda c, e="": firm_path(c, f"gor/{e}"))])
def test_files_of_a_refused_message_wait_in_sight_and_go_once(visit: Any, world: Any, email: str, path: Any) -> None:
    case, person = world.cases[QUESTION], visit(email)
    refused = text(person.post(path(case, "meddelande/"), {"text": " ", "file.": [file("ett.pdf"), file("två.pdf")]}))
    assert "Skriv något först." in refused
    assert refused.count("ett.pdf") >= 1
    assert "Det här följer med när du skickar:" in refused
    gone = re.search(r'value="(file\.remove\.[0-9a-f-]+)"(?:(?!</li>).)*två\.pdf', refused, re.DOTALL)
    assert gone
    left = text(person.post(path(case, "meddelande/"), {"text": "Snart", "do": gone[1]}))
    assert "två.pdf" not in left
    assert len(fields(left, "Snart")) == 1
    for _press in range(2):
        person.post(path(case, "meddelande/"), {"text": "Nu", "file.": file("tre.pdf"), "once": "p1"})
    sent = events(world, case, "message").get()
    assert sorted(one.name for one in Attachment.objects.visible_to(world.manager).filter(case=case, event=sent)) == [
        "ett.pdf",
        "tre.pdf",
    ]
    assert not Attachment.objects.unscoped(why="nothing waits").filter(case=case, event=None).exists()


def test_one_bad_file_beside_a_message_does_not_take_the_others_along(visit: Any, world: Any) -> None:
    case = world.cases[QUESTION]
    bad = SimpleUploadedFile("virus.exe", b"MZ\x90\x00")
    page = text(visit(MANAGER).post(firm_path(case, "gor/meddelande/"), {"text": "Två filer", "file.": [bad, file()]}))
    assert "virus.exe" in page
    assert "kvitto.pdf" in page
    assert fields(page, "Två filer") == ["text-meddelande"]


# Two at once


def test_the_second_of_two_gets_both_texts_beside_each_other_and_can_add_its_own(visit: Any, world: Any) -> None:
    case, owner = world.cases[QUESTION], visit(OWNER)
    visit(MEMBER).post(client_path(case, "skicka-tillbaka/"), question_answer("Oskars svar"))
    page = text(owner.post(client_path(case, "skicka-tillbaka/"), question_answer("Elins svar")))
    row = page[page.index('class="beside"') :]
    assert row.index("Oskars svar") < row.index("Elins svar") < row.index("Lägg till min som meddelande")
    reloaded = text(owner.get(client_path(case)))
    assert "Elins svar" in reloaded
    assert "Elins svar" not in text(visit(MEMBER).get(client_path(case)))
    assert "Elins svar" not in text(visit(MANAGER).get(firm_path(case)))
    posted = dict(re.findall(r'name="(unsent|text|once)" value="([^"]*)"', row))
    for _press in range(2):
        owner.post(client_path(case, "meddelande/"), posted)
    said = events(world, case, "message").get().body["text"]
    assert "Elins svar" in said
    assert 'class="beside"' not in text(owner.get(client_path(case)))


def test_rows_and_files_of_the_second_stand_beside_the_first_and_go_with_the_message(visit: Any, world: Any) -> None:
    case, owner = world.cases["Kvitton som saknas för december"], visit(OWNER)
    first, second = (row["id"] for row in case.request["documents"][:2])
    mine = {
        f"a-missing-{second}": "on",
        f"a-explanation-{second}": "Kom aldrig till oss",
        f"file.{first}": file("min.pdf"),
    }
    owner.post(client_path(case, "filer/"), {f"file.{first}": file("tidigare.pdf")})
    answer(member_actor(world), case)
    page = text(owner.post(client_path(case, "skicka-tillbaka/"), mine))
    assert "Kom aldrig till oss" in page
    for name in ("min.pdf", "tidigare.pdf", case.request["documents"][0]["name"]):
        assert name in page
    posted = dict(re.findall(r'name="(unsent|text|once)" value="([^"]*)"', page[page.index('class="beside"') :]))
    owner.post(client_path(case, "meddelande/"), posted)
    sent = events(world, case, "message").order_by("-seq").first()
    names = {one.name for one in Attachment.objects.visible_to(world.manager).filter(event=sent)}
    assert names == {"min.pdf", "tidigare.pdf"}


def member_actor(world: Any) -> Any:
    from samsyn.tenancy.actors import client_actor, memberships_of
    from samsyn.tenancy.models import User

    user = User.objects.get(email=MEMBER)
    return client_actor(user, memberships_of(user), "demokund")


def test_details_of_the_second_stand_beside_the_first(visit: Any, world: Any) -> None:
    case = write(world, world.manager, "demokund", "details", "Uppgifter om lånet")
    row = case.request["rows"][0]
    amount = f"a-{row['id']}-{row['fields'][0]['id']}"
    answer(member_actor(world), case)
    page = text(visit(OWNER).post(client_path(case, "skicka-tillbaka/"), {amount: "311 000"}))
    beside = page[page.index('class="beside"') :]
    assert beside.index("249\u00a0500,00") < beside.index("311 000")


def test_words_that_were_not_sent_can_be_thrown_away_by_their_writer_alone(visit: Any, world: Any) -> None:
    case, owner = world.cases[QUESTION], visit(OWNER)
    answer(member_actor(world), case)
    owner.post(client_path(case, "skicka-tillbaka/"), question_answer("Elins svar"))
    visit(MEMBER).post(client_path(case, "utkast/"), {"do": "drop"})
    assert "Elins svar" in text(owner.get(client_path(case)))
    owner.post(client_path(case, "utkast/"), {"do": "drop"})
    assert "Elins svar" not in text(owner.get(client_path(case)))


# Drafts and what happens to the case meanwhile


def test_a_draft_of_a_case_that_is_closed_meanwhile_can_still_be_read_and_sent(visit: Any, world: Any) -> None:
    case, owner = world.cases[QUESTION], visit(OWNER)
    owner.post(client_path(case, "utkast/"), question_answer("Nästan klart"))
    answer(member_actor(world), case)
    actions.close(world.manager, case)
    page = text(owner.get(client_path(case)))
    assert "Nästan klart" in page
    assert "Öppna igen och lägg till min" in page
    posted = dict(re.findall(r'name="(unsent|text|once)" value="([^"]*)"', page[page.index('class="beside"') :]))
    owner.post(client_path(case, "ateroppna/"), posted)
    case.refresh_from_db()
    assert case.state == "with_firm"
    assert "Nästan klart" in events(world, case, "reopen").get().body["text"]


def test_a_script_that_saves_too_late_is_told_so_and_its_text_is_kept(visit: Any, world: Any) -> None:
    case, owner = world.cases[QUESTION], visit(OWNER)
    answer(member_actor(world), case)
    told = owner.post(client_path(case, "utkast/"), question_answer("För sent"), headers={"X-Samsyn": "draft"})
    assert (told.status_code, told.json()["kept"]) == (409, True)
    assert "För sent" in text(owner.get(client_path(case)))


def test_saving_what_has_just_been_sent_leaves_nothing_behind(visit: Any, world: Any) -> None:
    case, owner = world.cases[QUESTION], visit(OWNER)
    owner.post(client_path(case, "skicka-tillbaka/"), question_answer("Skickat och klart", once="s1"))
    owner.post(client_path(case, "utkast/"), question_answer("Skickat och klart"))
    assert not Draft.objects.visible_to(world.owner).filter(case=case).exists()
    assert "Det har inte skickats" not in text(owner.get(client_path(case)))


def test_a_draft_of_an_earlier_round_follows_into_the_next(visit: Any, world: Any) -> None:
    case, owner = world.cases[QUESTION], visit(OWNER)
    owner.post(client_path(case, "utkast/"), question_answer("Elins första omgång"))
    answer(member_actor(world), case)
    actions.ask_again(world.manager, case, text="Mer")
    assert "Elins första omgång" in text(owner.get(client_path(case)))
    owner.post(client_path(case, "utkast/"), question_answer("Elins andra omgång"))
    page = text(owner.get(client_path(case)))
    assert fields(page, "Elins andra omgång") == ["id_a-0a1b2c3d"]
    assert "Elins första omgång" in page
    assert "Vad gällde inköpet" in page[page.index('class="beside"') :]


def test_an_answer_taken_back_is_there_to_be_changed(visit: Any, world: Any) -> None:
    case = write(world, world.manager, "demokund", "question", "Att ta tillbaka")
    owner = visit(OWNER)
    owner.post(client_path(case, "skicka-tillbaka/"), question_answer("Första försöket"))
    owner.post(client_path(case, "angra/"), {"once": "t1"})
    assert fields(text(owner.get(client_path(case))), "Första försöket") == ["id_a-0a1b2c3d"]


def amended(world: Any, case: Case, questions: list[dict[str, Any]]) -> None:
    actions.amend(world.manager, case, request={"questions": questions}, subject=case.subject, message="")


def test_words_for_a_question_that_is_taken_away_do_not_vanish(visit: Any, world: Any) -> None:
    case, owner = world.cases[QUESTION], visit(OWNER)
    owner.post(client_path(case, "utkast/"), question_answer("Svar på det borttagna"))
    amended(world, case, case.request["questions"][1:])
    for _save in range(2):  # neither by opening nor by saving again
        page = text(owner.get(client_path(case)))
        assert "Svar på det borttagna" in page
        assert fields(page, "Hälsningar") == ["id_a-comment"]
        owner.post(client_path(case, "utkast/"), {"a-1a1b2c3d": "no", "a-comment": "Hälsningar"})
    posted = dict(re.findall(r'name="(unsent|text|once)" value="([^"]*)"', page[page.index('class="beside"') :]))
    owner.post(client_path(case, "meddelande/"), posted)
    assert "Svar på det borttagna" in events(world, case, "message").get().body["text"]
    left = text(owner.get(client_path(case)))
    assert 'class="beside"' not in left
    assert fields(left, "Hälsningar") == ["id_a-comment"]


def test_a_page_older_than_a_change_keeps_its_words_and_is_not_sent(visit: Any, world: Any) -> None:
    case, owner = world.cases[QUESTION], visit(OWNER)
    first, edition = case.request["questions"][0], case.edition
    amended(world, case, [{**first, "id": "9a9b9c9d", "text": "En annan fråga?"}])
    told = owner.post(client_path(case, "skicka-tillbaka/"), question_answer("Svar på den gamla", edition=edition))
    assert told.status_code == 409
    assert "Ärendet har ändrats sedan du öppnade det." in text(told)
    assert "Svar på den gamla" in text(told)
    case.refresh_from_db()
    assert case.state == "with_client"


def test_a_text_for_a_question_that_is_now_a_choice_is_shown(visit: Any, world: Any) -> None:
    case, owner = world.cases[QUESTION], visit(OWNER)
    owner.post(client_path(case, "utkast/"), question_answer("En lång förklaring"))
    first, *rest = case.request["questions"]
    amended(world, case, [{**first, "type": "yes_no"}, *rest])
    assert "En lång förklaring" in text(owner.get(client_path(case)))


def test_another_tab_only_saves_what_was_touched_in_it(visit: Any, world: Any) -> None:
    case, owner = world.cases[QUESTION], visit(OWNER)
    owner.post(client_path(case, "utkast/"), question_answer("Skrivet i första fliken", touched="a-0a1b2c3d"))
    other = {"a-0a1b2c3d": "", "a-comment": "Skrivet i andra fliken", "touched": "a-comment"}
    owner.post(client_path(case, "utkast/"), other)
    page = text(owner.get(client_path(case)))
    assert fields(page, "Skrivet i första fliken") == ["id_a-0a1b2c3d"]
    assert fields(page, "Skrivet i andra fliken") == ["id_a-comment"]


def test_nothing_of_a_retracted_case_comes_back_with_ones_own_words(visit: Any, world: Any) -> None:
    case = write(world, world.manager, "demokund", "question", "Till fel kund", "Hemligt")
    owner = visit(OWNER)
    owner.post(client_path(case, "utkast/"), question_answer("Mina egna ord"))
    actions.retract(world.manager, case)
    page = text(owner.get(client_path(case)))
    assert "Mina egna ord" in page
    for word in ("Vad gällde inköpet", "Hemligt", "Till fel kund"):
        assert word not in page


# Consent


def test_a_second_press_of_the_consent_leads_where_the_first_did(visit: Any, world: Any) -> None:
    owner, address = visit(OWNER), "/kund/demokund/samtycke/demobyran/"
    for _press in range(2):
        told = owner.post(address, {"decision": "withdraw", "reason": "Vi byter\x00 byrå"})
        assert (told.status_code, told.headers["Location"]) == (302, address)
    steps = Consent.objects.visible_to(world.owner).filter(engagement=world.engagements["demokund"], step="withdrawn")
    assert steps.get().reason == "Vi byter byrå"


def test_too_long_a_reason_is_kept_and_nothing_is_withdrawn(visit: Any, world: Any) -> None:
    long = "Därför att. " * 60
    told = visit(OWNER).post("/kund/demokund/samtycke/demobyran/", {"decision": "withdraw", "reason": long})
    assert told.status_code == 422
    assert fields(text(told), "Därför att.") == ["reason"]
    assert "Skälet är för långt." in text(told)


# What nobody types by hand


@pytest.mark.parametrize("words", ["\x00noll", "\ud800halv", "🍞", "\u202eomvänt", "x" * 1_000_000])
def test_a_draft_takes_any_signs(visit: Any, world: Any, words: str) -> None:
    case, owner = world.cases[QUESTION], visit(OWNER)
    body = "a-comment=" + "".join(f"%{byte:02X}" for byte in words[:20].encode("utf-8", "surrogatepass")) + words[20:]
    how = "application/x-www-form-urlencoded"
    assert owner.generic("POST", client_path(case, "utkast/"), body, content_type=how).status_code == 200
    shown = owner.get(client_path(case))
    assert shown.status_code == 200
    assert escape(words.replace("\x00", "").encode("utf-8", "ignore").decode()[:20]) in text(shown)


@pytest.mark.parametrize("path", ["skicka-tillbaka/", "utkast/", "meddelande/"])
def test_an_unknown_field_and_a_token_that_is_none_of_ours_change_nothing(visit: Any, world: Any, path: str) -> None:
    case = world.cases[QUESTION]
    posted = question_answer("Med skräp", **{"a-ffffffff": "smuggel", "evil": "smuggel", "once": "x" * 500 + "\x00"})
    page = visit(OWNER).post(client_path(case, path), {**posted, "text": "Med skräp"}, follow=True)
    assert page.status_code == 200
    assert "smuggel" not in text(page)
    assert "smuggel" not in str(list(Draft.objects.visible_to(world.owner).values_list("typed")))


def test_too_many_fields_get_a_sentence(visit: Any, world: Any) -> None:
    case = world.cases[QUESTION]
    many = {f"a-{number}": "x" for number in range(10_001)}
    told = visit(OWNER).post(client_path(case, "skicka-tillbaka/"), many)
    assert told.status_code == 400
    assert "Det var för mycket på en gång" in text(told)
    script = visit(OWNER).post(client_path(case, "utkast/"), many, headers={"X-Samsyn": "draft"})
    assert "Det var för mycket på en gång" in script.json()["saved"]


def test_only_what_a_person_wrote_is_given_back_with_a_refusal(visit: Any, world: Any) -> None:
    posted = {"text": "Mina ord", "once": "a" * 24, "csrfmiddlewaretoken": "b" * 64, "kund": str(world.firm.pk)}
    told = text(visit(OWNER).post("/kund/finns-inte/arenden/x/meddelande/", posted))
    assert "Mina ord" in told
    for hidden in ("a" * 24, "b" * 64, str(world.firm.pk)):
        assert hidden not in told


# The client's own case

NEW = "/kund/demokund/arenden/nytt/"


def letter(said: str, **more: str) -> dict[str, str]:
    return {"firm": "demobyran", "r-topic": "information", "l-subject": "Momsen", "l-message": said, **more}


def test_a_case_to_the_firm_is_saved_while_it_is_written_for_its_writer_alone(visit: Any, world: Any) -> None:
    owner = visit(OWNER)
    told = owner.post(NEW, letter("Halvfärdigt brev", do="draft"), headers={"X-Samsyn": "draft"})
    assert re.fullmatch(r"Sparat \d\d\.\d\d\. Byrån ser inget förrän du skickar\.", told.json()["saved"])
    page = text(owner.get(NEW))
    assert fields(page, "Halvfärdigt brev") == ["id_l-message"]
    assert re.search(r'value="information"[^>]*checked', page)
    assert "Halvfärdigt brev" not in text(visit(MEMBER).get(NEW))
    owner.post(NEW, letter("Färdigt brev", once="n1"))
    assert not Draft.objects.visible_to(world.owner).filter(case=None).exists()
    assert "brev" not in text(owner.get(NEW))


def test_a_late_save_of_a_case_that_has_been_sent_brings_no_draft_back(visit: Any, world: Any) -> None:
    owner = visit(OWNER)
    for _press in range(2):
        sent = owner.post(NEW, letter("Skickat brev", once="n2"))
        assert sent.status_code == 302
    owner.post(NEW, letter("Skickat brev", once="n2", do="draft"), headers={"X-Samsyn": "draft"})
    assert not Draft.objects.visible_to(world.owner).filter(case=None).exists()
    assert Case.objects.visible_to(world.owner).filter(subject="Momsen").count() == 1


def test_a_refused_case_to_the_firm_keeps_its_words_when_its_writer_leaves(visit: Any, world: Any) -> None:
    owner = visit(OWNER)
    page = owner.post(NEW, letter("Utan ämne", **{"l-subject": ""}))
    assert page.status_code == 422
    assert fields(text(page), "Utan ämne") == ["id_l-message"]
    assert fields(text(owner.get(NEW)), "Utan ämne") == ["id_l-message"]


def test_a_session_that_ends_in_the_middle_of_a_case_to_the_firm_loses_nothing(world: Any) -> None:
    person = signed_in(OWNER)
    back = again(person, OWNER, late(person, NEW, letter("Skrivet för sent")))
    assert fields(back, "Skrivet för sent") == ["id_l-message"]
    assert 'class="error"' not in back
