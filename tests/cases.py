"""What the tests of the verbs share: a case of any kind in any state, and every verb as somebody presses it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from samsyn.cases import actions, kinds
from samsyn.cases.actions.asking import release
from samsyn.cases.actions.ending import end_with_consent
from samsyn.cases.basis import basis_digest
from samsyn.cases.models import Case, Event
from samsyn.demo.world import answer, due, write
from samsyn.tenancy.actors import SUPPORT, Actor, client_actor, memberships_of, system_for

KINDS = ["question", "document_request", "approval", "details", "information"]
STATES = ["draft", "awaiting_consent", "with_client", "with_firm", "closed", "retracted", "withdrawn"]
READING = {"acknowledge": False}


def STORED() -> Any:  # noqa: N802
    """Every case there is."""
    return Case.objects.unscoped(why="the test looks at what is stored")


def fresh(case: Case) -> Case:
    found: Case = STORED().select_related("firm", "engagement", "responsible__user").get(pk=case.pk)
    return found


def events_of(case: Case) -> list[Event]:
    rows = Event.objects.unscoped(why="the test looks at what is stored")
    return list(rows.filter(case=case).order_by("seq"))


def actor_of(world: Any, role: str) -> Actor:
    """Somebody in this role at demokund or demobyran, or a stranger to it."""
    if role == "support":
        manager = world.manager
        return Actor(side="firm", kind=SUPPORT, memberships=manager.memberships, user=manager.user, firm=manager.firm)
    made: dict[str, Callable[[], Actor]] = {
        "manager": lambda: world.manager,
        "consultant": lambda: world.consultant,
        "own": lambda: world.staff("egna@demobyran.example"),
        "rival": lambda: world.staff("konsult@rivalbyran.example", "rivalbyran"),
        "owner": lambda: world.owner,
        "approver": lambda: world.client("dubbel@demokund.example"),
        "member": lambda: world.member,
        "reader": lambda: world.reader,
        "other_client": lambda: world.client("agare@annankund.example", "annankund"),
        "system": lambda: system_for(world.firm),
    }
    return made[role]()


def client_of(world: Any, email: str, slug: str = "demokund") -> Actor:
    """The person as he or she is now: rights change between requests."""
    user = world.user(email)
    found = client_actor(user, memberships_of(user), slug)
    assert found is not None
    return found


def sent(world: Any, kind: str, subject: str = "Ett ärende", **more: Any) -> Case:
    case: Case = write(world, world.manager, "demokund", kind, subject, **more)
    return case


def answered(world: Any, case: Case) -> Case:
    """The client has handed it over, in the way of its kind."""
    if case.kind == "approval":
        actions.decline(world.owner, case, digest=basis_digest(case), text="Beloppet stämmer inte.")
    else:
        answer(world.owner, case)
    return fresh(case)


def in_state(world: Any, kind: str, state: str, **more: Any) -> Case:
    """A case of this kind in this state: `retracted` and `withdrawn` are closed for good."""
    case = sent(world, kind, send=state not in ("draft", "awaiting_consent"), **more)
    rows = Case.objects.unscoped(why="the test sets the scene").filter(pk=case.pk)
    if state == "awaiting_consent":
        rows.update(state=state)
    elif state in ("with_firm", "closed"):
        answered(world, case)
        if state == "closed":
            actions.close(world.manager, case)
    elif state == "retracted":
        actions.retract(world.manager, case)
    elif state == "withdrawn":
        end_with_consent(system_for(world.firm), case)
    return fresh(case)


def verdict(case: Case, *, returned: int = 1) -> dict[str, Any]:
    """Verdicts on every row: the first `returned` ones returned, the rest accepted."""
    rows = [one for one, _label in case.kind_of.rows(case.request)]
    return {
        "rows": [
            {"id": one, "verdict": "returned", "reason": "Suddig."}
            if place < returned
            else {"id": one, "verdict": "accepted", "reason": ""}
            for place, one in enumerate(rows)
        ]
    }


def answer_to(case: Case) -> dict[str, Any]:
    """An answer without files: what can't be found is said not to exist."""
    if case.kind != "document_request":
        return dict(case.kind_of.example_answer)
    rows = [
        {"id": one["id"], "missing": True, "explanation": "Finns inte.", "files": []}
        for one in case.request["documents"]
    ]
    return {"rows": rows, "comment": ""}


def press(world: Any, verb: str, actor: Actor, case: Case, **more: Any) -> Any:
    """Carry out a verb with words that fit; `more` goes along to it, as the `once` of its form."""
    others = [one for one in (world.manager.membership, world.consultant.membership) if one.pk != case.responsible_id]
    verbs: dict[str, Callable[[], Any]] = {
        "edit": lambda: actions.save_draft_case(
            actor, case, engagement=case.engagement, kind=case.kind, subject="Ändrat"
        ),
        "discard": lambda: actions.discard(actor, case),
        "open": lambda: actions.open_(actor, case, **more),
        "release": lambda: release(actor, case, **more),
        "send_back": lambda: actions.send_back(actor, case, answer=answer_to(case), text="Här är svaret.", **more),
        "approve": lambda: actions.approve(actor, case, digest=basis_digest(case), **more),
        "decline": lambda: actions.decline(actor, case, digest=basis_digest(case), text="Nej.", **more),
        "acknowledge": lambda: actions.acknowledge(actor, case, **more),
        "done": lambda: actions.done(actor, case, **more),
        "take_back": lambda: actions.take_back(actor, case, **more),
        "review": lambda: actions.review(actor, case, verdicts=verdict(case), **more),
        "ask_again": lambda: actions.ask_again(actor, case, text="Skicka mer.", **more),
        "reply": lambda: actions.reply(actor, case, text="Tack.", **more),
        "finish": lambda: actions.reply(actor, case, text="Tack.", finished=True, **more),
        "amend": lambda: actions.amend(
            actor, case, request=case.request, subject="Nytt ämne", message=case.message, **more
        ),
        "answer_for": lambda: actions.answer_for(
            actor, case, answer=answer_to(case), how="phone", on=dt.date(2026, 1, 12), **more
        ),
        "message": lambda: actions.message(actor, case, text="Hej.", **more),
        "note": lambda: actions.note(actor, case, text="Internt.", **more),
        "reassign": lambda: actions.reassign(actor, case, responsible=others[0], **more),
        "change_due": lambda: actions.change_due(actor, case, due_on=due(40), **more),
        "remind": lambda: actions.remind(actor, case, **more),
        "close": lambda: actions.close(actor, case, **more),
        "cancel": lambda: actions.cancel(actor, case, text="Behövs inte.", **more),
        "retract": lambda: actions.retract(actor, case, **more),
        "end_with_consent": lambda: end_with_consent(actor, case, **more),
        "reopen": lambda: actions.reopen(actor, case, text="En sak till.", **more),
    }
    return verbs[verb]()


def kind_for(verb: str) -> tuple[str, dict[str, Any] | None]:
    """A kind the verb is for, with the request it needs."""
    if verb in ("approve", "decline"):
        return "approval", None
    if verb in ("acknowledge", "done"):
        return "information", {"acknowledge": verb == "acknowledge"}
    return ("document_request", None) if verb == "review" else ("question", None)


def example(kind: str) -> dict[str, Any]:
    return dict(kinds.get(kind).example_request)
