"""The two steps of an import, run by the worker and by the page: check everything, then apply the good rows."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from samsyn.kit.queue import enqueue
from samsyn.kit.text import clean_name
from samsyn.tenancy.actions.clients import PRIVATE_FORMS, index_engagement, is_personal
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.errors import NotNow, NotYours, Refused
from samsyn.tenancy.models import Company, Engagement, Firm, Slug
from samsyn.tenancy.register.checking import PROTECTED, Checker, Verdict, changes
from samsyn.tenancy.register.columns import COLUMNS, folded, map_headings
from samsyn.tenancy.register.models import ImportRun, StagedRow
from samsyn.tenancy.register.reading import MOST_ROWS, read_table
from samsyn.tenancy.roles import Right
from samsyn.tenancy.slugs import RESERVED, random_slug, slug_from

BATCH = 500
CHECK = "samsyn.tenancy.register.applying.check"
MOST_MB = 20
State = ImportRun.State


def must_import(actor: Actor) -> None:
    """Only those who see every client: a file tells which of its numbers the firm has already."""
    if not actor.is_firm or not actor.may(Right.WORK) or not actor.sees_all:
        raise NotYours(_("Only those who see all clients can import."))


def place_of(key: str) -> Path:
    folder = Path(settings.VAR) / "imports"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / key


def begin(actor: Actor, upload: UploadedFile[Any]) -> ImportRun:
    """Keep the file, read its headings, and begin checking, or ask which column is which."""
    must_import(actor)
    if not upload.size:
        raise Refused(_("The file is empty. Choose another file."))
    if upload.size > MOST_MB * 1_000_000:
        raise Refused(_("The file is too big. The limit is %(mb)d MB.") % {"mb": MOST_MB})
    key = secrets.token_hex(16)
    with place_of(key).open("xb") as target:
        for chunk in upload.chunks():
            target.write(chunk)
    try:
        headings = read_table(place_of(key)).headings
    except Refused:
        place_of(key).unlink()
        raise
    firm = Firm.objects.get(pk=actor.membership.firm_id)
    mapping, unknown = map_headings(headings, firm.import_columns)
    ready = not unknown and "name" in mapping.values()
    run: ImportRun = ImportRun.objects.create(
        firm=firm,
        by=actor.membership,
        file_name=clean_name(upload.name or "")[:200],
        storage_key=key,
        headings=headings,
        mapping=mapping,
        state=State.CHECKING if ready else State.MAPPING,
    )
    if ready:
        enqueue(CHECK, str(run.pk))
    return run


@transaction.atomic
def name_columns(actor: Actor, run: ImportRun, chosen: dict[int, str]) -> None:
    """The columns as somebody has named them; remembered for the firm's next file."""
    must_import(actor)
    if run.state != State.MAPPING:
        raise NotNow(_("The columns have already been named."))
    named = [column for column in chosen.values() if column]
    if "name" not in named:
        raise Refused(_("Say which column holds the client's name."))
    if len(named) != len(set(named)):
        raise Refused(_("Two columns have the same name. Leave one of them out."))
    run.mapping = {str(index): column for index, column in chosen.items() if column in COLUMNS}
    run.state = State.CHECKING
    run.save()
    firm = Firm.objects.select_for_update().get(pk=run.firm_id)
    firm.import_columns = {**firm.import_columns, **{folded(run.headings[i]): c for i, c in chosen.items()}}
    firm.save(update_fields=["import_columns"])
    enqueue(CHECK, str(run.pk))


def check(run_id: str) -> None:
    """Read and judge every row, in batches. A second run of the same job begins anew."""
    rows = ImportRun.objects.unscoped(why="the worker serves every firm")
    run = rows.select_related("firm", "by__user").filter(pk=UUID(run_id), state=State.CHECKING).first()
    if run is None:
        return
    staged = StagedRow.objects.unscoped(why="the worker serves every firm")
    with override(run.by.user.language):
        try:
            with transaction.atomic():
                staged.filter(run=run).delete()
            _check_rows(run)
            run.state = State.CHECKED
        except Refused as refusal:
            run.state, run.problem = State.FAILED, str(refusal)[:300]
    run.save()
    place_of(run.storage_key).unlink(missing_ok=True)


def _check_rows(run: ImportRun) -> None:
    checker = Checker.of(run.firm)
    batch: list[StagedRow] = []
    run.total = sum(1 for _row in read_table(place_of(run.storage_key)).rows)
    run.done = 0
    if run.total == 0:
        raise Refused(_("The file has no rows. Save it again with headings and at least one client."))
    if run.total > MOST_ROWS:
        raise Refused(_("The file has more than %(most)d rows. Divide it.") % {"most": MOST_ROWS})
    for line, cells in read_table(place_of(run.storage_key)).rows:
        batch.append(checker.staged(run, line, cells, run.mapping))
        if len(batch) == BATCH:
            _keep(run, batch)
            batch = []
    _keep(run, batch)


def _keep(run: ImportRun, batch: list[StagedRow]) -> None:
    StagedRow.objects.bulk_create(batch)
    run.done += len(batch)
    run.save(update_fields=["total", "done"])


@transaction.atomic
def apply(actor: Actor, run: ImportRun) -> ImportRun:
    """Apply the good rows: one set-based transaction. What has changed since the check is left for somebody."""
    must_import(actor)
    fresh: ImportRun = ImportRun.objects.visible_to(actor).select_for_update().get(pk=run.pk)
    if fresh.state != State.CHECKED:
        raise NotNow(_("The import has already been applied."))
    rows = list(
        StagedRow.objects.visible_to(actor)
        .filter(run=fresh, verdict__in=(Verdict.NEW, Verdict.CHANGED))
        .order_by("line")
    )
    fresh.added = _add(actor, fresh, [row for row in rows if row.verdict == Verdict.NEW])
    fresh.changed = _change(fresh, [row for row in rows if row.verdict == Verdict.CHANGED])
    fresh.state, fresh.applied_at = State.APPLIED, timezone.now()
    fresh.save()
    return fresh


def _add(actor: Actor, run: ImportRun, rows: list[StagedRow]) -> int:
    register = Engagement.objects.unscoped(why="only those who see all clients may import").filter(firm=run.firm_id)
    taken = set(register.exclude(number="").values_list("number", flat=True))
    fresh, late = [], []
    for row in rows:
        if row.data.get("number") in taken:
            late.append(row)
            continue
        engagement = Engagement(firm_id=run.firm_id, responsible=actor.membership)
        _fill(engagement, row.data)
        fresh.append(engagement)
    companies = [Company(slug=slug) for slug in _slugs(fresh)]
    Company.objects.bulk_create(companies, batch_size=BATCH)
    Slug.objects.bulk_create([Slug(value=one.slug, company=one) for one in companies], batch_size=BATCH)
    for engagement, company in zip(fresh, companies, strict=True):
        engagement.company = company
    Engagement.objects.bulk_create(fresh, batch_size=BATCH)
    _leave(late)
    return len(fresh)


def _change(run: ImportRun, rows: list[StagedRow]) -> int:
    register = Engagement.objects.unscoped(why="only those who see all clients may import").filter(firm=run.firm_id)
    held: dict[Any, Engagement] = {
        one.pk: one for one in register.select_for_update().filter(pk__in=[row.engagement_id for row in rows])
    }
    changed, late = [], []
    for row in rows:
        engagement = held.get(row.engagement_id) if row.engagement_id else None
        wanted = changes(engagement, row.data) if engagement else {}
        invited = engagement is not None and engagement.consent != Engagement.ConsentState.NONE
        if engagement is None or (invited and any(column in wanted for column in PROTECTED)):
            late.append(row)
        elif wanted:
            _fill(engagement, wanted)
            changed.append(engagement)
    columns = [*(column for column in COLUMNS if column != "responsible"), "responsible_id", "sort_key", "search_key"]
    names = [column.removesuffix("_id") for column in columns]
    register.bulk_update(changed, names, batch_size=BATCH)
    _leave(late)
    return len(changed)


def _leave(rows: list[StagedRow]) -> None:
    """Rows that were overtaken between the check and now: shown, not applied."""
    text = _("The client was changed while the file was being checked. Import the file again.")
    for row in rows:
        row.verdict, row.faults = Verdict.NEEDS_ACTION, [{"column": "", "text": text}]
        row.save(update_fields=["verdict", "faults"])


def _fill(engagement: Engagement, data: dict[str, Any]) -> None:
    for column, value in data.items():
        setattr(engagement, "responsible_id" if column == "responsible" else column, value)
    index_engagement(engagement)


def _slugs(engagements: list[Engagement]) -> list[str]:
    """A slug nobody has had for each, in a few questions to the database."""
    bases = [
        random_slug() if is_personal(one) or one.form in PRIVATE_FORMS else slug_from(one.name) or random_slug()
        for one in engagements
    ]
    taken = set(RESERVED)
    wanted = sorted({f"{base}{end}" for base in bases for end in ("", "-2", "-3")})
    for start in range(0, len(wanted), BATCH):
        part = wanted[start : start + BATCH]
        taken |= set(Slug.objects.filter(value__in=part).values_list("value", flat=True))
    chosen = []
    for base in bases:
        slug = next(
            (base + end for end in ("", "-2", "-3") if base + end not in taken), f"{base}-{secrets.token_hex(3)}"
        )
        taken.add(slug)
        chosen.append(slug)
    return chosen
