"""Bytes go when nothing needs them, seven days late, and never one day or one file too many."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone
from django_q.models import Schedule

from samsyn.cases import actions, jobs, store, sweeping
from samsyn.cases.files import attach, detach
from samsyn.cases.models import Attachment, Blob, Case, Purpose
from samsyn.cases.store import place_of
from samsyn.demo.world import answer, upload, write
from samsyn.tenancy.models import Membership

pytestmark = pytest.mark.usefixtures("own_disk")


def sweep_after(days: float) -> None:
    with time_machine.travel(timezone.now() + dt.timedelta(days=days), tick=False):
        sweeping.sweep()


def bytes_of(case: Case) -> list[Path]:
    rows = Attachment.objects.unscoped(why="where the bytes lie").filter(case=case).select_related("blob")
    return [place_of(one.firm_id.hex, one.blob.storage_key) for one in rows]


def wanted(world: Any) -> tuple[Case, str]:
    case = world.cases["Kvitton som saknas för december"]
    return case, case.request["documents"][0]["id"]


def put(world: Any, title: str = "") -> tuple[Case, Attachment, Path]:
    """The owner chooses a file and has not sent it."""
    case, row = wanted(world)
    one = attach(world.owner, case, upload(f"{title or 'kvitto'}.pdf"), purpose=Purpose.ANSWER, row_id=row)
    return case, one, place_of(one.firm_id.hex, one.blob.storage_key)


def blobs(one: Attachment) -> int:
    return int(Blob.objects.unscoped(why="is the row there").filter(pk=one.blob_id).count())


@pytest.mark.parametrize("way", ["taken away", "draft thrown away"])
def test_the_bytes_of_a_file_nobody_has_any_more_go_seven_days_later(world: Any, way: str) -> None:
    if way == "taken away":
        case, one, place = put(world)
        detach(world.owner, case, str(one.pk))
    else:
        case = write(world, world.manager, "demokund", "information", "Slängs", file="x.pdf", send=False)
        (place,) = bytes_of(case)
        one = Attachment.objects.visible_to(world.manager).get(case=case)
        actions.discard(world.manager, case)
    for days, there in ((0, True), (6, True), (8, False)):
        sweep_after(days)
        assert (place.exists(), blobs(one)) == (there, there)


def test_seven_days_are_counted_from_when_it_was_let_go_not_from_when_it_came(world: Any) -> None:
    case, one, place = put(world)
    with time_machine.travel(timezone.now() + dt.timedelta(days=100), tick=False):
        detach(world.owner, case, str(one.pk))
        sweeping.sweep()
    assert place.exists()
    sweep_after(106)
    assert place.exists()
    sweep_after(108)
    assert not place.exists()


def test_bytes_that_are_used_again_within_the_seven_days_stay(world: Any) -> None:
    case, one, place = put(world)
    detach(world.owner, case, str(one.pk))
    sweep_after(0)
    _case, again, same = put(world)
    assert (again.blob_id, same) == (one.blob_id, place)
    for days in (8, 30):
        sweep_after(days)
    assert place.exists()


def test_bytes_that_another_attachment_uses_stay_when_the_draft_goes(world: Any) -> None:
    draft = write(world, world.manager, "demokund", "information", "Till flera", file="x.pdf", send=False)
    (place,) = bytes_of(draft)
    ids = [world.engagements[slug].pk for slug in ("demokund", "annankund")]
    jobs.send_copies(str(actions.send_to_many(world.manager, draft, ids).pk))
    assert not Case.objects.visible_to(world.manager).filter(pk=draft.pk).exists()
    sent = list(Case.objects.visible_to(world.manager).filter(subject="Till flera"))
    assert [bytes_of(case) for case in sent] == [[place], [place]]
    for days in (0, 8, 16):
        sweep_after(days)
    assert place.exists()


def test_nothing_that_was_sent_is_ever_taken(world: Any) -> None:
    case = write(world, world.manager, "demokund", "document_request", "Med filer", file="blad.pdf")
    answer(world.owner, case)
    actions.message(world.owner, case, text="Hej")
    actions.retract(world.manager, case)
    rows = Attachment.objects.unscoped(why="all that was sent").filter(event__isnull=False)
    before = set(rows.values_list("pk", flat=True))
    for days in (0, 8, 400, 4000):
        sweep_after(days)
    assert set(rows.values_list("pk", flat=True)) == before
    assert all(place.exists() for place in bytes_of(case))


def test_what_a_crash_left_on_disk_goes_seven_days_later(world: Any) -> None:
    """The bytes are safe on disk before any row names them; the process may die in between."""
    laid = store.lay(world.firm.pk, upload("kvitto.pdf"))
    place = place_of(laid.firm_id.hex, laid.key)
    strange = [place.parent / "inte-vår.txt", Path(settings.SAMSYN_FILES) / "README"]
    for one in strange:
        one.write_text("rör inte")
    sweep_after(6)
    assert place.exists()
    sweep_after(8)
    assert not place.exists()
    assert all(one.exists() for one in strange)


def test_bytes_whose_row_went_just_before_a_crash_go_too(world: Any) -> None:
    case, one, place = put(world)
    detach(world.owner, case, str(one.pk))
    Blob.objects.unscoped(why="the row is gone, the bytes are not").filter(pk=one.blob_id).delete()
    sweep_after(8)
    assert not place.exists()


def test_a_draft_that_can_still_be_sent_keeps_its_files_however_long_it_takes(world: Any) -> None:
    _case, _one, place = put(world)
    draft = write(world, world.manager, "demokund", "information", "Utkast", file="x.pdf", send=False)
    waiting = write(world, world.manager, "utansamtycke", "information", "Väntar", file="y.pdf")
    message = attach(world.owner, world.cases["Löner för januari"], upload("m.pdf"), purpose=Purpose.MESSAGE)
    own = attach(world.owner, world.engagements["demokund"], upload("n.pdf"), purpose=Purpose.REQUEST)
    for days in (0, 60, 70):
        sweep_after(days)
    rows = Attachment.objects.unscoped(why="what is left").filter(pk__in=[message.pk, own.pk])
    assert rows.count() == 2
    assert all(one.exists() for one in [place, *bytes_of(draft), *bytes_of(waiting)])


def gone_after_seven_days(one: Attachment) -> None:
    rows = Attachment.objects.unscoped(why="what is left").filter(pk=one.pk)
    place = place_of(one.firm_id.hex, one.blob.storage_key)
    for days, there in ((6, True), (8, False)):
        sweep_after(days)
        assert rows.exists() is there
    assert place.exists()
    sweep_after(16)
    assert not place.exists()


def test_an_unsent_file_of_a_retracted_case_goes(world: Any) -> None:
    case, one, _place = put(world)
    actions.retract(world.manager, case)
    gone_after_seven_days(one)


def test_an_unsent_file_of_a_round_that_has_passed_is_still_its_writers(world: Any) -> None:
    case, _one, place = put(world)
    rows = [{"id": row["id"], "missing": True, "explanation": "-", "files": []} for row in case.request["documents"]]
    actions.send_back(world.member, case, answer={"rows": rows, "comment": ""})
    actions.close(world.manager, case)
    for days in (8, 60, 70):
        sweep_after(days)
    assert place.exists()


def test_what_was_to_be_added_to_a_case_that_can_no_longer_be_amended_goes(world: Any) -> None:
    case = world.cases["Löner för januari"]
    one = attach(world.manager, case, upload("x.pdf"), purpose=Purpose.REQUEST)
    sweep_after(30)
    assert blobs(one) == 1
    actions.cancel(world.manager, case)
    gone_after_seven_days(one)


def test_a_file_for_a_case_of_its_own_goes_when_the_client_has_withdrawn(world: Any) -> None:
    one = attach(world.owner, world.engagements["demokund"], upload("n.pdf"), purpose=Purpose.REQUEST)
    with time_machine.travel(timezone.now() + dt.timedelta(days=0.1), tick=False):
        actions.withdraw_consent(world.owner, world.engagements["demokund"])
    gone_after_seven_days(one)


def test_an_unsent_file_goes_when_its_writer_has_left_but_a_shared_draft_stays_whole(world: Any) -> None:
    draft = write(world, world.consultant, "demokund", "information", "Utkast", file="x.pdf", send=False)
    _case, one, _place = put(world)
    rows = Membership.objects.unscoped(why="both leave")
    rows.filter(user__email__in=("agare@demokund.example", "konsult@demobyran.example")).update(ended_at=timezone.now())
    gone_after_seven_days(one)
    assert all(place.exists() for place in bytes_of(draft))


def test_the_worker_is_told_to_sweep_files_once_a_day(db: None) -> None:
    for _again in range(2):
        call_command("sweeps")
    assert Schedule.objects.get(args__contains="samsyn.cases.sweeping.sweep").schedule_type == Schedule.DAILY
    assert Schedule.objects.filter(schedule_type=Schedule.MINUTES, minutes=1).count() >= 4
