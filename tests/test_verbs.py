"""Every verb in every state by everyone: who may, from where to where, who may know, what is said and who is told."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from samsyn.cases.models import Case
from samsyn.cases.verbs import VERBS, allowed
from samsyn.tenancy.errors import NotNow, NotYours
from tests.cases import STATES, actor_of, events_of, fresh, in_state, kind_for, press

pytestmark = pytest.mark.django_db

FIRM = {"manager", "consultant"}
CLIENT = {"owner", "approver", "member"}  # those of the company who answer; a reader reads
APPROVERS = {"owner", "approver"}
ROLES = [*sorted(FIRM), "own", "rival", "support", *sorted(CLIENT), "reader", "other_client", "system"]
HIDDEN = {"draft", "awaiting_consent"}  # from the client
# verb: (who may, {state: the state after})
TABLE: dict[str, tuple[set[str], dict[str, str]]] = {
    "edit": (FIRM, {"draft": "draft", "awaiting_consent": "awaiting_consent"}),
    "discard": (FIRM, {"draft": "gone"}),
    "open": (FIRM, {"draft": "with_client"}),
    "release": ({"system"}, {"awaiting_consent": "with_client"}),
    "send_back": (CLIENT, {"with_client": "with_firm"}),
    "approve": (APPROVERS, {"with_client": "with_firm"}),
    "decline": (APPROVERS, {"with_client": "with_firm"}),
    "acknowledge": (CLIENT, {"with_client": "closed"}),
    "done": (CLIENT | {"system"}, {"with_client": "closed"}),
    "take_back": (CLIENT, {"with_firm": "with_client"}),
    "review": (FIRM, {"with_firm": "with_firm"}),
    "ask_again": (FIRM, {"with_firm": "with_client"}),
    "reply": (FIRM, {"with_firm": "with_client"}),
    "finish": (FIRM, {"with_firm": "closed"}),
    "amend": (FIRM, {"with_client": "with_client"}),
    "answer_for": (FIRM, {"with_client": "with_firm"}),
    "message": (FIRM | CLIENT, {"with_client": "with_client", "with_firm": "with_firm"}),
    "note": (FIRM, {state: state if state in ("awaiting_consent", "with_client", "with_firm") else "closed"
                    for state in STATES if state != "draft"}),
    "reassign": (FIRM, {one: one for one in ("awaiting_consent", "with_client", "with_firm")}),
    "change_due": (FIRM, {one: one for one in ("awaiting_consent", "with_client", "with_firm")}),
    "remind": (FIRM, {"with_client": "with_client"}),
    "close": (FIRM, {"with_firm": "closed"}),
    "cancel": (FIRM, dict.fromkeys(("awaiting_consent", "with_client", "with_firm"), "closed")),
    "retract": (FIRM, dict.fromkeys(("with_client", "with_firm", "closed", "withdrawn"), "closed")),
    "end_with_consent": ({"system"}, dict.fromkeys(("awaiting_consent", "with_client", "with_firm"), "closed")),
    "reopen": (FIRM | CLIENT, {"closed": "with_firm"}),
}  # fmt: skip
STRANGERS = {"own", "rival", "other_client"}


class Undo(Exception):  # noqa: N818 - it rolls a cell of the table back
    pass


def outcome_of(world: Any, verb: str, role: str, case: Case) -> str:
    """What comes of it: the state after, or how it is refused. Nothing of it is left."""
    after = ""
    actor, seq = actor_of(world, role), case.seq
    try:
        with transaction.atomic():
            press(world, verb, actor, fresh(case))
            rows = Case.objects.unscoped(why="the test looks at what is stored").filter(pk=case.pk)
            after = rows.values_list("state", flat=True).first() or "gone"
            written = 0 if verb in ("edit", "discard") else 1
            assert len(events_of(case)) == (0 if after == "gone" else seq + written), "one event, no more and no less"
            raise Undo
    except Undo:
        return after
    except NotYours:
        return "not yours"
    except NotNow:
        return "not now"


def expected(verb: str, role: str, state: str) -> str:
    who, moves = TABLE[verb]
    hidden = state in HIDDEN and role in CLIENT | {"reader"}
    if role not in who or role in STRANGERS or hidden:
        return "not yours"
    return moves.get(state, "not now")


@pytest.mark.slow
@pytest.mark.parametrize("verb", TABLE)
def test_who_may_do_what_in_which_state(world: Any, verb: str) -> None:
    kind, request = kind_for(verb)
    for state in STATES:
        case = in_state(world, kind, state, request=request)
        found = {role: outcome_of(world, verb, role, case) for role in ROLES}
        assert found == {role: expected(verb, role, state) for role in ROLES}, state


def test_the_table_has_every_verb_there_is() -> None:
    assert set(TABLE) - {"edit", "discard", "finish"} == set(VERBS) - {"write"}


@pytest.mark.slow
@pytest.mark.parametrize("verb", sorted(set(TABLE) - {"edit", "discard", "finish"}))
def test_a_button_is_there_exactly_when_the_verb_would_work(world: Any, verb: str) -> None:
    kind, request = kind_for(verb)
    for state in STATES:
        case = in_state(world, kind, state, request=request)
        for role in FIRM | CLIENT | {"reader", "support", "system"}:
            if state in HIDDEN and role in CLIENT | {"reader"}:
                continue  # they find no page to put a button on
            works = expected(verb, role, state) not in ("not yours", "not now")
            assert allowed(verb, actor_of(world, role), fresh(case)) is works, (state, role)
