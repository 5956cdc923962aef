"""Why a file is kept and how long: said when it is attached, and said again when it is sent.

accounting: to and including 31 December of the seventh year after the calendar year in which the fiscal year
ended (BFL 7 kap. 2 §). The fiscal year is the one in which the case's period ends, by the month the client's
year ends with; without a period, the one the file was uploaded in.
due_diligence: five years after the client has ended at the firm (penningtvättslagen 5 kap. 3 §); no day can be
said before that.
other: no law says a day. No day never means that the file may be taken away.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone

from samsyn.cases.models import Attachment, Case, Purpose, RetentionClass
from samsyn.kit.sweden import keep_accounting_until, stockholm_day
from samsyn.tenancy.actors import systems
from samsyn.tenancy.models import FIRM, Engagement
from samsyn.tenancy.walls.standing import behind

DUE_DILIGENCE_YEARS = 5


def class_of(case: Case | None, *, purpose: str, side: str, row_id: str = "") -> str:
    """Why this file is kept: a wanted document says it itself, what the firm adds follows the kind of case."""
    if case is not None and purpose == Purpose.ANSWER:
        return case.kind_of.retention(case.request, row_id)
    if case is not None and side == FIRM:
        return case.kind_of.firm_files_kept_as
    return RetentionClass.ACCOUNTING


def keep_until(
    retention: str, period_to: dt.date | None, engagement: Engagement, uploaded: dt.datetime
) -> dt.date | None:
    """The last day a file must be kept; None where no day can be said."""
    if retention == RetentionClass.ACCOUNTING:
        return keep_accounting_until(period_to or stockholm_day(uploaded), engagement.fiscal_year_ends)
    if retention == RetentionClass.DUE_DILIGENCE and engagement.ended_at is not None:
        return _years_after(stockholm_day(engagement.ended_at), DUE_DILIGENCE_YEARS)
    return None


def _years_after(day: dt.date, years: int) -> dt.date:
    last = 28 if (day.month, day.day) == (2, 29) else day.day
    return day.replace(year=day.year + years, day=last)


def say(attachment: Attachment, case: Case | None, engagement: Engagement) -> Attachment:
    """Write class and last day on the attachment as the case stands now. The caller saves."""
    attachment.retention_class = class_of(
        case, purpose=attachment.purpose, side=attachment.side, row_id=attachment.row_id
    )
    period = case.period_to if case is not None else None
    attachment.keep_until = keep_until(attachment.retention_class, period, engagement, attachment.created_at)
    return attachment


def while_the_client_stays(engagement: Engagement) -> None:
    """The client is back, so no day can be said for the files of due diligence any more."""
    rows = Attachment.objects.unscoped(why="the client was found through the actor")
    rows.filter(engagement=engagement, retention_class=RetentionClass.DUE_DILIGENCE).update(keep_until=None)


def after_the_client_ended() -> None:
    """The files of due diligence get their day when it can be said. Daily."""
    for system in systems():
        with behind(system):
            _say_when(Attachment.objects.unscoped(why="the worker serves every firm").filter(firm=system.firm))


def _say_when(rows: Any) -> None:
    due = rows.filter(retention_class=RetentionClass.DUE_DILIGENCE, keep_until=None, engagement__ended_at__isnull=False)
    for one in due.select_related("engagement")[:1000]:
        last = keep_until(one.retention_class, None, one.engagement, timezone.now())
        rows.filter(pk=one.pk).update(keep_until=last)
