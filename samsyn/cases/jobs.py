"""What the worker does with cases. Each takes ids and finds everything again through an actor."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from uuid import UUID

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from samsyn.cases.actions.addressing import list_recipients
from samsyn.cases.actions.answering import done
from samsyn.cases.actions.asking import discard, open_
from samsyn.cases.actions.consent import ask_anew, follow_up
from samsyn.cases.models import Attachment, Case, Purpose, SendBatch, State
from samsyn.cases.models.case import INFORMED_DAYS
from samsyn.cases.people import owners_of
from samsyn.kit.queue import each
from samsyn.tenancy.actors import Actor, in_each_firm, system_for, systems
from samsyn.tenancy.agreement import version_to_renew
from samsyn.tenancy.errors import NotYours, Refused
from samsyn.tenancy.models import FIRM, AgreementText, Engagement, Firm, Membership
from samsyn.tenancy.walls.standing import at_work_on, behind, in_firm

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
    with at_work_on(SendBatch, batch_id):
        batch = rows.select_related("by__user", "by__firm").filter(pk=batch_id, finished_at=None).first()
    if batch is None:
        return
    actor = Actor(side=FIRM, memberships=(batch.by,), user=batch.by.user, firm=batch.by.firm)
    language = batch.by.user.language
    for engagement_id in list(batch.engagement_ids):
        with behind(actor), transaction.atomic(), translation.override(language):
            batch = rows.locked().get(pk=batch_id)
            if engagement_id not in batch.engagement_ids:
                continue  # another worker was first
            if fault := _send_copy(actor, batch.draft_id, UUID(engagement_id)):
                batch.faults = [*batch.faults, fault]
            batch.engagement_ids = [one for one in batch.engagement_ids if one != engagement_id]
            batch.done += 1
            batch.save()
    _finish(actor, batch_id)


def send_what_was_left() -> None:
    """Go on with batches whose worker was killed. Each minute; one that is being sent is only helped along."""
    rows = SendBatch.objects.unscoped(why="the worker serves every firm").filter(finished_at=None)
    each(send_copies, in_each_firm(rows.order_by("created_at"), most=50))


def close_what_was_only_to_read() -> None:
    """Information that needs no confirmation closes itself after 14 days. Each minute."""
    rows = Case.objects.unscoped(why="the worker serves every firm")
    before = timezone.now() - dt.timedelta(days=INFORMED_DAYS)
    due = rows.filter(only_to_read=True, state=State.WITH_CLIENT, turn_since__lte=before)
    each(_close_read, in_each_firm(due.order_by("turn_since"), most=500))


def _close_read(case_id: str) -> None:
    with at_work_on(Case, case_id), suppress(Refused):  # somebody closed it this very moment
        case = Case.objects.unscoped(why="the worker serves every firm").select_related("firm").get(pk=case_id)
        done(system_for(case.firm), case)


def follow_up_consents() -> None:
    """Remind those who have not answered about the agreement, and end what nobody answered in time. Daily."""
    rows = Engagement.objects.unscoped(why="the worker serves every firm")
    asked = rows.filter(asked_at__isnull=False, ended_at=None, merged_into=None).order_by("asked_at")
    each(_follow_up, in_each_firm(asked, most=10_000))


def _follow_up(engagement_id: str) -> None:
    with at_work_on(Engagement, engagement_id):
        follow_up(_client(engagement_id))


def _client(engagement_id: str) -> Engagement:
    rows = Engagement.objects.unscoped(why="the worker serves every firm").select_related("firm")
    found: Engagement = rows.get(pk=engagement_id)
    return found


def ask_anew_of_all() -> None:
    """Ask everybody who must approve a newer text and has not been asked. Each minute."""
    rows = AgreementText.objects.unscoped(why="the worker serves every firm").filter(must_renew=True)
    for system in systems():
        with behind(system):
            asks = rows.filter(firm=system.firm).exists()
        each(ask_anew_of_firm, [str(system.firm_ids[0])] if asks else [])


def ask_anew_of_firm(firm_id: str) -> None:
    """The same of one firm's clients, one transaction each: killed halfway it goes on where it was."""
    rows = Engagement.objects.unscoped(why="the worker serves every firm").filter(firm=UUID(firm_id), ended_at=None)
    with in_firm(UUID(firm_id)):
        version = version_to_renew(Firm.objects.get(pk=firm_id))
        older = rows.filter(consent="approved", agreement_version__lt=version, merged_into=None)
        clients = [str(pk) for pk in older.order_by("sort_key", "id").values_list("pk", flat=True)]
    each(_ask_anew, clients)


def _ask_anew(engagement_id: str) -> None:
    with at_work_on(Engagement, engagement_id):
        ask_anew(_client(engagement_id))


def _send_copy(actor: Actor, draft_id: UUID | None, engagement_id: UUID) -> dict[str, str] | None:
    """Make and send one client's case; gives what hindered it, with nothing half-made."""
    clients = Engagement.objects.unscoped(why="the firm's own client, as it was chosen")
    named = clients.filter(pk=engagement_id).first()
    if named is None:
        return None  # deleted since, so there is nobody to send to
    try:
        with transaction.atomic():
            draft = Case.objects.visible_to(actor).filter(pk__in=[draft_id]).get()
            engagement = (
                Engagement.objects.visible_to(actor).select_related("firm", "responsible").get(pk=engagement_id)
            )
            case = Case(firm=actor.firm, engagement=engagement, sender=actor.membership)
            case.responsible = _responsible_for(engagement, actor)
            for column in COPIED:
                setattr(case, column, getattr(draft, column))
            case.save()
            _copy_files(actor, draft, case)
            if case.restricted:
                list_recipients(case, owners_of(engagement.pk))  # of several clients nobody could be named
            open_(actor, case)
    except (Refused, NotYours) as refusal:
        why = str(refusal)
    except (Case.DoesNotExist, Engagement.DoesNotExist):
        why = _("You don't work with this client.")
    else:
        return None
    return {"client": named.name, "engagement": str(engagement_id), "why": why}


def _responsible_for(engagement: Engagement, actor: Actor) -> Membership:
    """The client's own consultant, or the sender when there is none left."""
    responsible: Membership | None = engagement.responsible
    return responsible if responsible is not None and responsible.ended_at is None else actor.membership


def _copy_files(actor: Actor, draft: Case, case: Case) -> None:
    """A file in two cases is two attachments on one blob of the same firm."""
    for attachment in Attachment.objects.visible_to(actor).filter(case=draft, purpose=Purpose.REQUEST):
        attachment.pk, attachment._state.adding = None, True
        attachment.id = Attachment._meta.pk.get_default()
        attachment.engagement, attachment.case, attachment.event = case.engagement, case, None
        attachment.save()


def _finish(actor: Actor, batch_id: str) -> None:
    """Everyone has got it: the draft has done its work. Otherwise it stays, turned to those it could not reach."""
    with behind(actor), transaction.atomic():
        rows = SendBatch.objects.visible_to(actor)
        batch = rows.locked().get(pk=batch_id)
        if batch.finished_at is not None:
            return
        rows.filter(pk=batch_id).update(finished_at=timezone.now())
        drafts = Case.objects.visible_to(actor).filter(pk__in=[batch.draft_id], state=State.DRAFT)
        if batch.faults:
            drafts.update(engagement=UUID(batch.faults[0]["engagement"]))
        elif (draft := drafts.first()) is not None:
            discard(actor, draft)
