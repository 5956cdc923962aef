"""An invitation nobody has answered: two reminders on working days, and the end after thirty days."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.core import mail

from samsyn.cases import actions as cases
from samsyn.cases import jobs
from samsyn.cases.models import Case
from samsyn.demo.world import write
from samsyn.kit import letters
from samsyn.kit.sweden import is_working_day, stockholm_day
from samsyn.notices import jobs as notices
from samsyn.tenancy import actions as tenancy
from samsyn.tenancy.models import Consent, Engagement
from samsyn.tenancy.waiting import APART, Asking, Step
from tests.invited import link_to

pytestmark = pytest.mark.django_db
MANAGER, ULLA, NILS = "ansvarig@demobyran.example", "agare@utansamtycke.example", "nils@nykund.example"
START = dt.datetime(2027, 2, 1, 9, tzinfo=dt.UTC)  # a Monday, with no holiday near
DAY = dt.timedelta(days=1)
REMINDER = "Påminnelse: inbjudan från Fyrklang Redovisning AB"


@pytest.fixture
def client_of(world: Any) -> Engagement:
    """A new client whose main contact has never been here, and nobody else of whom anything is asked."""
    cases.decline_consent(world.client(ULLA, "utansamtycke"), world.engagements["utansamtycke"])
    sent()
    where = {"address": "Nygatan 1", "postcode": "111 11", "city": "Lund"}
    made = tenancy.add_client(world.manager, name="Nykund AB", contact_name="Nils Ny", contact_email=NILS, **where)
    rows = Engagement.objects.visible_to(world.manager).select_related("firm", "company")
    world.engagements["nykund"] = rows.get(pk=made.pk)
    found: Engagement = world.engagements["nykund"]
    return found


def invite(world: Any, client: Engagement, at: dt.datetime = START) -> None:
    with time_machine.travel(at, tick=False):
        tenancy.invite_main_contact(world.manager, client)
        sent()


def sent() -> list[tuple[str, str]]:
    """(address, subject) of what the worker has to send just now."""
    mail.outbox.clear()
    notices.sweep()
    letters.sweep()
    return sorted((to, one.subject) for one in mail.outbox for to in one.to)


def swept(at: dt.datetime) -> list[tuple[str, str]]:
    """What the daily sweep leads to at that moment."""
    with time_machine.travel(at, tick=False):
        jobs.follow_up_consents()
        return sent()


def days_of_letters(to: str, start: dt.datetime, days: int, *hours: int) -> list[dt.date]:
    """The Swedish days on which somebody gets a letter, when the sweep runs at `hours` each day."""
    found = []
    for day in range(days):
        for hour in hours:
            at = (start + day * DAY).replace(hour=hour, minute=45)
            found += [stockholm_day(at) for address, _subject in swept(at) if address == to and at > start]
    return found


def steps(client: Engagement) -> list[str]:
    rows = Consent.objects.unscoped(why="the test looks at what is stored").filter(engagement=client)
    return list(rows.order_by("seq").values_list("step", flat=True))


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


YEAR = {
    "an ordinary month": ("2027-02-01T09:00", ["2027-02-08", "2027-02-17"], "2027-03-03"),
    "Christmas, New Year and Epiphany": ("2026-12-10T09:00", ["2026-12-17", "2026-12-30"], "2027-01-09"),
    "Midsummer": ("2027-06-18T09:00", ["2027-06-28", "2027-07-07"], "2027-07-18"),
    # Invited half past midnight in Stockholm, when it is still the day before in UTC; reminded on both sides of it.
    "Easter and the night summer time begins": ("2027-03-10T23:30", ["2027-03-18", "2027-03-31"], "2027-04-10"),
    "the night summer time ends": ("2027-10-18T07:00", ["2027-10-25", "2027-11-03"], "2027-11-17"),
}


@pytest.mark.slow
@pytest.mark.parametrize("when", YEAR)
def test_two_reminders_go_out_on_working_days_and_the_asking_ends_with_the_link(
    world: Any, client_of: Engagement, when: str
) -> None:
    moment, reminders, over = YEAR[when]
    start = dt.datetime.fromisoformat(moment).replace(tzinfo=dt.UTC)
    invite(world, client_of, start)
    assert days_of_letters(NILS, start, 29, 4, 22) == [day(one) for one in reminders]
    assert steps(client_of) == ["invited", "reminded", "reminded"]
    just_before, just_after = (start + dt.timedelta(days=30, seconds=step) for step in (-1, 0))
    assert swept(just_before) == []
    assert swept(just_after) == [(MANAGER, "Inbjudan har löpt ut")]
    assert stockholm_day(just_after) == day(over)
    assert steps(client_of)[-1] == "expired"
    assert swept(just_after + DAY) == []


def test_on_whichever_day_one_invites_both_reminders_come_before_the_end() -> None:
    start = dt.datetime(2024, 1, 1, 22, 30, tzinfo=dt.UTC)
    for number in range(366 * 12):
        asking = Asking(Step.INVITED, start + number * DAY)
        first = asking.next_reminder()
        assert first
        asking = Asking(asking.step, asking.at, (dt.datetime.combine(first, dt.time(8), dt.UTC),))
        second = asking.next_reminder()
        assert second
        assert first < second < stockholm_day(asking.ends_at)
        assert is_working_day(first)
        assert is_working_day(second)


def test_a_reminder_carries_a_new_link_that_lives_as_long_as_the_old_one_which_dies(
    world: Any, client_of: Engagement, client: Any
) -> None:
    with time_machine.travel(START, tick=False):
        tenancy.invite_main_contact(world.manager, client_of)
        first = link_to(NILS)
        assert client.get(first).status_code == 200
    with time_machine.travel(START + 7 * DAY, tick=False):
        jobs.follow_up_consents()
        second = link_to(NILS)
        (reminder,) = [one for one in mail.outbox if one.subject.startswith("Påminnelse")]
        assert "slutar fungera 3 mars 2027" in str(reminder.body).replace("\u00a0", " ")
        assert (client.get(first).status_code, client.get(second).status_code) == (410, 200)
    with time_machine.travel(START + 30 * DAY, tick=False):
        assert client.get(second).status_code == 410


def test_whoever_is_in_already_is_reminded_to_answer_and_gets_no_link(world: Any) -> None:
    sent()
    ulla = world.engagements["utansamtycke"]
    invited = Consent.objects.unscoped(why="when was it").get(engagement=ulla).at
    for number in range(1, 12):
        told = swept(invited + number * DAY)
        if told:
            break
    assert told == [(ULLA, "Påminnelse: ett avtal väntar på ert svar")]
    body = str(mail.outbox[0].body)
    assert "/kund/utansamtycke/samtycke/demobyran/" in body
    assert "/inbjudan/" not in body
    assert steps(ulla) == ["invited", "reminded"]


def test_an_asking_that_ran_out_leaves_the_case_waiting_with_two_ways_on(
    world: Any, client_of: Engagement, visit: Any
) -> None:
    with time_machine.travel(START, tick=False):
        case = write(world, world.manager, "nykund", "question", "Väntar")
        sent()
    with time_machine.travel(START + 31 * DAY, tick=False):
        jobs.follow_up_consents()
        firm = visit(MANAGER)
        at = f"/byra/demobyran/kunder/{client_of.pk}/"
        page = firm.get(at).content.decode()
        assert "1 ärende väntar på samtycke." in page
        assert "Inbjudan gick ut." in page
        for button in ('value="invite"', 'value="cancel"'):
            assert button in page
        assert 'value="invite"' in firm.get(f"/byra/demobyran/arenden/{case.ref}/").content.decode()
        assert Case.objects.visible_to(world.manager).get(pk=case.pk).state == "awaiting_consent"
        sent()
        assert firm.post(at, {"do": "invite"}).status_code == 302
        assert [to for to, _subject in sent()] == [NILS]
        client_of.refresh_from_db()
        assert (client_of.consent, client_of.asked_at) == ("invited", START + 31 * DAY)


def test_missed_days_are_caught_up_and_never_two_on_one_day(world: Any, client_of: Engagement) -> None:
    invite(world, client_of)
    late = START + 22 * DAY  # both are due by now, and nobody has swept
    assert [swept(late) for _time in range(3)] == [[(NILS, REMINDER)], [], []]
    assert days_of_letters(NILS, late + DAY, 6, 8) == [], f"{APART} working days lie between two reminders"
    assert len(swept(START + 29 * DAY)) == 1
    assert steps(client_of) == ["invited", "reminded", "reminded"]


def test_no_reminder_goes_out_on_a_day_off(world: Any, client_of: Engagement) -> None:
    invite(world, client_of)
    saturday = START + 12 * DAY
    assert not is_working_day(stockholm_day(saturday))
    assert swept(saturday) == []
    assert len(swept(saturday + 2 * DAY)) == 1


@pytest.mark.parametrize("answer", ["approve", "decline"])
def test_an_answer_stops_the_reminders(world: Any, answer: str) -> None:
    ulla, owner = world.engagements["utansamtycke"], world.client(ULLA, "utansamtycke")
    if answer == "approve":
        cases.approve_consent(owner, ulla, text_sha256=text_of(ulla))
    else:
        cases.decline_consent(owner, ulla)
    sent()
    start = dt.datetime.now(dt.UTC)
    assert [swept(start + number * DAY) for number in range(0, 40, 3)] == [[]] * 14


def text_of(client: Engagement) -> str:
    from samsyn.tenancy.agreement import text_for

    return text_for(client.firm, "sv").sha256


def test_an_ended_client_is_reminded_of_nothing(world: Any, client_of: Engagement) -> None:
    invite(world, client_of)
    with time_machine.travel(START + DAY, tick=False):
        cases.end_client(world.manager, client_of)
    assert [swept(START + number * DAY) for number in (7, 16, 31)] == [[], [], []]
    assert steps(client_of) == ["invited", "expired"]


def test_a_moved_address_begins_anew_and_the_old_one_hears_nothing_more(world: Any, client_of: Engagement) -> None:
    invite(world, client_of)
    with time_machine.travel(START + 4 * DAY, tick=False):
        tenancy.change_client(world.manager, client_of, contact_email="nina@nykund.example")
        assert [to for to, _subject in sent()] == ["nina@nykund.example"]
    assert swept(START + 7 * DAY) == []
    assert [to for to, _subject in swept(START + 11 * DAY)] == ["nina@nykund.example"]
    assert swept(START + 31 * DAY) == [("nina@nykund.example", REMINDER)]
    assert steps(client_of) == ["invited", "invited", "reminded", "reminded"]


def test_somebody_who_has_become_staff_is_not_sent_a_link_to_the_client(world: Any, client_of: Engagement) -> None:
    invite(world, client_of)
    with time_machine.travel(START + DAY, tick=False):
        tenancy.add_staff(world.manager, name="Nils Ny", email=NILS, role="consultant")
        sent()
    assert swept(START + 7 * DAY) == []
    assert steps(client_of) == ["invited"]
    swept(START + 30 * DAY)
    assert steps(client_of) == ["invited", "expired"]


def test_what_one_firm_asks_moves_nothing_of_another(world: Any, client_of: Engagement) -> None:
    rows = Engagement.objects.unscoped(why="the test looks at what is stored").filter(firm=world.rival)
    before = list(rows.order_by("pk").values())
    invite(world, client_of)
    for number in (7, 16, 31):
        swept(START + number * DAY)
    assert list(rows.order_by("pk").values()) == before
