"""The one writer of the consent history, and of the copies kept beside it."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from samsyn.tenancy.actors import Actor
from samsyn.tenancy.agreement import text_for
from samsyn.tenancy.errors import NotYours
from samsyn.tenancy.models import AgreementText, Consent, Engagement

Step = Engagement.ConsentState
WAITING = (Step.INVITED, Step.REMINDED)
COPIES = ("consent", "consent_at", "consent_first_approved_at", "withdrawn_at", "withdrawn_by")


def locked_client(actor: Actor, engagement: Engagement) -> Engagement:
    """The client as it is now, locked for this transaction and read through the actor; else `NotYours`."""
    rows = Engagement.objects.visible_to(actor).locked().select_related("firm")
    fresh: Engagement | None = rows.filter(pk=engagement.pk).first()
    if fresh is None:
        raise NotYours(_("You can't open this client."))
    return fresh


@transaction.atomic
def record_consent(
    actor: Actor, engagement: Engagement, step: Step, *, reason: str = "", text: AgreementText | None = None
) -> Consent:
    """Append one step and update the copies on the client. The caller has asked whether `actor` may.

    Stores who, in what role, when, from which address, which text version and its hash: `text` where the
    person has read one, else the newest.
    """
    rows = Engagement.objects.unscoped(why="the caller has already found it through its actor")
    locked = rows.locked().get(pk=engagement.pk)
    history = Consent.objects.unscoped(why="the next step's number").filter(engagement=locked)
    held = actor.membership_in(engagement.pk)
    language = actor.user.language if actor.user else engagement.language
    text = text or text_for(engagement.firm, language)
    consent = Consent.objects.create(
        firm_id=locked.firm_id,
        engagement=locked,
        seq=history.count() + 1,
        step=step,
        side=actor.side,
        user_id=actor.user.pk if actor.user else None,
        name=actor.name,
        role=held.role if held else "",
        address=actor.ip_address,
        text=text,
        text_sha256=text.sha256,
        reason=reason,
    )
    engagement.consent = step
    engagement.consent_at = consent.at
    if step == Step.APPROVED and locked.consent_first_approved_at is None:
        engagement.consent_first_approved_at = consent.at
    if step == Step.WITHDRAWN:
        engagement.withdrawn_at, engagement.withdrawn_by = consent.at, f"{actor.name}, {_of(actor, engagement)}"
    elif step == Step.APPROVED:
        engagement.withdrawn_at, engagement.withdrawn_by = None, ""
    engagement.save(update_fields=COPIES)
    return consent


def _of(actor: Actor, engagement: Engagement) -> str:
    """The company or the firm a person speaks for."""
    return engagement.name if actor.is_client else engagement.firm.name


def mark_first_release(engagement: Engagement) -> None:
    """A case has been released to this client: with an approved consent the menu item is there."""
    if engagement.first_released_at is None:
        engagement.first_released_at = timezone.now()
        engagement.save(update_fields=["first_released_at"])
