"""How long a company has to answer about the agreement: when it is reminded, and when the asking ends.

Reminders go out on Swedish working days, never two on one day, and a day the sweep has missed is caught up.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from samsyn.kit.sweden import is_working_day, stockholm_day, working_days_after
from samsyn.tenancy.models import Engagement

Step = Engagement.ConsentState
LIVES = dt.timedelta(days=30)  # an invitation, and so its link
HOLDS = dt.timedelta(days=60)  # an approval of an older text, from when the new one was asked about
LASTS = {Step.INVITED: LIVES, Step.RENEWAL: HOLDS}
# On which working day after the asking each reminder goes out.
REMINDED_ON = {Step.INVITED: (5, 12), Step.RENEWAL: (10, 30)}
APART = 5  # working days between reminders, and from the last one to the end of an approval


@dataclass(frozen=True)
class Asking:
    """An invitation, or a question about a new text, that nobody has answered. `reminded` oldest first."""

    step: Engagement.ConsentState
    at: dt.datetime
    reminded: tuple[dt.datetime, ...] = ()

    @property
    def ends_at(self) -> dt.datetime:
        return self.at + LASTS[self.step]

    def due(self, now: dt.datetime) -> Engagement.ConsentState | None:
        """The step that is to be taken now: a reminder, the end, or none yet."""
        if self._is_over(now):
            return Step.EXPIRED
        today, following = stockholm_day(now), self.next_reminder()
        return Step.REMINDED if following and following <= today and is_working_day(today) else None

    def next_reminder(self) -> dt.date | None:
        """The first day the next reminder can go out; None after the last."""
        days = REMINDED_ON[self.step]
        if len(self.reminded) == len(days):
            return None
        day = working_days_after(stockholm_day(self.at), days[len(self.reminded)])
        return max(day, self._rested()) if self.reminded else day

    def _rested(self) -> dt.date:
        return working_days_after(stockholm_day(self.reminded[-1]), APART)

    def _is_over(self, now: dt.datetime) -> bool:
        """An invitation ends with its link, to the second. An approval in force ends when its last day is over and
        every reminder has had its time."""
        if self.step == Step.INVITED:
            return now >= self.ends_at
        today = stockholm_day(now)
        return today > stockholm_day(self.ends_at) and self.next_reminder() is None and today > self._rested()
