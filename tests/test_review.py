"""The firm judges an answer row by row, on its own page and without JavaScript."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest

from samsyn.cases import actions
from samsyn.cases.models import Case
from tests.cases import answer_to, answered, fresh, sent
from tests.pressing import press, soup

pytestmark = pytest.mark.django_db
CASE = "Kontoutdrag för november"


@pytest.fixture
def case(world: Any) -> Case:
    return world.cases[CASE]


def read_again(case: Case) -> Case:
    return Case.objects.unscoped(why="the test looks at what is stored").get(pk=case.pk)


def rows_of(case: Case) -> list[str]:
    return [row["id"] for row in case.request["documents"]]


def test_the_client_knows_nothing_of_a_verdict_until_told(case: Case, visit: Any) -> None:
    first, second = rows_of(case)
    firm, client = visit("ansvarig@demobyran.example"), visit("agare@demokund.example")
    at = f"/byra/demobyran/arenden/{case.ref}/"
    page = firm.get(at).content.decode()
    assert f'value="verdict.{first}.accepted"' in page
    review_url = page.partition('formaction="')[2].partition('"')[0]
    before = client.get(f"/kund/demokund/arenden/{case.ref}/").content
    assert firm.post(review_url, {"do": f"verdict.{first}.accepted"}).status_code == 302
    silent = firm.post(review_url, {"do": f"verdict.{second}.returned"})
    assert silent.status_code == 422
    assert "error" in silent.content.decode()
    said = {"do": f"verdict.{second}.returned", f"v-reason-{second}": "Den nedre halvan saknas."}
    assert firm.post(review_url, said).url.endswith(f"#part-{second}")
    stored = read_again(case)
    assert stored.kind_of.accepted_rows(stored.review) == {first}
    assert stored.kind_of.returned_rows(stored.review) == {second}
    unseen = client.get(f"/kund/demokund/arenden/{case.ref}/").content
    assert b"nedre halvan" not in unseen
    assert len(unseen) == pytest.approx(len(before), abs=40)


def test_a_returned_row_is_asked_again_once_and_the_accepted_one_is_locked(case: Case, visit: Any) -> None:
    first, second = rows_of(case)
    firm, client = visit("ansvarig@demobyran.example"), visit("agare@demokund.example")
    page = firm.get(f"/byra/demobyran/arenden/{case.ref}/").content.decode()
    review_url = page.partition('formaction="')[2].partition('"')[0]
    firm.post(review_url, {"do": f"verdict.{first}.accepted"})
    firm.post(review_url, {"do": f"verdict.{second}.returned", f"v-reason-{second}": "Den nedre halvan saknas."})
    page = firm.get(f"/byra/demobyran/arenden/{case.ref}/").content.decode()
    action = next(part for part in page.split('action="') if "begar-komplettering" in part[:200]).partition('"')[0]
    assert firm.post(action, {"text": "", "once": "a" * 24}).status_code == 302
    kept = read_again(case).answer["rows"][0]
    asked = client.get(f"/kund/demokund/arenden/{case.ref}/").content.decode()
    assert "Den nedre halvan saknas." in asked
    assert f'name="file.{second}"' in asked
    assert f'name="file.{first}"' not in asked
    at = f"/kund/demokund/arenden/{case.ref}/skicka-tillbaka/"
    touched = client.post(at, {f"a-explanation-{first}": "Annat", f"a-missing-{second}": "on"})
    assert touched.status_code == 422
    answer = {f"a-missing-{second}": "on", f"a-explanation-{second}": "Den finns inte.", "once": "b" * 24}
    assert client.post(at, answer).status_code == 302
    stored = read_again(case)
    assert stored.answer["rows"][0] == kept
    assert stored.answer["rows"][1]["explanation"] == "Den finns inte."
    assert stored.kind_of.accepted_rows(stored.review) == {first}
    assert stored.kind_of.returned_rows(stored.review) == frozenset()


def test_a_case_is_written_with_a_period_from_the_list(world: Any, visit: Any) -> None:
    firm, at = visit("ansvarig@demobyran.example"), "/byra/demobyran/arenden/nytt/"
    client = str(world.engagements["annankund"].pk)
    page = firm.get(at, {"typ": "information", "kund": client}).content.decode()
    period = page.partition('<option value="20')[2].partition('"')[0]
    posted = {"typ": "information", "kund": client, "do": "save", "subject": "Med period", "period": f"20{period}",
              "responsible": str(world.manager.membership.pk)}  # fmt: skip
    assert firm.post(at, posted).status_code == 302
    case = Case.objects.unscoped(why="the test looks at what is stored").get(subject="Med period")
    assert f"{case.period_from}/{case.period_to}" == f"20{period}"
    again = firm.get(f"{at.removesuffix('nytt/')}{case.ref}/", follow=True).content.decode()
    assert f'<option value="20{period}" selected>' in again


def test_why_a_document_does_not_exist_is_read_on_both_desks_and_in_the_copy(case: Case, visit: Any) -> None:
    why = "Banken skickar inget för december."
    row = {"id": rows_of(case)[0], "missing": True, "explanation": why, "files": []}
    rows = Case.objects.unscoped(why="the test sets the scene")
    rows.filter(pk=case.pk).update(answer={"rows": [row, case.answer["rows"][1]], "comment": ""})
    firm, client = visit("ansvarig@demobyran.example"), visit("agare@demokund.example")
    assert why in firm.get(f"/byra/demobyran/arenden/{case.ref}/").content.decode()
    page = client.get(f"/kund/demokund/arenden/{case.ref}/").content.decode()
    assert why in page
    address = f"/kund/demokund/arenden/{case.ref}/kopia/"
    assert address in page
    packed = zipfile.ZipFile(io.BytesIO(b"".join(client.get(address).streaming_content)))
    told = [packed.read(name).decode() for name in packed.namelist() if name.endswith(".html")]
    assert any(why in one for one in told)


# A page that was opened before the client answered anew

PRESSES = {
    "accept": "verdict.{row}.accepted",
    "return": "verdict.{row}.returned",
    "save": "Spara granskningen",
    "ask again": "Begär komplettering",
    "close": "Avsluta ärendet",
}
NEWER = "Ärendet har ändrats sedan du öppnade det."


def answered_anew(world: Any, case: Case) -> None:
    """A colleague asks again, and the client answers again: the case is with the firm as before."""
    actions.ask_again(world.consultant, case, text="Ett till")
    kept = read_again(case)
    rows = [{"id": row, "missing": True, "explanation": "Borta.", "files": []} for row in rows_of(kept)]
    actions.send_back(world.owner, kept, answer={"rows": rows, "comment": ""})


@pytest.mark.parametrize("words", PRESSES.values(), ids=PRESSES)
def test_nothing_is_judged_from_a_page_older_than_the_answer_and_nothing_written_is_lost(
    case: Case, visit: Any, world: Any, words: str
) -> None:
    firm, (_first, second) = visit("ansvarig@demobyran.example"), rows_of(case)
    at = f"/byra/demobyran/arenden/{case.ref}/"
    old = firm.get(at)
    answered_anew(world, case)
    before = read_again(case)
    typed = {f"v-reason-{second}": "Den nedre halvan saknas.", "text": "Tack så länge"}
    told = press(firm, old, words.format(row=second), **typed)
    now = read_again(case)
    assert told.status_code == 409
    assert (now.seq, now.state, now.review) == (before.seq, before.state, before.review)
    page = soup(told)
    assert NEWER in page.select_one(".notice").get_text()
    assert page.select_one(f"[name=v-reason-{second}]").text.strip() == "Den nedre halvan saknas."
    assert page.select_one("#again").text.strip() == "Tack så länge"
    assert "Borta." in page.get_text()
    assert press(firm, told, words.format(row=second)).status_code == 302
    assert read_again(case).seq > before.seq


def test_a_reason_for_a_row_accepted_meanwhile_is_shown_to_be_copied(case: Case, visit: Any, world: Any) -> None:
    firm, (_first, second) = visit("ansvarig@demobyran.example"), rows_of(case)
    old = firm.get(f"/byra/demobyran/arenden/{case.ref}/")
    answered_anew(world, case)
    verdict = {"id": second, "verdict": "accepted", "reason": ""}
    actions.review(world.consultant, read_again(case), verdicts={"rows": [verdict]})
    told = press(firm, old, f"verdict.{second}.returned", **{f"v-reason-{second}": "Den nedre halvan saknas."})
    page = soup(told)
    assert page.select_one(f"[name=v-reason-{second}]") is None
    assert "Den nedre halvan saknas." in page.get_text()


@pytest.mark.parametrize(("words", "typed"), [
    ("Skicka svaret", "Tack för svaret"), ("Avsluta ärendet", ""), ("Begär komplettering", "Vilken bank?"),
])  # fmt: skip
def test_a_question_is_not_gone_on_with_from_a_page_older_than_the_answer(
    visit: Any, world: Any, words: str, typed: str
) -> None:
    case, firm = answered(world, sent(world, "question")), visit("ansvarig@demobyran.example")
    old = firm.get(f"/byra/demobyran/arenden/{case.ref}/")
    actions.ask_again(world.consultant, case, text="Mer")
    before = answered(world, fresh(case))
    told = press(firm, old, words, text=typed)
    assert (told.status_code, fresh(case).seq) == (409, before.seq)
    page = soup(told)
    assert NEWER in page.select_one(".notice").get_text()
    if typed:
        assert typed in [one.text.strip() for one in page.select("textarea")]
    assert press(firm, told, words, text=typed).status_code == 302
    assert fresh(case).seq == before.seq + 1


def test_an_answer_is_not_written_down_to_questions_that_have_changed(visit: Any, world: Any) -> None:
    case, firm = sent(world, "question"), visit("ansvarig@demobyran.example")
    at = f"/byra/demobyran/arenden/{case.ref}/svara-at/"
    old, (first, *rest) = firm.get(at), case.request["questions"]
    changed = {"questions": [{**first, "id": "9a9b9c9d", "text": "Hur mycket?"}, *rest]}
    actions.amend(world.consultant, case, request=changed, subject=case.subject, message="")
    told = press(firm, old, "Spara svaret", how="phone", **{"a-0a1b2c3d": "En blandare", "a-1a1b2c3d": "yes"})
    assert (told.status_code, fresh(case).state) == (409, "with_client")
    page = soup(told)
    assert NEWER in page.select_one(".notice").get_text()
    assert "En blandare" in page.get_text()
    assert "Hur mycket?" in page.get_text()
    told = press(firm, told, "Spara svaret", how="phone", **{"a-9a9b9c9d": "En", "a-1a1b2c3d": "yes"})
    assert (told.status_code, fresh(case).state) == (302, "with_firm")


@pytest.mark.parametrize(("asked", "words"), [(True, "Jag har läst"), (False, "Klart")])
def test_nobody_confirms_a_text_that_was_changed_after_the_page_was_opened(
    visit: Any, world: Any, asked: bool, words: str
) -> None:
    case = sent(world, "information", message="Vi har stängt i juli.", request={"acknowledge": asked})
    owner = visit("agare@demokund.example")
    old = owner.get(f"/kund/demokund/arenden/{case.ref}/")
    actions.amend(world.manager, case, request=case.request, subject=case.subject, message="Vi har stängt i augusti.")
    told = press(owner, old, words)
    assert (told.status_code, fresh(case).state) == (409, "with_client")
    assert NEWER in soup(told).select_one(".notice").get_text()
    assert press(owner, told, words).status_code == 302
    assert fresh(case).state == "closed"


def test_an_answer_is_not_taken_back_from_a_page_older_than_it(visit: Any, world: Any) -> None:
    case, owner = answered(world, sent(world, "question")), visit("agare@demokund.example")
    old = owner.get(f"/kund/demokund/arenden/{case.ref}/")
    actions.ask_again(world.manager, case, text="Mer")
    actions.send_back(world.member, fresh(case), answer=answer_to(case), text="")
    told = press(owner, old, "Ta tillbaka svaret")
    assert (told.status_code, fresh(case).state) == (409, "with_firm")
