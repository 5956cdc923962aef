"""Many clients invited at once: what hinders the others, how far it has come, and nobody twice."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from samsyn.cases import actions as cases
from samsyn.kit import letters
from samsyn.tenancy import actions as tenancy
from samsyn.tenancy.actions import inviting
from samsyn.tenancy.errors import NotYours
from samsyn.tenancy.inviting import InviteRow, InviteRun
from samsyn.tenancy.models import Engagement, Invitation, Membership
from tests.pressing import press, soup
from tests.test_firm_clients import add, read_again

MANAGER, KARIN = "ansvarig@demobyran.example", "konsult@demobyran.example"
REGISTER = "/byra/demobyran/kunder/"
PAGE = f"{REGISTER}bjud-in/"


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", soup(response).get_text(" ").replace("\u00a0", " "))


def run_all() -> None:
    """What the worker's sweep does each minute, and then the letters."""
    mail.outbox.clear()
    inviting.invite_what_was_left()
    letters.sweep()


def invited() -> list[str]:
    return sorted(to for one in mail.outbox for to in one.to)


def links(client: Engagement) -> int:
    rows = Invitation.objects.unscoped(why="every link there has been").filter(engagement=client)
    return int(rows.count())


@pytest.fixture
def many(world: Any) -> dict[str, Engagement]:
    """Three that can be invited, one that lacks a main contact; Ulla's company is asked already."""
    letters.sweep()
    named = {
        name: add(world, name, contact_email=f"{name[:4].lower()}@ny.example")
        for name in ("Anka AB", "Boda AB", "Ceda AB")
    }
    return {**named, "Dumt AB": add(world, "Dumt AB", contact_name="")}


def test_the_page_tells_who_is_reached_and_what_hinders_the_others_before_anything_is_sent(
    visit: Any, many: dict[str, Engagement]
) -> None:
    page = visit(MANAGER).get(PAGE)
    assert "4 kunder kan bjudas in" in text(page), "the three, and the sole trader of the cast"
    assert "1 kund kan inte bjudas in än" in text(page)
    assert "Dumt AB : Huvudkontakt saknas." in text(page)
    mend = soup(page).select_one(".hinder a")
    assert mend["href"] == f"{REGISTER}{many['Dumt AB'].pk}/andra/#id_contact_name"
    assert "1 kund är redan inbjuden" in text(page)
    assert not InviteRun.objects.unscoped(why="counted").exists()
    assert links(many["Anka AB"]) == 0


def test_the_ticked_ones_alone_are_invited_in_the_background_and_the_result_is_listed(
    visit: Any, world: Any, many: dict[str, Engagement]
) -> None:
    manager = visit(MANAGER)
    ticked = [str(many[name].pk) for name in ("Anka AB", "Boda AB", "Dumt AB")] + [
        str(world.engagements["demokund"].pk)
    ]
    chosen = manager.post(REGISTER, {"do": "invite", "client": ticked}, follow=True)
    assert "2 kunder kan bjudas in" in text(chosen)
    assert "1 kund har godkänt och bjuds inte in." in text(chosen)
    started = press(manager, chosen, "invite")
    assert started.status_code == 302
    at_work = manager.get(started.url)
    assert soup(at_work).select_one("progress")["max"] == "2"
    assert soup(at_work).select_one("[data-refresh]")
    assert "Du kan gå härifrån" in text(at_work)
    assert links(many["Anka AB"]) == 0, "nothing is sent inside the request"
    run_all()
    assert invited() == ["anka@ny.example", "boda@ny.example"]
    done = manager.get(started.url)
    assert "2 kunder har bjudits in." in text(done)
    assert not soup(done).select_one("[data-refresh]")
    assert {name: read_again(many[name]).consent for name in many} == {
        "Anka AB": "invited", "Boda AB": "invited", "Ceda AB": "none", "Dumt AB": "none",
    }  # fmt: skip
    assert "2 inbjudna, 0 utelämnade" in text(manager.get(PAGE))


def test_pressed_twice_or_by_two_people_nobody_is_invited_twice(
    visit: Any, world: Any, many: dict[str, Engagement]
) -> None:
    manager, colleague = visit(MANAGER), visit(KARIN)
    page, theirs = manager.get(PAGE), colleague.get(PAGE)
    first, second, third = (
        press(manager, page, "invite"),
        press(manager, page, "invite"),
        press(colleague, theirs, "invite"),
    )
    assert first.url == second.url != third.url
    for _minute in range(3):
        run_all()
    assert [links(one) for one in many.values()] == [1, 1, 1, 0]
    late = colleague.get(third.url)
    assert "0 kunder har bjudits in. 4 utelämnades." in text(late)
    assert "Kunden har bjudits in under tiden." in text(late)
    again = press(manager, manager.get(PAGE), "again")
    assert again.status_code == 302
    assert press(manager, page, "invite").url == first.url, "the first press is what counts"
    nobody = manager.post(PAGE, {"do": "invite", "once": "x"})
    assert nobody.status_code == 422
    assert "Det finns ingen kund här att bjuda in." in text(nobody)


def test_who_is_invited_already_is_invited_again_only_when_asked_and_then_once(
    visit: Any, world: Any, many: dict[str, Engagement]
) -> None:
    manager, ulla = visit(MANAGER), world.engagements["utansamtycke"]
    before = links(ulla)
    press(manager, manager.get(PAGE), "invite")
    run_all()
    assert links(ulla) == before
    page = manager.get(f"{PAGE}?kund={ulla.pk}")
    assert "Ingen kund här är kvar att bjuda in" in text(page)
    press(manager, page, "again")
    press(manager, page, "again")
    for _minute in range(2):
        run_all()
    assert links(ulla) == before + 1


def test_a_run_whose_worker_was_killed_goes_on_where_it_was(world: Any, many: dict[str, Engagement]) -> None:
    run = tenancy.begin_inviting(world.manager, [one.pk for one in many.values()])
    rows = InviteRow.objects.unscoped(why="the test sets the scene").filter(run=run)
    first = rows.get(engagement=many["Anka AB"])
    inviting._claim(run, first.pk)  # as far as the worker came before it was killed
    assert tenancy.progress_of(world.manager, run) == {"waiting": 2, "sent": 1, "left": 0, "total": 3, "done": 1}
    run_all()
    assert [links(one) for one in many.values()] == [1, 1, 1, 0]
    run.refresh_from_db()
    assert run.finished_at is not None
    inviting.invite_of_run(str(run.pk))
    assert [links(one) for one in many.values()] == [1, 1, 1, 0]


def test_what_comes_in_the_way_meanwhile_is_told_for_each_and_stops_none_of_the_others(
    visit: Any, world: Any, many: dict[str, Engagement]
) -> None:
    run = tenancy.begin_inviting(world.manager, [one.pk for one in many.values()])
    tenancy.change_client(world.manager, many["Anka AB"], contact_email="")
    cases.end_client(world.manager, many["Boda AB"])
    run_all()
    assert invited() == ["ceda@ny.example"]
    page = text(visit(MANAGER).get(f"{PAGE}{run.pk}/"))
    assert "1 kund har bjudits in. 2 utelämnades." in page
    assert "Huvudkontakten saknar e-postadress." in page
    assert "Kunden är avslutad." in page


def test_whoever_has_left_the_firm_invites_nobody(world: Any, many: dict[str, Engagement]) -> None:
    run = tenancy.begin_inviting(world.consultant, [many["Anka AB"].pk])
    rows = Membership.objects.unscoped(why="the test sets the scene")
    rows.filter(pk=world.consultant.membership.pk).update(ended_at=timezone.now())
    run_all()
    assert links(many["Anka AB"]) == 0
    row = InviteRow.objects.unscoped(why="what became of it").get(run=run)
    assert (row.state, row.why) == ("left", "Den som började har lämnat byrån.")


def test_a_client_that_was_only_left_out_can_still_be_deleted(world: Any, many: dict[str, Engagement]) -> None:
    tenancy.begin_inviting(world.manager, [many["Anka AB"].pk])
    cases.delete_client(world.manager, many["Anka AB"])
    run_all()
    assert invited() == []


def test_a_consultant_with_own_clients_invites_just_those(visit: Any, world: Any, many: dict[str, Engagement]) -> None:
    amira = world.staff("egna@demobyran.example")
    tenancy.set_people(world.manager, many["Boda AB"], responsible=amira.membership, participants=[])
    page = visit("egna@demobyran.example").get(f"{PAGE}?kund={many['Anka AB'].pk}&kund={many['Boda AB'].pk}&kund=x")
    assert "1 kund kan bjudas in" in text(page)
    assert "Anka" not in text(page)


def test_a_run_is_its_owners_and_the_firms_alone(visit: Any, world: Any, many: dict[str, Engagement]) -> None:
    run = tenancy.begin_inviting(world.manager, [many["Anka AB"].pk])
    at = f"{PAGE}{run.pk}/"
    assert visit(MANAGER).get(at).status_code == 200
    for email in (KARIN, "konsult@rivalbyran.example", "agare@demokund.example"):
        assert visit(email).get(at).status_code == 404
    assert visit(MANAGER).post(at).status_code == 405
    theirs = world.engagements["delad@rival"]
    assert "0 kunder" not in text(visit(MANAGER).get(f"{PAGE}?kund={theirs.pk}"))
    assert "Östanvind" not in text(visit(MANAGER).get(f"{PAGE}?kund={theirs.pk}"))
    with pytest.raises(NotYours):
        tenancy.begin_inviting(world.owner, [many["Anka AB"].pk])
