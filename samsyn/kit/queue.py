"""The one way to enqueue: a task takes ids only, and is queued in the transaction that wants it.

The queue is a nudge. Whatever must happen stands in a table of its own that is swept each minute, so a
lost queue loses nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from django.utils.module_loading import import_string
from django_q.models import Schedule
from django_q.tasks import async_task

from samsyn.kit.logs import where

logger = logging.getLogger(__name__)
RUN = "samsyn.kit.queue.run"

SWEEPS = {
    "letters": "samsyn.kit.letters.sweep",
    "outbox": "samsyn.notices.jobs.sweep",
    "imports": "samsyn.tenancy.register.receiving.sweep",
    "kept forms": "samsyn.web.kept.sweep",
    "counts that are over": "samsyn.kit.counts.sweep",
    "cases to several": "samsyn.cases.jobs.send_what_was_left",
    "invitations to many": "samsyn.tenancy.actions.inviting.invite_what_was_left",
    "new agreement texts": "samsyn.cases.jobs.ask_anew_of_all",
    "read information": "samsyn.cases.jobs.close_what_was_only_to_read",
}
DAILY = {
    "files nobody needs": "samsyn.cases.sweeping.sweep",
    "security log": "samsyn.tenancy.security.sweep",
    "codes by mail": "samsyn.kit.codes.sweep",
    "letters of long ago": "samsyn.kit.letters.forget",
    "ended sign-ins": "samsyn.web.sessions.sweep",
    "consents": "samsyn.cases.jobs.follow_up_consents",
    "absences": "samsyn.tenancy.absences.sweep",
    "new main contacts": "samsyn.tenancy.actions.appointing.sweep",
    "sealed secrets": "samsyn.tenancy.factors.reseal",
    "sealed fields": "samsyn.kit.sealing.reseal",
    "sealed fields of firms": "samsyn.tenancy.sealed.reseal",
}
# What is sealed for long is sealed with the newest key by these; before an older one is forgotten, too.
RESEALS = ("sealed secrets", "sealed fields", "sealed fields of firms")


def enqueue(task: str, *ids: str) -> None:
    """Queue the function at the dotted path `task`, called with `ids`.

    The ORM broker writes a row on this connection: a rollback takes the task with it.
    """
    async_task(RUN, task, *ids)


class Failed(Exception):  # noqa: N818 - it says what became of a task
    """A task broke off. Holds where, and nothing of what it was about: the queue keeps and logs what it says."""


def run(task: str, *ids: str) -> None:
    """What the worker calls: the function at the dotted path `task`."""
    try:
        import_string(task)(*ids)
    except Exception as error:
        raise Failed(where(error)) from None


def each(task: Callable[[str], None], ids: Iterable[str]) -> None:
    """Call `task` with each id. One that breaks off is told in the log, and stops none of the others."""
    for one in ids:
        try:
            task(one)
        except Exception:
            logger.exception("%s broke off", task.__qualname__)


def schedule_sweeps() -> None:
    """See to it that each sweep is scheduled, once a minute or once a day. Safe to call again."""
    minutely = {"schedule_type": Schedule.MINUTES, "minutes": 1}
    for name, task in {**SWEEPS, **DAILY}.items():
        when = minutely if name in SWEEPS else {"schedule_type": Schedule.DAILY}
        Schedule.objects.update_or_create(
            name=name, defaults={"func": RUN, "args": repr((task,)), **when, "repeats": -1}
        )
