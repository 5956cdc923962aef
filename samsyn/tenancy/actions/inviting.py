"""Many clients invited at once, in the background: whom it can reach, one transaction each, and nobody twice."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from samsyn.kit.queue import each, enqueue
from samsyn.tenancy.actions.people import invite_main_contact
from samsyn.tenancy.actors import Actor, in_each_firm
from samsyn.tenancy.errors import NotYours, Refused
from samsyn.tenancy.hindrances import Hindrance, addresses_of_staff, hindrances
from samsyn.tenancy.inviting import InviteRow, InviteRun
from samsyn.tenancy.models import FIRM, Engagement
from samsyn.tenancy.roles import Right
from samsyn.tenancy.walls.standing import at_work_on, in_firm

INVITE = "samsyn.tenancy.actions.inviting.invite_of_run"
WORKER = "the worker serves every firm"
State = InviteRow.State


@dataclass
class Sorted:
    """Clients by what an invitation would meet: `ready`, `asked` already, `hindered`, and those who have `approved`."""

    ready: list[Engagement] = field(default_factory=list)
    asked: list[Engagement] = field(default_factory=list)
    hindered: list[tuple[Engagement, list[Hindrance]]] = field(default_factory=list)
    approved: list[Engagement] = field(default_factory=list)


def sorted_out(actor: Actor, ids: list[UUID] | None = None) -> Sorted:
    """The clients with these ids, or everyone without a consent in force, as the actor sees them."""
    rows = Engagement.objects.visible_to(actor).filter(ended_at=None, merged_into=None)
    rows = rows.exclude(consent=Engagement.ConsentState.APPROVED) if ids is None else rows.filter(pk__in=ids)
    staff, found = addresses_of_staff(actor.firm), Sorted()  # type: ignore[arg-type]
    for one in rows.order_by("sort_key", "id"):
        if one.has_consent:
            found.approved.append(one)
        elif faults := hindrances(one, staff):
            found.hindered.append((one, faults))
        else:
            (found.asked if one.asked_at else found.ready).append(one)
    return found


@transaction.atomic
def begin_inviting(
    actor: Actor, ids: list[UUID] | None = None, *, again: bool = False, once: str | None = None
) -> InviteRun:
    """Ask the worker to invite those of `ids` (or of everyone) that can be: with `again` those who have an invitation
    already and not the others. The same `once` gives the same run: the button was pressed twice."""
    if not actor.is_firm or not actor.may(Right.WORK) or actor.firm is None:
        raise NotYours(_("Only the firm can invite."))
    if once:
        first: InviteRun | None = InviteRun.objects.visible_to(actor).filter(once=once[:32]).first()
        if first:
            return first
    found = sorted_out(actor, ids)
    chosen = found.asked if again else found.ready
    if not chosen:
        raise Refused(_("There is no client here to invite."))
    run: InviteRun = InviteRun.objects.create(
        firm=actor.firm, by=actor.membership, again=again, once=once[:32] if once else None
    )
    rows = [InviteRow(firm=actor.firm, run=run, engagement=one) for one in chosen]
    InviteRow.objects.bulk_create(rows, batch_size=500)
    enqueue(INVITE, str(run.pk))
    return run


def progress_of(actor: Actor, run: InviteRun) -> dict[str, int]:
    """How many rows a run has in each state, and in `total`."""
    rows = InviteRow.objects.visible_to(actor).filter(run=run)
    counts = {state.value: rows.filter(state=state).count() for state in State}
    return {**counts, "total": sum(counts.values()), "done": counts["sent"] + counts["left"]}


# In the background


def invite_of_run(run_id: str) -> None:
    """Invite one client after the other. Killed halfway it goes on where it was; two workers share the work."""
    runs = InviteRun.objects.unscoped(why=WORKER)
    with at_work_on(InviteRun, run_id):
        run = runs.select_related("by__user", "by__firm").filter(pk=UUID(run_id), finished_at=None).first()
        if run is None:
            return
        waiting = InviteRow.objects.unscoped(why=WORKER).filter(run=run, state=State.WAITING)
        left = list(waiting.order_by("engagement__sort_key", "id").values_list("pk", flat=True))
    with translation.override(run.by.user.language):
        for pk in left:
            with in_firm(run.firm_id), transaction.atomic():
                _claim(run, pk)
    with in_firm(run.firm_id):
        runs.filter(pk=run.pk).update(finished_at=timezone.now())


def _claim(run: InviteRun, pk: UUID) -> None:
    """The row is this worker's until it is done; another that comes meanwhile finds it done."""
    rows = InviteRow.objects.unscoped(why=WORKER)
    row = rows.locked().filter(pk=pk, state=State.WAITING).first()
    if row is None:
        return
    row.why = _invite(run, row.engagement_id)[:500]
    row.state = State.LEFT if row.why else State.SENT
    row.save(update_fields=["state", "why"])


def _invite(run: InviteRun, engagement_id: UUID) -> str:
    """Invite one client of a run; gives why it was left out, or ''."""
    if run.by.ended_at is not None:
        return _("Whoever began this has left the firm.")
    actor = Actor(side=FIRM, memberships=(run.by,), user=run.by.user, firm=run.by.firm)
    rows: Any = Engagement.objects.visible_to(actor).select_related("firm")
    client = rows.filter(pk=engagement_id).first()
    if client is None:
        return _("You don't work with this client.")
    if client.asked_at and not run.again:
        return _("The client has been invited meanwhile.")
    try:
        with transaction.atomic():
            invite_main_contact(actor, client, since=run.created_at)
    except Refused as refusal:
        return str(refusal)
    return ""


def invite_what_was_left() -> None:
    """Go on with runs whose worker was killed. Each minute; one that is at work is only helped along."""
    rows = InviteRun.objects.unscoped(why=WORKER).filter(finished_at=None).order_by("created_at")
    each(invite_of_run, in_each_firm(rows, most=50))
