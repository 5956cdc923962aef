"""A restricted case: on the client's side only those it names and the owners know that it exists."""

from __future__ import annotations

import io
import re
import zipfile
from contextlib import suppress
from typing import Any

import pytest
import time_machine
from django.conf import settings as django_settings
from django.core import mail
from django.db import transaction
from django.test import Client
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from samsyn.cases import actions
from samsyn.cases.basis import basis_digest, decisions_of
from samsyn.cases.files import attach
from samsyn.cases.lists import years_of
from samsyn.cases.models import Attachment, Case, Event, Outbox, Purpose, Recipient
from samsyn.cases.people import known_staff
from samsyn.demo.world import answer, approve, find, let_in, organisation_number, upload, write
from samsyn.kit import letters
from samsyn.notices import jobs
from samsyn.tenancy import actions as tenancy
from samsyn.tenancy.errors import Refused
from samsyn.tenancy.models import Engagement, Membership, User
from samsyn.web.copies import copy_of_year
from tests.cases import KINDS, client_of, fresh
from tests.test_doors import CASE, answers
from tests.test_laws import NOON, NOTED, Same, Undo, tries
from tests.test_tenants import TOKENS, bytes_of, case_pages

MANAGER, OWN = "ansvarig@demobyran.example", "egna@demobyran.example"
OWNER, MEMBER, READER = "agare@demokund.example", "medarbetare@demokund.example", "lasare@demokund.example"
APPROVER = "dubbel@demokund.example"
SECRET = "Zåqhemligt"
DESK = ["", "arenden/", "arenden/avslutade/", "arenden/avslutade/?visa=hos-dig", "arenden/avslutade/?visa=hos-byran",
        "arenden/nytt/", f"arenden/?q={SECRET}", "flikar/?here=cases", "kollegor/", "samtycke/demobyran/"]  # fmt: skip
PAGES = [f"/kund/demokund/{one}" for one in DESK]


def text(response: Any) -> str:
    return str(response.content.decode())


def member_of(world: Any, email: str, slug: str = "demokund") -> Membership:
    return client_of(world, email, slug).memberships[0]


def secret(world: Any, kind: str = "question", *, to: str = OWNER, **more: Any) -> Case:
    """A restricted case to somebody at demokund."""
    case: Case = write(
        world, world.manager, "demokund", kind, SECRET, "Zåqbrev", restricted=True, to=[member_of(world, to)], **more
    )
    return case


# Nothing of it is anywhere


@pytest.mark.slow
@given(
    kind=st.sampled_from(KINDS),
    to=st.sampled_from([OWNER, APPROVER]),
    presses=st.lists(st.sampled_from(NOTED), max_size=6),
)
@settings(max_examples=8)
@pytest.mark.django_db
def test_every_byte_another_at_the_client_can_fetch_is_the_same_with_and_without_it(
    kind: str, to: str, presses: list[str]
) -> None:
    world = find()

    def fetched(*, restricted: bool) -> list[list[bytes]]:
        found: list[list[bytes]] = []
        with pytest.raises(Undo), transaction.atomic(), time_machine.travel(NOON, tick=False):  # noqa: PT012
            if restricted:
                case = secret(world, kind, to=to, file="zåqfil.pdf")
                for name in presses:
                    with suppress(Refused):
                        tries(world, fresh(case), Same())[name]()
            found += [everything(world, email) for email in (MEMBER, READER)]
            raise Undo
        return found

    assert fetched(restricted=True) == fetched(restricted=False)


def everything(world: Any, email: str) -> list[bytes]:
    """What a person at demokund can fetch that is about no certain case, the chooser and the year's copy with it."""
    person = Client()
    person.force_login(User.objects.get(email=email), backend=django_settings.AUTHENTICATION_BACKENDS[0])
    actor = client_of(world, email)
    copies = [
        b"".join(copy_of_year(actor, pks_of(actor, year), "År")) for year in years_of(actor, actor.engagement_ids)
    ]
    return [*bytes_of(person, ["/", "/konto/", *PAGES]), *copies]


def pks_of(actor: Any, year: int) -> list[Any]:
    from samsyn.cases.lists import in_year

    return list(in_year(actor, actor.engagement_ids, year).values_list("pk", flat=True))


@pytest.mark.parametrize("end", ["", *case_pages(CASE)])
@pytest.mark.parametrize("email", [MEMBER, READER])
def test_its_address_is_as_if_nobody_had_ever_been_given_it(visit: Any, world: Any, email: str, end: str) -> None:
    case = secret(world, file="zåqfil.pdf")
    file = Attachment.objects.visible_to(world.manager).get(case=case)
    path = f"/kund/demokund/arenden/{case.ref}/" + end.replace("<uuid:file_id>", str(file.pk))
    person, made_up = visit(email), path.replace(case.ref, "a" * 26)
    assert answers(person, path) == {404}
    assert TOKENS.sub(b"", person.get(path).content) == TOKENS.sub(b"", person.get(made_up).content)


def test_the_owner_and_whoever_is_named_see_it_with_a_lock_and_nobody_else_does(visit: Any, world: Any) -> None:
    case = secret(world, to=MEMBER)
    for email in (OWNER, MEMBER):
        page = text(visit(email).get(f"/kund/demokund/arenden/{case.ref}/"))
        assert "Förtroligt" in page
        assert seers(page) == ["Elin Bergqvist", "Oskar Lindh"]
        cards = text(visit(email).get("/kund/demokund/arenden/"))
        assert "Förtroligt" in cards[cards.index(SECRET) :][:1500]
    assert visit(APPROVER).get(f"/kund/demokund/arenden/{case.ref}/").status_code == 404


def seers(page: str) -> list[str]:
    """Who sees the case at the client, as the page says."""
    shown = re.search(r"[Ss]er ärendet hos (?:er|kunden)</dt>\s*<dd>(.*?)</dd>", page)
    assert shown is not None
    return shown[1].split(", ")


def test_the_firm_sees_it_as_any_case_with_a_lock_and_who_sees_it(visit: Any, world: Any) -> None:
    case = secret(world, to=MEMBER)
    for email in (MANAGER, "konsult@demobyran.example"):
        page = text(visit(email).get(f"/byra/demobyran/arenden/{case.ref}/"))
        assert "Förtroligt" in page
        assert seers(page) == ["Elin Bergqvist", "Oskar Lindh"]
    table = text(visit(MANAGER).get(f"/byra/demobyran/arenden/?vy=alla&q={SECRET}"))
    assert "Förtroligt" in table
    assert visit(OWN).get(f"/byra/demobyran/arenden/{case.ref}/").status_code == 404  # not her client


@pytest.mark.parametrize("state", ["open", "answered", "closed"])
def test_it_is_in_no_copy_of_the_year_but_of_those_who_know_of_it(world: Any, state: str) -> None:
    case = secret(world, to=MEMBER, file="zåqfil.pdf")
    if state != "open":
        answer(world.owner, case)
    if state == "closed":
        actions.close(world.manager, case)
    for email, there in ((OWNER, True), (MEMBER, True), (READER, False), (APPROVER, False)):
        actor = client_of(world, email)
        (year, *_more) = years_of(actor, actor.engagement_ids)
        packed = zipfile.ZipFile(io.BytesIO(b"".join(copy_of_year(actor, pks_of(actor, year), "År"))))
        whole = "".join(packed.namelist()) + "".join(
            packed.read(name).decode() for name in packed.namelist() if name.endswith(".html")
        )
        assert ("zåqfil" in whole, SECRET in whole, "Zåqbrev" in whole) == (there,) * 3


def test_only_those_it_names_get_letters_and_the_letters_say_no_more_than_others(world: Any) -> None:
    jobs.sweep()
    letters.sweep()
    mail.outbox.clear()
    case = secret(world, to=MEMBER)
    actions.message(world.manager, case, text="Zåqmeddelande")
    actions.remind(world.manager, case)
    answer(world.member, case)
    actions.reply(world.manager, case, text="Zåqsvar")
    jobs.sweep()
    letters.sweep()
    assert {one.to[0] for one in mail.outbox} == {MEMBER, MANAGER}
    told = "".join(f"{one.subject}{one.body}{one.alternatives}" for one in mail.outbox).lower()
    assert not re.search("zåq|förtrolig|confidential", told)


def test_no_one_is_offered_who_has_only_sent_what_one_may_not_know_of(visit: Any, world: Any) -> None:
    tenancy_client = world.engagements["annankund"]
    approve_nobody = world.client("agare@annankund.example", "annankund")
    write(world, world.manager, "annankund", "question", SECRET, restricted=True)
    told = {one.name for one in known_staff(approve_nobody, tenancy_client)}
    dina = client_of(world, APPROVER, "annankund")
    assert {"Maria Sundfalk", "Jonas Ekelöv"} <= told
    assert {one.name for one in known_staff(dina, tenancy_client)} == {"Jonas Ekelöv"}
    assert "Maria Sundfalk" not in text(visit(APPROVER).get("/kund/annankund/arenden/nytt/"))


def test_the_chooser_counts_it_only_for_whom_it_waits(visit: Any, world: Any) -> None:
    before = bytes_of(visit(APPROVER), ["/"])
    case = secret(world)
    assert bytes_of(visit(APPROVER), ["/"]) == before
    amended(world, case, recipients=[member_of(world, APPROVER)])
    assert bytes_of(visit(APPROVER), ["/"]) != before


# The menu item


@pytest.fixture
def first(world: Any) -> Any:
    """A client that has approved, with an owner and two employees, and been sent nothing but one restricted case."""
    maria = world.manager
    client = tenancy.add_client(
        maria, slug="nykund", name="Ny Kund AB", number=organisation_number("559999077"), contact_name="Nils Ny",
        contact_email="nils@nykund.example", address="Gatan 1", postcode="111 22", city="Stockholm", phone="08-1",
    )  # fmt: skip
    rows = Engagement.objects.visible_to(maria).select_related("company", "firm")
    world.engagements["nykund"] = rows.get(pk=client.pk)
    approve(world, "nykund", maria, "nils@nykund.example", "Nils Ny")
    nils = world.client("nils@nykund.example", "nykund")
    for name in ("anna", "bo"):
        asked = tenancy.add_colleague(
            nils, world.engagements["nykund"], name=name.title(), email=f"{name}@nykund.example", role="member"
        )
        let_in(asked, name.title())
    return write(
        world,
        maria,
        "nykund",
        "question",
        SECRET,
        restricted=True,
        to=[member_of(world, "anna@nykund.example", "nykund")],
    )


@pytest.mark.parametrize(("name", "there"), [("nils", True), ("anna", True), ("bo", False)])
def test_the_menu_opens_with_a_restricted_case_only_for_those_who_know_of_it(
    visit: Any, first: Any, name: str, there: bool
) -> None:
    person = visit(f"{name}@nykund.example")
    assert person.get("/kund/nykund/arenden/").status_code == (200 if there else 404)
    assert ("/kund/nykund/arenden/" in text(person.get("/kund/nykund/flikar/"))) is there
    assert ("Byrån har inte skickat något ärende än" in text(person.get("/kund/nykund/"))) is not there


def test_the_menu_opens_for_a_new_owner_and_for_everybody_once_a_case_is_for_everybody(
    visit: Any, world: Any, first: Any
) -> None:
    bo = "bo@nykund.example"
    member = member_of(world, bo, "nykund")
    Membership.objects.unscoped(why="the test sets the scene").filter(pk=member.pk).update(role="owner")
    assert SECRET in text(visit(bo).get("/kund/nykund/arenden/"))
    Membership.objects.unscoped(why="the test sets the scene").filter(pk=member.pk).update(role="member")
    assert visit(bo).get("/kund/nykund/arenden/").status_code == 404
    amended(world, first, restricted=False)
    assert SECRET in text(visit(bo).get("/kund/nykund/arenden/"))


def test_the_menu_opens_for_everybody_when_the_first_case_for_everybody_is_the_companys_own(
    visit: Any, world: Any, first: Any
) -> None:
    anna, client = world.client("anna@nykund.example", "nykund"), world.engagements["nykund"]
    asked: dict[str, Any] = {"request": {"topic": "question", "to": None}, "message": "Hej"}
    actions.write_to_firm(anna, client, subject="I förtroende", restricted=True, **asked)
    assert visit("bo@nykund.example").get("/kund/nykund/arenden/").status_code == 404
    actions.write_to_firm(anna, client, subject="Till alla", **asked)
    page = text(visit("bo@nykund.example").get("/kund/nykund/arenden/"))
    assert ("Till alla" in page, SECRET in page, "I förtroende" in page) == (True, False, False)


# It follows at once


def amended(world: Any, case: Case, **how: Any) -> Event:
    now = fresh(case)
    event: Event = actions.amend(
        world.manager, now, request=now.request, subject=now.subject, message=now.message, **how
    )
    return event


def test_whoever_is_named_sees_it_at_once_and_whoever_is_no_more_finds_it_nowhere(visit: Any, world: Any) -> None:
    case, person = secret(world), visit(MEMBER)
    path = f"/kund/demokund/arenden/{case.ref}/"
    amended(world, case, recipients=[member_of(world, MEMBER)])
    assert person.get(path).status_code == 200
    assert SECRET in text(person.get(PAGES[0]))
    question = case.request["questions"][0]["id"]
    draft = {f"a-{question}": "Zåqutkast"}
    assert person.post(path + "utkast/", draft).status_code == 200
    with_it = attach(client_of(world, MEMBER), case, upload("zåqmin.pdf"), purpose=Purpose.MESSAGE)
    amended(world, case, recipients=[member_of(world, OWNER)])
    for end, posted in (("utkast/", draft), ("skicka-tillbaka/", draft), ("meddelande/", {"text": "Hej"})):
        assert person.post(path + end, posted).status_code == 404
    assert person.get(path).status_code == 404
    assert person.get(f"{path}fil/{with_it.pk}/").status_code == 404
    assert "zåq" not in "".join(text(person.get(one)) for one in PAGES if "?q" not in one).lower()
    assert "Zåqutkast" not in text(visit(OWNER).get(path))


def test_a_change_of_role_follows_at_once(visit: Any, world: Any) -> None:
    case = secret(world)
    path, rows = f"/kund/demokund/arenden/{case.ref}/", Membership.objects.unscoped(why="the test sets the scene")
    dina = member_of(world, APPROVER)
    assert visit(APPROVER).get(path).status_code == 404
    rows.filter(pk=dina.pk).update(role="owner")
    assert visit(APPROVER).get(path).status_code == 200
    rows.filter(pk=dina.pk).update(role="member")
    assert visit(APPROVER).get(path).status_code == 404


def test_it_falls_to_the_owners_when_the_last_it_names_has_left_and_an_old_name_opens_nothing_again(
    visit: Any, world: Any
) -> None:
    case = secret(world, to=MEMBER)
    before = text(visit(OWNER).get("/kund/demokund/flikar/"))
    tenancy.end_access(world.owner, member_of(world, MEMBER))
    assert text(visit(OWNER).get("/kund/demokund/flikar/")) != before, "it waits for the owner now"
    again = tenancy.add_colleague(
        world.owner, world.engagements["demokund"], name="Oskar Lindh", email=MEMBER, role="member"
    )
    let_in(again, "Oskar Lindh")
    assert visit(MEMBER).get(f"/kund/demokund/arenden/{case.ref}/").status_code == 404


def test_a_letter_that_has_not_left_goes_to_nobody_who_is_no_more_named(world: Any) -> None:
    jobs.sweep()
    letters.sweep()
    mail.outbox.clear()
    case = secret(world, to=MEMBER)
    amended(world, case, recipients=[member_of(world, OWNER)])
    jobs.sweep()
    letters.sweep()
    assert {one.to[0] for one in mail.outbox} == {OWNER}
    assert not Outbox.objects.unscoped(why="everything is told").filter(done_at=None).exists()


# Writing one


def compose(world: Any, **more: Any) -> dict[str, Any]:
    kind = {"r-acknowledge": "on", "subject": SECRET, "message": "Läs det här.", "due_on": "", "do": "send"}
    kind |= {"responsible": str(world.manager.membership.pk)}
    return {**kind, "once": "a" * 24, "typ": "information", "kund": str(world.engagements["demokund"].pk), **more}


def made(world: Any) -> Case:
    found: Case = Case.objects.visible_to(world.manager).select_related("engagement").get(subject=SECRET)
    return found


def test_a_restricted_case_must_name_somebody_and_nothing_typed_is_lost(visit: Any, world: Any) -> None:
    maria, address = visit(MANAGER), "/byra/demobyran/arenden/nytt/"
    refused = maria.post(address, compose(world, restricted="on"))
    assert refused.status_code == 422
    assert "Bocka för minst en mottagare" in text(refused)
    assert 'name="restricted"' in text(refused)
    assert made(world).state == "draft"
    assert made(world).restricted
    oskar = str(member_of(world, MEMBER).pk)
    sent = maria.post(address, compose(world, restricted="on", recipients=[oskar], once="b" * 24))
    assert sent.status_code == 302
    case = Case.objects.visible_to(world.manager).get(subject=SECRET, state="with_client")
    assert case.restricted
    assert visit(READER).get(f"/kund/demokund/arenden/{case.ref}/").status_code == 404
    assert visit(MEMBER).get(f"/kund/demokund/arenden/{case.ref}/").status_code == 200


@pytest.mark.parametrize("kind", KINDS)
def test_each_of_the_five_kinds_can_be_restricted(visit: Any, world: Any, kind: str) -> None:
    page = text(visit(MANAGER).get(f"/byra/demobyran/arenden/nytt/?kund={world.engagements['demokund'].pk}&typ={kind}"))
    assert 'name="restricted"' in page
    with pytest.raises(Refused, match="minst en mottagare"):
        actions.open_(world.manager, unnamed(world, kind))


def unnamed(world: Any, kind: str) -> Case:
    case: Case = write(world, world.manager, "demokund", kind, SECRET, restricted=True, send=False)
    actions.set_recipients(world.manager, case, [])
    return case


def test_a_client_where_nobody_has_come_in_yet_can_be_written_to_in_confidence(world: Any) -> None:
    Membership.objects.unscoped(why="the test sets the scene").filter(
        engagement=world.engagements["utansamtycke"]
    ).update(ended_at=timezone.now())
    case = write(world, world.manager, "utansamtycke", "question", SECRET, restricted=True)
    assert case.state == "awaiting_consent"


def test_of_several_clients_each_gets_one_for_its_owners(visit: Any, world: Any) -> None:
    draft = write(world, world.manager, "demokund", "question", SECRET, restricted=True, send=False)
    actions.set_recipients(world.manager, draft, [])
    chosen = [world.engagements[slug].pk for slug in ("demokund", "annankund", "utansamtycke")]
    batch = actions.send_to_many(world.manager, draft, chosen)
    from samsyn.cases.jobs import send_copies

    send_copies(str(batch.pk))
    batch.refresh_from_db()
    assert (batch.done, batch.faults) == (3, [])
    copies = Case.objects.visible_to(world.manager).filter(subject=SECRET)
    named = Recipient.objects.visible_to(world.manager).filter(case__in=copies)
    assert set(named.values_list("membership__role", flat=True)) == {"owner"}
    for slug in ("demokund", "annankund"):
        assert SECRET not in text(visit(APPROVER).get(f"/kund/{slug}/arenden/"))


def test_a_restricted_approval_asks_two_of_those_who_may_know_of_it_and_no_others(world: Any) -> None:
    request = {**write(world, world.manager, "demokund", "approval", "Mall", send=False).request, "needed": "two"}
    open_one = write(world, world.manager, "demokund", "approval", "Öppen", request=request)
    case = secret(world, "approval", request=request)
    named = Recipient.objects.visible_to(world.manager)
    assert {one.membership_id for one in named.filter(case=open_one)} == {
        member_of(world, OWNER).pk, member_of(world, APPROVER).pk
    }  # fmt: skip
    assert [one.membership_id for one in named.filter(case=case)] == [member_of(world, OWNER).pk]


def test_the_preview_shows_the_lock(visit: Any, world: Any) -> None:
    draft = unnamed(world, "question")
    page = text(visit(MANAGER).get(f"/byra/demobyran/arenden/{draft.ref}/andra/"))
    assert "Förtroligt" in page[page.index('id="preview"') :]


# Amending


def form_of(person: Any, case: Case) -> dict[str, Any]:
    """What the amend page would post as it stands."""
    page = text(person.get(f"/byra/demobyran/arenden/{case.ref}/ratta/"))
    posted: dict[str, Any] = {"subject": case.subject, "message": case.message}
    for tag in re.findall(r"<input[^>]*>", page):
        found = dict(re.findall(r'([a-z]+)="([^"]*)"', tag))
        name, kind = found.get("name", ""), found.get("type")
        if not name or name in ("do", "csrfmiddlewaretoken", "q", "file.") or kind == "file":
            continue
        if kind in ("checkbox", "radio") and " checked" not in tag:
            continue
        value = found.get("value", "on")
        posted[name] = [*posted[name], value] if isinstance(posted.get(name), list) else value
        if name == "recipients":
            posted[name] = [value] if not isinstance(posted[name], list) else posted[name]
    for name, value in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>\s*([^<]*)</textarea>', page):
        posted[name] = value
    for name, inner in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', inner)
        posted[name] = chosen[1] if chosen else ""
    return posted


def test_a_case_is_narrowed_afterwards_and_the_answer_begun_stays(visit: Any, world: Any) -> None:
    case = write(world, world.manager, "demokund", "information", SECRET, to=[member_of(world, MEMBER)])
    maria, path = visit(MANAGER), f"/byra/demobyran/arenden/{case.ref}/ratta/"
    assert visit(READER).get(f"/kund/demokund/arenden/{case.ref}/").status_code == 200
    done = maria.post(path, {**form_of(maria, case), "restricted": "on"})
    assert done.status_code == 302, text(done)
    now = fresh(case)
    assert (now.restricted, now.request_version) == (True, case.request_version), "what is asked is the same"
    assert visit(READER).get(f"/kund/demokund/arenden/{case.ref}/").status_code == 404
    history = text(visit(MEMBER).get(f"/kund/demokund/arenden/{case.ref}/"))
    assert "Förtroligt: <del>Nej</del> → <ins>Ja</ins>" in history


def test_to_open_it_for_everybody_is_asked_once_more(visit: Any, world: Any) -> None:
    case = secret(world, "information", to=MEMBER)
    maria, path = visit(MANAGER), f"/byra/demobyran/arenden/{case.ref}/ratta/"
    posted = {name: value for name, value in form_of(maria, case).items() if name != "restricted"}
    asked = maria.post(path, posted)
    assert asked.status_code == 422
    assert "Ja, låt alla på företaget se det" in text(asked)
    assert fresh(case).restricted
    assert maria.post(path, {**posted, "widen": "on"}).status_code == 302
    assert not fresh(case).restricted
    assert visit(READER).get(f"/kund/demokund/arenden/{case.ref}/").status_code == 200


def test_its_last_name_cannot_be_taken_away_and_the_names_stand_in_the_history(visit: Any, world: Any) -> None:
    case = secret(world, "information", to=MEMBER)
    maria, path = visit(MANAGER), f"/byra/demobyran/arenden/{case.ref}/ratta/"
    posted = form_of(maria, case)
    assert posted["recipients"] == [str(member_of(world, MEMBER).pk)]
    assert maria.post(path, {**posted, "recipients": []}).status_code == 422
    assert maria.post(path, {**posted, "recipients": [str(member_of(world, APPROVER).pk)]}).status_code == 302
    history = text(visit(APPROVER).get(f"/kund/demokund/arenden/{case.ref}/"))
    assert "Mottagare: <del>Oskar Lindh</del> → <ins>Dina Dahl</ins>" in history


def test_an_approval_given_stays_given_when_only_the_readers_change(world: Any) -> None:
    request = {**write(world, world.manager, "demokund", "approval", "Mall", send=False).request, "needed": "two"}
    case = write(world, world.manager, "demokund", "approval", SECRET, request=request)
    actions.approve(world.owner, case, digest=basis_digest(fresh(case)))
    amended(world, case, restricted=True, recipients=[member_of(world, APPROVER)])
    assert len(decisions_of(fresh(case))) == 1
    with pytest.raises(Refused, match="Inget är ändrat"):
        amended(world, case, restricted=True)


def test_a_colleague_at_the_firm_who_has_the_old_draft_open_is_told_before_the_tick_is_overwritten(
    visit: Any, world: Any
) -> None:
    draft = write(world, world.manager, "demokund", "question", SECRET, send=False)
    jonas, path = visit("konsult@demobyran.example"), f"/byra/demobyran/arenden/{draft.ref}/andra/"
    page = text(jonas.get(path))
    version = re.search(r'name="version" value="([^"]*)"', page)
    assert version is not None
    actions.save_draft_case(world.manager, draft, engagement=draft.engagement, kind="question", restricted=True)
    posted = {"version": version[1], "once": "c" * 24, "subject": SECRET, "message": "", "do": "save"}
    clash = jonas.post(path, posted)
    assert clash.status_code == 409
    assert made(world).restricted


# The client's own


def test_somebody_at_the_client_writes_to_the_firm_in_confidence(visit: Any, world: Any) -> None:
    oskar = visit(MEMBER)
    posted = {"r-topic": "question", "r-to": "", "l-subject": SECRET, "l-message": "Zåqbrev", "l-restricted": "on"}
    sent = oskar.post("/kund/demokund/arenden/nytt/", {**posted, "firm": "demobyran", "once": "d" * 24})
    assert sent.status_code == 302, text(sent)
    case = made(world)
    for email, status in ((MEMBER, 200), (OWNER, 200), (READER, 404), (APPROVER, 404)):
        assert visit(email).get(f"/kund/demokund/arenden/{case.ref}/").status_code == status
    assert visit(MANAGER).get(f"/byra/demobyran/arenden/{case.ref}/").status_code == 200


def test_a_reply_to_what_was_written_in_confidence_reaches_its_writer_alone(world: Any) -> None:
    case = actions.write_to_firm(
        world.member, world.engagements["demokund"], request={"topic": "question", "to": None}, subject=SECRET,
        message="Zåqbrev", restricted=True,
    )  # fmt: skip
    jobs.sweep()
    letters.sweep()
    mail.outbox.clear()
    actions.reply(world.manager, case, text="Svar")
    jobs.sweep()
    letters.sweep()
    assert [one.to[0] for one in mail.outbox] == [MEMBER]
