"""Round after round: what the client has been told, what stands again, and what an older version of a kind wrote."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest

from samsyn.cases import actions, kinds
from samsyn.cases.basis import basis_digest
from samsyn.cases.models import Case, Draft
from tests.cases import STORED, answer_to, answered, events_of, fresh, in_state, sent, verdict
from tests.pressing import soup

pytestmark = pytest.mark.django_db
MANAGER, OWNER = "ansvarig@demobyran.example", "agare@demokund.example"
REASON = "Suddig."  # what `verdict` writes at a returned row


def read(visit: Any, case: Case, side: str) -> str:
    """Everything this side can read of the case: its page and its copy."""
    email, above = (OWNER, "/kund/demokund") if side == "client" else (MANAGER, "/byra/demobyran")
    person, address = visit(email), f"{above}/arenden/{case.ref}/"
    packed = zipfile.ZipFile(io.BytesIO(b"".join(person.get(f"{address}kopia/").streaming_content)))
    copy = "".join(packed.read(name).decode() for name in packed.namelist() if name.endswith(".html"))
    return str(soup(person.get(address)).select_one("main")) + copy


def judged(world: Any) -> Case:
    case = in_state(world, "document_request", "with_firm")
    actions.review(world.manager, case, verdicts=verdict(case))
    return fresh(case)


@pytest.mark.parametrize(("verb", "ends"), [("makulera", False), ("aterkalla", True)])
def test_a_case_is_not_cancelled_from_a_page_where_it_is_still_the_clients(
    visit: Any, world: Any, verb: str, ends: bool
) -> None:
    """Retracting is another matter: what was sent to the wrong one is to vanish, whatever has happened in it."""
    case, firm = sent(world, "question"), visit(MANAGER)

    def press(page: Any) -> Any:
        form = soup(page).select_one(f'form[action$="/{verb}/"]')
        return firm.post(form["action"], {field["name"]: field["value"] for field in form.select("input[name]")})

    page = firm.get(f"/byra/demobyran/arenden/{case.ref}/")
    answered(world, case)
    told = press(page)
    assert (fresh(case).state == "closed") is ends
    if not ends:
        assert told.status_code == 409
        assert "Ärendet har ändrats sedan du öppnade det." in soup(told).get_text()
        press(told)
        assert fresh(case).outcome == "cancelled"


UNTOLD = {
    "nothing yet": lambda world, case: None,
    "cancel": lambda world, case: actions.cancel(world.manager, case),
    "withdraw": lambda world, case: actions.withdraw_consent(world.manager, case.engagement),
}


@pytest.mark.parametrize("what", UNTOLD)
def test_verdicts_that_are_being_made_are_not_told_by_ending_the_case_otherwise(
    visit: Any, world: Any, what: str
) -> None:
    case = judged(world)
    UNTOLD[what](world, case)
    assert REASON in read(visit, case, "firm")
    assert REASON not in read(visit, case, "client")


TOLD = {
    "ask again": lambda world, case: actions.ask_again(world.manager, case),
    "close": lambda world, case: actions.close(world.manager, case),
    "reply": lambda world, case: actions.reply(world.manager, case, text="Se ovan"),
    "finish": lambda world, case: actions.reply(world.manager, case, text="Se ovan", finished=True),
}


@pytest.mark.parametrize("what", TOLD)
def test_verdicts_are_told_with_what_the_firm_says(visit: Any, world: Any, what: str) -> None:
    case = judged(world)
    TOLD[what](world, case)
    assert REASON in read(visit, case, "client")


def test_an_answered_row_is_unjudged_again_and_the_accepted_one_stays_locked(world: Any) -> None:
    case = judged(world)
    first, second = (row for row, _label in case.kind_of.rows(case.request))
    actions.ask_again(world.manager, case)
    kept = fresh(case).answer["rows"][1]
    given = {"rows": [{"id": first, "missing": True, "explanation": "Borta.", "files": []}, kept], "comment": ""}
    actions.send_back(world.owner, fresh(case), answer=given)
    now = fresh(case)
    assert (now.round, now.kind_of.returned_rows(now.review), now.kind_of.accepted_rows(now.review)) == (
        2,
        frozenset(),
        {second},
    )


def test_an_answer_taken_back_leaves_what_stood_before_and_is_the_takers_draft(visit: Any, world: Any) -> None:
    case = judged(world)
    first, _second = (row for row, _label in case.kind_of.rows(case.request))
    actions.ask_again(world.manager, case)
    before = fresh(case)
    row = {"id": first, "missing": True, "explanation": "Tog tillbaka.", "files": []}
    actions.send_back(world.owner, fresh(case), answer={"rows": [row, before.answer["rows"][1]], "comment": "Ångrat"})
    actions.take_back(world.owner, fresh(case))
    now = fresh(case)
    assert (now.answer, now.review) == (before.answer, before.review)
    for text in ("Tog tillbaka.", "Ångrat"):
        assert text not in read(visit, case, "firm")
        assert text in read(visit, case, "client")
    assert REASON in read(visit, case, "client")
    draft = Draft.objects.visible_to(world.owner).get(case=case)
    assert (draft.round, draft.typed["comment"]) == (now.round, "Ångrat")


def test_a_draft_of_one_round_is_not_the_answer_of_the_next(visit: Any, world: Any) -> None:
    case, member = sent(world, "question"), visit("medarbetare@demokund.example")
    member.post(f"/kund/demokund/arenden/{case.ref}/utkast/", {"a-0a1b2c3d": "Oskars ord", "a-comment": ""})
    answered(world, case)
    actions.ask_again(world.manager, fresh(case), text="Mer")
    page = soup(member.get(f"/kund/demokund/arenden/{case.ref}/"))
    assert page.select_one("[name=a-0a1b2c3d]").text.strip() == "En degblandare till bageriet."
    assert "Oskars ord" in page.get_text(), "it is beside the form, to be sent or thrown away"


@pytest.mark.parametrize("kind", ["document_request", "question", "details"])
def test_a_comment_that_was_sent_is_not_sent_once_more(visit: Any, world: Any, kind: str) -> None:
    """The form of the next round begins without it, on both sides; a draft of this round keeps its own."""
    case = sent(world, kind)
    actions.send_back(world.owner, case, answer={**answer_to(case), "comment": "Resten kommer."}, text="Resten kommer.")
    actions.ask_again(world.manager, fresh(case), text="Mer")
    elin, maria = visit(OWNER), visit(MANAGER)
    paths = (elin, f"/kund/demokund/arenden/{case.ref}/"), (maria, f"/byra/demobyran/arenden/{case.ref}/svara-at/")
    for person, path in paths:
        form = soup(person.get(path)).select_one("#answer")
        assert form.select_one("[name=a-comment]").text.strip() == ""
    assert "Något mer kunden sa" in form.get_text()
    elin.post(f"/kund/demokund/arenden/{case.ref}/utkast/", {"a-comment": "Nu är det allt.", "touched": "a-comment"})
    page = soup(elin.get(f"/kund/demokund/arenden/{case.ref}/"))
    assert page.select_one("[name=a-comment]").text.strip() == "Nu är det allt."


def test_an_approval_asked_anew_begins_from_nothing_and_the_old_one_stays_in_the_history(world: Any) -> None:
    case = answered(world, sent(world, "approval"))
    actions.ask_again(world.manager, case, text="Nytt belopp")
    now = fresh(case)
    assert (now.round, now.answer) == (2, None)
    actions.approve(world.owner, now, digest=basis_digest(now))
    assert [one["decision"] for one in fresh(case).answer["decisions"]] == ["approved"]
    assert [event.body["decision"] for event in events_of(case) if "decision" in event.body] == ["declined", "approved"]


def test_every_round_is_in_the_copy_with_who_answered_it(visit: Any, world: Any) -> None:
    case = sent(world, "question")
    for turn, actor in enumerate((world.owner, world.member, world.owner), 1):
        given = answer_to(case)
        given = {**given, "answers": [{"id": "0a1b2c3d", "value": f"Svar i runda {turn}"}, *given["answers"][1:]]}
        actions.send_back(actor, fresh(case), answer=given)
        if turn < 3:
            actions.ask_again(world.manager, fresh(case), text=f"Fråga efter runda {turn}")
    for side in ("firm", "client"):
        told = read(visit, case, side)
        for turn in (1, 2, 3):
            assert f"Svar i runda {turn}" in told, side


# What an older version of a kind has stored


class NewerQuestions:
    """The kind as it might be one day: version 2 calls what is asked `asked`, where version 1 said `text`."""

    @staticmethod
    def upgrade(half: str, version: int, stored: dict[str, Any]) -> dict[str, Any]:
        assert version == 1
        if half == "request":
            return {"questions": [{**one, "text": f"{one['text']} (ny)"} for one in stored["questions"]]}
        if half == "answer":
            return {**stored, "comment": f"{stored['comment']} (ny)".strip()}
        return stored


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Turn the page of time: from now on the kind is one version newer than what is stored."""

    def turn() -> None:
        kind = kinds.get("question")
        monkeypatch.setattr(kind, "version", 2, raising=False)
        monkeypatch.setattr(kind, "upgrade", NewerQuestions.upgrade, raising=False)

    return turn


def test_what_an_older_version_stored_is_read_as_the_newer_one_reads_it_everywhere(
    visit: Any, world: Any, newer: Any
) -> None:
    case = sent(world, "question")
    changed = {"questions": [{**one, "text": f"{one['text']} Rättad."} for one in case.request["questions"]]}
    actions.amend(world.manager, case, request=changed, subject=case.subject, message="")
    actions.send_back(world.owner, fresh(case), answer={**answer_to(case), "comment": "Hälsningar"}, text="Hälsningar")
    newer()
    asked = f"{changed['questions'][0]['text']} (ny)"
    now = fresh(case)
    assert now.request["questions"][0]["text"] == asked
    assert now.answer["comment"] == "Hälsningar (ny)"
    for side in ("firm", "client"):
        told = read(visit, case, side)
        assert asked in told
        assert f"{case.request['questions'][0]['text']} (ny)" in told, "the history of what was amended"
        assert "Hälsningar (ny)" in told


def test_an_upgraded_case_goes_on_and_is_upgraded_once(world: Any, newer: Any) -> None:
    case = answered(world, sent(world, "question"))
    newer()
    actions.ask_again(world.manager, fresh(case), text="Mer")
    stored = STORED().filter(pk=case.pk).values_list("kind_version", flat=True).get()
    assert stored == 2
    texts = [one["text"] for one in fresh(case).request["questions"]]
    assert all(text.endswith(" (ny)") and not text.endswith(" (ny) (ny)") for text in texts)
    actions.send_back(world.owner, fresh(case), answer=answer_to(fresh(case)))
    written = events_of(case)
    assert [event.body_version for event in written] == [1, 1, 2, 2]
    kind = kinds.get("question")
    assert written[1].half(kind, "answer")["comment"].endswith("(ny)"), "an event is never changed, only read anew"
    assert not written[3].half(kind, "answer")["comment"].endswith("(ny)")


def test_an_answer_taken_back_over_a_change_of_version_stands_as_the_newer_reads_it(world: Any, newer: Any) -> None:
    case = answered(world, sent(world, "question"))
    actions.ask_again(world.manager, case, text="Mer")
    newer()
    actions.send_back(world.owner, fresh(case), answer=answer_to(fresh(case)))
    actions.take_back(world.owner, fresh(case))
    assert fresh(case).answer["comment"] == "(ny)"
