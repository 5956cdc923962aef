"""The chooser and the switcher of a person with several places: no place tells of another."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from samsyn.cases import actions as cases
from samsyn.cases.lists import waiting_for
from samsyn.demo.world import let_in, write
from samsyn.tenancy import actions
from samsyn.tenancy.models import Engagement, Firm, Membership, Slug
from tests.pressing import soup
from tests.walls import questions_in

pytestmark = pytest.mark.django_db
OWNER, SEVERAL, OF_TWO_FIRMS = "agare@demokund.example", "dubbel@demokund.example", "agare@delad.example"


def places(page: Any) -> list[tuple[str, str, str, str]]:
    """(address, name, side, what waits) of each place, as they are read."""
    found = []
    for link in soup(page).select(".places a"):
        name, _line, about = (link.select("span")[0].contents[0], None, link.select_one("span > .meta"))
        for hidden in link.select(".sr-only"):
            hidden.decompose()
        found.append((link["href"], str(name), about.text, link.select_one(".push").text.strip()))
    return found


def test_several_places_are_shown_with_side_company_and_what_waits_in_each(visit: Any, world: Any) -> None:
    write(world, world.consultant, "annankund", "question", "Till alla ägare", days=7)
    there = places(visit(SEVERAL).get("/"))
    assert [one[:3] for one in there] == [
        ("/byra/rivalbyran/", "Rival Ekonomi AB", "Redovisningsbyrå"),
        ("/kund/demokund/", "Bageri Morgonglöd AB", "Kund hos Fyrklang Redovisning AB"),
        ("/kund/annankund/", "Kafé Humlebo HB", "Kund hos Fyrklang Redovisning AB"),
    ]
    actors = [world.staff(SEVERAL, "rivalbyran"), world.client(SEVERAL), world.client(SEVERAL, "annankund")]
    for place, actor in zip(there, actors, strict=True):
        assert place[3] == (str(waiting_for(actor)) if waiting_for(actor) else "Inget väntar")


def test_the_only_place_is_gone_straight_into_and_has_no_switcher(visit: Any, world: Any) -> None:
    person = visit(OWNER)
    assert person.get("/").headers["Location"] == "/kund/demokund/"
    assert not soup(person.get("/kund/demokund/")).select(".menu-list a:has(.meta)")
    assert visit("ansvarig@demobyran.example").get("/").headers["Location"] == "/byra/demobyran/"


def test_from_two_on_the_switcher_names_each_place_and_says_which_one_is_open(visit: Any, world: Any) -> None:
    person = visit(SEVERAL)
    for here in ("/byra/rivalbyran/", "/kund/demokund/"):
        links = soup(person.get(here)).select(".menu-list a:has(.meta)")
        assert [one["href"] for one in links] == ["/byra/rivalbyran/", "/kund/demokund/", "/kund/annankund/"]
        assert [one["href"] for one in links if one.get("aria-current")] == [here]


def test_one_company_of_two_firms_is_one_place_that_names_both(visit: Any, world: Any) -> None:
    person = visit(OF_TWO_FIRMS)
    assert person.get("/").headers["Location"] == "/kund/delad/"
    colleague = actions.add_colleague(world.owner, world.engagements["demokund"], name="Åsa Östlund",
                                      email=OF_TWO_FIRMS, role="reader")  # fmt: skip
    let_in(colleague, "Åsa Östlund")
    assert [one[:3] for one in places(person.get("/"))][1] == (
        "/kund/delad/", "Åkeri Östanvind AB", "Kund hos Fyrklang Redovisning AB och Rival Ekonomi AB")  # fmt: skip


def test_a_firm_and_a_company_with_the_same_slug_are_two_places_with_a_count_each(visit: Any, world: Any) -> None:
    company = Engagement.objects.visible_to(world.manager).select_related("company").get(
        pk=world.engagements["annankund"].pk).company  # fmt: skip
    company.slug = "rivalbyran"
    company.save()
    Slug.objects.filter(value="annankund").update(company=company)
    assert Firm.objects.filter(slug="rivalbyran").exists()
    case = write(world, world.consultant, "annankund", "question", "Till Dina", days=7, send=False)
    dina = world.client(SEVERAL, "rivalbyran").memberships[0]
    cases.set_recipients(world.consultant, case, [dina])
    cases.open_(world.consultant, case)
    there = {address: waits for address, _name, _side, waits in places(visit(SEVERAL).get("/"))}
    assert there["/byra/rivalbyran/"] == "Inget väntar"
    assert there["/kund/rivalbyran/"] == "1"
    current = soup(visit(SEVERAL).get("/byra/rivalbyran/")).select(".menu-list a[aria-current]")
    assert [one["href"] for one in current] == ["/byra/rivalbyran/"]


def test_each_place_costs_one_question_however_much_lies_there(visit: Any, world: Any) -> None:
    def asked(email: str) -> int:
        person = visit(email)
        person.get("/")
        with CaptureQueriesContext(connection) as questions:
            assert person.get("/").status_code == 200
        return len(questions_in(questions))

    before = asked(SEVERAL)
    for number in range(3):
        write(world, world.manager, "demokund", "question", f"Fler {number}", days=7)
    assert asked(SEVERAL) == before
    let_in(actions.add_colleague(world.client(OF_TWO_FIRMS, "delad"), world.engagements["delad"], name="Dina Dahl",
                                 email=SEVERAL, role="reader"), "Dina Dahl")  # fmt: skip
    assert asked(SEVERAL) == before + 1


def test_whoever_has_no_place_is_told_so_and_nothing_else(visit: Any, world: Any) -> None:
    for member in Membership.objects.unscoped(why="the test takes all away").filter(user__email=OWNER):
        member.ended_at = member.seen_from
        member.save()
    page = visit(OWNER).get("/")
    assert (page.status_code, "Ingen plats än" in page.content.decode()) == (200, True)
    assert "Bageri" not in page.content.decode()
