"""The one way to enqueue: a task takes ids only, and is queued in the transaction that wants it.

The queue is a nudge. Whatever must happen stands in a table of its own that is swept each minute, so a
lost queue loses nothing.
"""

from __future__ import annotations

from django_q.models import Schedule
from django_q.tasks import async_task

SWEEPS = {
    "letters": "samsyn.kit.letters.sweep",
    "outbox": "samsyn.notices.jobs.sweep",
    "kept forms": "samsyn.web.kept.sweep",
    "read information": "samsyn.cases.jobs.close_what_was_only_to_read",
}


def enqueue(task: str, *ids: str) -> None:
    """Queue the function at the dotted path `task`, called with `ids`.

    The ORM broker writes a row on this connection: a rollback takes the task with it.
    """
    async_task(task, *ids)


def schedule_sweeps() -> None:
    """See to it that each sweep is scheduled once a minute. Safe to call again."""
    for name, task in SWEEPS.items():
        Schedule.objects.update_or_create(
            name=name, defaults={"func": task, "schedule_type": Schedule.MINUTES, "minutes": 1, "repeats": -1}
        )
