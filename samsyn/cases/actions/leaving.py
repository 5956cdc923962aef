"""Somebody at the firm is removed, where it moves cases: clients and open cases get somebody else in the same step."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from samsyn.cases.actions.asking import save_draft_case
from samsyn.cases.actions.ending import UNENDED
from samsyn.cases.actions.minding import reassign
from samsyn.cases.models import Case, State
from samsyn.tenancy import actions
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.errors import NotNow, NotYours, Refused
from samsyn.tenancy.models import Engagement, Membership, Participant


@dataclass(frozen=True)
class Held:
    """What a member of staff answers for: clients, and cases that are not closed."""

    clients: list[Engagement]
    cases: list[Case]

    def __bool__(self) -> bool:
        return bool(self.clients or self.cases)


def answers_for(member: Membership) -> Held:
    """What must be handed over before this member of staff can go."""
    clients = Engagement.objects.unscoped(why="whoever goes hands over everything").filter(
        firm=member.firm_id, responsible=member, merged_into=None
    )
    cases = Case.objects.unscoped(why="whoever goes hands over everything").filter(
        firm=member.firm_id, responsible=member, state__in=(State.DRAFT, *UNENDED)
    )
    return Held(
        list(clients.order_by("sort_key", "id")),
        list(cases.select_related("engagement").order_by("engagement__sort_key", "number", "id")),
    )


@transaction.atomic
def remove_staff(actor: Actor, member: Membership, *, to: Membership | None) -> None:
    """A manager removes somebody, himself or herself too; `to` takes over all that the person answers for."""
    fresh = actions.locked_member(actor, member)
    if fresh.engagement_id is not None or not actor.decides_over(fresh):
        raise NotYours(_("Only a firm manager can remove somebody from the firm."))
    held = answers_for(fresh)
    if held and (to is None or to.pk == fresh.pk):
        raise Refused(_("Choose who takes over."), field="to")
    if to is not None:
        hand_over(actor, held, to)
        actions.hand_over_standing_in(actor, fresh, to)
    actions.end_access(actor, fresh)


def hand_over(actor: Actor, held: Held, to: Membership) -> None:
    """First the clients, so that the new one may answer for their cases."""
    for client in held.clients:
        part = Participant.objects.unscoped(why="who takes part stays").filter(engagement=client)
        others = [one.membership for one in part.select_related("membership__user")]
        actions.set_people(actor, client, responsible=to, participants=others)
    for case in held.cases:
        try:
            if case.state == State.DRAFT:
                save_draft_case(actor, case, engagement=case.engagement, kind=case.kind, responsible=to)
            else:
                reassign(actor, case, responsible=to)
        except Refused as refusal:
            raise Refused(f"{case.engagement.name}: {refusal}", field="to") from refusal


def leave_firm(actor: Actor, member: Membership) -> None:
    """A member of staff goes. With clients or cases left it takes a manager, who hands them over."""
    held = answers_for(member)
    if held:
        clients = ngettext("%(num)d client", "%(num)d clients", len(held.clients)) % {"num": len(held.clients)}
        cases = ngettext("%(num)d open case", "%(num)d open cases", len(held.cases)) % {"num": len(held.cases)}
        text = _("You answer for %(clients)s and %(cases)s. A manager hands them over and removes you in one step.")
        raise NotNow(text % {"clients": clients, "cases": cases})
    actions.end_access(actor, member)
