"""Away with a stand-in: who may say so, what colleagues and clients see, who is told, what is minded and as whom."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import IntegrityError, transaction

from samsyn.cases import actions as cases
from samsyn.cases.models import Event
from samsyn.demo.world import answer, write
from samsyn.kit import letters
from samsyn.kit.sweden import short_date, stockholm_today
from samsyn.notices.jobs import sweep
from samsyn.notices.recipients import at_firm
from samsyn.tenancy import actions
from samsyn.tenancy.absences import Absence
from samsyn.tenancy.absences import sweep as forget_long_ago
from samsyn.tenancy.errors import NotNow, NotYours, Refused
from samsyn.tenancy.models import Engagement, Membership
from tests.pressing import press
from tests.test_access import at_client, logged, text
from tests.test_access import at_firm as staff

pytestmark = pytest.mark.django_db
MANAGER, JONAS, AMIRA = "ansvarig@demobyran.example", "konsult@demobyran.example", "egna@demobyran.example"
OWNER = "agare@annankund.example"
STAFF = "/byra/demobyran/medarbetare/"
DAY = dt.timedelta(days=1)


def is_away(world: Any, who: str, stand_in: str, first: int = 0, last: int = 5) -> Absence:
    """`who` is away from the day after so many days to another."""
    today = stockholm_today()
    return actions.set_away(world.manager, staff(who), stand_in=staff(stand_in), first_day=today + first * DAY,
                            last_day=today + last * DAY)  # fmt: skip


def days(first: int, last: int) -> dict[str, str]:
    today = stockholm_today()
    return {"first_day": (today + first * DAY).isoformat(), "last_day": (today + last * DAY).isoformat()}


def told(world: Any, case: Any) -> list[str]:
    """Who at the firm gets a letter when the client writes in the case."""
    sweep()
    letters.sweep()
    mail.outbox.clear()
    cases.message(world.client(OWNER, "annankund"), case, text="Hej")
    sweep()
    letters.sweep()
    return [one.to[0] for one in mail.outbox]


@pytest.fixture
def jonas_case(world: Any) -> Any:
    """A case of Jonas, who is responsible for the client too."""
    actions.set_people(world.manager, world.engagements["annankund"], responsible=staff(JONAS), participants=[])
    return write(world, world.consultant, "annankund", "question", "Jonas fråga")


# Who may say so


def test_one_says_oneself_when_one_is_away_and_colleagues_see_who_answers(visit: Any, world: Any) -> None:
    jonas, there = staff(JONAS), visit(JONAS)
    page = there.get(f"{STAFF}{jonas.pk}/")
    assert press(there, page, "away", **days(0, 5), stand_in=str(staff(AMIRA).pk)).status_code == 302
    until = short_date(stockholm_today() + 5 * DAY).replace("\u00a0", " ")
    said = f"Borta till {until}. Amira Haddad svarar."
    for person, where in (
        (AMIRA, STAFF),
        (MANAGER, STAFF),
        (JONAS, f"{STAFF}{jonas.pk}/"),
        (JONAS, "/byra/demobyran/"),
    ):
        assert said in text(visit(person).get(where))
    assert f"Du svarar för Jonas Ekelöv till {until}." in text(visit(AMIRA).get("/byra/demobyran/"))
    assert logged("stands_in")[0][0] == "Amira Haddad"


def test_a_manager_says_it_for_another_and_nobody_else_does(visit: Any, world: Any) -> None:
    jonas, amira = staff(JONAS), staff(AMIRA)
    for person, status in ((AMIRA, 403), ("konsult@rivalbyran.example", 404), (OWNER, 404)):
        posted = {"do": "away", **days(1, 2), "stand_in": str(amira.pk)}
        assert visit(person).post(f"{STAFF}{jonas.pk}/", posted).status_code == status
    with pytest.raises(NotYours):
        actions.set_away(world.staff(AMIRA), jonas, stand_in=amira, first_day=stockholm_today(),
                         last_day=stockholm_today())  # fmt: skip
    manager = visit(MANAGER)
    press(manager, manager.get(f"{STAFF}{jonas.pk}/"), "away", **days(1, 2), stand_in=str(amira.pk))
    absence = Absence.objects.visible_to(world.manager).get()
    assert (absence.membership_id, absence.stand_in_id) == (jonas.pk, amira.pk)
    assert not Absence.objects.visible_to(world.owner).exists()
    assert not Absence.objects.visible_to(world.staff("konsult@rivalbyran.example", "rivalbyran")).exists()
    with pytest.raises(NotYours):
        actions.end_away(world.staff(AMIRA), absence)


@pytest.mark.parametrize(
    ("typed", "stand_in", "sentence"),
    [
        (days(-1, 2), AMIRA, "Den första dagen har redan varit."),
        (days(3, 2), AMIRA, "Den sista dagen kan inte vara före den första."),
        (days(0, 400), AMIRA, "Dagar går att sätta högst ett år framåt."),
        (days(4, 8), AMIRA, "Jonas Ekelöv är redan borta någon av de här dagarna."),
        (days(8, 9), "", "Välj vem som svarar under tiden."),
        ({"first_day": "igår", "last_day": ""}, AMIRA, "Skriv dagen som 2026-01-15."),
    ],
)
def test_odd_days_are_refused_in_one_sentence_and_what_was_typed_stays(
    visit: Any, world: Any, typed: dict[str, str], stand_in: str, sentence: str
) -> None:
    is_away(world, JONAS, MANAGER, 5, 6)
    manager = visit(MANAGER)
    page = manager.get(f"{STAFF}{staff(JONAS).pk}/")
    refused = press(manager, page, "away", **typed, stand_in=str(staff(stand_in).pk) if stand_in else "")
    assert (refused.status_code, sentence in text(refused)) == (422, True)
    assert f'value="{typed["first_day"]}"' in refused.content.decode()
    assert Absence.objects.visible_to(world.manager).count() == 1


def test_only_somebody_else_of_the_same_firm_who_is_there_stands_in(world: Any) -> None:
    rival = Membership.objects.unscoped(why="a stranger").select_related("user").get(
        user__email="konsult@rivalbyran.example", engagement=None)  # fmt: skip
    today, jonas = stockholm_today(), staff(JONAS)
    for wrong in (rival, at_client("agare@demokund.example"), jonas, None):
        with pytest.raises(Refused, match="Välj vem som svarar"):
            actions.set_away(world.manager, jonas, stand_in=wrong, first_day=today, last_day=today)
    with pytest.raises(IntegrityError), transaction.atomic():
        Absence.objects.create(firm=world.firm, membership=jonas, stand_in=jonas, first_day=today, last_day=today)


def test_the_same_press_twice_is_one_absence_and_one_letter(world: Any) -> None:
    first = is_away(world, JONAS, AMIRA)
    assert is_away(world, JONAS, AMIRA).pk == first.pk
    letters.sweep()
    (letter,) = [one for one in mail.outbox if "Du svarar för" in one.subject]
    assert (letter.to, letter.subject) == ([AMIRA], "Du svarar för Jonas Ekelöv")


def test_taken_back_it_is_over_at_once_and_a_second_press_says_so(visit: Any, world: Any) -> None:
    is_away(world, JONAS, AMIRA)
    there = visit(JONAS)
    page = there.get(f"{STAFF}{staff(JONAS).pk}/")
    assert press(there, page, "back").status_code == 302
    assert "Borta till" not in text(visit(AMIRA).get(STAFF))
    again = press(there, page, "back")
    assert (again.status_code, "De här dagarna är redan över." in text(again)) == (409, True)
    assert there.post(f"{STAFF}{staff(JONAS).pk}/", {"do": "back", "absence": "x"}).status_code == 409


# What the stand-in sees, on the days and no longer


def test_a_stand_in_of_own_clients_sees_what_he_stands_in_for_on_the_days_only(
    visit: Any, world: Any, jonas_case: Any
) -> None:
    is_away(world, JONAS, AMIRA, 1, 2)
    client = f"/byra/demobyran/kunder/{world.engagements['annankund'].pk}/"
    others = f"/byra/demobyran/kunder/{world.engagements['demokund'].pk}/"
    seen = []
    for day in range(5):
        with time_machine.travel(dt.datetime.now(dt.UTC) + day * DAY):
            amira = visit(AMIRA)
            case = amira.get(f"/byra/demobyran/arenden/{jonas_case.ref}/").status_code
            seen.append((case, amira.get(client).status_code, amira.get(others).status_code))
    nothing, all_of_it = (404, 404, 404), (200, 200, 404)
    assert seen == [nothing, all_of_it, all_of_it, nothing, nothing]


def test_the_days_are_stockholms_and_not_the_servers(world: Any, visit: Any, jonas_case: Any) -> None:
    with time_machine.travel("2027-06-14T20:00Z"):
        actions.set_away(world.manager, staff(JONAS), stand_in=staff(AMIRA), first_day=dt.date(2027, 6, 15),
                         last_day=dt.date(2027, 6, 15))  # fmt: skip
    path, seen = f"/byra/demobyran/arenden/{jonas_case.ref}/", {}
    for moment in ("2027-06-14T21:59Z", "2027-06-14T22:01Z", "2027-06-15T21:59Z", "2027-06-15T22:01Z"):
        with time_machine.travel(moment):
            seen[moment] = visit(AMIRA).get(path).status_code
    assert list(seen.values()) == [404, 200, 200, 404]


def test_what_waits_for_the_one_away_is_on_the_desk_and_in_the_badge_of_the_stand_in(
    visit: Any, world: Any, jonas_case: Any
) -> None:
    answer(world.client(OWNER, "annankund"), jonas_case)
    before = text(visit(AMIRA).get("/byra/demobyran/"))
    assert "Jonas fråga" not in before
    is_away(world, JONAS, AMIRA)
    desk = visit(AMIRA).get("/byra/demobyran/")
    assert "Jonas fråga" in text(desk)
    assert "för Jonas Ekelöv" in text(desk)
    assert "1 väntar på dig" in text(desk), "the badge counts it"
    assert "Väntar på dig" in text(visit(AMIRA).get(f"/byra/demobyran/arenden/{jonas_case.ref}/"))
    assert "Jonas fråga" in text(visit(JONAS).get("/byra/demobyran/")), "it is still his too"


def test_a_case_astray_is_counted_once_for_a_manager_who_also_stands_in(visit: Any, world: Any) -> None:
    """Amira is responsible for a case at a client she works with no more, and away; the manager minds it twice over."""
    amira = staff(AMIRA)
    actions.set_people(world.manager, world.engagements["annankund"], responsible=staff(JONAS), participants=[amira])
    case = write(world, world.manager, "annankund", "question", "Amiras fråga")
    cases.reassign(world.manager, case, responsible=amira)
    answer(world.client(OWNER, "annankund"), case)
    from samsyn.cases.lists import cases_for, waiting, waiting_for

    actions.set_people(world.manager, world.engagements["annankund"], responsible=staff(JONAS), participants=[])
    alone = waiting_for(world.manager)
    is_away(world, AMIRA, MANAGER)
    assert waiting_for(world.manager) == alone == waiting(world.manager, cases_for(world.manager)).count()


def test_a_stand_in_is_not_made_responsible_for_good_of_what_he_sees_for_days(world: Any, jonas_case: Any) -> None:
    is_away(world, JONAS, AMIRA)
    with pytest.raises(Refused, match="arbetar inte med den här kunden"):
        cases.reassign(world.staff(AMIRA), jonas_case, responsible=staff(AMIRA))


# Who is told


def test_while_one_is_away_the_letters_go_to_the_stand_in_and_then_come_back(world: Any, jonas_case: Any) -> None:
    assert told(world, jonas_case) == [JONAS]
    is_away(world, JONAS, AMIRA, 0, 1)
    assert told(world, jonas_case) == [AMIRA]
    with time_machine.travel(dt.datetime.now(dt.UTC) + 2 * DAY):
        assert told(world, jonas_case) == [JONAS]


def test_a_stand_in_who_is_away_too_is_passed_over_one_step_only(world: Any, jonas_case: Any) -> None:
    """Jonas → Amira → Maria is not followed: next in order are the participants, then the managers."""
    client = world.engagements["annankund"]
    is_away(world, JONAS, AMIRA)
    is_away(world, AMIRA, JONAS)
    assert told(world, jonas_case) == [MANAGER], "nobody takes part, so the managers"
    actions.set_people(world.manager, client, responsible=staff(JONAS), participants=[staff(MANAGER)])
    assert [one.user.email for one in at_firm(fresh(world), staff(JONAS).pk)] == [MANAGER]


def test_when_everybody_is_away_the_responsible_is_told_all_the_same(world: Any, jonas_case: Any) -> None:
    for who, instead in ((JONAS, AMIRA), (AMIRA, MANAGER), (MANAGER, JONAS)):
        is_away(world, who, instead)
    assert told(world, jonas_case) == [JONAS]


def test_a_case_with_nobody_reaches_whoever_stands_in_for_the_clients_own(world: Any, jonas_case: Any) -> None:
    is_away(world, JONAS, AMIRA)
    assert [one.user.email for one in at_firm(fresh(world), None)] == [AMIRA]


def test_a_stand_in_who_cannot_open_the_case_is_not_told_of_it(world: Any) -> None:
    """Jonas sees all clients and has a case of Maria's client; Amira sees only what Jonas himself works with."""
    case = write(world, world.consultant, "demokund", "question", "Hos Marias kund")
    is_away(world, JONAS, AMIRA)
    client = Engagement.objects.visible_to(world.manager).get(pk=case.engagement_id)
    assert AMIRA not in [one.user.email for one in at_firm(client, staff(JONAS).pk)]


def test_whoever_sets_it_is_told_which_cases_the_stand_in_will_not_see(visit: Any, world: Any) -> None:
    write(world, world.consultant, "demokund", "question", "Hos Marias kund")
    manager, jonas = visit(MANAGER), staff(JONAS)
    page = manager.get(f"{STAFF}{jonas.pk}/")
    press(manager, page, "away", **days(0, 1), stand_in=str(staff(AMIRA).pk))
    assert "Amira Haddad ser inte ärendena hos Bageri Morgonglöd AB" in text(manager.get(f"{STAFF}{jonas.pk}/"))


def test_what_was_long_ago_is_swept_away(world: Any) -> None:
    is_away(world, JONAS, AMIRA)
    for later, left in ((390, 1), (410, 0)):
        with time_machine.travel(dt.datetime.now(dt.UTC) + later * DAY):
            forget_long_ago()
        assert Absence.objects.visible_to(world.manager).count() == left


def fresh(world: Any) -> Engagement:
    found: Engagement = Engagement.objects.visible_to(world.manager).get(pk=world.engagements["annankund"].pk)
    return found


# As whom


def test_what_the_stand_in_does_is_kept_and_read_as_done_for_the_one_away(
    visit: Any, world: Any, jonas_case: Any
) -> None:
    is_away(world, JONAS, AMIRA)
    for do, words in ((cases.message, {"text": "Hej från Amira"}), (cases.note, {"text": "Eget"})):
        do(world.staff(AMIRA), jonas_case, **words)
    cases.remind(world.manager, jonas_case)
    rows = Event.objects.visible_to(world.manager).filter(case=jonas_case).order_by("seq")
    kept = [(one.verb, one.name, one.actor_kind, one.on_behalf_of) for one in rows][-3:]
    assert kept == [
        ("message", "Amira Haddad", "stand_in", "Jonas Ekelöv"),
        ("note", "Amira Haddad", "stand_in", "Jonas Ekelöv"),
        ("remind", "Maria Sundfalk", "person", ""),
    ]
    page = text(visit(AMIRA).get(f"/byra/demobyran/arenden/{jonas_case.ref}/"))
    assert "Amira Haddad för Jonas Ekelöv skrev:" in page
    assert "Intern anteckning, Amira Haddad för Jonas Ekelöv," in page
    client = text(visit(OWNER).get(f"/kund/annankund/arenden/{jonas_case.ref}/"))
    assert "Amira Haddad för Jonas Ekelöv skrev:" in client
    assert "Eget" not in client


# What the client and colleagues see


def test_the_client_reads_who_answers_and_neither_why_nor_how_long(visit: Any, world: Any, jonas_case: Any) -> None:
    pages = ["/kund/annankund/", "/kund/annankund/arenden/", f"/kund/annankund/arenden/{jonas_case.ref}/",
             "/kund/annankund/samtycke/demobyran/", "/kund/annankund/arenden/nytt/"]  # fmt: skip
    for path in pages:
        assert "svarar just nu" not in text(visit(OWNER).get(path))
    is_away(world, JONAS, AMIRA)
    for path in pages:
        page = visit(OWNER).get(path)
        assert "Amira Haddad svarar just nu" in text(page), path
        assert "Jonas Ekelöv" in text(page)
        assert f'href="mailto:{AMIRA}"' in page.content.decode()
        assert f'href="mailto:{JONAS}"' not in page.content.decode()
        assert "orta" not in text(page).replace("bort ", "").replace("Kortare", ""), "nothing of being away"
    assert "svarar just nu" not in text(visit("agare@demokund.example").get("/kund/demokund/"))


def test_a_stand_in_who_is_away_too_is_not_named_to_the_client(visit: Any, world: Any, jonas_case: Any) -> None:
    is_away(world, JONAS, AMIRA)
    is_away(world, AMIRA, MANAGER)
    assert "svarar just nu" not in text(visit(OWNER).get("/kund/annankund/"))
    assert "Ingen svarar under tiden." in text(visit(MANAGER).get(STAFF))


def test_who_will_answer_is_said_of_days_to_come_whoever_is_away_today(visit: Any, world: Any) -> None:
    is_away(world, JONAS, AMIRA, 8, 9)
    is_away(world, AMIRA, MANAGER, 0, 1)
    assert "Ingen svarar" not in text(visit(MANAGER).get(STAFF))


def test_the_case_and_the_client_say_it_to_colleagues(visit: Any, world: Any, jonas_case: Any) -> None:
    is_away(world, JONAS, AMIRA)
    for path in (f"arenden/{jonas_case.ref}/", f"kunder/{world.engagements['annankund'].pk}/"):
        assert "Amira Haddad svarar." in text(visit(MANAGER).get(f"/byra/demobyran/{path}"))


def test_whoever_takes_over_from_a_stand_in_who_is_removed_answers_from_now_on(visit: Any, world: Any) -> None:
    is_away(world, JONAS, AMIRA)
    manager, amira = visit(MANAGER), staff(AMIRA)
    page = manager.get(f"{STAFF}{amira.pk}/")
    assert "Svarar för Jonas Ekelöv från" in text(page)
    assert press(manager, page, "remove", to=str(staff(MANAGER).pk)).status_code == 302
    assert "Maria Sundfalk svarar." in text(manager.get(STAFF))


@pytest.mark.parametrize("who", [JONAS, AMIRA])
def test_it_ends_when_either_of_the_two_leaves(world: Any, who: str) -> None:
    absence = is_away(world, JONAS, AMIRA)
    cases.remove_staff(world.manager, staff(JONAS), to=staff(MANAGER)) if who == JONAS else cases.leave_firm(
        world.staff(AMIRA), staff(AMIRA))  # fmt: skip
    absence.refresh_from_db()
    assert absence.ended_at is not None
    with pytest.raises(NotNow):
        actions.end_away(world.manager, absence)
