"""A case that waits for consent is edited in place, and what is released is always whole."""

from __future__ import annotations

from typing import Any

import pytest

from samsyn.cases import kinds
from samsyn.cases.models import Case
from samsyn.kit.rows import as_post

pytestmark = pytest.mark.django_db


def test_a_waiting_case_is_never_left_with_a_faulty_request(world: Any, visit: Any) -> None:
    case = world.cases["Uppgifter för nyanställda"]
    assert case.state == "awaiting_consent"
    firm, at = visit("ansvarig@demobyran.example"), f"/byra/demobyran/arenden/{case.ref}/"
    kind = kinds.get("details")
    form = as_post(kind.request_form(initial=case.request))
    row = form["r-rows"][0]
    posted = {**form, f"r-rows-{row}-label": "", "subject": case.subject, "do": "save", "typ": "details",
              "kund": str(case.engagement_id), "responsible": str(world.manager.membership.pk)}  # fmt: skip
    answer = firm.post(f"{at}andra/", posted)
    stored = Case.objects.unscoped(why="the test looks at what is stored").get(pk=case.pk)
    assert stored.request == case.request
    assert answer.status_code == 422
    typed = answer.content.decode()
    assert f'name="r-rows-{row}-label"' in typed
    mended = {**posted, f"r-rows-{row}-label": "Nytt namn"}
    assert firm.post(f"{at}andra/", mended).status_code == 302
    stored.refresh_from_db()
    assert stored.request["rows"][0]["label"] == "Nytt namn"
    assert stored.request["rows"][0]["id"] == row
