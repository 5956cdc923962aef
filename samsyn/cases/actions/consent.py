"""Consent, where it moves cases: approval releases what waits, the end of a consent closes what is open.

These stand here and not in `tenancy`, since tenancy knows no cases; each is one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from samsyn.cases.actions.asking import release
from samsyn.cases.actions.ending import UNENDED, end_with_consent
from samsyn.cases.models import Case, Outbox, State
from samsyn.cases.people import owners_of
from samsyn.kit.queue import enqueue
from samsyn.tenancy import appointments
from samsyn.tenancy.actions import record_consent, remind_main_contact, step_down, welcome_appointed
from samsyn.tenancy.actions.appointing import awaiting
from samsyn.tenancy.actions.consent import Step, asking_of, locked_client
from samsyn.tenancy.actors import Actor, system_for
from samsyn.tenancy.agreement import text_at, text_that_was_read, version_to_renew
from samsyn.tenancy.appointments import Appointment
from samsyn.tenancy.demands import must_be_fresh
from samsyn.tenancy.errors import NotNow, NotYours
from samsyn.tenancy.models import FIRM, Consent, Engagement, Invitation, Membership
from samsyn.tenancy.people import newcomers_at
from samsyn.tenancy.roles import Right

TELL_CONSENT = "samsyn.notices.jobs.tell_of_consent"


def _must_represent(actor: Actor, engagement: Engagement) -> None:
    if not actor.is_client or not actor.may(Right.REPRESENT, engagement.pk):
        raise NotYours(_("Only an administrator can answer for the company."))
    must_be_fresh(actor, engagement.firm.fresh_consent)


@transaction.atomic
def approve_consent(actor: Actor, engagement: Engagement, *, text_sha256: str) -> list[Case]:
    """An owner approves the agreement: the waiting cases are released, oldest first, and returned.

    `text_sha256` is that of the text the page showed; a text that has changed since is refused.
    """
    fresh = locked_client(actor, engagement)
    appointed = awaiting(actor, fresh)
    _must_answer(actor, fresh, appointed)
    read = text_that_was_read(fresh.firm, text_sha256)
    _tell(record_consent(actor, fresh, Step.APPROVED, text=read))
    appointed_anew = appointments.running(engagement=fresh).exclude(invitation=None)
    _end_links(fresh, but=appointed_anew.values("invitation"))
    if appointed:
        welcome_appointed(actor, fresh, appointed)
    system = system_for(fresh.firm)
    waiting = Case.objects.visible_to(system).filter(engagement=fresh, state=State.AWAITING_CONSENT)
    released = list(waiting.order_by("created_at", "id"))
    for case in released:
        release(system, case)
    engagement.refresh_from_db()
    return released


@transaction.atomic
def decline_consent(actor: Actor, engagement: Engagement, *, reason: str = "") -> None:
    """An owner declines. An invitation leaves the waiting cases waiting, shown to the firm; a new text ends the
    agreement in force, as withdrawing it does. Somebody who is appointed declines for himself or herself alone where
    an agreement is in force."""
    fresh = locked_client(actor, engagement)
    appointed = awaiting(actor, fresh)
    _must_answer(actor, fresh, appointed)
    if appointed:
        step_down(actor, fresh, appointed, reason=reason)
    if not (appointed and fresh.has_consent):
        _end(actor, fresh, Step.DECLINED, reason=reason)
    engagement.refresh_from_db()


@transaction.atomic
def withdraw_consent(actor: Actor, engagement: Engagement, *, reason: str = "") -> int:
    """Either side withdraws: every open or waiting case is closed in the same transaction. Gives how many."""
    fresh = locked_client(actor, engagement)
    if actor.is_client:
        _must_represent(actor, fresh)
    elif not actor.may(Right.WORK):
        raise NotYours(_("Your role doesn't let you do this."))
    if not fresh.has_consent:
        raise NotNow(_("There is no consent in force to withdraw."))
    closed = _end(actor, fresh, Step.WITHDRAWN, reason=reason)
    engagement.refresh_from_db()
    return closed


def _must_answer(actor: Actor, engagement: Engagement, appointed: Membership | None) -> None:
    """The person answers for the company and there is something to answer: for somebody who has been appointed, also
    whether he or she takes part in what is in force."""
    if appointed is None:
        _must_represent(actor, engagement)
    else:
        must_be_fresh(actor, engagement.firm.fresh_consent)
    asked = engagement.asked_at is not None or (appointed and engagement.has_consent)
    if engagement.ended_at or not asked:
        raise NotNow(_("There is no invitation to answer, or it has already been answered."))


def _end(actor: Actor, engagement: Engagement, step: Step, *, reason: str = "") -> int:
    """Take a step that ends the asking. Where a consent was in force, all that is open closes. Gives how many."""
    held = engagement.has_consent
    _tell(record_consent(actor, engagement, step, reason=reason))
    _end_links(engagement)
    if not held:
        appointments.put_out(actor, engagement, states=[Appointment.State.INVITED])
        return 0
    appointments.put_out(actor, engagement)
    system = system_for(engagement.firm)
    closing = list(Case.objects.visible_to(system).filter(engagement=engagement, state__in=UNENDED))
    for case in closing:
        end_with_consent(system, case)
    return len(closing)


@transaction.atomic
def ask_anew(engagement: Engagement) -> bool:
    """Ask a client that has approved an older text for approval of the one the firm demands it of. False when it
    need not be asked; the approval it has given holds meanwhile."""
    firm = engagement.firm
    fresh = locked_client(system_for(firm), engagement)
    version = version_to_renew(firm)
    if not fresh.has_consent or fresh.ended_at or fresh.merged_into_id or fresh.agreement_version >= version:
        return False
    text = text_at(firm, version, fresh.language)
    by = text.by if text else None
    demanding = Actor(side=FIRM, memberships=(by,), user=by.user, firm=firm) if by else system_for(firm)
    ask_once_more(demanding, fresh)
    return True


def ask_once_more(actor: Actor, engagement: Engagement) -> None:
    """Ask about the newest text while the approval of an older one holds. The caller has asked whether that is so."""
    _tell(record_consent(actor, engagement, Step.RENEWAL))


@transaction.atomic
def follow_up(engagement: Engagement) -> Step | None:
    """What the calendar asks for just now of a client that has not answered: a reminder, or the end. Gives the step.

    Whoever comes second the same day finds that there is nothing to do.
    """
    system = system_for(engagement.firm)
    fresh = locked_client(system, engagement)
    asking = asking_of(fresh) if fresh.ended_at is None and fresh.merged_into_id is None else None
    step = asking.due(timezone.now()) if asking else None
    if step == Step.EXPIRED:
        _end(system, fresh, step)
    elif step == Step.REMINDED and not _remind(system, fresh):
        return None
    return step


def _remind(system: Actor, engagement: Engagement) -> bool:
    """One more letter to those who can answer; False when there is nobody."""
    here = bool(owners_of(engagement.pk)) or newcomers_at(engagement).exists()
    with transaction.atomic():
        consent = record_consent(system, engagement, Step.REMINDED)
        written = remind_main_contact(engagement, of=str(consent.pk))
        if not (written or here or engagement.has_consent):
            transaction.set_rollback(True)
            return False
    _tell(consent)
    return True


def _tell(consent: Consent) -> None:
    """The firm and all owners hear of the step, as surely as of an event."""
    Outbox.objects.create(firm_id=consent.firm_id, consent=consent)
    enqueue(TELL_CONSENT, str(consent.pk))


def _end_links(engagement: Engagement, *, but: Iterable[Any] = ()) -> None:
    """An answered invitation opens nothing more. `but` are invitations that are not answered by this."""
    rows = Invitation.objects.unscoped(why="links die when the invitation is answered").filter(
        engagement=engagement, main_contact=True, state=Invitation.State.PENDING
    )
    rows.exclude(pk__in=but).update(state=Invitation.State.REVOKED)
