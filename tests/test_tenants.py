"""Who sees and does what across firms, companies, engagements and roles, tried with ids that are somebody else's."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from samsyn.cases import actions
from samsyn.cases.basis import basis_digest
from samsyn.cases.models import Attachment, Case, Event, Recipient, SendBatch
from samsyn.demo.world import answer, let_in, pdf, write
from samsyn.tenancy import actions as tenancy
from samsyn.tenancy.errors import Refused
from samsyn.tenancy.models import Engagement, Invitation, Membership, User
from samsyn.web.doors import routes
from tests.invited import accept, link_to
from tests.test_doors import CASE, CASES, FIRM_CASE, address, answers

MANAGER, OWN = "ansvarig@demobyran.example", "egna@demobyran.example"
OWNER, MEMBER, READER = "agare@demokund.example", "medarbetare@demokund.example", "lasare@demokund.example"
MIXED = "blandad@delad.example"
TOKENS = re.compile(rb'name="(csrfmiddlewaretoken|once|made)" value="[^"]*"')


def text(response: Any) -> str:
    return str(response.content.decode())


def bytes_of(person: Client, pages: list[str]) -> list[bytes]:
    """What the pages send, apart from what is new at every fetch."""
    found = [person.get(one) for one in pages]
    return [TOKENS.sub(b"", one.content) + one.headers.get("ETag", "").encode() for one in found]


def case_pages(base: str) -> list[str]:
    """The end of each address below a case."""
    return [route.removeprefix(base) for route, _view in routes() if route.startswith(base) and route != base]


# The company of one, the case of another


@pytest.mark.parametrize("end", ["", *case_pages(CASE)])
def test_a_case_of_another_company_is_not_there_under_the_own_address(visit: Any, world: Any, end: str) -> None:
    path = address(world, CASE + end).replace("/kund/demokund/", "/kund/annankund/")
    assert answers(visit("agare@annankund.example"), path) == {404}
    person = visit("dubbel@demokund.example")  # a member of both, but the address says which
    assert answers(person, path) == {404}


@pytest.mark.parametrize("end", ["", *case_pages(FIRM_CASE)])
@pytest.mark.parametrize("who", ["konsult@rivalbyran.example", "dubbel@demokund.example"])
def test_a_case_of_another_firm_is_not_there_under_the_own_address(visit: Any, world: Any, who: str, end: str) -> None:
    path = address(world, FIRM_CASE + end).replace("/byra/demobyran/", "/byra/rivalbyran/")
    assert answers(visit(who), path) == {404}


def test_a_client_and_an_import_of_another_firm_are_not_there(visit: Any, world: Any) -> None:
    upload = SimpleUploadedFile("register.csv", b"Namn\nNytt Bolag AB\n")
    run = visit(MANAGER).post("/byra/demobyran/kunder/import/", {"file": upload}).headers["Location"]
    assert visit(MANAGER).get(run).status_code == 200
    rival = visit("konsult@rivalbyran.example")
    pk = world.engagements["demokund"].pk
    for path in (run, f"/byra/demobyran/kunder/{pk}/", f"/byra/demobyran/kunder/{pk}/andra/"):
        assert answers(rival, path.replace("demobyran", "rivalbyran")) == {404}


# One person, two engagements of one company, a role in each


@pytest.fixture
def mixed(world: Any) -> Any:
    """Reader towards demobyran, administrator towards rivalbyran, in one and the same company."""
    owner = world.client("agare@delad.example", "delad")
    for slug, role in (("delad", "reader"), ("delad@rival", "owner")):
        asked = tenancy.add_colleague(owner, world.engagements[slug], name="Bo Blandad", email=MIXED, role=role)
        let_in(asked, "Bo Blandad")
    return world


READS = "Körjournal för kvartal 4"  # from demobyran
OWNS = "Fråga från en annan byrå"  # from rivalbyran
VERBS = [end for end in case_pages(CASE) if end not in ("kopia/", "fil/<uuid:file_id>/")]


@pytest.mark.parametrize("waits", [False, True])
def test_an_owner_of_one_engagement_knows_of_no_restricted_case_of_another(visit: Any, mixed: Any, waits: bool) -> None:
    """Nor one who is the main contact there and has not approved the agreement yet."""
    rows = Membership.objects.unscoped(why="the test sets the scene").filter(user__email=MIXED, role="owner")
    rows.update(awaits_agreement=waits)
    case = write(mixed, mixed.manager, "delad", "question", "Hemligt", restricted=True)
    person = visit(MIXED)
    assert person.get(f"/kund/delad/arenden/{case.ref}/").status_code == 404
    assert "Hemligt" not in text(person.get("/kund/delad/arenden/"))


@pytest.mark.parametrize("end", VERBS)
def test_a_right_is_taken_from_the_cases_own_engagement(visit: Any, mixed: Any, end: str) -> None:
    person, case = visit(MIXED), mixed.cases[READS]
    before = Event.objects.visible_to(mixed.manager).filter(case=case).count()
    row = case.request["documents"][0]["id"]
    posted = {"text": "hej", "decision": "approve", "digest": basis_digest(case), f"file.{row}": pdf_file()}
    assert person.post(f"/kund/delad/arenden/{case.ref}/{end}", posted).status_code == 403
    assert Event.objects.visible_to(mixed.manager).filter(case=case).count() == before
    assert not Attachment.objects.unscoped(why="nothing was kept").filter(case=case, side="client").exists()


def pdf_file() -> SimpleUploadedFile:
    return SimpleUploadedFile("kvitto.pdf", pdf())


def test_an_administrator_of_one_engagement_acts_in_that_one_alone(visit: Any, mixed: Any) -> None:
    person, case = visit(MIXED), mixed.cases[OWNS]
    here = f"/kund/delad/arenden/{case.ref}/"
    assert person.post(here + "meddelande/", {"text": "Som administratör"}).status_code == 302
    assert "Som administratör" in text(person.get(here))
    reading = text(person.get(f"/kund/delad/arenden/{mixed.cases[READS].ref}/"))
    assert "<textarea" not in reading
    assert 'type="file"' not in reading


def test_an_approval_is_given_by_the_role_in_its_own_engagement(visit: Any, mixed: Any) -> None:
    boss = mixed.staff("ansvarig@rivalbyran.example", "rivalbyran")
    ours = write(mixed, mixed.manager, "delad", "approval", "Från demobyrån")
    theirs = write(mixed, boss, "delad@rival", "approval", "Från rivalbyrån")
    person = visit(MIXED)
    for case, status in ((ours, 403), (theirs, 302)):
        posted = {"decision": "approve", "digest": basis_digest(case)}
        assert person.post(f"/kund/delad/arenden/{case.ref}/svara/", posted).status_code == status


def test_a_new_case_goes_only_to_the_firm_where_one_may_write(visit: Any, mixed: Any) -> None:
    person, path = visit(MIXED), "/kund/delad/arenden/nytt/"
    said = {"r-topic": "question", "r-to": "", "l-subject": "Hej", "l-message": "Hej"}
    assert "Rival Ekonomi" in text(person.get(path))
    assert answers(person, path + "?firm=demobyran") == {404}
    assert person.post(path, {**said, "firm": "demobyran"}).status_code == 404
    assert person.post(path, {**said, "firm": "rivalbyran"}).status_code == 302
    assert not Case.objects.visible_to(mixed.manager).filter(subject="Hej").exists()


def test_a_case_is_written_only_to_a_person_who_has_sent_this_company_one(visit: Any, mixed: Any) -> None:
    person, path = visit("agare@delad.example"), "/kund/delad/arenden/nytt/"
    strangers = [mixed.consultant, mixed.staff("konsult@rivalbyran.example", "rivalbyran"), mixed.owner]
    said = {"r-topic": "question", "l-subject": "Hej", "l-message": "Hej", "firm": "demobyran"}
    for one in strangers:
        assert person.post(path, {**said, "r-to": str(one.memberships[0].pk)}).status_code == 422
    assert person.post(path, {**said, "r-to": str(mixed.manager.membership.pk)}).status_code == 302


def test_consent_and_colleagues_are_an_administrators_of_that_engagement(visit: Any, mixed: Any) -> None:
    person = visit(MIXED)
    reads, owns = mixed.engagements["delad"], mixed.engagements["delad@rival"]
    colleague = {"name": "Kim Kollega", "email": "kim@delad.example", "role": "owner"}
    assert person.post("/kund/delad/kollegor/", {**colleague, "engagement": str(reads.pk)}).status_code == 422
    assert person.post("/kund/delad/kollegor/", {**colleague, "engagement": str(owns.pk)}).status_code == 302
    invited = Invitation.objects.unscoped(why="which were made").filter(email="kim@delad.example")
    assert list(invited.values_list("engagement", flat=True)) == [owns.pk]
    for decision in ("approve", "decline", "withdraw"):
        posted = {"decision": decision, "may_represent": "on"}
        assert person.post("/kund/delad/samtycke/demobyran/", posted).status_code == 403
    assert person.post("/kund/delad/samtycke/rivalbyran/", {"decision": "withdraw"}).status_code == 302
    reads.refresh_from_db()
    owns.refresh_from_db()
    assert (reads.consent, owns.consent) == ("approved", "withdrawn")


def test_a_restricted_case_of_the_engagement_one_reads_stays_hidden(visit: Any, mixed: Any) -> None:
    case = write(mixed, mixed.manager, "delad", "approval", "Förtroligt", file="lon.pdf", restricted=True)
    file = Attachment.objects.visible_to(mixed.manager).get(case=case)
    here = f"/kund/delad/arenden/{case.ref}/"
    for path in (here, here + "kopia/", f"{here}fil/{file.pk}/", here + "meddelande/"):
        assert answers(visit(MIXED), path) == {404}
    assert visit("agare@delad.example").get(here).status_code == 200


# A consultant who sees his or her own clients


@pytest.fixture
def amira(world: Any) -> Any:
    """Amira with *own*: Kafé Humlebo is hers, and nothing else of the firm."""
    mine = world.staff(OWN).membership
    tenancy.set_people(world.manager, world.engagements["annankund"], responsible=mine, participants=[])
    return world


HIDDEN = ["Morgonglöd", "Kontoutdrag", "Elin", "Östanvind", OWNER]


@pytest.mark.parametrize("end", ["", *case_pages(FIRM_CASE)])
def test_a_case_of_a_client_one_does_not_see_is_not_there(visit: Any, amira: Any, end: str) -> None:
    assert answers(visit(OWN), address(amira, FIRM_CASE + end)) == {404}


def test_no_page_list_search_or_count_tells_of_clients_one_does_not_see(visit: Any, amira: Any) -> None:
    person, pk = visit(OWN), amira.engagements["demokund"].pk
    pages = [
        "", "arenden/?vy=alla", "arenden/?vy=alla&q=Kontoutdrag", "arenden/?vy=alla&q=Morgon", f"arenden/?kund={pk}",
        "arenden/?vy=avslutade", "arenden/?vy=utkast", "kunder/", "kunder/?q=Bageri", "kunder/?vy=samtycke",
        "arenden/nytt/", f"arenden/nytt/?kund={pk}&typ=question", "medarbetare/",
    ]  # fmt: skip
    for page in pages:
        shown = re.sub(r'name="q"[^>]*value="[^"]*"', "", text(person.get(f"/byra/demobyran/{page}")))
        shown = re.sub(r"[?&;]q=[^\"&]*", "", shown)
        shown = re.sub(r"passar ”[^”]*”", "", shown)  # the reader's own words
        assert [word for word in HIDDEN if word in shown] == [], page
    assert "Kafé Humlebo" in text(person.get("/byra/demobyran/kunder/"))
    for path in (f"kunder/{pk}/", f"kunder/{pk}/andra/", f"kunder/{pk}/kopia/2026/"):
        assert answers(person, f"/byra/demobyran/{path}") == {404}
    assert answers(person, "/byra/demobyran/kunder/import/") == {403}


def test_a_bulk_change_does_nothing_to_cases_one_does_not_see(visit: Any, amira: Any) -> None:
    person = visit(OWN)
    refs = [case.ref for case in amira.cases.values() if case.engagement_id != amira.engagements["annankund"].pk]
    before = Event.objects.unscoped(why="of every firm").count()
    staff = str(amira.manager.membership.pk)
    for posted in (
        {"do": "remind"},
        {"do": "date", "due_on": "2026-12-01"},
        {"do": "responsible", "responsible": staff},
    ):
        for start in range(0, len(refs), 20):
            page = person.post("/byra/demobyran/arenden/", {**posted, "ref": refs[start : start + 20]}, follow=True)
            assert not [word for word in HIDDEN if word in text(page)]
    assert Event.objects.unscoped(why="of every firm").count() == before


def test_nothing_is_written_or_sent_to_a_client_one_does_not_see(visit: Any, amira: Any) -> None:
    person, mine, other = visit(OWN), amira.engagements["annankund"].pk, amira.engagements["demokund"].pk
    rival = amira.engagements["delad@rival"].pk
    said = {
        "typ": "information", "subject": "Till alla", "message": "Hej", "do": "send", "due_on": "",
        "responsible": str(amira.staff(OWN).membership.pk), "r-acknowledge": "on",
    }  # fmt: skip
    person.post("/byra/demobyran/arenden/nytt/", {**said, "kund": [str(other), str(rival)]})
    assert not Case.objects.unscoped(why="of every firm").filter(subject="Till alla").exists()
    person.post("/byra/demobyran/arenden/nytt/", {**said, "kund": [str(mine), str(other), str(rival), "nonsens"]})
    made = Case.objects.unscoped(why="of every firm").filter(subject="Till alla")
    assert set(made.values_list("engagement", flat=True)) == {mine}
    assert not SendBatch.objects.unscoped(why="of every firm").exists()


def test_whoever_gives_a_client_away_sees_it_no_more_and_leaves_nobody_behind(visit: Any, amira: Any) -> None:
    client, jonas = amira.engagements["annankund"], amira.consultant.membership
    posted = {"do": "people", "responsible": str(jonas.pk), "part": [str(amira.manager.membership.pk)]}
    path = f"/byra/demobyran/kunder/{client.pk}/"
    for _again in range(2):
        assert visit(MANAGER).post(path, posted).status_code == 302
    tenancy.set_people(amira.manager, client, responsible=amira.staff(OWN).membership, participants=[jonas])
    assert visit(OWN).post(path, posted).status_code == 302
    assert visit(OWN).get(path).status_code == 404


# Persons named by id who belong elsewhere


def test_only_the_firms_own_staff_can_be_given_a_client_or_a_case(visit: Any, world: Any) -> None:
    manager, client = visit(MANAGER), world.engagements["demokund"]
    case = world.cases["Kontoutdrag för november"]
    strangers = [world.staff("konsult@rivalbyran.example", "rivalbyran").membership, world.owner.memberships[0]]
    gone = Membership.objects.create(
        firm=world.firm, user=world.user(READER), role="consultant", ended_at=timezone.now()
    )
    for one in [str(stranger.pk) for stranger in (*strangers, gone)] + ["", "nonsens"]:
        posted = {"do": "people", "responsible": one}
        assert manager.post(f"/byra/demobyran/kunder/{client.pk}/", posted).status_code == 422
        assert (
            manager.post(f"/byra/demobyran/arenden/{case.ref}/gor/ansvarig/", {"responsible": one}).status_code == 422
        )
        manager.post("/byra/demobyran/arenden/", {"do": "responsible", "responsible": one, "ref": case.ref})
    posted = {"do": "people", "responsible": str(world.consultant.membership.pk), "part": [str(strangers[1].pk)]}
    manager.post(f"/byra/demobyran/kunder/{client.pk}/", posted)
    people = text(manager.get(f"/byra/demobyran/kunder/{client.pk}/"))
    assert str(strangers[1].pk) not in re.findall(r'value="([^"]*)" checked', people)
    case.refresh_from_db()
    assert case.responsible_id == world.manager.membership.pk


def test_only_the_clients_own_people_can_be_recipients_or_be_named(visit: Any, world: Any) -> None:
    manager = visit(MANAGER)
    strangers = [
        str(world.client("agare@annankund.example", "annankund").memberships[0].pk),
        str(world.client("agare@delad.example", "delad").memberships[1].pk),
        str(world.manager.membership.pk),
    ]
    said = {
        "typ": "approval", "kund": str(world.engagements["demokund"].pk), "subject": "Till fel", "message": "",
        "r-what": "Det här", "r-needed": "all", "responsible": str(world.manager.membership.pk), "due_on": "",
    }  # fmt: skip
    for one in strangers:
        posted = {**said, "do": "send", "r-named": [one], "recipients": [one]}
        assert manager.post("/byra/demobyran/arenden/nytt/", posted).status_code == 422
    made = Case.objects.visible_to(world.manager).filter(subject="Till fel")
    assert not made.exclude(state="draft").exists()
    assert (
        not Recipient.objects.unscoped(why="of any case").filter(membership__in=strangers[:2], case__in=made).exists()
    )


# What a session that is open may still do


@pytest.mark.parametrize(
    ("email", "page"), [(OWNER, "/kund/demokund/arenden/"), ("konsult@demobyran.example", "/byra/demobyran/arenden/")]
)
def test_an_open_session_ends_with_the_membership_and_with_the_account(
    visit: Any, world: Any, email: str, page: str
) -> None:
    person = visit(email)
    assert person.get(page).status_code == 200
    held = Membership.objects.unscoped(why="somebody is shown out").filter(user__email=email)
    held.update(ended_at=timezone.now())
    assert person.get(page).status_code == 404
    assert person.post(page, {"do": "remind"}).status_code in (404, 405)
    assert "demobyran" not in text(person.get("/"))
    held.update(ended_at=None)
    User.objects.filter(email=email).update(is_active=False)
    shut = person.get(page)
    assert (shut.status_code, shut.headers["Location"].split("?")[0]) == (302, "/konto/logga-in/")


# What nobody may notice


def test_a_restricted_case_leaves_no_trace_for_those_it_does_not_name(visit: Any, world: Any) -> None:
    pages = ["", "arenden/", "arenden/avslutade/", "arenden/?q=a", "flikar/", "kollegor/", "samtycke/demobyran/"]
    here = [f"/kund/demokund/{page}" for page in pages]
    before = {email: bytes_of(visit(email), here) for email in (MEMBER, READER)}
    for state in ("open", "answered", "closed"):
        case = write(world, world.manager, "demokund", "question", f"Hemligt {state}", restricted=True)
        actions.message(world.manager, case, text="Mer")
        actions.note(world.manager, case, text="Internt")
        if state != "open":
            answer(world.owner, case)
        if state == "closed":
            actions.close(world.manager, case)
    for email, seen in before.items():
        assert bytes_of(visit(email), here) == seen


def test_how_many_wait_for_consent_does_not_count_what_is_restricted(visit: Any, world: Any) -> None:
    visit(OWNER).post("/kund/demokund/samtycke/demobyran/", {"decision": "withdraw"})
    client = (
        Engagement.objects.visible_to(world.manager).select_related("firm").get(pk=world.engagements["demokund"].pk)
    )
    tenancy.invite_main_contact(world.manager, client)
    world.engagements["demokund"] = client
    write(world, world.manager, "demokund", "question", "Öppet")
    write(world, world.manager, "demokund", "question", "Hemligt", restricted=True)
    page = "/kund/demokund/samtycke/demobyran/"
    assert "2 ärenden väntar" in text(visit(OWNER).get(page))
    assert "1 ärende väntar" in text(visit(MEMBER).get(page))


def test_of_a_retracted_case_the_client_is_left_one_line(visit: Any, world: Any) -> None:
    question = {"id": "0a1b2c3d", "text": "zåqfråga", "type": "text", "choices": [], "required": True}
    choice = {**question, "id": "1a1b2c3d", "type": "choice", "choices": ["zåqval", "zåqannat"]}
    request = {"questions": [question, choice]}
    case = write(world, world.manager, "demokund", "question", "zåqämne", "zåqbrev", request=request, file="zåqfil.pdf")
    file = Attachment.objects.visible_to(world.manager).get(case=case)
    actions.message(world.manager, case, text="zåqmeddelande")
    visit(MEMBER).post(f"/kund/demokund/arenden/{case.ref}/utkast/", {"a-0a1b2c3d": "Egna ord", "a-1a1b2c3d": "zåqval"})
    given = {
        "answers": [{"id": "0a1b2c3d", "value": "zåqsvar"}, {"id": "1a1b2c3d", "value": "zåqval"}],
        "comment": "zåqkommentar",
        "files": [],
    }
    actions.send_back(world.owner, case, answer=given, text="zåqkommentar")
    actions.retract(world.manager, case)
    here = f"/kund/demokund/arenden/{case.ref}/"
    for email in (OWNER, MEMBER, READER):
        person = visit(email)
        for page in ("", "arenden/", "arenden/avslutade/", "arenden/?q=zåq", "arenden/?q=återkallat"):
            assert "zåq" not in text(person.get(f"/kund/demokund/{page}")).replace('value="zåq"', "")
        shown = text(person.get(here))
        assert "zåq" not in shown
        assert ("Egna ord" in shown) == (email == MEMBER)
        assert "återkallat" in shown
        assert answers(person, here + "kopia/") == answers(person, f"{here}fil/{file.pk}/") == {404}
        for end in ("meddelande/", "ateroppna/", "skicka-tillbaka/", "angra/"):
            refused = person.post(here + end, {"text": "hej"})
            assert refused.status_code in (403, 409)
            assert "zåq" not in text(refused)


def test_looking_ahead_reads_nothing(visit: Any, world: Any) -> None:
    person, case = visit(OWNER), write(world, world.manager, "demokund", "question", "Oläst än så länge")
    here = f"/kund/demokund/arenden/{case.ref}/"
    person.head(here)
    person.get(here, headers={"Sec-Purpose": "prefetch;prerender"})
    assert "Oläst:" in text(person.get("/kund/demokund/arenden/?q=Oläst+än"))
    person.get(here)
    assert "Oläst:" not in text(person.get("/kund/demokund/arenden/?q=Oläst+än"))


# The links of invitations


WELCOME = {"name": "Nya Kontakten", "password": "lang-och-ovanlig-8"}


@pytest.fixture
def wrong(world: Any) -> str:
    """The link that was mailed to an address the firm had got wrong, of a client whose administrators have gone."""
    client = world.engagements["annankund"]
    actions.withdraw_consent(world.manager, client)
    owners = Membership.objects.unscoped(why="the test sets the scene").filter(engagement=client, role="owner")
    owners.update(ended_at=timezone.now())
    tenancy.change_client(world.manager, client, contact_email="fel@rival.example", contact_name="Fel Person")
    client.refresh_from_db()
    tenancy.invite_main_contact(world.manager, client)
    return link_to("fel@rival.example")


def test_a_link_to_a_wrong_address_dies_when_the_address_is_mended(client: Client, world: Any, wrong: str) -> None:
    assert client.get(wrong).status_code == 200
    engagement = world.engagements["annankund"]
    tenancy.change_client(world.manager, engagement, contact_email="ratt@annankund.example", contact_name="Rätt Person")
    assert client.get(wrong).status_code == 410
    assert accept(wrong, client, **WELCOME).status_code == 410
    assert not User.objects.filter(email="fel@rival.example").exists()


def test_a_newer_invitation_ends_the_one_to_an_earlier_contact(client: Client, world: Any, wrong: str) -> None:
    engagement = world.engagements["annankund"]
    Engagement.objects.visible_to(world.manager).filter(pk=engagement.pk).update(contact_email="ny@annankund.example")
    engagement.refresh_from_db()
    tenancy.invite_main_contact(world.manager, engagement)
    assert client.get(wrong).status_code == 410
    assert client.get(link_to("ny@annankund.example")).status_code == 200


def test_looking_at_an_invitation_changes_nothing(client: Client, world: Any, wrong: str) -> None:
    for method in ("get", "head", "options", "put"):
        getattr(client, method)(wrong, headers={"Sec-Purpose": "prefetch"})
    assert accept(wrong, client, name="", password="").status_code == 422
    rows = Invitation.objects.visible_to(world.manager).filter(email="fel@rival.example")
    assert list(rows.values_list("state", flat=True)) == ["pending"]
    assert not User.objects.filter(email="fel@rival.example").exists()


def test_an_invitation_is_taken_once_and_only_by_its_own_person(visit: Any, world: Any, wrong: str) -> None:
    first, second = Client(), Client()
    for email in (OWNER, "konsult@rivalbyran.example"):
        assert accept(wrong, visit(email), **WELCOME).status_code == 403
    assert accept(wrong, first, **WELCOME).status_code == 302
    assert accept(wrong, second, name="Den Andre", password="lang-och-ovanlig-8").status_code == 410
    assert "sessionid" not in second.cookies
    assert User.objects.get(email="fel@rival.example").name == "Nya Kontakten"


def test_an_invitation_never_sets_the_password_of_somebody_who_has_one(client: Client, world: Any) -> None:
    owner = world.client("agare@annankund.example", "annankund")
    known = world.user(READER)
    tenancy.add_colleague(owner, world.engagements["annankund"], name="Lena L", email=READER, role="member")
    link, before = link_to(READER), known.password
    assert client.post(link, WELCOME).status_code == 422, "without the code a name and a password are nothing"
    assert accept(link, client, **WELCOME).status_code == 302
    now = User.objects.get(pk=known.pk)
    assert (now.password, now.name) == (before, known.name)
    assert client.get("/kund/annankund/kollegor/").status_code == 200


def test_an_old_link_is_dead_after_thirty_days(client: Client, world: Any, wrong: str) -> None:
    rows = Invitation.objects.unscoped(why="time passes").filter(email="fel@rival.example")
    rows.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    assert client.get(wrong).status_code == 410
    assert accept(wrong, client, **WELCOME).status_code == 410


@pytest.mark.parametrize("end", sorted(CASES))
def test_no_link_before_the_consent_opens_the_cases(world: Any, wrong: str, end: str) -> None:
    """Whoever comes in by a link after a withdrawal reads, and adds nothing."""
    person = Client()
    accept(wrong, person, **WELCOME)
    case = world.cases["Vad är fakturan från november?"]
    path = address(world, end).replace("/kund/demokund/", "/kund/annankund/")
    path = path.replace(world.cases["Kontoutdrag för november"].ref, case.ref)
    posted = person.post(path, {"text": "hej", "decision": "approve"})
    assert posted.status_code in (400, 403, 404, 405, 409, 422)


# The same company


@pytest.mark.parametrize(
    ("numbers", "refused"),
    [
        (("559999-0289", "559999-0289"), ""),
        (("", ""), "Ingen av de två har ett nummer"),
        (("559999-0289", ""), "olika nummer"),
    ],
)
def test_two_clients_are_joined_only_when_a_number_tells_that_they_are_one(
    world: Any, numbers: tuple[str, str], refused: str
) -> None:
    """Two associations without a number may bear one name, and one person may run both."""
    made = []
    for actor, number in zip(
        (world.manager, world.staff("konsult@rivalbyran.example", "rivalbyran")), numbers, strict=True
    ):
        facts = {"name": "Byalaget", "address": "Gatan 1", "postcode": "111 11", "city": "Orten"}
        client = tenancy.add_client(actor, **facts, number=number.replace("-", ""), contact_name="Eva Ek",
                                    contact_email="eva@byalaget.example")  # fmt: skip
        let_in(tenancy.invite_main_contact(actor, client), "Eva Ek")
        made.append(client)
    ours, theirs = (one.company_id for one in made)
    eva = world.user("eva@byalaget.example")
    if refused:
        with pytest.raises(Refused, match=refused):
            tenancy.join_companies(eva, ours, theirs)
    else:
        tenancy.join_companies(eva, ours, theirs)
    rows = Engagement.objects.unscoped(why="a test").filter(name="Byalaget")
    assert rows.values("company").distinct().count() == (2 if refused else 1)
