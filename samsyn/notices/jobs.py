"""Telling people what has happened: the worker reads the outbox and writes letters without any content."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from samsyn.cases.models import Outbox
from samsyn.notices.recipients import hearers
from samsyn.notices.writing import write_letter


def tell(event_id: str) -> None:
    """Tell everyone concerned of one event, once. Called by the nudge and by the sweep alike."""
    rows = Outbox.objects.unscoped(why="the worker serves every firm").filter(event=UUID(event_id), done_at=None)
    entry = rows.select_related("event__case__engagement", "event__case__firm").first()
    if entry is None:
        return
    case = entry.event.case
    for membership in hearers(entry.event, case):
        write_letter(entry.event, case, membership)
    rows.update(done_at=timezone.now())


def sweep() -> None:
    """Tell of what the queue has lost. Each minute."""
    rows = Outbox.objects.unscoped(why="the worker serves every firm").filter(done_at=None)
    for event_id in rows.order_by("created_at").values_list("event", flat=True)[:500]:
        tell(str(event_id))
