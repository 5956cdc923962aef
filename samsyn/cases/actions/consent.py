"""Consent, where it moves cases: approval releases what waits, withdrawal closes what is open.

These stand here and not in `tenancy`, since tenancy knows no cases; each is one transaction.
"""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from samsyn.cases.actions.asking import release
from samsyn.cases.actions.ending import UNENDED, end_with_consent
from samsyn.cases.models import Case, Outbox, State
from samsyn.kit.queue import enqueue
from samsyn.tenancy.actions import record_consent
from samsyn.tenancy.actions.consent import WAITING, Step, locked_client
from samsyn.tenancy.actors import Actor, system_for
from samsyn.tenancy.agreement import text_that_was_read
from samsyn.tenancy.errors import NotNow, NotYours
from samsyn.tenancy.models import Consent, Engagement, Invitation
from samsyn.tenancy.roles import Right

TELL_CONSENT = "samsyn.notices.jobs.tell_of_consent"


def _must_represent(actor: Actor, engagement: Engagement) -> None:
    if not actor.is_client or not actor.may(Right.REPRESENT, engagement.pk):
        raise NotYours(_("Only an administrator can answer for the company."))


@transaction.atomic
def approve_consent(actor: Actor, engagement: Engagement, *, text_sha256: str) -> list[Case]:
    """An owner approves the agreement: the waiting cases are released, oldest first, and returned.

    `text_sha256` is that of the text the page showed; a text that has changed since is refused.
    """
    fresh = locked_client(actor, engagement)
    _must_represent(actor, fresh)
    if fresh.consent not in WAITING:
        raise NotNow(_("There is no invitation to answer, or it has already been answered."))
    read = text_that_was_read(fresh.firm, text_sha256)
    _tell(record_consent(actor, fresh, Step.APPROVED, text=read))
    _end_links(fresh)
    system = system_for(fresh.firm)
    waiting = Case.objects.visible_to(system).filter(engagement=fresh, state=State.AWAITING_CONSENT)
    released = list(waiting.order_by("created_at", "id"))
    for case in released:
        release(system, case)
    engagement.refresh_from_db()
    return released


@transaction.atomic
def decline_consent(actor: Actor, engagement: Engagement, *, reason: str = "") -> None:
    """An owner declines: the waiting cases stay waiting, shown to the firm."""
    fresh = locked_client(actor, engagement)
    _must_represent(actor, fresh)
    if fresh.consent not in WAITING:
        raise NotNow(_("There is no invitation to answer, or it has already been answered."))
    _tell(record_consent(actor, fresh, Step.DECLINED, reason=reason))
    _end_links(fresh)
    engagement.refresh_from_db()


@transaction.atomic
def withdraw_consent(actor: Actor, engagement: Engagement, *, reason: str = "") -> int:
    """Either side withdraws: every open or waiting case is closed in the same transaction. Gives how many."""
    fresh = locked_client(actor, engagement)
    if actor.is_client:
        _must_represent(actor, fresh)
    elif not actor.may(Right.WORK):
        raise NotYours(_("Your role doesn't let you do this."))
    if fresh.consent != Step.APPROVED:
        raise NotNow(_("There is no consent in force to withdraw."))
    _tell(record_consent(actor, fresh, Step.WITHDRAWN, reason=reason))
    system = system_for(fresh.firm)
    closing = list(Case.objects.visible_to(system).filter(engagement=fresh, state__in=UNENDED))
    for case in closing:
        end_with_consent(system, case)
    engagement.refresh_from_db()
    return len(closing)


def _tell(consent: Consent) -> None:
    """The firm and all owners hear of the step, as surely as of an event."""
    Outbox.objects.create(firm_id=consent.firm_id, consent=consent)
    enqueue(TELL_CONSENT, str(consent.pk))


def _end_links(engagement: Engagement) -> None:
    """An answered invitation opens nothing more."""
    Invitation.objects.unscoped(why="links die when the invitation is answered").filter(
        engagement=engagement, main_contact=True, state=Invitation.State.PENDING
    ).update(state=Invitation.State.REVOKED)
