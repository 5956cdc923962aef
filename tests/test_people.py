"""People come by invitation: the first manager by a command, staff by a manager, colleagues by an owner."""

from __future__ import annotations

import datetime as dt
import io
import re
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from samsyn.demo.world import let_in
from samsyn.kit import letters
from samsyn.kit.models import Letter
from samsyn.tenancy import actions
from samsyn.tenancy.models import Firm, Invitation, Membership, Slug, User
from tests.invited import accept, link_to, open_link

MANAGER, CONSULTANT = "ansvarig@demobyran.example", "konsult@demobyran.example"
OWNER, MEMBER, READER = "agare@demokund.example", "medarbetare@demokund.example", "lasare@demokund.example"
STAFF, COLLEAGUES = "/byra/demobyran/medarbetare/", "/kund/demokund/kollegor/"
NUMBER = "559999-0289"
DOMAIN = "@" + ".".join(["b" * 60] * 4) + ".example"  # 252 characters


def text(response: Any) -> str:
    return str(response.content.decode())


def add_firm(slug: str = "nybyran", name: str = "Ny Byrå AB", number: str = NUMBER, manager: str = "") -> str:
    said = io.StringIO()
    call_command(
        "firm", "add", slug, name=name, number=number, manager=manager or "anna.berg@nybyran.example", stdout=said
    )
    return said.getvalue()


def test_the_operator_adds_a_firm_and_its_first_manager_walks_in(db: None, client: Client) -> None:
    assert "/byra/nybyran/" in add_firm()
    assert not mail.outbox, "the letter waits for the worker"
    link = link_to("anna.berg@nybyran.example")
    assert mail.outbox[-1].from_email.startswith('"Ny Byrå AB"') or "Ny Byrå AB" in mail.outbox[-1].from_email
    assert NUMBER in mail.outbox[-1].body
    _person, page = open_link(link, client)
    assert 'value="Anna Berg"' in text(page), "a guess from the address, for her to mend"
    done = accept(link, client, name="Anna-Karin Berg", password="lang-och-ovanlig-8")
    assert done.headers["Location"] == "/byra/nybyran/"
    assert "Anna-Karin Berg" in text(client.get("/byra/nybyran/"))
    assert client.get("/byra/nybyran/installningar/").status_code == 200
    client.post("/konto/logga-ut/")
    client.post("/konto/logga-in/", {"login": "ANNA.BERG@nybyran.example", "password": "lang-och-ovanlig-8"})
    assert client.get("/").headers["Location"] == "/byra/nybyran/"


@pytest.mark.parametrize("address", ["anna.berg@nybyran.example", "berit@nybyran.example"])
def test_a_first_manager_whose_link_died_is_written_to_by_the_same_command(
    db: None, client: Client, address: str
) -> None:
    add_firm()
    first = link_to("anna.berg@nybyran.example")
    with time_machine.travel(timezone.now() + dt.timedelta(days=31), tick=False):
        assert "inte längre" in text(client.get(first))
        said = add_firm(manager=address)
        assert said == (
            "Ny Byrå AB was at /byra/nybyran/ already, and nobody has come in. The old link is dead.\n"
            f"An invitation to {address} leaves as soon as the worker, bin/work, runs.\n"
        )
        second = link_to(address)
        add_firm(manager=address)
        third = link_to(address)
        assert Firm.objects.filter(number="5599990289").count() == 1
        assert "inte längre" in text(client.get(second)), "one link at a time"
        accept(third, client, name="Anna Berg", password="lang-och-ovanlig-8")
        assert client.get("/byra/nybyran/installningar/").status_code == 200


def test_a_firm_that_has_its_people_gets_no_second_first_manager(db: None, client: Client) -> None:
    add_firm()
    accept(link_to("anna.berg@nybyran.example"), client, name="Anna Berg", password="lang-och-ovanlig-8")
    before = Letter.objects.count()
    for manager in ("anna.berg@nybyran.example", "berit@nybyran.example"):
        with pytest.raises(CommandError, match="has its people, who ask others in on their own page"):
            add_firm(manager=manager)
    assert Letter.objects.count() == before


def test_a_sole_traders_personal_number_is_a_firms_number_too(db: None) -> None:
    add_firm(number="800415-2396")
    assert Firm.objects.get(slug="nybyran").number == "198004152396"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"slug": "Ny Byrå"}, "can't be used in addresses"),
        ({"slug": "ny--byra"}, "can't be used in addresses"),
        ({"slug": "x" * 51}, "can't be used in addresses"),
        ({"slug": "demo"}, "can't be used in addresses"),
        ({"slug": "demobyran"}, "is or was already"),
        ({"slug": "demokund"}, "is or was already"),
        ({"slug": "delad-rival"}, "is or was already"),
        ({"number": "559999-0288"}, "The number isn't valid"),
        ({"number": "hej"}, "The number isn't valid"),
        ({"manager": "inte en adress"}, "is not an e-mail address"),
        ({"manager": f"aaa{DOMAIN}"}, "has at most 254 characters"),
        ({"name": " "}, "1 to 120 characters"),
        ({"name": "x" * 121}, "1 to 120 characters"),
    ],
)
def test_what_the_operator_gets_wrong_is_said_and_nothing_is_half_made(
    db: None, wrong: dict[str, str], sentence: str
) -> None:
    before = [model.objects.count() for model in (Firm, Slug, Letter)]
    with pytest.raises(CommandError, match=re.escape(sentence)) as refusal:
        add_firm(**wrong)
    assert refusal.value.returncode == 1
    assert [model.objects.count() for model in (Firm, Slug, Letter)] == before


def test_a_number_that_is_refused_is_not_repeated(db: None) -> None:
    with pytest.raises(CommandError) as refusal:
        add_firm(number="800415-2390")
    assert "800415" not in str(refusal.value)


@pytest.mark.parametrize("address", ["a@x.example", "info.se@x.example", "asa_ost+1@x.example", "+_+@x.example"])
def test_any_address_can_be_the_first_managers(db: None, address: str) -> None:
    add_firm(manager=address)
    assert link_to(address)


def person(**other: str) -> dict[str, str]:
    return {"name": "Nils Ny", "email": "nils@demobyran.example", "role": "consultant", "scope": "own", **other}


def test_a_manager_adds_staff_who_walk_in_with_the_role_and_scope_given(visit: Any, world: Any, client: Client) -> None:
    manager = visit(MANAGER)
    sent = manager.post(STAFF, person(), follow=True)
    assert "En inbjudan är på väg till nils@demobyran.example" in text(sent)
    assert "Inbjuden" in text(sent)
    assert not mail.outbox
    link = link_to("nils@demobyran.example")
    assert "Maria Sundfalk" in mail.outbox[-1].body
    accept(link, client, name="Nils Nyman", password="lang-och-ovanlig-8")
    held = Membership.objects.visible_to(world.manager).get(user__email="nils@demobyran.example")
    assert (held.role, held.scope, held.user.name) == ("consultant", "own", "Nils Nyman")
    assert "Bageri Morgonglöd" not in text(client.get("/byra/demobyran/kunder/")), "own clients only, and he has none"
    assert client.get("/byra/demobyran/installningar/").status_code == 403


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": ""}, "Detta fält måste fyllas i."),
        ({"name": "Klicka http://bete.example"}, "Skriv ett namn utan länkar eller adresser."),
        ({"name": "vinst.se"}, "Skriv ett namn utan länkar eller adresser."),
        ({"name": "x" * 121}, "Texten är för lång."),
        ({"email": "inte en adress"}, "Fyll i en giltig e-postadress."),
        ({"email": "KONSULT@demobyran.example"}, "Personen finns redan på byrån."),
        ({"role": "owner"}, "Välj ett giltigt alternativ."),
        ({"scope": "allt"}, "Välj ett giltigt alternativ."),
    ],
)
def test_what_a_manager_gets_wrong_is_said_at_the_field_and_kept(
    visit: Any, world: Any, wrong: dict[str, str], sentence: str
) -> None:
    before = Invitation.objects.visible_to(world.manager).count()
    facts = person(**wrong)
    page = visit(MANAGER).post(STAFF, facts)
    assert page.status_code == 422
    assert sentence in text(page)
    for name in {"name", "email"} - {"x" for value in wrong.values() if len(value) > 100}:
        assert facts[name] in text(page)
    assert Invitation.objects.visible_to(world.manager).count() == before


def test_one_who_is_invited_already_is_sent_a_new_link_from_the_list(visit: Any, world: Any, client: Client) -> None:
    manager = visit(MANAGER)
    manager.post(STAFF, person())
    first = link_to("nils@demobyran.example")
    again = manager.post(STAFF, person(name="Nisse"))
    assert again.status_code == 422
    assert "Personen är redan inbjuden." in text(again)
    rows = Invitation.objects.visible_to(world.manager)
    manager.post(STAFF, {"again": str(rows.get(email="nils@demobyran.example", state="pending").pk)})
    second = link_to("nils@demobyran.example")
    assert client.get(first).status_code == 410
    assert client.get(second).status_code == 200
    newest = rows.get(email="nils@demobyran.example", state="pending")
    assert (newest.name, newest.scope) == ("Nils Ny", "own")


def test_one_whose_link_has_expired_can_be_invited_anew(visit: Any, world: Any) -> None:
    visit(MANAGER).post(STAFF, person())
    with time_machine.travel(timezone.now() + dt.timedelta(days=31)):
        manager = visit(MANAGER)
        assert "Inbjudan har gått ut" in text(manager.get(STAFF))
        assert manager.post(STAFF, person()).status_code == 302


def test_an_invitation_of_another_kind_cannot_be_sent_again_from_here(visit: Any, world: Any) -> None:
    rows = Invitation.objects.visible_to(world.manager)
    of_client = rows.filter(main_contact=True).first()
    manager = visit(MANAGER)
    assert manager.post(STAFF, {"again": str(of_client.pk)}).status_code == 403
    assert manager.post(STAFF, {"again": "nonsens"}).status_code == 404
    visit(MANAGER).post(STAFF, person())
    own = rows.get(email="nils@demobyran.example")
    assert visit(CONSULTANT).post(STAFF, {"again": str(own.pk)}).status_code == 403
    assert visit(OWNER).post(COLLEAGUES, {"again": str(own.pk)}).status_code == 404


def test_a_consultant_is_told_why_he_cannot_add_anybody(visit: Any, world: Any) -> None:
    consultant = visit(CONSULTANT)
    assert "Lägg till" not in text(consultant.get(STAFF))
    refused = consultant.post(STAFF, person())
    assert refused.status_code == 403
    assert "Bara en byråansvarig kan lägga till medarbetare." in text(refused)


def colleague(**other: str) -> dict[str, str]:
    owned = Membership.objects.unscoped(why="the form names the engagement").get(user__email=OWNER)
    facts = {"name": "Kim Kollega", "email": "kim@demokund.example", "role": "member"}
    return {**facts, "engagement": str(owned.engagement_id), **other}


@pytest.mark.parametrize(
    ("role", "ticked", "approves"),
    [("member", True, True), ("member", False, False), ("reader", True, False), ("owner", False, True)],
)
def test_an_owner_adds_a_colleague_who_walks_in(
    visit: Any, world: Any, client: Client, role: str, ticked: bool, approves: bool
) -> None:
    owner = visit(OWNER)
    sent = owner.post(COLLEAGUES, colleague(role=role, **({"may_approve": "on"} if ticked else {})), follow=True)
    assert "Kim Kollega" in text(sent)
    assert "Kim Kollega" not in text(visit(MEMBER).get(COLLEAGUES)), "who is invited is the owner's to know"
    accept(link_to("kim@demokund.example"), client, name="Kim Kollega", password="lang-och-ovanlig-8")
    assert client.get("/kund/demokund/arenden/").status_code == 200
    case = world.cases["Löner för januari"]
    tried = client.post(f"/kund/demokund/arenden/{case.ref}/svara/", {"decision": "approve", "digest": "x"})
    assert (tried.status_code == 403) is not approves


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": "www.bete.example"}, "Skriv ett namn utan länkar eller adresser."),
        ({"email": "kim"}, "Fyll i en giltig e-postadress."),
        ({"email": MEMBER.upper()}, "Den här personen har redan tillgång."),
        ({"email": CONSULTANT}, "Adressen hör till någon på byrån."),
        ({"role": "manager"}, "Välj ett giltigt alternativ."),
        ({"engagement": "00000000-0000-0000-0000-000000000000"}, "Välj ett giltigt alternativ."),
    ],
)
def test_what_an_owner_gets_wrong_is_said_at_the_field(
    visit: Any, world: Any, wrong: dict[str, str], sentence: str
) -> None:
    before = Invitation.objects.visible_to(world.manager).count()
    page = visit(OWNER).post(COLLEAGUES, colleague(**wrong))
    assert page.status_code == 422
    assert sentence in text(page)
    assert Invitation.objects.visible_to(world.manager).count() == before


def test_a_colleague_invited_already_is_sent_a_new_link_by_the_owner(visit: Any, world: Any, client: Client) -> None:
    owner = visit(OWNER)
    owner.post(COLLEAGUES, colleague())
    first = link_to("kim@demokund.example")
    assert "Personen är redan inbjuden." in text(owner.post(COLLEAGUES, colleague()))
    asked = Invitation.objects.visible_to(world.owner).get(email="kim@demokund.example")
    assert visit(MEMBER).post(COLLEAGUES, {"again": str(asked.pk)}).status_code == 403
    owner.post(COLLEAGUES, {"again": str(asked.pk)})
    assert client.get(first).status_code == 410
    assert client.get(link_to("kim@demokund.example")).status_code == 200


@pytest.mark.parametrize("email", [MEMBER, READER, "dubbel@demokund.example"])
def test_others_at_the_company_are_told_why_they_cannot_add_anybody(visit: Any, world: Any, email: str) -> None:
    somebody = visit(email)
    assert "Lägg till en kollega" not in text(somebody.get(COLLEAGUES))
    refused = somebody.post(COLLEAGUES, colleague())
    assert refused.status_code == 403
    assert "Bara en administratör kan lägga till kollegor." in text(refused)


def test_before_the_agreement_is_approved_no_colleagues_come_in(visit: Any, world: Any) -> None:
    facts = colleague(engagement=str(world.engagements["utansamtycke"].pk))
    page = visit("agare@utansamtycke.example").post("/kund/utansamtycke/kollegor/", facts)
    assert page.status_code == 422
    assert "Kollegor kan läggas till när avtalet är godkänt." in text(page)


def test_an_owner_towards_one_firm_adds_nobody_for_another(visit: Any, world: Any) -> None:
    """`dubbel` owns nothing; agare@delad owns both, and the form lets her say which."""
    page = text(visit("agare@delad.example").get("/kund/delad/kollegor/"))
    assert "Fyrklang Redovisning AB" in page
    assert "Rival Ekonomi AB" in page
    ours = world.engagements["delad"]
    facts = colleague(engagement=str(ours.pk), email="kim@delad.example")
    visit("agare@delad.example").post("/kund/delad/kollegor/", facts)
    asked = Invitation.objects.unscoped(why="for which firm").get(email="kim@delad.example")
    assert asked.engagement_id == ours.pk


def test_the_name_on_the_invitation_page_cannot_be_a_link(visit: Any, world: Any, client: Client) -> None:
    visit(MANAGER).post(STAFF, person())
    link = link_to("nils@demobyran.example")
    page = accept(link, client, name="http://bete.example", password="lang-och-ovanlig-8")
    assert page.status_code == 422
    assert "Skriv ett namn utan länkar eller adresser." in text(page)
    assert User.objects.by_email("nils@demobyran.example") is None


# What an invitation tells of others


def without_chance(page: str, address: str) -> str:
    """The page without the address that was written and what is drawn anew each time."""
    page = re.sub(r'(csrfmiddlewaretoken|made)" value="[^"]+"|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}', "", page)
    return re.sub(r"/inbjudan/[\w-]+/", "", page).replace("<wbr>", "").replace(address, "")


ASKED_BY = {
    "/byra/demobyran/medarbetare/": (MANAGER, {"role": "consultant", "scope": "all"}),
    "/kund/demokund/kollegor/": (OWNER, {"role": "member", "engagement": "{demokund}"}),
}


@pytest.mark.parametrize("path", ASKED_BY)
def test_nothing_tells_whether_an_address_is_known_at_another_firm(visit: Any, world: Any, path: str) -> None:
    """The same page, the same letter and as many questions to the database, whoever the address belongs to."""
    rival = world.staff("konsult@rivalbyran.example", "rivalbyran")
    facts = {"contact_name": "Bo Annan", "contact_email": "kund@annan.example", "address": "G 1", "postcode": "111 22"}
    theirs = actions.add_client(rival, name="Rivalens AB", city="Lund", **facts)
    let_in(actions.invite_main_contact(rival, theirs), "Bo Annan")
    email, posted = ASKED_BY[path]
    person, seen = visit(email), {}
    person.get(path)
    filled = {name: value.format(demokund=world.engagements["demokund"].pk) for name, value in posted.items()}
    for address in ("helt.okand@ny.example", "konsult@rivalbyran.example", "kund@annan.example"):
        with transaction.atomic():
            with CaptureQueriesContext(connection) as asked:
                page = person.post(path, {**filled, "name": "Kim Berg", "email": address}, follow=True)
            letters.sweep()
            letter = mail.outbox[-1]
            seen[address] = (
                page.status_code,
                len(asked),
                without_chance(page.content.decode(), address),
                [letter.subject, without_chance(str(letter.body), address)],
            )
            transaction.set_rollback(True)
    first, *others = seen.values()
    for other in others:
        assert other == first
    assert "En inbjudan är på väg" in first[2]


@pytest.mark.parametrize(
    ("email", "path", "facts", "field"),
    [
        (MANAGER, STAFF, person(), "email"),
        (OWNER, COLLEAGUES, person(role="member"), "email"),
        (OWNER, "/konto/", {"part": "address"}, "email"),
        (MANAGER, "/byra/demobyran/kunder/ny/", {"name": "Ny AB"}, "contact_email"),
        (MANAGER, "/byra/demobyran/installningar/", {}, "reply_to"),
        ("", "/konto/losenord/", {}, "email"),
    ],
)
def test_an_address_that_is_too_long_is_said_so_wherever_it_is_written(
    visit: Any, world: Any, email: str, path: str, facts: dict[str, str], field: str
) -> None:
    who = visit(email) if email else Client()
    for length, refused in ((254, False), (255, True)):
        address = "a" * (length - len(DOMAIN)) + DOMAIN
        page = text(who.post(path, {**facts, field: address}, follow=True))
        assert ("Texten är för lång. Högst 254 tecken får plats här." in page) is refused
        assert not refused or address in page, "it can be mended"
    assert "maxlength" not in text(who.get(path)).partition(f'name="{field}"')[2].partition(">")[0]


def test_two_addresses_that_only_sound_alike_are_two_people(visit: Any, world: Any) -> None:
    owner = visit(OWNER)
    for name, email in (("Kim Ett", "Kim@Straße.example"), ("Kim Två", "kim@strasse.example")):
        owner.post(COLLEAGUES, colleague(name=name, email=email))
    assert link_to("kim@straße.example") != link_to("kim@strasse.example")


# What a person may choose and how much may be sent


@pytest.mark.parametrize(
    ("password", "taken"),
    [
        ("Fyrklang-2026", False),
        ("redovisning1!", False),
        ("fyrklangredovisning", False),
        ("fyrklang och nio månar", True),
    ],
)
def test_a_password_is_not_the_name_of_the_firm(visit: Any, world: Any, password: str, taken: bool) -> None:
    visit(MANAGER).post(STAFF, person())
    answer = accept(link_to("nils@demobyran.example"), Client(), name="Nils Ny", password=password)
    assert (answer.status_code == 302) is taken
    if not taken:
        assert "Lösenordet är för likt byråns eller företagets namn." in text(answer)
    posted = {"part": "password", "current": "samsyn-demo", "password": password}
    changed = visit(MANAGER).post("/konto/", posted)
    assert (changed.status_code == 302) is taken


def test_there_is_an_end_to_how_many_are_invited_in_a_day(visit: Any, world: Any) -> None:
    owner, added = visit(OWNER), []
    engagement = str(world.engagements["demokund"].pk)
    for number in range(25):
        posted = {"name": "Kim Berg", "email": f"k{number}@ny.example", "role": "member", "engagement": engagement}
        added.append(owner.post(COLLEAGUES, posted))
    assert [one.status_code for one in added].count(302) < 20
    assert "20 inbjudningar har skickats på ett dygn" in text(added[-1])
    assert visit(MANAGER).post(STAFF, person()).status_code == 302, "the firm has its own"
    with time_machine.travel(timezone.now() + dt.timedelta(days=1, minutes=1)):
        again = {"name": "Kim Berg", "email": "k99@ny.example", "role": "member", "engagement": engagement}
        assert visit(OWNER).post(COLLEAGUES, again).status_code == 302
