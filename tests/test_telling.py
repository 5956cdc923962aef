"""Who gets a mail of what: one row for every verb. Never whoever did it, and once however often it is pressed."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.test import Client

from samsyn.cases import actions
from samsyn.cases.models import Case, Event, Recipient
from samsyn.cases.verbs import VERBS
from samsyn.demo.world import write
from samsyn.kit import letters
from samsyn.notices import jobs
from samsyn.tenancy.actors import Actor, system_for
from tests.cases import answer_to, events_of, fresh, in_state, kind_for, press

pytestmark = pytest.mark.django_db
MANAGER, CONSULTANT = "ansvarig@demobyran.example", "konsult@demobyran.example"
OWNER, MEMBER, APPROVER = "agare@demokund.example", "medarbetare@demokund.example", "dubbel@demokund.example"

CLIENT, FIRM, NOBODY = {MEMBER}, {CONSULTANT}, set[str]()
NEW = "Nytt ärende från Fyrklang Redovisning AB"
BACK, UPDATED = "Ett ärende har kommit tillbaka till dig", "Ett ärende har uppdaterats"
ANSWERED, REMINDER = "En kund har svarat", "Påminnelse: ett ärende väntar på dig"
# verb: {who presses: (state, who is mailed, what the letter says first)}. The case has a consultant who is
# responsible and one recipient; the manager, an owner of the client or the system presses.
TOLD: dict[str, dict[str, tuple[str, set[str], str]]] = {
    "open": {"firm": ("draft", CLIENT, NEW)},
    "release": {"system": ("awaiting_consent", CLIENT, NEW)},
    "send_back": {"client": ("with_client", FIRM, ANSWERED)},
    "approve": {"client": ("with_client", FIRM, ANSWERED)},
    "decline": {"client": ("with_client", FIRM, ANSWERED)},
    "acknowledge": {"client": ("with_client", FIRM, ANSWERED)},
    "done": {"client": ("with_client", NOBODY, ""), "system": ("with_client", NOBODY, "")},
    "take_back": {"client": ("with_firm", NOBODY, "")},
    "review": {"firm": ("with_firm", NOBODY, "")},
    "ask_again": {"firm": ("with_firm", CLIENT, BACK)},
    "reply": {"firm": ("with_firm", CLIENT, BACK)},
    "finish": {"firm": ("with_firm", CLIENT, UPDATED)},
    "amend": {"firm": ("with_client", CLIENT, UPDATED)},
    "answer_for": {"firm": ("with_client", CLIENT, UPDATED)},
    "message": {"firm": ("with_client", CLIENT, UPDATED), "client": ("with_client", FIRM, UPDATED)},
    "note": {"firm": ("with_client", NOBODY, "")},
    "reassign": {"firm": ("with_client", NOBODY, "")},
    "change_due": {"firm": ("with_client", NOBODY, "")},
    "remind": {"firm": ("with_client", CLIENT, REMINDER)},
    "close": {"firm": ("with_firm", NOBODY, "")},
    "cancel": {"firm": ("with_client", NOBODY, "")},
    "retract": {"firm": ("with_client", NOBODY, "")},
    "end_with_consent": {"system": ("with_client", NOBODY, "")},
    "reopen": {"firm": ("closed", CLIENT, UPDATED), "client": ("closed", FIRM, "En kund har öppnat ett ärende igen")},
}
ROWS = [(verb, who, *row) for verb, rows in TOLD.items() for who, row in rows.items()]


def mailed() -> dict[str, list[str]]:
    """What has left since last asked: the subjects by address."""
    jobs.sweep()
    letters.sweep()
    found: dict[str, list[str]] = {}
    for one in mail.outbox:
        for to in one.to:
            found.setdefault(to, []).append(one.subject)
    mail.outbox.clear()
    return found


def staged(world: Any, verb: str, state: str) -> Case:
    """A case of Jonas's to one recipient, in this state, and everything before it has been told."""
    kind, request = kind_for(verb)
    case = in_state(world, kind, state, request=request, responsible=world.consultant.membership)
    held = world.member.membership_in(case.engagement_id)
    Recipient.objects.unscoped(why="the test sets the scene").filter(case=case).delete()
    Recipient.objects.create(firm_id=case.firm_id, case=case, membership=held)
    mailed()
    return fresh(case)


def by(world: Any, who: str) -> Actor:
    return {"firm": world.manager, "client": world.owner, "system": system_for(world.firm)}[who]


@pytest.mark.slow
@pytest.mark.parametrize(("verb", "who", "state", "whom", "says"), ROWS, ids=[f"{row[0]}-{row[1]}" for row in ROWS])
def test_who_gets_a_mail_of_what(world: Any, verb: str, who: str, state: str, whom: set[str], says: str) -> None:
    case = staged(world, verb, state)
    press(world, verb, by(world, who), case)
    assert mailed() == {one: [says] for one in whom}
    assert mailed() == {}


def test_the_table_of_mails_has_every_verb() -> None:
    assert set(TOLD) - {"finish"} == set(VERBS) - {"write"}


def test_whoever_does_it_gets_no_mail_of_it(world: Any) -> None:
    case = staged(world, "message", "with_client")
    actions.message(world.member, case, text="Hej")
    assert mailed() == {CONSULTANT: [UPDATED]}
    actions.message(world.consultant, fresh(case), text="Hej")
    assert mailed() == {MEMBER: [UPDATED]}


def test_a_case_without_recipients_is_told_to_the_owners(world: Any) -> None:
    mailed()
    write(world, world.manager, "demokund", "question", "Till er")
    assert mailed() == {OWNER: [NEW]}


def test_those_who_must_approve_are_told_of_it(world: Any) -> None:
    named = [world.client(one).membership_in(world.engagements["demokund"].pk) for one in (OWNER, APPROVER)]
    request = {"what": "Lönerna", "amount": None, "pay_on": None, "needed": "all", "named": [str(m.pk) for m in named]}
    mailed()
    write(world, world.manager, "demokund", "approval", "Löner", request=request)
    assert mailed() == {OWNER: [NEW], APPROVER: [NEW]}


def test_a_case_that_waits_for_consent_is_told_by_the_invitation_alone(world: Any) -> None:
    client = world.engagements["utansamtycke"]
    type(client).objects.unscoped(why="the test sets the scene").filter(pk=client.pk).update(consent="none")
    mailed()
    write(world, world.manager, "utansamtycke", "question", "Väntar")
    told = mailed()
    assert list(told) == ["agare@utansamtycke.example"]
    assert NEW not in told["agare@utansamtycke.example"]


def test_the_clients_own_case_is_told_to_whom_it_is_written(world: Any) -> None:
    words = {"subject": "Till er", "message": "Hej"}
    client = world.engagements["demokund"]
    mailed()
    actions.write_to_firm(world.owner, client, request={"topic": "question", "to": None}, **words)
    assert mailed() == {MANAGER: ["Ett nytt ärende väntar på dig"]}  # who is responsible for the client
    to = str(world.consultant.membership.pk)
    case = actions.write_to_firm(world.owner, client, request={"topic": "question", "to": to}, **words)
    assert mailed() == {CONSULTANT: ["Ett nytt ärende väntar på dig"]}
    actions.reply(world.consultant, case, text="Så här")
    assert mailed() == {OWNER: [BACK]}


def test_an_answer_reaches_the_next_in_order_when_the_responsible_has_left(world: Any) -> None:
    case = staged(world, "send_back", "with_client")
    gone = world.consultant.membership
    type(gone).objects.unscoped(why="the test sets the scene").filter(pk=gone.pk).update(ended_at="2026-01-01T00:00Z")
    actions.send_back(world.owner, case, answer=answer_to(case))
    assert mailed() == {MANAGER: [ANSWERED]}  # the client's responsible


def lock_out(world: Any, *emails: str) -> None:
    for email in emails:
        person = world.user(email)
        person.is_active = False
        person.save(update_fields=["is_active"])


def test_who_cannot_sign_in_is_told_nothing_and_the_next_in_order_is(world: Any) -> None:
    member = world.client(MEMBER).membership_in(world.engagements["demokund"].pk)
    asked = write(world, world.consultant, "demokund", "question", "Till medarbetaren", send=False)
    actions.set_recipients(world.consultant, asked, [member])
    case = write(world, world.consultant, "demokund", "question", "Till er")
    mailed()
    lock_out(world, MEMBER, CONSULTANT)
    actions.open_(world.manager, asked)
    assert mailed() == {OWNER: [NEW]}
    actions.send_back(world.owner, case, answer=answer_to(case))
    assert mailed() == {MANAGER: [ANSWERED]}


def test_nobody_who_cannot_sign_in_is_written_to_at_all(world: Any) -> None:
    case = write(world, world.manager, "demokund", "question", "Till er")
    mailed()
    lock_out(world, OWNER)
    actions.message(world.manager, case, text="Hej")
    actions.remind(world.manager, case)
    actions.withdraw_consent(world.manager, world.engagements["demokund"])
    Client().post("/konto/losenord/", {"email": OWNER})
    assert OWNER not in mailed()


@pytest.mark.slow
@pytest.mark.parametrize(("verb", "who"), [(row[0], row[1]) for row in ROWS if row[3]])
def test_the_same_press_again_tells_nobody_anew(world: Any, verb: str, who: str) -> None:
    state = TOLD[verb][who][0]
    case, actor = staged(world, verb, state), by(world, who)
    if verb == "release":
        pytest.skip("nobody presses it")
    first = again(world, verb, actor, case)
    seen = len(events_of(case))
    assert mailed()
    second = again(world, verb, actor, case)
    assert second == first
    assert (len(events_of(case)), mailed()) == (seen, {})


def again(world: Any, verb: str, actor: Actor, case: Case) -> Event:
    """The press of one form, with the token it carries."""
    return press(world, verb, actor, fresh(case), once="ett formulär")  # type: ignore[no-any-return]
