"""How a person's access changes and ends: another role, removal with handing over, leaving, links taken back."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from samsyn.cases.models import Case, Event
from samsyn.demo.world import let_in, write
from samsyn.tenancy import actions
from samsyn.tenancy.models import Engagement, Invitation, Membership, User
from samsyn.tenancy.security import SecurityLog
from tests.invited import accept, link_to
from tests.pressing import press, soup

pytestmark = pytest.mark.django_db
MANAGER, CONSULTANT = "ansvarig@demobyran.example", "konsult@demobyran.example"
OWNER, MEMBER, READER = "agare@demokund.example", "medarbetare@demokund.example", "lasare@demokund.example"
STAFF, COLLEAGUES = "/byra/demobyran/medarbetare/", "/kund/demokund/kollegor/"


def text(response: Any) -> str:
    return " ".join(soup(response).get_text(" ", strip=True).replace("\u00a0", " ").split())


def signed_in(email: str) -> Client:
    person = Client()
    person.post("/konto/logga-in/", {"login": email, "password": "samsyn-demo"})
    return person


def held(email: str, **where: Any) -> Membership:
    rows = Membership.objects.unscoped(why="the tests name people").select_related("user", "firm", "engagement")
    found: Membership = rows.get(user__email=email, **where)
    return found


def at_firm(email: str) -> Membership:
    return held(email, engagement=None, firm__slug="demobyran")


def at_client(email: str) -> Membership:
    return held(email, engagement__company__slug="demokund")


def logged(what: str) -> list[tuple[str, str]]:
    rows = SecurityLog.objects.unscoped(why="the tests read it").filter(what=what)
    return [(one.name, one.words) for one in rows.order_by("at", "id")]


# At the firm


def test_nobody_removed_comes_back_by_an_invitation_of_the_own(world: Any) -> None:
    """Nor somebody who may ask others in no more; the log says that the link was taken back."""
    actions.add_staff(world.manager, name="Två Till", email="tva@demobyran.example", role="manager")
    second = let_in(Invitation.objects.visible_to(world.manager).get(email="tva@demobyran.example"), "Två Till")
    mine = world.staff("tva@demobyran.example")
    for address in ("egen@hemma.example", "till@hemma.example"):
        actions.add_staff(mine, name="Egen Adress", email=address, role="manager")
    actions.change_role(world.manager, second, role="consultant")
    rows = Invitation.objects.visible_to(world.manager).filter(email__endswith="hemma.example")
    assert {one.state for one in rows} == {"revoked"}
    taken_back = SecurityLog.objects.visible_to(world.manager).filter(about="link:", name="Egen Adress")
    assert taken_back.count() == 2


def test_a_manager_removes_a_consultant_and_hands_all_over_in_the_same_step(visit: Any, world: Any) -> None:
    jonas, amira = at_firm(CONSULTANT), at_firm("egna@demobyran.example")
    own = write(world, world.consultant, "annankund", "question", "Jonas eget")
    draft = write(world, world.consultant, "annankund", "question", "Jonas utkast", send=False)
    actions.set_people(world.manager, world.engagements["annankund"], responsible=jonas, participants=[amira])
    there, firm = signed_in(CONSULTANT), visit(MANAGER)
    page = firm.get(f"{STAFF}{jonas.pk}/")
    for words in ("Jonas eget", "Jonas utkast", world.engagements["annankund"].name):
        assert words in text(page)
    refused = press(firm, page, "remove")
    assert (refused.status_code, "Välj vem som tar över." in text(refused)) == (422, True)
    press(firm, page, "remove", to=str(world.manager.membership.pk))
    for case in (own, draft):
        case.refresh_from_db()
        assert case.responsible_id == world.manager.membership.pk
    client = Engagement.objects.visible_to(world.manager).get(pk=world.engagements["annankund"].pk)
    assert client.responsible_id == world.manager.membership.pk
    assert there.get("/byra/demobyran/").status_code == 302, "out at once, with the page open"
    assert signed_in(CONSULTANT).get("/byra/demobyran/").status_code == 404
    assert "Jonas Ekelöv" in text(firm.get(f"/byra/demobyran/arenden/{own.ref}/")), "the name stays in the history"
    assert logged("left") == [("Jonas Ekelöv", "Redovisningskonsult, alla kunder")]


def test_whoever_takes_over_must_work_with_every_client_or_nothing_happens(visit: Any, world: Any) -> None:
    jonas, amira = at_firm(CONSULTANT), at_firm("egna@demobyran.example")
    write(world, world.consultant, "demokund", "question", "Hos annans kund")
    before = Event.objects.visible_to(world.manager).count()
    page = visit(MANAGER).get(f"{STAFF}{jonas.pk}/")
    told = press(visit(MANAGER), page, "remove", to=str(amira.pk))
    assert told.status_code == 422
    assert ": Amira Haddad arbetar inte med den här kunden." in text(told)
    assert Event.objects.visible_to(world.manager).count() == before
    assert at_firm(CONSULTANT).ended_at is None


def test_the_last_manager_can_neither_be_removed_nor_made_less(visit: Any, world: Any) -> None:
    maria, firm = at_firm(MANAGER), visit(MANAGER)
    page = firm.get(f"{STAFF}{maria.pk}/")
    for told in (
        press(firm, page, "remove", to=str(at_firm(CONSULTANT).pk)),
        press(firm, page, "role", role="consultant", scope="all"),
    ):
        assert told.status_code == 409
        assert "Det här är byråns sista byråansvariga." in text(told)
    assert at_firm(MANAGER).role == "manager"
    assert Case.objects.visible_to(world.manager).filter(responsible=maria).exists()


def test_another_role_holds_at_once_and_signs_out_everywhere(visit: Any, world: Any) -> None:
    jonas, there = at_firm(CONSULTANT), signed_in(CONSULTANT)
    page = visit(MANAGER).get(f"{STAFF}{jonas.pk}/")
    assert press(visit(MANAGER), page, "role", role="manager", scope="own").status_code == 302
    assert there.get("/byra/demobyran/").status_code == 302
    assert signed_in(CONSULTANT).get("/byra/demobyran/installningar/").status_code == 200
    assert at_firm(CONSULTANT).scope == "all", "a manager always sees all clients"
    assert logged("role") == [("Jonas Ekelöv", "Redovisningskonsult, alla kunder → Byråansvarig")]
    maria = visit(MANAGER).get(f"{STAFF}{at_firm(MANAGER).pk}/")
    assert press(visit(MANAGER), maria, "role", role="consultant").status_code == 302, "there is another manager now"


def test_what_is_already_so_changes_nothing_and_signs_nobody_out(visit: Any, world: Any) -> None:
    jonas, there = at_firm(CONSULTANT), signed_in(CONSULTANT)
    press(visit(MANAGER), visit(MANAGER).get(f"{STAFF}{jonas.pk}/"), "role")
    assert there.get("/byra/demobyran/").status_code == 200
    assert logged("role") == []


def test_a_consultant_leaves_when_nothing_is_left_to_hand_over(visit: Any, world: Any) -> None:
    amira = at_firm("egna@demobyran.example")
    there = signed_in("egna@demobyran.example")
    case = write(world, world.manager, "annankund", "question", "Amiras")
    actions.set_people(world.manager, world.engagements["annankund"], responsible=world.manager.membership,
                       participants=[amira])  # fmt: skip
    from samsyn.cases import actions as cases

    cases.reassign(world.manager, case, responsible=amira)
    page = there.get(f"{STAFF}{amira.pk}/")
    told = press(there, page, "leave")
    assert (told.status_code, "1 öppet ärende" in text(told)) == (409, True)
    cases.reassign(world.manager, case, responsible=world.manager.membership)
    assert press(there, page, "leave").headers["Location"] == "/"
    assert there.get("/").status_code == 302
    assert signed_in("egna@demobyran.example").get("/byra/demobyran/").status_code == 404


def test_only_a_manager_opens_the_page_of_another_and_nobody_from_outside(visit: Any, world: Any) -> None:
    maria, jonas = at_firm(MANAGER), at_firm(CONSULTANT)
    assert visit(CONSULTANT).get(f"{STAFF}{maria.pk}/").status_code == 403
    assert visit(CONSULTANT).get(f"{STAFF}{jonas.pk}/").status_code == 200
    assert visit(CONSULTANT).post(f"{STAFF}{jonas.pk}/", {"do": "role", "role": "manager", "scope": "all"}
                                  ).status_code == 403  # fmt: skip
    for person in (OWNER, "konsult@rivalbyran.example"):
        assert visit(person).get(f"{STAFF}{jonas.pk}/").status_code == 404
    rival = held("konsult@rivalbyran.example", engagement=None, firm__slug="rivalbyran")
    assert visit(MANAGER).get(f"{STAFF}{rival.pk}/").status_code == 404
    assert visit(MANAGER).get(f"{STAFF}{at_client(OWNER).pk}/").status_code == 404


# At the client


def test_an_administrator_changes_and_removes_a_colleague(visit: Any, world: Any) -> None:
    oskar, there = at_client(MEMBER), signed_in(MEMBER)
    owner = visit(OWNER)
    page = owner.get(f"{COLLEAGUES}{oskar.pk}/")
    press(owner, page, "role", role="member", may_approve="on")
    assert at_client(MEMBER).may_approve
    assert there.get("/kund/demokund/").status_code == 302
    there = signed_in(MEMBER)
    press(owner, owner.get(f"{COLLEAGUES}{oskar.pk}/"), "remove")
    assert there.get("/kund/demokund/").status_code == 302
    assert signed_in(MEMBER).get("/kund/demokund/").status_code == 404
    assert MEMBER not in text(owner.get(COLLEAGUES))
    assert logged("role") == [("Oskar Lindh", "Medarbetare → Medarbetare, får godkänna")]


def test_the_main_contact_and_the_last_administrator_stay(visit: Any, world: Any) -> None:
    elin, owner = at_client(OWNER), visit(OWNER)
    page = owner.get(f"{COLLEAGUES}{elin.pk}/")
    assert "sista administratör" in text(press(owner, page, "leave"))
    actions.change_role(world.owner, at_client(MEMBER), role="owner")
    assert "Det här är huvudkontakten." in text(press(owner, page, "leave"))
    assert at_client(OWNER).ended_at is None
    oskar = signed_in(MEMBER)
    assert press(oskar, oskar.get(f"{COLLEAGUES}{at_client(MEMBER).pk}/"), "leave").status_code == 302
    assert signed_in(MEMBER).get("/kund/demokund/").status_code == 404


def test_a_person_of_two_places_loses_one_and_keeps_the_other(visit: Any, world: Any) -> None:
    both = at_client("dubbel@demokund.example")
    owner = visit(OWNER)
    press(owner, owner.get(f"{COLLEAGUES}{both.pk}/"), "remove")
    person = signed_in("dubbel@demokund.example")
    assert person.get("/kund/demokund/").status_code == 404
    assert person.get("/kund/annankund/").status_code == 200
    assert person.get("/byra/rivalbyran/").status_code == 200


def test_a_colleague_who_decides_nothing_may_only_leave(visit: Any, world: Any) -> None:
    lena, elin = at_client(READER), at_client(OWNER)
    assert visit(READER).get(f"{COLLEAGUES}{elin.pk}/").status_code == 403
    assert visit(READER).post(f"{COLLEAGUES}{lena.pk}/", {"do": "role", "role": "owner"}).status_code == 403
    assert visit(READER).post(f"{COLLEAGUES}{lena.pk}/", {"do": "remove"}).status_code == 302
    assert User.objects.get(email=READER).sessions_from is not None


# Invitations


@pytest.mark.parametrize(("email", "address"), [(MANAGER, STAFF), (OWNER, COLLEAGUES)])
def test_an_invitation_taken_back_opens_nothing(visit: Any, world: Any, email: str, address: str) -> None:
    if address == STAFF:
        actions.add_staff(world.manager, name="Nils Ny", email="nils@ny.example", role="consultant")
    else:
        actions.add_colleague(world.owner, world.engagements["demokund"], name="Nils Ny", email="nils@ny.example",
                              role="member")  # fmt: skip
    link, person = link_to("nils@ny.example"), visit(email)
    assert press(person, person.get(address), "Ta tillbaka Nils Ny").status_code == 302
    assert Client().get(link).status_code == 410
    assert "Nils Ny" not in text(person.get(address))
    asked = Invitation.objects.unscoped(why="of any kind").get(email="nils@ny.example")
    assert visit(CONSULTANT).post(STAFF, {"take_back": str(asked.pk)}).status_code in (403, 404)


def test_one_that_has_been_used_is_told_apart(visit: Any, world: Any) -> None:
    asked = actions.add_staff(world.manager, name="Nils Ny", email="nils@ny.example", role="consultant")
    accept(link_to("nils@ny.example"), Client(), name="Nils", password="lang-och-ovanlig-8")
    told = visit(MANAGER).post(STAFF, {"take_back": str(asked.pk)}, follow=True)
    assert "Inbjudan är redan använd. Ta bort personen i stället." in text(told)
