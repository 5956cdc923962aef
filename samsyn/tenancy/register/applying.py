"""The second step of an import: the good rows into the register, all of them in one transaction."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from samsyn.tenancy.actions.clients import index_engagement, slug_for
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.errors import NotNow
from samsyn.tenancy.models import Company, Engagement, Firm, Slug
from samsyn.tenancy.register.checking import Verdict, judge
from samsyn.tenancy.register.columns import COLUMNS
from samsyn.tenancy.register.matching import Register
from samsyn.tenancy.register.models import ImportRun, StagedRow
from samsyn.tenancy.register.receiving import BATCH, must_import

GOOD = (Verdict.NEW, Verdict.CHANGED)
WHY = "only those who see all clients may import"
State = ImportRun.State


def apply(actor: Actor, run: ImportRun) -> ImportRun:
    """Apply the good rows. What has changed since the check is left for somebody.

    A number or an address that another transaction takes in the same moment undoes everything; then the rows
    are judged again, and see it.
    """
    must_import(actor)
    for _attempt in range(3):
        try:
            return _apply(actor, run)
        except IntegrityError:
            continue
    raise NotNow(_("Others are changing the register just now. Try again in a while."))


@transaction.atomic
def _apply(actor: Actor, run: ImportRun) -> ImportRun:
    fresh: ImportRun = ImportRun.objects.visible_to(actor).select_for_update().get(pk=run.pk)
    if fresh.state != State.CHECKED:
        raise NotNow(_("The import has already been applied."))
    rows = StagedRow.objects.visible_to(actor).filter(run=fresh, verdict__in=GOOD)
    held = _locked(fresh, rows)
    new, changed, late = _judged_again(fresh, list(rows.order_by("line")))
    fresh.added = _add(actor, new)
    fresh.changed = _change([held[row.engagement_id] for row in changed], changed)
    _leave(late)
    # What the rows said is in the register now, and needs no second place.
    rows.update(data={})
    rows.filter(verdict=Verdict.NEW).update(engagement=F("pk"))
    fresh.state, fresh.applied_at = State.APPLIED, timezone.now()
    fresh.save()
    return fresh


def _locked(run: ImportRun, rows: Any) -> dict[Any, Engagement]:
    """The clients to be changed, locked. One import of a firm at a time, since a new client has no row to lock."""
    Firm.objects.select_for_update(no_key=True).get(pk=run.firm_id)
    clients = Engagement.objects.unscoped(why=WHY).filter(firm=run.firm_id)
    wanted = rows.filter(engagement__isnull=False).values("engagement")
    return {one.pk: one for one in clients.filter(pk__in=wanted).select_for_update().order_by("pk")}


def _judged_again(run: ImportRun, rows: list[StagedRow]) -> tuple[list[StagedRow], list[StagedRow], list[StagedRow]]:
    """(new, changed, overtaken) by the register as it is now, under the locks."""
    register = Register.of(Firm.objects.get(pk=run.firm_id))
    new, changed, late = [], [], []
    for row in rows:
        before = row.verdict, row.engagement_id
        gone = row.data.get("responsible", "") not in ("", *register.names)
        judge(register, row)
        if gone or row.verdict not in (before[0], Verdict.UNCHANGED) or row.engagement_id != before[1]:
            late.append(row)
        elif row.verdict == Verdict.NEW:
            new.append(row)
        elif row.verdict == Verdict.CHANGED:
            changed.append(row)
    return new, changed, late


def _add(actor: Actor, rows: list[StagedRow]) -> int:
    """A new client takes the id of its row, which so can name it."""
    fresh = [Engagement(id=row.pk, firm_id=row.firm_id, responsible=actor.membership) for row in rows]
    for engagement, row in zip(fresh, rows, strict=True):
        _fill(engagement, row.data)
    companies = [Company(slug=slug) for slug in _slugs(fresh)]
    Company.objects.bulk_create(companies, batch_size=BATCH)
    Slug.objects.bulk_create([Slug(value=one.slug, company=one) for one in companies], batch_size=BATCH)
    for engagement, company in zip(fresh, companies, strict=True):
        engagement.company = company
    Engagement.objects.bulk_create(fresh, batch_size=BATCH)
    return len(fresh)


def _change(clients: list[Engagement], rows: list[StagedRow]) -> int:
    for engagement, row in zip(clients, rows, strict=True):
        _fill(engagement, {column: after for column, (_before, after) in row.changes.items()})
    columns = [*(column for column in COLUMNS if column != "responsible"), "responsible", "sort_key", "search_key"]
    # An insert that meets its own row is many times faster than an update with a case for each.
    Engagement.objects.bulk_create(
        clients, batch_size=BATCH, update_conflicts=True, unique_fields=["id"], update_fields=columns
    )
    return len(clients)


def _leave(rows: list[StagedRow]) -> None:
    """Rows that were overtaken between the check and now: shown, not applied."""
    text = _("The client was changed while the file was being checked. Import the file again.")
    left = StagedRow.objects.unscoped(why=WHY).filter(pk__in=[row.pk for row in rows[:BATCH]])
    left.update(verdict=Verdict.NEEDS_ACTION, faults=[{"column": "", "text": text}])
    if rows[BATCH:]:
        _leave(rows[BATCH:])


def _fill(engagement: Engagement, data: dict[str, Any]) -> None:
    for column, value in data.items():
        setattr(engagement, "responsible_id" if column == "responsible" else column, value)
    index_engagement(engagement)


def _slugs(engagements: list[Engagement]) -> list[str]:
    """A slug for each, none twice; one that somebody has had undoes the attempt, and the next draws again."""
    chosen: dict[str, None] = {}
    for one in engagements:
        while (slug := slug_for(one)) in chosen:
            continue
        chosen[slug] = None
    return list(chosen)
