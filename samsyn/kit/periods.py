"""Choosing a period: a month, a quarter or a fiscal year from a list, or two days of one's own."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from samsyn.kit.fields import ChoiceField, DayField
from samsyn.kit.rows import KindForm
from samsyn.kit.sweden import end_of_fiscal_year, period_label, stockholm_today

OWN = "own"
Days = tuple[dt.date, dt.date]


def month_before(day: dt.date, back: int = 1) -> dt.date:
    """The first day of the month `back` months before the one `day` lies in."""
    months = day.year * 12 + day.month - 1 - back
    return dt.date(months // 12, months % 12 + 1, 1)


def span(first: dt.date, months: int) -> Days:
    """From `first`, the first of a month, to the last day of the month `months` months on."""
    last = month_before(first, 1 - months)
    return first, dt.date(last.year, last.month, calendar.monthrange(last.year, last.month)[1])


def usual_periods(today: dt.date, last_month: int = 12) -> list[tuple[str, list[Days]]]:
    """Months, quarters and fiscal years near `today`, newest first. `last_month` ends the fiscal year."""
    month = today.replace(day=1)
    quarter = month_before(month, (month.month - 1) % 3)
    year = month_before(end_of_fiscal_year(today, last_month).replace(day=1), 11)
    return [
        (_("Month"), [span(month_before(month, back), 1) for back in range(-1, 13)]),
        (_("Quarter"), [span(month_before(quarter, 3 * back), 3) for back in range(5)]),
        (_("Fiscal year"), [span(month_before(year, 12 * back), 12) for back in range(3)]),
    ]


def written(days: Days) -> str:
    return f"{days[0].isoformat()}/{days[1].isoformat()}"


def days_of(form_days: Mapping[str, Any]) -> Days | None:
    """The two days of a stored or cleaned period, or None."""
    first, last = form_days.get("period_from"), form_days.get("period_to")
    if not first or not last:
        return None
    return dt.date.fromisoformat(str(first)), dt.date.fromisoformat(str(last))


class PeriodForm(KindForm):
    """A form with a period in it, chosen from a list or written as two days.

    Once cleaned, `period_from` and `period_to` hold the two days, however they were chosen. A form that
    knows when the client's fiscal year ends says so with `list_periods`.
    """

    period = ChoiceField(label=gettext_lazy("Period"), required=False)
    period_from = DayField(label=gettext_lazy("First day"), required=False)
    period_to = DayField(label=gettext_lazy("Last day"), required=False)

    def __init__(self, *args: Any, **how: Any) -> None:
        super().__init__(*args, **how)
        self.list_periods()

    def list_periods(self, last_month: int = 12) -> None:
        """Offer the usual periods of somebody whose fiscal year ends with `last_month`."""
        listed = usual_periods(stockholm_today(), last_month)
        choices: list[Any] = [("", _("No period"))]
        choices += [(label, [(written(one), period_label(*one)) for one in many]) for label, many in listed]
        self.fields["period"].choices = [*choices, (OWN, _("Days of your own"))]  # type: ignore[attr-defined]
        days = None if self.is_bound else days_of(self.initial)
        if days:
            known = {written(one) for _label, many in listed for one in many}
            self.initial["period"] = written(days) if written(days) in known else OWN
            self._bound_fields_cache.pop("period", None)  # type: ignore[attr-defined]  # it remembers what it first began with

    @property
    def writes_own_days(self) -> bool:
        """Whether the two days are to be seen: they are chosen, or something is wrong with them."""
        return self["period"].value() == OWN or bool(self["period_from"].errors or self["period_to"].errors)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "period" not in self.fields:
            return cleaned
        chosen = cleaned.get("period")
        if chosen and chosen != OWN:
            cleaned["period_from"], cleaned["period_to"] = chosen.split("/")
            return cleaned
        first, last = cleaned.get("period_from"), cleaned.get("period_to")
        if not first and "period_from" not in self.errors and (last or chosen == OWN):
            self.add_error("period_from", _("Write the first day of the period."))
        if not last and "period_to" not in self.errors and (first or chosen == OWN):
            self.add_error("period_to", _("Write the last day of the period."))
        if first and last and last < first:
            self.add_error("period_to", _("The last day lies before the first. Let them change places."))
        return cleaned

    @property
    def days(self) -> Days | None:
        """The chosen period. Call after `is_valid`."""
        return days_of(self.cleaned_data)
