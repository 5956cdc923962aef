"""What always holds, whatever is tried in whatever order."""

from __future__ import annotations

import datetime as dt
import secrets
import string
from contextlib import suppress
from typing import Any

import pytest
from django.core import mail
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from samsyn.cases import actions
from samsyn.cases.basis import basis_digest
from samsyn.cases.models import Case, Event, State
from samsyn.cases.verbs import VERBS
from samsyn.demo.world import find, write
from samsyn.kit import letters
from samsyn.notices import jobs
from samsyn.tenancy.errors import Refused

KINDS = ["question", "document_request", "approval", "details", "information"]


def answered(case: Case) -> dict[str, Any]:
    """The example answer without its files, which are nobody's: an answer that names them is refused."""
    given = dict(case.kind_of.example_answer)
    if case.kind == "document_request":
        given["rows"] = [{**row, "missing": True, "explanation": "Borta", "files": []} for row in given["rows"]]
    return given


def tries(world: Any, case: Case) -> dict[str, Any]:
    """Every verb as somebody might press it; each may be refused."""
    firm, owner, kind = world.manager, world.owner, case.kind_of
    return {
        "send_back": lambda: actions.send_back(owner, case, answer=answered(case), text="svar"),
        "approve": lambda: actions.approve(owner, case, digest=basis_digest(case)),
        "decline": lambda: actions.decline(owner, case, digest=basis_digest(case), text="nej"),
        "acknowledge": lambda: actions.acknowledge(owner, case),
        "done": lambda: actions.done(owner, case),
        "take_back": lambda: actions.take_back(owner, case),
        "ask_again": lambda: actions.ask_again(firm, case, text="mer"),
        "reply": lambda: actions.reply(firm, case, text="svar"),
        "finish": lambda: actions.reply(firm, case, text="svar", finished=True),
        "message": lambda: actions.message(owner, case, text="hej"),
        "close": lambda: actions.close(firm, case),
        "cancel": lambda: actions.cancel(firm, case),
        "retract": lambda: actions.retract(firm, case),
        "reopen": lambda: actions.reopen(firm, case, text="igen"),
        "client_reopen": lambda: actions.reopen(owner, case, text="igen"),
        "remind": lambda: actions.remind(firm, case),
        "answer_for": lambda: actions.answer_for(
            firm, case, answer=answered(case), how="phone", on=dt.date(2026, 1, 15)
        ),
        "amend": lambda: actions.amend(firm, case, request=dict(kind.example_request), subject="Nytt ämne", message=""),
    }


NAMES = [
    "send_back", "approve", "decline", "acknowledge", "done", "take_back", "ask_again", "reply", "finish", "message",
    "close", "cancel", "retract", "reopen", "client_reopen", "remind", "answer_for", "amend",
]  # fmt: skip


class Undo(Exception):  # noqa: N818 - it rolls the example back
    pass


@given(kind=st.sampled_from(KINDS), presses=st.lists(st.sampled_from(NAMES), max_size=12))
@settings(max_examples=40)
@pytest.mark.django_db
def test_whatever_is_pressed_one_side_has_the_ball_and_no_answer_is_lost(kind: str, presses: list[str]) -> None:
    world = find()
    with pytest.raises(Undo), transaction.atomic():  # noqa: PT012 - all of it is rolled back
        case = write(world, world.manager, "demokund", kind, "En lag")
        sent: list[Any] = []
        for name in presses:
            before = Case.objects.visible_to(world.manager).get(pk=case.pk)
            try:
                event = tries(world, case)[name]()
            except Refused:
                after = Case.objects.visible_to(world.manager).get(pk=case.pk)
                assert (after.state, after.seq, after.answer) == (before.state, before.seq, before.answer)
                continue
            if "answer" in event.body:
                sent.append(event.body["answer"])
            now = Case.objects.visible_to(world.manager).get(pk=case.pk)
            assert now.seq == before.seq + 1
            assert (now.state == State.CLOSED) == bool(now.outcome)
            assert now.holder == {"with_client": "client", "with_firm": "firm"}.get(now.state, "none")
        kept = Event.objects.visible_to(world.manager).filter(case=case).order_by("seq")
        assert [one.body["answer"] for one in kept if "answer" in one.body] == sent
        raise Undo


@given(presses=st.lists(st.sampled_from(["message", "note", "reassign", "due"]), min_size=1, max_size=6))
@settings(max_examples=15)
@pytest.mark.django_db
def test_every_byte_the_client_can_fetch_is_the_same_with_and_without_notes(presses: list[str]) -> None:
    world = find()

    def fetched(*, notes: bool) -> list[bytes]:
        found: list[bytes] = []
        with pytest.raises(Undo), transaction.atomic():  # noqa: PT012 - all of it is rolled back
            case = world_case(world)
            moment = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
            for name in presses:
                if name == "note" and notes:
                    actions.note(world.manager, case, text="Något internt")
                elif name == "message":
                    actions.message(world.manager, case, text="Till er")
                elif name == "due":
                    with suppress(Refused):
                        actions.change_due(world.manager, case, due_on=dt.date(2026, 12, 1))
                elif name == "reassign":
                    with suppress(Refused):  # a second time changes nothing
                        actions.reassign(world.manager, case, responsible=world.consultant.membership)
            Event.objects.unscoped(why="equal clocks").filter(case=case).update(at=moment)
            Case.objects.unscoped(why="equal clocks").filter(pk=case.pk).update(
                client_changed_at=moment, turn_since=moment, released_at=moment
            )
            found += client_bytes(case)
            raise Undo
        return found

    assert fetched(notes=True) == fetched(notes=False)


def world_case(world: Any) -> Case:
    rows = Case.objects.visible_to(world.manager).select_related("firm", "engagement")
    return rows.get(subject="Kvitton som saknas för december", engagement=world.engagements["demokund"])


def client_bytes(case: Case) -> list[bytes]:
    """The pages of a client that show this case, without what is new at every fetch (tokens)."""
    import re

    from django.conf import settings as django_settings
    from django.test import Client

    from samsyn.tenancy.models import User

    person = Client()
    person.force_login(
        User.objects.get(email="agare@demokund.example"), backend=django_settings.AUTHENTICATION_BACKENDS[0]
    )
    pages = ["", "arenden/", "flikar/", f"arenden/{case.ref}/"]
    answers = [person.get(f"/kund/demokund/{one}") for one in pages]
    tokens = rb'name="(csrfmiddlewaretoken|once)" value="[^"]*"'
    return [re.sub(tokens, b"", one.content) + one.headers.get("ETag", "").encode() for one in answers]


def test_no_text_of_a_case_occurs_in_any_mail(world: Any) -> None:
    """Each text field is filled with its own random token; none is found in a letter."""

    def token() -> str:
        return "".join(secrets.choice(string.ascii_lowercase) for _sign in range(16))

    words = {
        name: token()
        for name in ("subject", "message", "question", "answer", "comment", "said", "note", "reply", "own")
    }
    request = {
        "questions": [{"id": "0a1b2c3d", "text": words["question"], "type": "text", "choices": [], "required": True}]
    }
    case = write(world, world.manager, "demokund", "question", words["subject"], words["message"], request=request)
    given_answer = {"answers": [{"id": "0a1b2c3d", "value": words["answer"]}], "comment": words["comment"], "files": []}
    actions.send_back(world.owner, case, answer=given_answer, text=words["comment"])
    actions.message(world.owner, case, text=words["said"])
    actions.note(world.manager, case, text=words["note"])
    actions.reply(world.manager, case, text=words["reply"])
    actions.write_to_firm(
        world.owner,
        world.engagements["demokund"],
        request={"topic": "question", "to": None},
        subject=words["own"],
        message=words["own"],
    )
    jobs.sweep()
    letters.sweep()
    mailed = "\n".join(f"{one.subject}\n{one.body}\n{one.alternatives}" for one in mail.outbox)
    assert len(mail.outbox) >= 4
    for name, word in words.items():
        assert word not in mailed, name


PAGES = [
    ("agare@demokund.example", "/kund/demokund/arenden/"),
    ("medarbetare@demokund.example", "/kund/demokund/arenden/"),
    ("agare@demokund.example", "/kund/demokund/arenden/avslutade/"),
    ("agare@demokund.example", "/kund/demokund/arenden/?q=ärende"),
    ("agare@demokund.example", "/kund/demokund/arenden/{ref}/"),
    ("ansvarig@demobyran.example", "/byra/demobyran/arenden/"),
    ("egna@demobyran.example", "/byra/demobyran/arenden/"),
    ("ansvarig@demobyran.example", "/byra/demobyran/arenden/?vy=alla&q=ärende&sortera=senast"),
    ("ansvarig@demobyran.example", "/byra/demobyran/arenden/{ref}/"),
    ("ansvarig@demobyran.example", "/byra/demobyran/kunder/"),
]


def questions_asked(person: Any, path: str) -> list[str]:
    """The SQL of one visit to a page that has been visited before."""
    person.get(path)
    with CaptureQueriesContext(connection) as asked:
        assert person.get(path).status_code == 200
    return [one["sql"] for one in asked.captured_queries if "SAVEPOINT" not in one["sql"]]


def test_a_page_asks_the_database_at_most_eight_questions_however_many_cases(visit: Any, world: Any) -> None:
    case = world.cases["Kontoutdrag för november"]
    people = {email: visit(email) for email, _path in PAGES}
    counts: list[list[int]] = []
    for many in (0, 10_000):
        rows = (
            Case(firm=world.firm, engagement=world.engagements["demokund"], kind="question", request={"questions": []},
                 subject=f"Ärende {n}", search_key=f"ärende {n}", state="closed" if n % 10 else "with_client",
                 outcome="answered" if n % 10 else "", released_at=case.released_at,
                 responsible_id=case.responsible_id, client_changed_at=case.released_at)
            for n in range(many)
        )  # fmt: skip
        Case.objects.bulk_create(rows, batch_size=1_000)
        asked = [questions_asked(people[email], path.format(ref=case.ref)) for email, path in PAGES]
        counts.append([len(one) for one in asked])
    assert counts[0] == counts[1]
    for (_email, path), questions in zip(PAGES, asked, strict=True):
        assert len(questions) <= 8, (path, [one[:120] for one in questions])


def test_every_verb_declares_its_sentence_and_its_sides() -> None:
    for name, verb in VERBS.items():
        assert verb.says, name
        assert verb.sides, name
        assert verb.icon, name
