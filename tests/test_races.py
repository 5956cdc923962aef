"""Two at the same moment, on threads of their own: one happens, the other is told, and nothing happens by halves."""

from __future__ import annotations

import datetime as dt
import functools
import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone

from samsyn.cases import actions
from samsyn.cases.basis import basis_digest
from samsyn.cases.models import Case, Counter, Event, State
from samsyn.demo.world import World, find, write
from samsyn.kit.codes import is_right
from samsyn.kit.models import MailedCode
from samsyn.kit.sweden import is_working_day, stockholm_day, stockholm_today
from samsyn.tenancy import actions as tenancy
from samsyn.tenancy.absences import Absence
from samsyn.tenancy.actions.appointing import carry_out
from samsyn.tenancy.agreement import text_for
from samsyn.tenancy.appointments import Appointment
from samsyn.tenancy.errors import Refused
from samsyn.tenancy.models import Consent, Engagement, Invitation, Membership, User

pytestmark = pytest.mark.django_db(transaction=True)
OWNER, MEMBER, DUBBEL = "agare@demokund.example", "medarbetare@demokund.example", "dubbel@demokund.example"
MANAGER = "ansvarig@demobyran.example"
OPEN = (State.AWAITING_CONSENT, State.WITH_CLIENT, State.WITH_FIRM)


@pytest.fixture
def world(cast: None) -> World:
    return find()


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """What each call gave, or the refusal it met, all of them begun at the same moment."""
    told: list[Any] = [None] * len(calls)
    gate = threading.Barrier(len(calls))

    def run(place: int, call: Callable[[], Any]) -> None:
        try:
            gate.wait()
            told[place] = call()
        except Exception as error:
            told[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=one) for one in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for one in told:
        if isinstance(one, Exception) and not isinstance(one, Refused):
            raise one
    return told


def press(verb: Any, actor: Any, case: Case, **words: Any) -> Callable[[], Any]:
    """What one request does: read the case, then the verb."""
    return lambda: verb(actor, again(case), **words)


def each(people: list[Client], ask: Callable[[Client], Any]) -> list[Callable[[], Any]]:
    return [functools.partial(ask, person) for person in people]


def refused(told: list[Any]) -> int:
    return sum(isinstance(one, Refused) for one in told)


def again(case: Case) -> Case:
    """The case as a request of its own would find it."""
    rows: Any = Case.objects.unscoped(why="every thread begins anew").select_related("firm", "engagement")
    found: Case = rows.get(pk=case.pk)
    return found


def events(case: Case, verb: str) -> int:
    return int(Event.objects.unscoped(why="counted").filter(case=case, verb=verb).count())


def signed_in(email: str) -> Client:
    person = Client(raise_request_exception=False)
    person.force_login(User.objects.get(email=email))
    return person


def test_an_approval_by_two_is_given_by_two_whoever_presses_first(world: World) -> None:
    owner, other = world.owner, world.client(DUBBEL)
    two = {"what": "Löner", "amount": None, "pay_on": None, "needed": "two", "named": []}
    case = write(world, world.manager, "demokund", "approval", "Två ihop", request=two)
    digest = basis_digest(case)
    told = at_once(*[press(actions.approve, who, case, digest=digest) for who in (owner, other, owner, other)])
    assert (refused(told), events(case, "approve"), again(case).state) == (2, 2, State.WITH_FIRM)


def test_of_two_who_answer_at_once_one_is_told(world: World) -> None:
    case = write(world, world.manager, "demokund", "question", "Två svar")
    given = dict(case.kind_of.example_answer)
    told = at_once(*[press(actions.send_back, who, case, answer=given) for who in (world.owner, world.member)])
    assert (refused(told), events(case, "send_back")) == (1, 1)


def test_four_presses_of_one_message_write_it_once(world: World) -> None:
    case = write(world, world.manager, "demokund", "question", "Ett meddelande")
    told = at_once(*[press(actions.message, world.owner, case, text="Hej", once="a press")] * 4)
    assert (refused(told), events(case, "message"), len({one.pk for one in told})) == (0, 1, 1)


def test_both_sides_at_once_leave_one_history(world: World) -> None:
    case = write(world, world.manager, "demokund", "question", "Alla på en gång")
    actions.send_back(world.owner, again(case), answer=dict(case.kind_of.example_answer))
    at_once(
        press(actions.take_back, world.owner, case),
        press(actions.ask_again, world.manager, case, text="Mer"),
        press(actions.close, world.manager, case),
        press(actions.retract, world.manager, case),
    )
    kept = Event.objects.unscoped(why="counted").filter(case=case).values_list("seq", flat=True)
    assert sorted(kept) == list(range(1, len(kept) + 1))
    assert again(case).seq == len(kept)


def test_numbers_and_first_cases_at_once(world: World) -> None:
    Counter.objects.unscoped(why="a firm that has sent nothing yet").filter(firm=world.firm).delete()
    Case.objects.unscoped(why="numbers begin anew").filter(firm=world.firm).update(number=None)
    drafts = [write(world, world.manager, "demokund", "question", f"Nr {n}", send=False) for n in range(8)]
    assert refused(at_once(*[press(actions.open_, world.manager, case) for case in drafts])) == 0
    numbers = [again(case).number for case in drafts]
    assert sorted(numbers) == list(range(1001, 1009))


def test_three_presses_of_one_case_to_the_firm_send_it_once(world: World) -> None:
    told = at_once(
        *[
            lambda: actions.write_to_firm(
                world.owner,
                Engagement.objects.visible_to(world.owner).get(pk=world.engagements["demokund"].pk),
                request={"topic": "question", "to": None},
                subject="En gång",
                message="Hej",
                once="one press",
            )
        ]
        * 3
    )
    assert (refused(told), len({one.pk for one in told})) == (0, 1)


def test_no_case_is_left_open_by_a_verb_that_meets_a_withdrawal(world: World) -> None:
    """Or stuck in waiting by a sending that meets an approval."""
    manager, owner, client = world.manager, world.owner, world.engagements["demokund"]

    def fresh() -> Engagement:
        found: Engagement = Engagement.objects.visible_to(manager).select_related("firm", "company").get(pk=client.pk)
        return found

    for turn in range(4):
        closed = write(world, manager, "demokund", "question", f"Återöppnas {turn}")
        actions.cancel(manager, closed)
        draft = write(world, manager, "demokund", "question", f"Skickas {turn}", send=False)
        at_once(
            press(actions.reopen, manager, closed, text="Mer"),
            press(actions.open_, manager, draft),
            lambda: actions.withdraw_consent(owner, fresh()),
            lambda: actions.withdraw_consent(manager, fresh()),
        )
        rows = Case.objects.visible_to(manager).filter(engagement=client)
        left = rows.filter(state__in=OPEN).exclude(pk=draft.pk)
        assert not left.exists(), list(left.values_list("subject", "state"))
        assert again(draft).state in (State.DRAFT, State.AWAITING_CONSENT, State.CLOSED)
        if fresh().consent == "withdrawn":
            tenancy.invite_main_contact(manager, fresh())
        waits = write(world, manager, "demokund", "question", f"Väntar {turn}", send=False)
        sha = text_for(client.firm, "sv").sha256
        told = at_once(
            press(actions.open_, manager, waits),
            *[lambda sha=sha: actions.approve_consent(owner, fresh(), text_sha256=sha)] * 2,  # type: ignore[misc]
        )
        assert refused(told) == 1
        assert not rows.filter(state=State.AWAITING_CONSENT).exists()
    steps = Consent.objects.visible_to(manager).filter(engagement=client).values_list("seq", flat=True)
    assert sorted(steps) == list(range(1, len(steps) + 1))


def test_an_answer_pressed_in_four_tabs_is_sent_once(world: World) -> None:
    case = write(world, world.manager, "demokund", "question", "Tryck på tryck")
    here = f"/kund/demokund/arenden/{case.ref}/"
    people = [signed_in(OWNER) for _tab in range(4)]
    posted = {"a-0a1b2c3d": "Ja", "a-1a1b2c3d": "no", "once": "the same page"}
    assert {one.status_code for one in at_once(*each(people, lambda one: one.get(here)))} == {200}
    saved = at_once(*each(people, lambda one: one.post(here + "utkast/", posted)))
    assert {one.status_code for one in saved} == {200}
    sent = at_once(*each(people, lambda one: one.post(here + "skicka-tillbaka/", posted)))
    assert {one.status_code for one in sent} == {302}
    assert events(case, "send_back") == 1


def test_a_new_case_pressed_in_four_tabs_is_sent_once(world: World) -> None:
    manager, path = signed_in(MANAGER), "/byra/demobyran/arenden/nytt/"
    form = {
        "typ": "information", "kund": str(world.engagements["demokund"].pk), "subject": "Dubbelklick", "message": "Hej",
        "do": "send", "due_on": "", "responsible": str(world.manager.membership.pk), "r-acknowledge": "on",
    }  # fmt: skip
    page = manager.get(path, {"typ": "information", "kund": form["kund"]}).content.decode()
    form["once"] = re.search(r'name="once" value="([^"]+)"', page)[1]  # type: ignore[index]
    tabs = [signed_in(MANAGER) for _tab in range(4)]
    pressed = at_once(*each(tabs, lambda one: one.post(path, form)))
    assert {one.status_code for one in pressed} <= {302, 422}
    made = Case.objects.visible_to(world.manager).filter(subject="Dubbelklick")
    assert [one.state for one in made] == [State.WITH_CLIENT]
    assert events(made[0], "open") == 1


def test_an_invitation_taken_twice_at_once_lets_one_person_in_once(world: World) -> None:
    asked = tenancy.add_staff(world.manager, name="Nils Ny", email="nils@demobyran.example", role="consultant")

    def take(password: str) -> Membership:
        found = (
            Invitation.objects.unscoped(why="each tab reads it").select_related("firm", "engagement").get(pk=asked.pk)
        )
        return tenancy.accept_invitation(found, user=None, name="Nils", password=password)

    told = at_once(*[functools.partial(take, f"lang-och-ovanlig-{n}") for n in range(4)])
    assert refused(told) == 3
    held = Membership.objects.visible_to(world.manager).filter(user__email="nils@demobyran.example")
    assert held.count() == User.objects.filter(email="nils@demobyran.example").count() == 1


def test_a_subject_that_grows_when_it_is_folded_is_kept_and_found(world: World) -> None:
    grows = "\ufb03" * 120  # one sign, three letters when case is set aside
    case = write(world, world.manager, "demokund", "question", grows)
    assert signed_in(OWNER).get(f"/kund/demokund/arenden/?q={case.number}").content.decode().count(case.ref) == 1


def test_two_sweeps_at_once_remind_once(world: World) -> None:
    client = world.engagements["utansamtycke"]
    rows = Consent.objects.unscoped(why="the test looks at what is stored").filter(engagement=client)
    rows.update(at=timezone.now() - dt.timedelta(days=26))
    day = next(day for day in range(4) if is_working_day(stockholm_day(timezone.now() + dt.timedelta(days=day))))
    with time_machine.travel(timezone.now() + dt.timedelta(days=day), tick=False):
        told = at_once(*[functools.partial(actions.follow_up, client)] * 4)
    assert sorted(map(str, told)) == ["None", "None", "None", "reminded"]
    assert list(rows.order_by("seq").values_list("step", flat=True)) == ["invited", "reminded"]


def appointed(world: World, email: str) -> Any:
    facts = {"name": "Nina Ny", "email": email, "reason": "Elin har slutat."}
    return tenancy.appoint(world.manager, world.engagements["demokund"], **facts)


def test_an_objection_and_the_invitation_at_once_end_in_one_of_them(world: World) -> None:
    row = appointed(world, "nina@demokund.example")
    with time_machine.travel(row.until + dt.timedelta(minutes=1)):
        told = at_once(
            lambda: tenancy.object_to(world.owner, row, reason="Nej"), lambda: carry_out(str(row.pk))
        )  # fmt: skip
    row.refresh_from_db()
    rows = Invitation.objects.unscoped(why="the test counts").filter(email="nina@demokund.example")
    assert row.state == ("objected" if told[0] is None else "invited")
    assert rows.exists() == (row.state == "invited")


def test_two_managers_who_appoint_at_once_appoint_one(world: World) -> None:
    told = at_once(*(functools.partial(appointed, world, f"{name}@demokund.example") for name in ("nina", "nora")))
    assert sum(isinstance(one, Refused) for one in told) == 1
    assert Appointment.objects.visible_to(world.manager).count() == 1


def test_two_absences_set_at_once_never_overlap(world: World) -> None:
    today, colleague = stockholm_today(), world.staff("egna@demobyran.example").membership
    told = at_once(*(functools.partial(
        tenancy.set_away, world.manager, world.consultant.membership, stand_in=colleague, first_day=today,
        last_day=today + dt.timedelta(days=days)) for days in (2, 3)))  # fmt: skip
    assert sum(isinstance(one, Refused) for one in told) == 1
    assert Absence.objects.visible_to(world.manager).count() == 1


def test_many_guesses_at_once_are_still_five(world: World) -> None:
    person = Client()
    person.post("/konto/kod/", {"email": OWNER})
    browsers = [Client() for _each in range(12)]
    for one in browsers:
        one.cookies = person.cookies
    wrong = "111111" if is_right(MailedCode.objects.latest("id"), "000000") else "000000"
    told = at_once(*each(browsers, lambda one: one.post("/konto/kod/svar/", {"action": "verify", "code": wrong})))
    assert MailedCode.objects.latest("id").tries == 5
    assert len([one for one in told if one.status_code == 200]) <= 5, "the others were not looked at"
