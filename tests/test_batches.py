"""One case to several clients, and one press for several cases."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail

from samsyn.cases import actions, jobs
from samsyn.cases.files import attach
from samsyn.cases.models import Attachment, Case, Purpose, SendBatch
from samsyn.demo.world import due, upload, write
from samsyn.kit import letters
from samsyn.notices import jobs as notices
from samsyn.tenancy.errors import NotNow
from samsyn.tenancy.models import Engagement
from tests.cases import STORED, events_of, fresh, sent
from tests.pressing import press, soup

pytestmark = pytest.mark.django_db
MANAGER, OWNER, HUGO = "ansvarig@demobyran.example", "agare@demokund.example", "agare@annankund.example"
CASES = "/byra/demobyran/arenden/"
SUBJECT = "Till flera kunder"


def mailed() -> list[str]:
    notices.sweep()
    letters.sweep()
    found = sorted(to for one in mail.outbox for to in one.to)
    mail.outbox.clear()
    return found


def drafted(world: Any) -> Case:
    case = write(world, world.manager, "demokund", "document_request", SUBJECT, "Hej", send=False)
    attach(world.manager, case, upload("mall.pdf"), purpose=Purpose.REQUEST)
    return case


def begun(world: Any, draft: Case, *names: str) -> SendBatch:
    return actions.send_to_many(world.manager, draft, [world.engagements[one].pk for one in names])


def made(world: Any, name: str) -> Case:
    return STORED().select_related("engagement", "sender").get(subject=SUBJECT, engagement=world.engagements[name])


def again(batch: SendBatch) -> SendBatch:
    return SendBatch.objects.unscoped(why="the test looks at what is stored").get(pk=batch.pk)


def test_each_of_several_clients_gets_a_case_of_its_own(world: Any) -> None:
    mailed()
    draft = drafted(world)
    batch = begun(world, draft, "demokund", "annankund", "utansamtycke")
    jobs.send_copies(str(batch.pk))
    cases = {name: made(world, name) for name in ("demokund", "annankund", "utansamtycke")}
    assert {name: case.state for name, case in cases.items()} == {
        "demokund": "with_client",
        "annankund": "with_client",
        "utansamtycke": "awaiting_consent",
    }
    numbers = [case.number for case in cases.values()]
    assert None not in numbers[:2]
    assert numbers[0] != numbers[1]
    assert numbers[2] is None, "a case gets its number when it is released"
    for case in cases.values():
        assert (case.message, case.request, case.due_on) == ("Hej", draft.request, draft.due_on)
        assert case.sender_id == world.manager.membership.pk
        assert case.responsible_id == case.engagement.responsible_id
        rows = Attachment.objects.unscoped(why="the test looks at what is stored").filter(case=case)
        (file,) = rows.values_list("name", "engagement")
        assert file == ("mall.pdf", case.engagement_id)
        assert [event.verb for event in events_of(case)] == ["open"]
    assert not STORED().filter(pk=draft.pk).exists(), "the draft has done its work"
    assert mailed() == [HUGO, OWNER]
    done = again(batch)
    assert (done.done, done.faults, done.finished_at is None) == (3, [], False)


def test_a_client_that_cannot_be_reached_is_named_and_the_rest_get_theirs(world: Any) -> None:
    draft = drafted(world)
    batch = begun(world, draft, "demokund", "annankund")
    gone = world.engagements["annankund"]
    Engagement.objects.unscoped(why="the test sets the scene").filter(pk=gone.pk).update(ended_at="2026-01-01T00:00Z")
    jobs.send_copies(str(batch.pk))
    assert made(world, "demokund").state == "with_client"
    (fault,) = again(batch).faults
    assert (fault["client"], fault["why"]) == (gone.name, "Kunden är avslutad, så inget nytt går att skicka.")
    left = fresh(draft)
    assert (left.state, left.engagement_id) == ("draft", gone.pk), "it stays, turned to whom it could not reach"


def test_a_batch_whose_worker_was_killed_goes_on_and_sends_nothing_twice(world: Any) -> None:
    draft = drafted(world)
    batch = begun(world, draft, "demokund", "annankund")
    rest = [str(world.engagements["annankund"].pk)]
    rows = SendBatch.objects.unscoped(why="the test sets the scene").filter(pk=batch.pk)
    rows.update(engagement_ids=[one for one in batch.engagement_ids if one not in rest], total=2)
    jobs.send_copies(str(batch.pk))  # as far as the worker came …
    rows.update(engagement_ids=rest, finished_at=None)  # … before it was killed
    assert STORED().filter(subject=SUBJECT, engagement=world.engagements["annankund"]).count() == 0
    draft_again = drafted(world)
    rows.update(draft=draft_again)
    for _minute in range(2):
        jobs.send_what_was_left()
    assert STORED().filter(subject=SUBJECT, state="with_client").count() == 2
    assert again(batch).finished_at is not None


@pytest.mark.parametrize("what", ["edit", "discard", "open", "send again"])
def test_a_draft_on_its_way_to_several_is_the_same_for_all_of_them(world: Any, what: str) -> None:
    draft = drafted(world)
    begun(world, draft, "demokund", "annankund")
    words = {"engagement": draft.engagement, "kind": draft.kind, "subject": "Annat"}
    tried = {
        "edit": lambda: actions.save_draft_case(world.manager, draft, **words),
        "discard": lambda: actions.discard(world.manager, draft),
        "open": lambda: actions.open_(world.manager, draft),
        "send again": lambda: begun(world, draft, "demokund"),
    }
    with pytest.raises(NotNow):
        tried[what]()
    assert fresh(draft).subject == SUBJECT


def ticked(world: Any) -> list[Case]:
    """Two open cases of two clients, and one that is closed."""
    cases = [
        sent(world, "question", "Öppen hos den ena"),
        write(world, world.manager, "annankund", "question", "Öppen hos den andra"),
        sent(world, "question", "Stängd"),
    ]
    actions.cancel(world.manager, cases[2])
    mailed()
    return [fresh(case) for case in cases]


BULK: dict[str, tuple[dict[str, str], str, list[str]]] = {
    "remind": ({}, "remind", [HUGO, OWNER]),
    "date": ({"due_on": due(40).isoformat()}, "change_due", []),
    "responsible": ({"responsible": "{consultant}"}, "reassign", []),
}


@pytest.mark.parametrize("what", BULK)
def test_one_press_for_several_cases_is_one_event_in_each_and_says_which_could_not(
    visit: Any, world: Any, what: str
) -> None:
    typed, verb, whom = BULK[what]
    cases, firm = ticked(world), visit(MANAGER)
    consultant = world.consultant.membership
    typed = {name: text.format(consultant=consultant.pk) for name, text in typed.items()}
    page = firm.get(f"{CASES}?vy=alla")
    before = [len(events_of(case)) for case in cases]
    told = [press(firm, page, what, ref=[case.ref for case in cases], **typed) for _press in range(2)]
    assert [one.status_code for one in told] == [302, 302]
    after = [events_of(case) for case in cases]
    assert [len(events) - count for events, count in zip(after, before, strict=True)] == [1, 1, 0]
    assert [events[-1].verb for events in after[:2]] == [verb, verb]
    assert mailed() == whom
    if what == "responsible":
        assert {fresh(case).responsible_id for case in cases[:2]} == {consultant.pk}
    shown = soup(firm.get(told[-1].url)).get_text()
    assert "Stängd: Ärendet har gått vidare" in shown
