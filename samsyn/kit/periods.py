"""Choosing a period: a month, a quarter or a fiscal year from a list, or two days of one's own."""

from __future__ import annotations

import calendar
import datetime as dt
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


class PeriodForm(KindForm):
    """The period of a case. After `is_valid`, `days` is (first, last) or None."""

    period = ChoiceField(label=gettext_lazy("Period"), required=False)
    period_from = DayField(label=gettext_lazy("First day"), required=False)
    period_to = DayField(label=gettext_lazy("Last day"), required=False)

    def __init__(self, data: Any = None, *, days: Days | None = None, last_month: int = 12, prefix: str = "p") -> None:
        self.last_month = last_month
        listed = usual_periods(stockholm_today(), last_month)
        known = {written(one) for _label, many in listed for one in many}
        shown: dict[str, Any] = {"period": ""}
        if days:
            shown = {"period": written(days) if written(days) in known else OWN}
            shown |= {"period_from": days[0].isoformat(), "period_to": days[1].isoformat()}
        super().__init__(data, initial=shown, prefix=prefix)
        choices: list[Any] = [("", _("No period"))]
        choices += [(label, [(written(one), period_label(*one)) for one in many]) for label, many in listed]
        self.fields["period"].choices = [*choices, (OWN, _("Days of your own"))]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("period") == OWN and not self.errors:
            first, last = cleaned.get("period_from"), cleaned.get("period_to")
            if not first:
                self.add_error("period_from", _("Write the first day of the period."))
            if not last:
                self.add_error("period_to", _("Write the last day of the period."))
            if first and last and last < first:
                self.add_error("period_to", _("The last day lies before the first. Let them change places."))
        return cleaned

    @property
    def days(self) -> Days | None:
        """The chosen period: one from the list, or the two days written."""
        chosen = self.cleaned_data["period"]
        if chosen == OWN:
            chosen = f"{self.cleaned_data['period_from']}/{self.cleaned_data['period_to']}"
        if not chosen:
            return None
        first, last = (dt.date.fromisoformat(one) for one in chosen.split("/"))
        return first, last

    def again(self, typed: dict[str, Any]) -> PeriodForm:
        """The same form showing what was typed."""
        made = type(self)(last_month=self.last_month, prefix=self.prefix or "p")
        made.initial.update(typed)
        return made
