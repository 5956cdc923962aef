"""What stands in the forms of a case and not in the case: shown before anything is overwritten or given up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from samsyn.cases.kinds.base import Change
from samsyn.cases.models import Case, Recipient
from samsyn.kit.periods import PeriodForm, days_of
from samsyn.kit.rows import KindForm
from samsyn.kit.sweden import period_label
from samsyn.kit.text import clean_text
from samsyn.tenancy.models import Engagement


def changes_in(case: Case, about: PeriodForm, form: KindForm, clients: Sequence[Engagement] = ()) -> list[Change]:
    """Each field in which the bound forms differ from the case, in words; `clients` are those chosen, if any."""
    about.is_valid()
    typed = about.typed()
    found = [
        Change(str(about.fields[name].label), str(stored or ""), str(typed[name] or ""))
        for name, stored in (("subject", case.subject), ("message", case.message))
        if clean_text(str(typed[name] or "")) != clean_text(stored)
    ]
    pairs = [
        ("due_on", case.due_on.isoformat() if case.due_on else "", due_in(about)),
        ("period", stored_period(case), period_in(about)),
        ("responsible", case.responsible.name if case.responsible else "", responsible_in(about, case, clients)),
        ("recipients", recipients_of(case, about), recipients_in(about)),
        ("restricted", yes_or_no(case.restricted), yes_or_no(about.typed().get("restricted"))),
    ]
    found += [
        Change(str(about.fields[name].label), before, after)
        for name, before, after in pairs
        if name in about.fields and before != after
    ]
    if [one.pk for one in clients] not in ([], [case.engagement_id]):
        found.append(Change(_("Client"), case.engagement.name, ", ".join(one.name for one in clients)))
    return found + case.kind_of.changes(case.request, form.encoded() if form.is_valid() else form.typed())


def due_in(about: PeriodForm) -> str:
    return str(about.cleaned_data.get("due_on") or about.typed().get("due_on") or "")


def stored_period(case: Case) -> str:
    return period_label(case.period_from, case.period_to) if case.period_from and case.period_to else ""


def period_in(about: PeriodForm) -> str:
    """The period as it would be saved; one that can't be read is kept beside the case, and replaces nothing."""
    days = days_of(about.cleaned_data)
    return period_label(*days) if days else ""


def responsible_in(about: PeriodForm, case: Case, clients: Sequence[Engagement]) -> str:
    """Who is chosen, by name; of several clients, or from a list that lacks the chosen, nobody is changed."""
    before = case.responsible.name if case.responsible else ""
    return before if len(clients) > 1 else offered(about, "responsible").get(about.typed().get("responsible"), before)


def yes_or_no(ticked: Any) -> str:
    return _("Yes") if ticked else _("No")


def recipients_of(case: Case, about: PeriodForm) -> str:
    rows = Recipient.objects.unscoped(why="whoever edits the case sees them in its form").filter(case=case)
    return named(about, [str(one) for one in rows.values_list("membership", flat=True)])


def recipients_in(about: PeriodForm) -> str:
    return named(about, about.typed().get("recipients") or [])


def named(about: PeriodForm, ids: Sequence[str]) -> str:
    """The names of those that can be chosen, in the order of the list."""
    names = [name for pk, name in offered(about, "recipients").items() if pk in ids]
    return ", ".join(names) or _("The administrators")


def offered(about: PeriodForm, name: str) -> dict[Any, str]:
    chooser: Any = about.fields.get(name)
    return {} if chooser is None else {str(pk): str(label) for pk, label in chooser.choices}
