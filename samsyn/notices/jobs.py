"""Telling people what has happened: the worker reads the outbox and writes letters without any content."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone

from samsyn.cases.models import Event, Outbox
from samsyn.kit.queue import each
from samsyn.notices.recipients import hearers, hearers_of_consent
from samsyn.notices.writing import write_letter, write_of_consent
from samsyn.tenancy.actors import systems
from samsyn.tenancy.models import Consent
from samsyn.tenancy.walls.standing import at_work_on, behind


def waiting(**which: Any) -> Any:
    """What nobody has been told of yet. Nothing here asks for whom: the worker serves every firm."""
    return Outbox.objects.unscoped(why="the worker serves every firm").filter(done_at=None, **which)


def tell(event_id: str) -> None:
    """Tell everyone concerned of one event, once. Called by the nudge and by the sweep alike."""
    with at_work_on(Event, event_id):
        _tell(waiting(event=UUID(event_id)))


def _tell(rows: Any) -> None:
    entry = rows.select_related("event__case__engagement", "event__case__firm").first()
    if entry is None:
        return
    case = entry.event.case
    for membership in hearers(entry.event, case):
        write_letter(entry.event, case, membership)
    rows.update(done_at=timezone.now())


def tell_of_consent(consent_id: str) -> None:
    """Tell the firm and all owners of one step of a consent, once."""
    with at_work_on(Consent, consent_id):
        _tell_of_consent(waiting(consent=UUID(consent_id)))


def _tell_of_consent(rows: Any) -> None:
    entry = rows.select_related("consent__engagement__firm", "consent__engagement__company").first()
    if entry is None:
        return
    for membership in hearers_of_consent(entry.consent):
        write_of_consent(entry.consent, membership)
    rows.update(done_at=timezone.now())


def sweep() -> None:
    """Tell of what the queue has lost. Each minute."""
    for system in systems():
        with behind(system):
            oldest = list(waiting(firm=system.firm).order_by("created_at").values_list("event", "consent")[:500])
        each(tell, [str(event) for event, _consent in oldest if event])
        each(tell_of_consent, [str(consent) for _event, consent in oldest if consent])
