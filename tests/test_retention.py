"""Why a file is kept and until when, for every way a file can come in."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine

from samsyn.cases import actions, jobs, sweeping
from samsyn.cases.files import attach
from samsyn.cases.models import Attachment, Case, Purpose
from samsyn.demo.world import upload, write
from samsyn.tenancy import actions as tenancy
from samsyn.tenancy.models import Engagement

pytestmark = pytest.mark.usefixtures("own_disk")
JANUARY = dt.datetime(2026, 1, 15, 9, tzinfo=dt.UTC)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def year_ends(world: Any, month: int, slug: str = "demokund") -> None:
    pk = world.engagements[slug].pk
    Engagement.objects.unscoped(why="the client's fiscal year").filter(pk=pk).update(fiscal_year_ends=month)
    world.engagements[slug].refresh_from_db()


def of(case: Case, **more: Any) -> list[tuple[str, str, dt.date | None]]:
    rows = Attachment.objects.unscoped(why="the test sees all").filter(case=case, **more).order_by("created_at")
    return [(one.name, one.retention_class, one.keep_until) for one in rows]


# Period of the case (or none), last month of the client's fiscal year, moment of the upload, last day to keep.
DAYS = [
    ("2025-12-01", "2025-12-31", 12, "2026-01-15T09:00+00:00", "2032-12-31"),
    ("2025-01-01", "2025-03-31", 12, "2025-04-01T09:00+00:00", "2032-12-31"),
    ("2025-04-01", "2025-04-30", 4, "2025-05-10T09:00+00:00", "2032-12-31"),
    ("2025-05-01", "2025-05-31", 4, "2025-06-10T09:00+00:00", "2033-12-31"),
    ("2025-09-01", "2026-08-31", 8, "2026-10-01T09:00+00:00", "2033-12-31"),
    ("2024-07-01", "2025-12-31", 12, "2026-01-15T09:00+00:00", "2032-12-31"),
    ("2024-02-01", "2024-02-29", 2, "2024-03-10T09:00+00:00", "2031-12-31"),
    (None, None, 12, "2026-01-15T09:00+00:00", "2033-12-31"),
    (None, None, 8, "2026-09-01T09:00+00:00", "2034-12-31"),
    (None, None, 12, "2025-12-31T23:30+00:00", "2033-12-31"),  # in Sweden it is 2026
]


@pytest.mark.parametrize(("first", "last", "month", "moment", "until"), DAYS)
def test_accounting_material_is_kept_to_the_end_of_the_seventh_year(
    world: Any, first: str | None, last: str | None, month: int, moment: str, until: str
) -> None:
    year_ends(world, month)
    period = {"period_from": day(first), "period_to": day(last)} if first and last else {}
    case = write(world, world.manager, "demokund", "document_request", "Underlag", days=None, **period)
    with time_machine.travel(dt.datetime.fromisoformat(moment), tick=False):
        attach(world.owner, case, upload("x.pdf"), purpose=Purpose.ANSWER, row_id=case.request["documents"][0]["id"])
    assert of(case) == [("x.pdf", "accounting", day(until))]


def wants(*classes: str) -> dict[str, Any]:
    rows = [
        {"id": f"{n}a1b2c3d", "name": f"Handling {n}", "note": "", "required": False, "retention_class": one}
        for n, one in enumerate(classes)
    ]
    return {"documents": rows}


def test_each_wanted_document_says_why_its_files_are_kept_whoever_puts_them_there(world: Any) -> None:
    request = wants("accounting", "due_diligence", "other")
    for actor in (world.owner, world.manager):
        case = write(
            world, world.manager, "demokund", "document_request", "Kundkännedom", request=request, days=None,
            period_to=day("2025-12-31"),
        )  # fmt: skip
        for row in request["documents"]:
            attach(actor, case, upload(row["name"] + ".pdf"), purpose=Purpose.ANSWER, row_id=row["id"])
        assert of(case) == [
            ("Handling 0.pdf", "accounting", day("2032-12-31")),
            ("Handling 1.pdf", "due_diligence", None),
            ("Handling 2.pdf", "other", None),
        ]


FIRMS = [
    ("question", "accounting"), ("document_request", "accounting"), ("approval", "accounting"),
    ("details", "accounting"), ("information", "other"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "kept_as"), FIRMS)
def test_what_the_firm_attaches_is_kept_as_its_kind_says(world: Any, kind: str, kept_as: str) -> None:
    case = write(world, world.manager, "demokund", kind, "Med fil", file="blad.pdf", days=None)
    attach(world.manager, case, upload("sagt.pdf"), purpose=Purpose.MESSAGE)
    attach(world.owner, case, upload("svarat.pdf"), purpose=Purpose.MESSAGE)
    assert [kept for _name, kept, _day in of(case)] == [kept_as, kept_as, "accounting"]


def test_files_of_due_diligence_get_their_day_when_the_client_has_ended(world: Any) -> None:
    case = write(world, world.manager, "demokund", "document_request", "Id", request=wants("due_diligence", "other"))
    for row in case.request["documents"]:
        attach(world.owner, case, upload(f"{row['name']}.pdf"), purpose=Purpose.ANSWER, row_id=row["id"])
    sweeping.sweep()
    assert [until for _name, _kept, until in of(case)] == [None, None]
    with time_machine.travel(dt.datetime(2028, 2, 29, 12, tzinfo=dt.UTC), tick=False):
        tenancy.end_client(world.manager, world.engagements["demokund"])
        sweeping.sweep()
    assert [until for _name, _kept, until in of(case)] == [day("2033-02-28"), None]


def test_the_day_follows_a_draft_to_another_period_and_another_client(world: Any) -> None:
    year_ends(world, 4, "annankund")
    case = write(
        world, world.manager, "demokund", "question", "Utkast", file="x.pdf", send=False, days=None,
        period_to=day("2024-12-31"),
    )  # fmt: skip
    assert of(case) == [("x.pdf", "accounting", day("2031-12-31"))]
    case = actions.save_draft_case(
        world.manager, case, engagement=world.engagements["demokund"], kind="question", period_to=day("2025-12-31")
    )
    assert of(case) == [("x.pdf", "accounting", day("2032-12-31"))]
    other = world.engagements["annankund"]
    actions.save_draft_case(world.manager, case, engagement=other, kind="question")
    assert of(case, engagement=other) == [("x.pdf", "accounting", day("2033-12-31"))]


def test_each_of_several_clients_has_the_day_of_its_own_fiscal_year(world: Any) -> None:
    year_ends(world, 4, "annankund")
    draft = write(
        world, world.manager, "demokund", "question", "Till flera", file="x.pdf", send=False, days=None,
        period_to=day("2025-12-31"),
    )  # fmt: skip
    chosen = [world.engagements[slug].pk for slug in ("demokund", "annankund")]
    batch = actions.send_to_many(world.manager, draft, chosen)
    jobs.send_copies(str(batch.pk))
    sent = Case.objects.visible_to(world.manager).filter(subject="Till flera").select_related("engagement")
    assert {case.engagement.name: of(case)[0][2] for case in sent} == {
        "Bageri Morgonglöd AB": day("2032-12-31"),
        "Kafé Humlebo HB": day("2033-12-31"),
    }


def test_a_document_whose_class_is_amended_before_the_answer_is_kept_as_it_says_then(world: Any) -> None:
    case = write(world, world.manager, "demokund", "document_request", "Id", request=wants("accounting"), days=None)
    row = case.request["documents"][0]["id"]
    one = attach(world.owner, case, upload("x.pdf"), purpose=Purpose.ANSWER, row_id=row)
    actions.amend(world.manager, case, request=wants("due_diligence"), subject="Id", message="")
    given = {"id": row, "missing": False, "explanation": "", "files": [str(one.pk)]}
    actions.send_back(world.owner, case, answer={"rows": [given], "comment": ""})
    assert of(case) == [("x.pdf", "due_diligence", None)]


def test_a_clients_own_case_is_accounting_material(world: Any) -> None:
    with time_machine.travel(JANUARY, tick=False):
        attach(world.owner, world.engagements["demokund"], upload("x.pdf"), purpose=Purpose.REQUEST)
        case = actions.write_to_firm(
            world.owner, world.engagements["demokund"], request={"topic": "question", "to": None},
            subject="Fråga", message="Hej",
        )  # fmt: skip
    assert of(case) == [("x.pdf", "accounting", day("2033-12-31"))]
