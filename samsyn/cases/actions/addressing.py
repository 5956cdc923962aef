"""Whom at the client a case is for: its recipients, and who beside them may know that it exists."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from samsyn.cases.actions.minding import works_here
from samsyn.cases.models import Case, Recipient
from samsyn.cases.people import approvers_at, present
from samsyn.tenancy.actions.consent import mark_first_release
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.errors import NotNow, NotYours, Refused
from samsyn.tenancy.models import Membership

NAME_SOMEBODY = gettext_lazy("Tick at least one recipient, since only they and the administrators see the case.")


def set_recipients(actor: Actor, case: Case, memberships: Iterable[Membership]) -> None:
    """Who at the client is mailed and badged, each once. Nobody listed means the owners. Before it is sent."""
    if not works_here(actor):
        raise NotYours(_("Your role doesn't let you do this."))
    if case.is_sent:
        raise NotNow(_("The case has been sent, so it is changed with Amend."))
    _replace(case, memberships)


def readdress(case: Case, restricted: bool | None, recipients: Iterable[Membership] | None) -> dict[str, Any]:
    """Give a case that has been sent to others, or open it to more or fewer; None leaves it as it is.

    Follows at once: whoever is not named any more finds it nowhere, and one who now is sees it from its beginning.
    Whoever must approve stays named. Gives what changed, before and after: the names of the recipients, and
    whether it is restricted.
    """
    before = {"recipients": _names(case), "restricted": case.restricted}
    if recipients is not None:
        _replace(case, recipients)
    if restricted is not None:
        case.restricted = restricted
    list_approvers(case)
    after = {"recipients": _names(case), "restricted": case.restricted}
    return {name: [before[name], after[name]] for name in before if before[name] != after[name]}


def refuse_unnamed(case: Case) -> None:
    """A restricted case names somebody, as soon as there is somebody at the client to name."""
    if case.restricted and not _listed(case) and present().filter(engagement=case.engagement_id).exists():
        raise Refused(str(NAME_SOMEBODY), field="recipients")


def list_approvers(case: Case) -> None:
    """Whoever must approve is told and badged: the named persons, or all who may when two are needed."""
    if case.kind != "approval":
        return
    may = approvers_at(case.engagement_id)
    if named := set(case.request.get("named") or []):
        list_recipients(case, [one for one in may if str(one.pk) in named])
    elif case.request.get("needed") == "two" and not _rows(case).exists():
        list_recipients(case, [one for one in may if one.is_owner or not case.restricted])


def open_the_menu(case: Case) -> None:
    """The client has got a case: *Ärenden* is there for those who may know of it."""
    mark_first_release(case.engagement, _listed(case) if case.restricted else None)


def list_recipients(case: Case, members: Iterable[Membership]) -> None:
    rows = [Recipient(firm_id=case.firm_id, case=case, membership=member) for member in members]
    Recipient.objects.bulk_create(rows, ignore_conflicts=True)


def _replace(case: Case, memberships: Iterable[Membership]) -> None:
    _rows(case).delete()
    listed = {member.pk: member for member in memberships if member.engagement_id == case.engagement_id}
    list_recipients(case, listed.values())


def _rows(case: Case) -> Any:
    return Recipient.objects.unscoped(why="whom the case is for, under its lock").filter(case=case)


def _listed(case: Case) -> list[Membership]:
    """Those who are named and still there, by name."""
    return list(present().filter(pk__in=_rows(case).values("membership")).order_by("user__name", "id"))


def _names(case: Case) -> list[str]:
    return [one.name for one in _listed(case)]
