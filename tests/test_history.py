"""What the history says of every verb, in both languages, on the side that may know."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from samsyn.cases import actions
from samsyn.cases.files import attach
from samsyn.cases.models import Case, Purpose
from samsyn.cases.verbs import VERBS
from samsyn.demo.world import upload, write
from samsyn.tenancy.actors import system_for
from samsyn.tenancy.models import User
from tests.cases import KINDS, STORED, answer_to, example, fresh, in_state, kind_for, press, sent, verdict
from tests.pressing import soup

pytestmark = pytest.mark.django_db
MANAGER, OWNER = "ansvarig@demobyran.example", "agare@demokund.example"
MARIA, ELIN = "Maria Sundfalk", "Elin Bergqvist"


def pressed(world: Any, verb: str, who: str, state: str) -> Case:
    """The verb in a state, by somebody, with words that fit."""
    kind, request = kind_for(verb)
    case = in_state(world, kind, state, request=request)
    actor = {"firm": world.manager, "client": world.owner, "system": system_for(world.firm)}[who]
    press(world, verb, actor, case)
    return fresh(case)


def answered_with_files(world: Any, count: int) -> Case:
    case = sent(world, "question")
    files = [str(attach(world.owner, case, upload(f"{n}.pdf"), purpose=Purpose.ANSWER).pk) for n in range(count)]
    actions.send_back(world.owner, case, answer={**answer_to(case), "files": files})
    return case


def asked_again(world: Any, returned: int) -> Case:
    case = in_state(world, "document_request", "with_firm")
    actions.review(world.manager, case, verdicts=verdict(case, returned=returned))
    actions.ask_again(world.manager, fresh(case), text="Mer")
    return case


def waiting(world: Any) -> Case:
    """A case to a client that has not consented: opened, and not sent yet."""
    case: Case = write(world, world.manager, "utansamtycke", "question", "Väntar")
    return case


def told(world: Any, how: str) -> Case:
    case = sent(world, "question")
    actions.answer_for(world.manager, case, answer=answer_to(case), how=how, on=dt.date(2026, 1, 12))
    return case


def due_changed(world: Any, before: dt.date | None, after: dt.date | None) -> Case:
    case = sent(world, "question", days=None)
    for day in filter(None, [before]):
        actions.change_due(world.manager, case, due_on=day)
    actions.change_due(world.manager, fresh(case), due_on=after)
    return case


def given_to_jonas(world: Any, before: bool) -> Case:
    case = sent(world, "question")
    if not before:
        STORED().filter(pk=case.pk).update(responsible=None)
    actions.reassign(world.manager, fresh(case), responsible=world.consultant.membership)
    return case


def of_kind(kind: str, many: int = 1) -> Callable[[Any], Case]:
    def make(world: Any) -> Case:
        request = example(kind)
        for name in ("questions", "documents", "rows"):
            if name in request:
                rows = [{**request[name][0], "id": f"{n}a1b2c3d"} for n in range(many)]
                request = {**request, name: rows}
        return sent(world, kind, request=request)

    return make


def written_to_the_firm(world: Any) -> Case:
    words = {"request": {"topic": "question", "to": None}, "subject": "Till er", "message": "Hej"}
    return actions.write_to_firm(world.owner, world.engagements["demokund"], **words)


FIRST, SECOND = dt.date(2027, 2, 10), dt.date(2027, 2, 11)
BOTH, ONLY_FIRM = True, False
# what is done: (how, Swedish, English, whether the client reads it too)
SAID: dict[str, tuple[Callable[[Any], Case], str, str, bool]] = {
    "open question": (of_kind("question"), f"{MARIA} ställde 1 fråga.", f"{MARIA} asked 1 question.", BOTH),
    "open questions": (of_kind("question", 2), f"{MARIA} ställde 2 frågor.", f"{MARIA} asked 2 questions.", BOTH),
    "open document": (of_kind("document_request"), f"{MARIA} bad om 1 underlag.", f"{MARIA} asked for 1 document.",
                      BOTH),
    "open documents": (of_kind("document_request", 3), f"{MARIA} bad om 3 underlag.",
                       f"{MARIA} asked for 3 documents.", BOTH),
    "open approval": (of_kind("approval"), f"{MARIA} bad om ett godkännande.", f"{MARIA} asked for an approval.", BOTH),
    "open row": (of_kind("details"), f"{MARIA} bad om uppgifter om 1 sak.", f"{MARIA} asked for details on 1 item.",
                 BOTH),
    "open rows": (of_kind("details", 2), f"{MARIA} bad om uppgifter om 2 saker.",
                  f"{MARIA} asked for details on 2 items.", BOTH),
    "open information": (of_kind("information"), f"{MARIA} skickade information.", f"{MARIA} sent information.", BOTH),
    "open waiting": (waiting, f"{MARIA} skrev ärendet. Det skickas när samtycket är godkänt.",
                     f"{MARIA} wrote the case, to be sent when consent is given.", ONLY_FIRM),
    "release": (lambda w: pressed(w, "release", "system", "awaiting_consent"),
                "Avtalet godkändes och ärendet skickades till kunden.",
                "The agreement was approved and the case was sent to the client.", BOTH),
    "write": (written_to_the_firm, f"{ELIN} skrev till byrån.", f"{ELIN} wrote to the firm.", BOTH),
    "send_back": (lambda w: pressed(w, "send_back", "client", "with_client"), f"{ELIN} skickade tillbaka ärendet.",
                  f"{ELIN} sent the case back.", BOTH),
    "send_back 1": (lambda w: answered_with_files(w, 1), f"{ELIN} skickade tillbaka ärendet med 1 fil.",
                    f"{ELIN} sent the case back with 1 file.", BOTH),
    "send_back 2": (lambda w: answered_with_files(w, 2), f"{ELIN} skickade tillbaka ärendet med 2 filer.",
                    f"{ELIN} sent the case back with 2 files.", BOTH),
    "approve": (lambda w: pressed(w, "approve", "client", "with_client"), f"{ELIN} godkände.", f"{ELIN} approved.",
                BOTH),
    "decline": (lambda w: pressed(w, "decline", "client", "with_client"), f"{ELIN} avböjde.",
                f"{ELIN} declined.", BOTH),
    "acknowledge": (lambda w: pressed(w, "acknowledge", "client", "with_client"), f"{ELIN} har läst.",
                    f"{ELIN} has read it.", BOTH),
    "done": (lambda w: pressed(w, "done", "client", "with_client"), f"{ELIN} markerade informationen som klar.",
             f"{ELIN} marked the information as done.", BOTH),
    "done by itself": (lambda w: pressed(w, "done", "system", "with_client"),
                       "Informationen avslutades av sig själv efter 14 dagar.",
                       "The information closed by itself after 14 days.", BOTH),
    "take_back": (lambda w: pressed(w, "take_back", "client", "with_firm"), f"{ELIN} tog tillbaka svaret.",
                  f"{ELIN} took the answer back.", BOTH),
    "review": (lambda w: pressed(w, "review", "firm", "with_firm"), f"{MARIA} gick igenom svaret.",
               f"{MARIA} reviewed the answer.", ONLY_FIRM),
    "ask_again": (lambda w: pressed(w, "ask_again", "firm", "with_firm"), f"{MARIA} bad om komplettering.",
                  f"{MARIA} asked for more.", BOTH),
    "ask_again 1": (lambda w: asked_again(w, 1), f"{MARIA} bad om 1 underlag på nytt.",
                    f"{MARIA} asked for 1 document again.", BOTH),
    "ask_again 2": (lambda w: asked_again(w, 2), f"{MARIA} bad om 2 underlag på nytt.",
                    f"{MARIA} asked for 2 documents again.", BOTH),
    "reply": (lambda w: pressed(w, "reply", "firm", "with_firm"), f"{MARIA} svarade:", f"{MARIA} replied:", BOTH),
    "finish": (lambda w: pressed(w, "finish", "firm", "with_firm"), f"{MARIA} svarade och avslutade ärendet:",
               f"{MARIA} replied and closed the case:", BOTH),
    "amend": (lambda w: pressed(w, "amend", "firm", "with_client"), f"{MARIA} rättade ärendet.",
              f"{MARIA} changed the case.", BOTH),
    "answer_for": (lambda w: told(w, "phone"), f"{MARIA} svarade åt kunden, per telefon den 12 januari.",
                   f"{MARIA} answered for the client, by telephone on 12 January.", BOTH),
    "answer_for meeting": (lambda w: told(w, "meeting"), f"{MARIA} svarade åt kunden, på möte den 12 januari.",
                           f"{MARIA} answered for the client, at a meeting on 12 January.", BOTH),
    "message": (lambda w: pressed(w, "message", "firm", "with_client"), f"{MARIA} skrev:", f"{MARIA} wrote:", BOTH),
    "message back": (lambda w: pressed(w, "message", "client", "with_client"), f"{ELIN} skrev:",
                     f"{ELIN} wrote:", BOTH),
    "reassign": (lambda w: given_to_jonas(w, True), f"{MARIA} bytte ansvarig från {MARIA} till Jonas Ekelöv.",
                 f"{MARIA} changed who is responsible from {MARIA} to Jonas Ekelöv.", BOTH),
    "reassign from nobody": (lambda w: given_to_jonas(w, False), f"{MARIA} gjorde Jonas Ekelöv till ansvarig.",
                             f"{MARIA} made Jonas Ekelöv responsible.", BOTH),
    "reassign waiting": (lambda w: pressed(w, "reassign", "firm", "awaiting_consent"),
                         f"{MARIA} bytte ansvarig från {MARIA} till Jonas Ekelöv.",
                         f"{MARIA} changed who is responsible from {MARIA} to Jonas Ekelöv.", ONLY_FIRM),
    "change_due": (lambda w: due_changed(w, FIRST, SECOND),
                   f"{MARIA} ändrade förfallodag från 10 till 11 februari.",
                   f"{MARIA} changed the due date from 10 to 11 February.", BOTH),
    "change_due set": (lambda w: due_changed(w, None, FIRST), f"{MARIA} satte förfallodag till 10 februari.",
                       f"{MARIA} set the due date to 10 February.", BOTH),
    "change_due away": (lambda w: due_changed(w, FIRST, None), f"{MARIA} tog bort förfallodagen 10 februari.",
                        f"{MARIA} took away the due date, 10 February.", BOTH),
    "remind": (lambda w: pressed(w, "remind", "firm", "with_client"), f"{MARIA} skickade en påminnelse.",
               f"{MARIA} sent a reminder.", BOTH),
    "close": (lambda w: pressed(w, "close", "firm", "with_firm"), f"{MARIA} avslutade ärendet.",
              f"{MARIA} closed the case.", BOTH),
    "cancel": (lambda w: pressed(w, "cancel", "firm", "with_client"), f"{MARIA} makulerade ärendet.",
               f"{MARIA} cancelled the case.", BOTH),
    "retract": (lambda w: pressed(w, "retract", "firm", "with_client"), f"{MARIA} återkallade ärendet.",
                f"{MARIA} retracted the case.", BOTH),
    "end_with_consent": (lambda w: pressed(w, "end_with_consent", "system", "with_client"),
                         "Ärendet avslutades eftersom samtycket upphörde.",
                         "The case was closed because the consent ended.", BOTH),
    "reopen": (lambda w: pressed(w, "reopen", "firm", "closed"), f"{MARIA} återöppnade ärendet.",
               f"{MARIA} reopened the case.", BOTH),
    "reopen by the client": (lambda w: pressed(w, "reopen", "client", "closed"), f"{ELIN} återöppnade ärendet.",
                             f"{ELIN} reopened the case.", BOTH),
}  # fmt: skip


def newest(person: Any, address: str) -> str:
    """The uppermost sentence of the history, or '' when the case is not there to be read."""
    page = person.get(address)
    first = soup(page).select_one(".timeline .event-text > p") if page.status_code == 200 else None
    if first is None:
        return ""
    for time in first.select("time"):
        time.decompose()
    return first.get_text().replace("\xa0", " ").strip()


@pytest.mark.slow
@pytest.mark.parametrize("what", SAID)
def test_the_history_says_what_was_done_in_the_language_of_the_reader(visit: Any, world: Any, what: str) -> None:
    do, swedish, english, client_too = SAID[what]
    case = do(world)
    for language, sentence in (("sv", swedish), ("en", english)):
        User.objects.filter(email__in=[MANAGER, OWNER]).update(language=language)
        assert newest(visit(MANAGER), f"/byra/demobyran/arenden/{case.ref}/") == sentence
        read = newest(visit(OWNER), f"/kund/demokund/arenden/{case.ref}/")
        assert (read == sentence) is client_too, read


def test_every_verb_has_a_sentence_in_the_table() -> None:
    # A note is no part of the timeline: it stands by itself on the firm's side.
    assert set(VERBS) - {"note"} <= {what.split(" ")[0] for what in SAID}
    assert set(KINDS) == {"question", "document_request", "approval", "details", "information"}
