"""The firm judges an answer row by row, on its own page and without JavaScript."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest

from samsyn.cases.models import Case

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
