"""What the worker does with cases. Each takes ids and finds everything again through an actor."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from samsyn.cases.actions.answering import done
from samsyn.cases.actions.asking import discard, open_
from samsyn.cases.models import Attachment, Case, Purpose, SendBatch, State
from samsyn.cases.models.case import INFORMED_DAYS
from samsyn.tenancy.actors import Actor, system_for
from samsyn.tenancy.errors import Refused
from samsyn.tenancy.models import FIRM, Engagement

COPIED = (
    "kind",
    "kind_version",
    "subject",
    "message",
    "request",
    "restricted",
    "due_on",
    "period_from",
    "period_to",
)


def send_copies(batch_id: str) -> None:
    """One case per client of a batch. Killed halfway it goes on where it was: a done client is off the list."""
    rows = SendBatch.objects.unscoped(why="the worker serves every firm")
    batch = rows.select_related("by__user", "by__firm", "draft").filter(pk=batch_id, finished_at=None).first()
    if batch is None:
        return
    actor = Actor(side=FIRM, memberships=(batch.by,), user=batch.by.user, firm=batch.by.firm)
    for engagement_id in list(batch.engagement_ids):
        with transaction.atomic():
            batch = rows.select_for_update(of=("self",)).get(pk=batch_id)
            if engagement_id not in batch.engagement_ids:
                continue
            if fault := _send_copy(actor, batch.draft_id, UUID(engagement_id)):
                batch.faults = [*batch.faults, fault]
            batch.engagement_ids = [one for one in batch.engagement_ids if one != engagement_id]
            batch.done += 1
            batch.save()
    _finish(actor, batch_id)


def close_what_was_only_to_read() -> None:
    """Information that needs no confirmation closes itself after 14 days. Each minute."""
    rows = Case.objects.unscoped(why="the worker serves every firm")
    before = timezone.now() - dt.timedelta(days=INFORMED_DAYS)
    due = rows.filter(only_to_read=True, state=State.WITH_CLIENT, turn_since__lte=before)
    for case in due.select_related("firm")[:500]:
        done(system_for(case.firm), case)


def _send_copy(actor: Actor, draft_id: UUID, engagement_id: UUID) -> dict[str, str] | None:
    """Make and send one client's case; gives what hindered it, with nothing half-made."""
    draft = Case.objects.visible_to(actor).get(pk=draft_id)
    engagement = Engagement.objects.visible_to(actor).select_related("firm").get(pk=engagement_id)
    try:
        with transaction.atomic():
            case = Case(firm=actor.firm, engagement=engagement, sender=actor.membership)
            case.responsible_id = engagement.responsible_id or actor.membership.pk
            for column in COPIED:
                setattr(case, column, getattr(draft, column))
            case.save()
            _copy_files(actor, draft, case)
            open_(actor, case)
    except Refused as refusal:
        return {"client": engagement.name, "engagement": str(engagement.pk), "why": str(refusal)}
    return None


def _copy_files(actor: Actor, draft: Case, case: Case) -> None:
    """A file in two cases is two attachments on one blob of the same firm."""
    for attachment in Attachment.objects.visible_to(actor).filter(case=draft, purpose=Purpose.REQUEST):
        attachment.pk, attachment._state.adding = None, True
        attachment.id = Attachment._meta.pk.get_default()
        attachment.engagement, attachment.case, attachment.event = case.engagement, case, None
        attachment.save()


def _finish(actor: Actor, batch_id: str) -> None:
    with transaction.atomic():
        rows = SendBatch.objects.visible_to(actor)
        rows.filter(pk=batch_id).update(finished_at=timezone.now())
        batch = rows.select_related("draft").get(pk=batch_id)
        if not batch.faults and batch.draft.state == State.DRAFT:
            # Everyone has got it, so the draft has done its work. The batch goes with it.
            discard(actor, batch.draft)
