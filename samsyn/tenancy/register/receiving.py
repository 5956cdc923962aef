"""The first step of an import: keep the file, name its columns, and read and check every row in the background."""

from __future__ import annotations

import datetime as dt
import itertools
import secrets
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from samsyn.kit.queue import enqueue
from samsyn.kit.sweden import mask_party_number, parse_party_number
from samsyn.kit.text import clean_name
from samsyn.tenancy.actors import Actor, systems
from samsyn.tenancy.errors import NotNow, NotYours, Refused
from samsyn.tenancy.models import Firm
from samsyn.tenancy.register.checking import Checker
from samsyn.tenancy.register.columns import COLUMNS, folded, is_heading, map_headings
from samsyn.tenancy.register.matching import Register
from samsyn.tenancy.register.models import ImportRun, StagedRow
from samsyn.tenancy.register.reading import Row, Table, read_table
from samsyn.tenancy.roles import Right
from samsyn.tenancy.walls.standing import at_work_on, behind, in_firm

BATCH = 500
CHECK = "samsyn.tenancy.register.receiving.check"
MOST_MB = 20
MOST_ROWS = 50_000
MOST_ATTEMPTS = 3
SAMPLED, SAMPLES = 25, 3  # rows looked at for what a column holds, and how much of it is shown
STALLED = dt.timedelta(minutes=2)
KEPT = dt.timedelta(days=30)
WORKER = "the worker serves every firm"
State = ImportRun.State


class Overtaken(Exception):  # noqa: N818 - an answer, not a fault
    """Another worker has begun the same import anew."""


def must_import(actor: Actor) -> None:
    """Only those who see every client: a file tells which of its numbers the firm has already."""
    if not actor.is_firm or not actor.may(Right.WORK) or not actor.sees_all:
        raise NotYours(_("Only those who see all clients can import."))


def place_of(key: str) -> Path:
    folder = Path(settings.VAR) / "imports"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / key


def begin(actor: Actor, upload: UploadedFile[Any], *, ask: bool = False) -> ImportRun:
    """Keep the file, read its headings, and begin checking, or ask which column is which when `ask` or needed."""
    must_import(actor)
    if not upload.size:
        raise Refused(_("The file is empty. Choose another file."))
    if upload.size > MOST_MB * 1_000_000:
        raise Refused(_("The file is too big. The limit is %(mb)d MB.") % {"mb": MOST_MB})
    key = secrets.token_hex(16)
    try:
        with place_of(key).open("xb") as target:
            for chunk in upload.chunks():
                target.write(chunk)
        return _received(actor, key, clean_name(upload.name or "")[:200], ask)
    except BaseException:
        place_of(key).unlink(missing_ok=True)
        raise


@transaction.atomic
def _received(actor: Actor, key: str, file_name: str, ask: bool) -> ImportRun:
    firm = Firm.objects.get(pk=actor.membership.firm_id)
    taught = {heading: column for heading, column in firm.import_columns.items() if column in (*COLUMNS, "")}
    table = read_table(place_of(key), lambda text: is_heading(text, taught))
    samples = _samples(table)
    mapping, unknown = map_headings(table.headings, taught)
    nameless = [index for index, said in enumerate(samples) if said and not folded(table.headings[index])]
    ready = not ask and not unknown and not nameless and "name" in mapping.values()
    run: ImportRun = ImportRun.objects.create(
        firm=firm,
        by=actor.membership,
        file_name=file_name,
        storage_key=key,
        sheet=table.sheet,
        headings=table.headings,
        samples=samples,
        mapping=mapping,
        state=State.CHECKING if ready else State.MAPPING,
    )
    if ready:
        enqueue(CHECK, str(run.pk))
    return run


def _samples(table: Table) -> list[list[str]]:
    """For each column the first few things it says; one without a heading is there as well when it says any."""
    rows = [cells for _line, cells in itertools.islice(table.rows, SAMPLED)]
    if not rows:
        raise Refused(_("The file has no rows. Save it again with headings and at least one client."))
    widest = min(max(map(len, rows)), 100)
    table.headings = [*table.headings, *[""] * (widest - len(table.headings))]
    said = [[row[index] for row in rows if index < len(row) and row[index]] for index in range(len(table.headings))]
    return [[_shown(text) for text in dict.fromkeys(one)][:SAMPLES] for one in said]


def _shown(text: str) -> str:
    """What a cell says, for the page: short, and a person's number without its last four."""
    try:
        digits = parse_party_number(text).digits
    except ValueError:
        digits = ""
    return mask_party_number(digits) if len(digits) == 12 else text[:60]


@transaction.atomic
def name_columns(actor: Actor, run: ImportRun, chosen: dict[int, str]) -> None:
    """The columns as somebody has named them; remembered for the firm's next file."""
    must_import(actor)
    fresh: ImportRun = ImportRun.objects.visible_to(actor).select_for_update().get(pk=run.pk)
    if fresh.state != State.MAPPING:
        raise NotNow(_("The columns have already been named."))
    chosen = {index: column if column in COLUMNS else "" for index, column in chosen.items()}
    named = [column for column in chosen.values() if column]
    if "name" not in named:
        raise Refused(_("Say which column holds the client's name."))
    if len(named) != len(set(named)):
        raise Refused(_("Two columns have the same name. Leave one of them out."))
    fresh.mapping = {str(index): column for index, column in chosen.items() if column}
    fresh.state, fresh.beat_at = State.CHECKING, timezone.now()
    fresh.save()
    firm = Firm.objects.select_for_update(no_key=True).get(pk=fresh.firm_id)
    taught = {folded(fresh.headings[index])[:200]: column for index, column in chosen.items()}
    taught.pop("", None)  # a column without a heading can hold anything in the next file
    firm.import_columns = {**firm.import_columns, **taught}
    firm.save(update_fields=["import_columns"])
    enqueue(CHECK, str(fresh.pk))


# In the background


def check(run_id: str) -> None:
    """Read and judge every row, in batches. Killed halfway and run again it begins anew, and nothing is doubled."""
    with at_work_on(ImportRun, run_id):
        run = _claimed(UUID(run_id))
    if run is None:
        return
    with override(run.by.user.language):
        try:
            _check_rows(run)
            _finish(run, State.CHECKED)
        except Refused as refusal:
            _finish(run, State.FAILED, str(refusal))
        except Overtaken:
            return
    place_of(run.storage_key).unlink(missing_ok=True)


@transaction.atomic
def _claimed(pk: UUID) -> ImportRun | None:
    """The import, this worker's from now on and without rows; None when it isn't to be checked any more."""
    rows = ImportRun.objects.unscoped(why=WORKER).select_related("firm", "by__user")
    run: ImportRun | None = rows.locked().filter(pk=pk, state=State.CHECKING).first()
    if run is None:
        return None
    StagedRow.objects.unscoped(why=WORKER).filter(run=run).delete()
    run.claim, run.attempts, run.done, run.beat_at = uuid4(), run.attempts + 1, 0, timezone.now()
    if run.attempts > MOST_ATTEMPTS:
        with override(run.by.user.language):
            run.state = State.FAILED
            run.problem = _("The file could not be read to its end, though it was tried several times.")
        place_of(run.storage_key).unlink(missing_ok=True)
    run.save()
    return run if run.state == State.CHECKING else None


def _check_rows(run: ImportRun) -> None:
    rows = _all_rows(run)
    run.total = len(rows)
    with in_firm(run.firm_id):
        checker = Checker(Register.of(run.firm))
    for start in range(0, len(rows), BATCH):
        part = [checker.staged(run, line, cells) for line, cells in rows[start : start + BATCH]]
        with in_firm(run.firm_id), transaction.atomic():
            _move(run, total=run.total, done=start + len(part))
            StagedRow.objects.bulk_create(part)


def _all_rows(run: ImportRun) -> list[Row]:
    """Every row of the file, read once: unpacking a workbook takes longer than holding its rows."""
    if not place_of(run.storage_key).exists():
        raise Refused(_("The file is gone. Choose it again."))
    headings = set(run.headings) - {""}
    table = read_table(place_of(run.storage_key), lambda text: text in headings)
    rows = []
    for row in table.rows:
        rows.append(row)
        if len(rows) > MOST_ROWS:
            raise Refused(_("The file has more than %(most)d rows. Divide it.") % {"most": MOST_ROWS})
        if len(rows) % (4 * BATCH) == 0:
            _move(run)
    return rows


def _move(run: ImportRun, **facts: Any) -> None:
    """Say that the work moves. Raises Overtaken when it is another's by now."""
    rows = ImportRun.objects.unscoped(why=WORKER).filter(pk=run.pk, claim=run.claim, state=State.CHECKING)
    with in_firm(run.firm_id):
        moved = rows.update(beat_at=timezone.now(), **facts)
    if not moved:
        raise Overtaken


def _finish(run: ImportRun, state: str, problem: str = "") -> None:
    _move(run, state=state, problem=problem[:300])


def sweep() -> None:
    """Each minute: begin anew what a stopped worker left, and forget imports after thirty days."""
    for system in systems():
        with behind(system):
            gone = _swept(ImportRun.objects.unscoped(why=WORKER).filter(firm=system.firm), timezone.now())
        for key in gone:
            place_of(key).unlink(missing_ok=True)  # after their rows have gone for good


@transaction.atomic
def _swept(rows: Any, now: dt.datetime) -> list[str]:
    """What a sweep does in one firm; gives the files that nothing names any more."""
    for pk in rows.filter(state=State.CHECKING, beat_at__lt=now - STALLED).values_list("pk", flat=True):
        rows.filter(pk=pk).update(beat_at=now)
        enqueue(CHECK, str(pk))
    old = list(rows.filter(created_at__lt=now - KEPT).exclude(state=State.CHECKING)[:20])
    StagedRow.objects.unscoped(why=WORKER).filter(run__in=old).delete()
    rows.filter(pk__in=[run.pk for run in old]).delete()
    return [run.storage_key for run in old]
