"""What always holds, whatever is tried in whatever order."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import secrets
import string
import zipfile
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
import time_machine
from django.conf import settings as django_settings
from django.core import mail
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from samsyn.cases import actions, kinds
from samsyn.cases.actions.ending import end_with_consent
from samsyn.cases.basis import basis_digest
from samsyn.cases.files import attach
from samsyn.cases.models import Attachment, Case, Draft, Event, Purpose, State
from samsyn.cases.verbs import VERBS
from samsyn.demo.world import due, find, upload, write
from samsyn.kit import letters
from samsyn.kit.fields import FactsField, LineField, LinesField, TextField
from samsyn.kit.rows import KindForm
from samsyn.notices import jobs
from samsyn.tenancy.actors import system_for
from samsyn.tenancy.agreement import text_for
from samsyn.tenancy.errors import Refused
from samsyn.tenancy.models import User
from samsyn.web.copies import copy_of_case
from tests.cases import STORED, events_of, fresh
from tests.test_preview import RICH
from tests.walls import is_told, questions_in

EVERY_KIND = [*RICH, "client_message"]  # information both to be confirmed and only to be read


class Undo(Exception):  # noqa: N818 - it rolls the example back
    pass


# Every text somebody can write, each with a word of its own


class Words:
    """Random words of 16 letters, each known by where it was written."""

    def __init__(self) -> None:
        self.said: dict[str, str] = {}

    def __call__(self, where: str) -> str:
        word = "".join(secrets.choice(string.ascii_lowercase) for _sign in range(16))
        self.said[word] = where
        return word


FREE = (LineField, TextField)
# What a request holds beside free text: nothing else may be a text without a word in it.
NO_WORDS = {"id", "type", "retention_class", "amount", "pay_on", "needed", "named", "topic", "to", "acknowledge"}


def filled(form: type[KindForm], example: dict[str, Any], say: Words) -> dict[str, Any]:
    """The example with a word of its own in every field somebody can write freely in."""
    told = dict(example)
    for name, field in form.base_fields.items():
        if isinstance(field, FactsField):
            told[name] = [{"label": say(f"{name}.label"), "value": say(f"{name}.value")}]
        elif isinstance(field, LinesField):
            told[name] = [say(name) for _line in example.get(name, [])]
        elif isinstance(field, FREE):
            told[name] = say(name)
    for name, rows in form.row_sets.items():
        told[name] = [filled(rows.form, one, say) for one in example[name]]
    return told


def texts_in(value: Any, name: str = "") -> list[str]:
    """Every text in a request that is not of a fixed form."""
    if isinstance(value, dict):
        return [text for key, one in value.items() if key not in NO_WORDS for text in texts_in(one, key)]
    if isinstance(value, list):
        return [text for one in value for text in texts_in(one, name)]
    return [value] if isinstance(value, str) else []


def request_of(named: str, say: Words) -> dict[str, Any]:
    kind, example = RICH.get(named, ("client_message", {"topic": "question", "to": None}))
    request = filled(kinds.get(kind).Request, {**example, "named": []} if kind == "approval" else example, say)
    assert set(texts_in(request)) <= set(say.said), "a text field without a word of its own"
    return request


def answer_of(case: Case, say: Words, files: Callable[[str], list[str]]) -> dict[str, Any]:
    """A whole answer with a word in every text of it; `files` gives those of a row. Locked rows stay as they are."""
    values = {"amount": "1.00", "date": "2026-01-12", "whole_number": 1, "yes_no": False}
    comment = say("comment")
    if case.kind == "question":
        given = [
            {"id": one["id"], "value": say("value") if one["type"] == "text" else (one["choices"] or [False])[0]}
            for one in case.request["questions"]
        ]
        return {"answers": given, "comment": comment, "files": files("")}
    if case.kind in ("information", "client_message"):
        return {"comment": comment, "files": files("")}
    if case.kind == "approval":
        return {"decisions": []}  # it has no form to send, and is refused
    locked = case.kind_of.locked_rows(case.request, case.review)
    before = {row["id"]: row for row in (case.answer or {}).get("rows", [])}
    if case.kind == "document_request":
        rows = [
            before[one["id"]]
            if one["id"] in locked and one["id"] in before
            else {"id": one["id"], "missing": True, "explanation": say("explanation"), "files": files(one["id"])}
            for one in case.request["documents"]
        ]
        return {"rows": rows, "comment": comment}
    rows = []
    for row in case.request["rows"]:
        asked = [one for one in row["fields"] if one["type"] != "file"]
        slots = [f"{row['id']}{one['id']}" for one in row["fields"] if one["type"] == "file"]
        told = {
            one["id"]: say("value") if one["type"] == "text" else (one["choices"] or [values.get(one["type"])])[0]
            for one in asked
        }
        rows.append({"id": row["id"], "values": told, "files": {at: files(at) for at in slots}})
    return {"rows": rows, "comment": comment}


def no_files(_row: str) -> list[str]:
    return []


def begun(world: Any, named: str, say: Words) -> Case:
    """A case of this kind as it is sent, with a word in every field."""
    words = {"subject": say("subject"), "message": say("message")}
    request = request_of(named, say)
    if named not in RICH:
        return actions.write_to_firm(world.owner, world.engagements["demokund"], request=request, **words)
    case: Case = write(world, world.manager, "demokund", RICH[named][0], **words, request=request)
    return case


Files = Callable[[str], list[str]]


def tries(world: Any, case: Case, say: Words, files: Files = no_files) -> dict[str, Callable[[], Any]]:
    """Every verb of a case that somebody has, as it might be pressed; each may be refused."""
    firm, owner = world.manager, world.owner
    others = [one for one in (firm.membership, world.consultant.membership) if one.pk != case.responsible_id]

    def verdicts() -> dict[str, Any]:
        rows = [row for row, _label in case.kind_of.rows(case.request)]
        return {
            "rows": [
                {"id": row, "verdict": "returned", "reason": say("reason")}
                if place == 0
                else {"id": row, "verdict": "accepted", "reason": ""}
                for place, row in enumerate(rows)
            ]
        }

    def answered(actor: Any, files: Files) -> Any:
        answer = answer_of(case, say, files)
        return actions.send_back(actor, case, answer=answer, text=answer.get("comment", ""))

    def written_down() -> Any:
        answer = answer_of(case, say, no_files)
        said, on = answer.get("comment", ""), dt.date(2026, 1, 15)
        return actions.answer_for(firm, case, answer=answer, how="phone", on=on, text=said)

    def amended() -> Any:
        words = {"subject": say("subject"), "message": say("message")}
        named = next((one for one in RICH if RICH[one][0] == case.kind), case.kind)
        return actions.amend(firm, case, request=request_of(named, say), **words)

    approver = world.client("dubbel@demokund.example")
    return {
        "send_back": lambda: answered(owner, files),
        "colleague": lambda: answered(world.member, no_files),
        "approve": lambda: actions.approve(owner, case, digest=basis_digest(case), text=say("why")),
        "approver": lambda: actions.approve(approver, case, digest=basis_digest(case)),
        "decline": lambda: actions.decline(approver, case, digest=basis_digest(case), text=say("why")),
        "acknowledge": lambda: actions.acknowledge(owner, case),
        "done": lambda: actions.done(owner, case),
        "take_back": lambda: actions.take_back(owner, case),
        "review": lambda: actions.review(firm, case, verdicts=verdicts()),
        "ask_again": lambda: actions.ask_again(firm, case, text=say("said")),
        "reply": lambda: actions.reply(firm, case, text=say("said")),
        "finish": lambda: actions.reply(firm, case, text=say("said"), finished=True),
        "message": lambda: actions.message(owner, case, text=say("said")),
        "firm_message": lambda: actions.message(firm, case, text=say("said")),
        "note": lambda: actions.note(firm, case, text=say("said")),
        "reassign": lambda: actions.reassign(firm, case, responsible=others[0]),
        "change_due": lambda: actions.change_due(firm, case, due_on=due(40 if case.due_on != due(40) else 30)),
        "remind": lambda: actions.remind(firm, case),
        "amend": amended,
        "answer_for": written_down,
        "close": lambda: actions.close(firm, case, text=say("said")),
        "cancel": lambda: actions.cancel(firm, case, text=say("said")),
        "retract": lambda: actions.retract(firm, case),
        "reopen": lambda: actions.reopen(firm, case, text=say("said")),
        "client_reopen": lambda: actions.reopen(owner, case, text=say("said")),
        "end_with_consent": lambda: end_with_consent(system_for(world.firm), case),
    }


# What ends a case for good is tried less often than what goes on with it.
NAMES = [
    "send_back", "send_back", "colleague", "approve", "approver", "decline", "acknowledge", "done", "take_back",
    "review", "ask_again", "reply", "finish", "message", "firm_message", "note", "reassign", "change_due", "remind",
    "amend", "answer_for", "close", "cancel", "retract", "reopen", "client_reopen", "end_with_consent",
]  # fmt: skip


@given(named=st.sampled_from(EVERY_KIND), presses=st.lists(st.sampled_from(NAMES), max_size=14))
@settings(max_examples=40)
@pytest.mark.django_db
def test_whatever_is_pressed_one_side_has_the_ball_and_no_answer_is_lost(named: str, presses: list[str]) -> None:
    world = find()
    with pytest.raises(Undo), transaction.atomic():  # noqa: PT012 - all of it is rolled back
        say = Words()
        case = begun(world, named, say)
        kept, taken = dict(say.said), dict[str, str]()
        sent = [dict[str, str]()]
        for name in presses:
            before, say = fresh(case), Words()
            try:
                event = tries(world, fresh(case), say)[name]()
            except Refused:
                after = fresh(case)
                assert (after.state, after.seq, after.answer) == (before.state, before.seq, before.answer)
                continue
            now = fresh(case)
            assert now.seq == before.seq + 1 == event.seq
            assert (now.state == State.CLOSED) == bool(now.outcome)
            assert now.holder == {"with_client": "client", "with_firm": "firm"}.get(now.state, "none")
            if name in ("send_back", "colleague"):
                sent.append(say.said)
            if name == "take_back":
                taken |= sent[-1]
                assert {where for word, where in sent.pop().items() if word not in drafts_of(case)} == set()
            kept |= say.said
        written = json.dumps([one.body for one in events_of(case)], ensure_ascii=False)
        assert {where for word, where in kept.items() if word not in written} == set()
        readable(world, fresh(case), {word: where for word, where in kept.items() if word not in taken}, taken)
        raise Undo


def readable(world: Any, case: Case, kept: dict[str, str], taken: dict[str, str]) -> None:
    """The firm's copy tells everything that was sent; what was taken back is its taker's draft and nobody's to read."""
    copy = "".join(pages_of(b"".join(copy_of_case(world.manager, case))).values())
    # A reason belongs to the newest verdict on its row, and a case that was amended shows what it asks now.
    lost = {where for word, where in kept.items() if word not in copy} - {"reason", *ASKED}
    assert lost == set()
    assert [where for word, where in taken.items() if word in copy] == []


def drafts_of(case: Case) -> str:
    """What has been begun and not sent, whosever it is."""
    rows = Draft.objects.unscoped(why="whose the words are now").filter(case=case)
    return json.dumps(list(rows.values_list("typed", flat=True)), ensure_ascii=False)


ASKED = {"text", "choices", "name", "note", "what", "label", "facts.label", "facts.value"}


def pages_of(packed: bytes) -> dict[str, str]:
    read = zipfile.ZipFile(io.BytesIO(packed))
    return {name: read.read(name).decode() for name in read.namelist() if name.endswith(".html")}


# Notes


NOTED = [
    "note", "note", "send_back", "approve", "decline", "acknowledge", "take_back", "review", "ask_again", "reply",
    "firm_message", "message", "change_due", "reassign", "remind", "close", "reopen", "client_reopen",
]  # fmt: skip
OPEN = {
    "question": "Vad gällde inköpet den 9 december?",
    "document_request": "Kvitton som saknas för december",
    "approval": "Löner för januari",
}
NOON = dt.datetime(2027, 2, 10, 12, tzinfo=dt.UTC)


class Same(Words):
    """The same words each time."""

    def __call__(self, where: str) -> str:
        return f"{where} {len(self.said)}"


@given(kind=st.sampled_from(sorted(OPEN)), presses=st.lists(st.sampled_from(NOTED), min_size=1, max_size=8))
@settings(max_examples=12)
@pytest.mark.django_db
def test_every_byte_the_client_can_fetch_is_the_same_with_and_without_notes(kind: str, presses: list[str]) -> None:
    world = find()

    def fetched(*, notes: bool) -> list[bytes]:
        found: list[bytes] = []
        with pytest.raises(Undo), transaction.atomic():  # noqa: PT012 - all of it is rolled back
            case = STORED().get(subject=OPEN[kind], engagement=world.engagements["demokund"])
            with time_machine.travel(NOON, tick=False):
                for name in presses if notes else [one for one in presses if one != "note"]:
                    with suppress(Refused):
                        tries(world, fresh(case), Same())[name]()
                if notes:
                    actions.note(world.manager, fresh(case), text="Något internt")
                found += client_bytes(world, fresh(case))
            raise Undo
        return found

    assert fetched(notes=True) == fetched(notes=False)


def client_bytes(world: Any, case: Case) -> list[bytes]:
    """What a client can fetch of this case: pages and the copy, without what is new at every fetch (tokens)."""
    person = Client()
    person.force_login(
        User.objects.get(email="agare@demokund.example"), backend=django_settings.AUTHENTICATION_BACKENDS[0]
    )
    pages = ["", "arenden/", "arenden/avslutade/", "flikar/", f"arenden/{case.ref}/"]
    answers = [person.get(f"/kund/demokund/{one}") for one in pages]
    assert {one.status_code for one in answers} == {200}
    tokens = rb'name="(csrfmiddlewaretoken|once|made)" value="[^"]*"'
    told = [re.sub(tokens, b"", one.content) + one.headers.get("ETag", "").encode() for one in answers]
    return [*told, b"".join(copy_of_case(world.owner, case))]


# Mails


ROADS = [
    ["amend", "firm_message", "message", "note", "reassign", "change_due", "remind", "send_back", "take_back",
     "colleague", "review", "ask_again", "answer_for", "reply", "send_back", "close", "reopen", "finish",
     "client_reopen", "cancel", "reopen", "retract"],
    ["approve", "decline", "acknowledge", "done", "reopen", "ask_again", "approve", "approver", "end_with_consent"],
]  # fmt: skip


@pytest.mark.usefixtures("own_disk")
def test_no_text_of_a_case_occurs_in_any_mail(world: Any) -> None:
    """Each text field of every kind, and each box of every verb, has its own random word: none is in a letter."""
    done, said = set[str](), dict[str, str]()
    for named in EVERY_KIND:
        for road in ROADS if named.startswith("information") else ROADS[named == "approval" :][:1]:
            done |= walked(world, named, road, said)
    done |= of_consent(world, said)
    jobs.sweep()
    letters.sweep()
    mailed = "\n".join(f"{one.message().items()}\n{one.subject}\n{one.body}\n{one.alternatives}" for one in mail.outbox)
    assert len(mail.outbox) > 80
    assert {where for word, where in said.items() if word in mailed} == set()
    stored = everything_stored()
    assert {where for word, where in said.items() if word not in stored} == set(), "each word was really written"
    assert done == set(VERBS)


def walked(world: Any, named: str, road: list[str], said: dict[str, str]) -> set[str]:
    """Press the verbs of the road that can be; gives which were, and adds the words that were kept."""
    say = Words()
    case = begun(world, named, say)
    said |= say.said
    done = {event.verb for event in events_of(case)}
    for name in road:
        say = Words()
        with suppress(Refused):
            event = tries(world, fresh(case), say, with_files(world, case, say))[name]()
            said |= say.said
            done.add(event.verb)
    return done


def with_files(world: Any, case: Case, say: Words) -> Files:
    """A real file in each row, with a word for its name, as the owner chooses them."""

    def files(row: str) -> list[str]:
        made = attach(world.owner, case, upload(f"{say('file')}.pdf"), purpose=Purpose.ANSWER, row_id=row)
        return [str(made.pk)]

    return files


def of_consent(world: Any, said: dict[str, str]) -> set[str]:
    """Consent given, and taken away with a reason: what waited is released and then closed."""
    say, client = Words(), world.engagements["utansamtycke"]
    ulla = world.client("agare@utansamtycke.example", "utansamtycke")
    write(world, world.manager, "utansamtycke", "question", say("subject"), request=request_of("question", say))
    actions.decline_consent(ulla, client, reason=say("declined"))
    actions.withdraw_consent(world.owner, world.engagements["demokund"], reason=say("withdrawn"))
    anew = type(client).objects.unscoped(why="invited anew").filter(pk=client.pk)
    anew.update(consent="invited", asked_at=timezone.now())
    actions.approve_consent(ulla, client, text_sha256=text_for(client.firm, "sv").sha256)
    said |= say.said
    return {event.verb for event in Event.objects.unscoped(why="the test sees all").filter(engagement=client)}


def everything_stored() -> str:
    from samsyn.tenancy.models import Consent

    rows = [
        *Event.objects.unscoped(why="the test sees all").values_list("body", flat=True),
        *STORED().values_list("subject", "message", "request", "answer"),
        *Attachment.objects.unscoped(why="the test sees all").values_list("name", flat=True),
        *Consent.objects.unscoped(why="the test sees all").values_list("reason", flat=True),
    ]
    return json.dumps(rows, ensure_ascii=False)


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
    told = [one for one in asked.captured_queries if is_told(one["sql"])]
    assert len(told) <= 3, "as a person, for a side, and here in the tests back again"
    return questions_in(asked)


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
