"""The one writer of the consent history, and of the copies kept beside it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from samsyn.tenancy.actors import Actor
from samsyn.tenancy.agreement import text_for
from samsyn.tenancy.errors import NotYours
from samsyn.tenancy.models import AgreementText, Consent, Engagement, Membership
from samsyn.tenancy.waiting import Asking

Step = Engagement.ConsentState
WAITING = (Step.INVITED, Step.REMINDED)
ASKING = (Step.INVITED, Step.RENEWAL)
ENDED = (Step.DECLINED, Step.EXPIRED, Step.WITHDRAWN)
COPIES = (
    "consent",
    "consent_at",
    "consent_first_approved_at",
    "withdrawn_at",
    "withdrawn_by",
    "asked_at",
    "agreement_version",
)


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
    text = text or _text_meant(actor, engagement, step)
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
    keep_copies(locked, consent, text.version, _of(actor, engagement))
    for column in COPIES:
        setattr(engagement, column, getattr(locked, column))
    engagement.save(update_fields=COPIES)
    return consent


def _text_meant(actor: Actor, engagement: Engagement, step: Step) -> AgreementText:
    """What a step is about: the newest text, but for a withdrawal the one that was approved."""
    if step == Step.WITHDRAWN:
        rows = Consent.objects.unscoped(why="the caller has found the client").filter(engagement=engagement)
        approved = rows.filter(step=Step.APPROVED).exclude(text=None).select_related("text").order_by("-seq").first()
        if approved:
            return approved.text  # type: ignore[no-any-return]
    return text_for(engagement.firm, actor.user.language if actor.is_client and actor.user else engagement.language)


def keep_copies(engagement: Engagement, consent: Consent, version: int, party: str) -> None:
    """The copies on a client after one step. They follow from the steps in order, and from nothing else.

    A consent in force stays so while it is asked about anew. `party` is whom the person spoke for; an asking that
    ran out was ended by nobody.
    """
    step, held = Step(consent.step), engagement.has_consent
    if step in ASKING:
        engagement.asked_at = consent.at
    elif step != Step.REMINDED:
        engagement.asked_at = None
    if step in (Step.APPROVED, Step.RENEWAL):
        engagement.agreement_version = version
    if held and step in (Step.RENEWAL, Step.REMINDED):
        return
    engagement.consent, engagement.consent_at = step, consent.at
    if step == Step.APPROVED:
        engagement.withdrawn_at, engagement.withdrawn_by = None, ""
        engagement.consent_first_approved_at = engagement.consent_first_approved_at or consent.at
    elif held:
        engagement.withdrawn_at = consent.at
        engagement.withdrawn_by = "" if step == Step.EXPIRED else f"{consent.name}, {party}"


def _of(actor: Actor, engagement: Engagement) -> str:
    """The company or the firm a person speaks for."""
    return engagement.name if actor.is_client else engagement.firm.name


def asking_of(engagement: Engagement) -> Asking | None:
    """What the company has been asked and has not answered, with the reminders of it; None when nothing."""
    rows = Consent.objects.unscoped(why="the caller has found the client").filter(engagement=engagement)
    reminded: list[dt.datetime] = []
    for step, at in rows.order_by("-seq").values_list("step", "at"):
        if step in ASKING:
            return Asking(Step(step), at, tuple(reversed(reminded)))
        if step != Step.REMINDED:
            return None
        reminded.append(at)
    return None


def ended_an_agreement(consent: Consent) -> bool:
    """Whether a step ended a consent that was in force, and not only an invitation."""
    if consent.step not in ENDED:
        return False
    rows = Consent.objects.unscoped(why="the caller has found the step").filter(engagement=consent.engagement_id)
    before = rows.filter(seq__lt=consent.seq).exclude(step__in=(Step.RENEWAL, Step.REMINDED)).order_by("-seq")
    return before.values_list("step", flat=True).first() == Step.APPROVED


def mark_first_release(engagement: Engagement, only: Iterable[Membership] | None = None) -> None:
    """A case has been released to this client: with an approved consent the menu item is there for those who may
    know of the case. `only` are those a restricted one names, beside the owners; None stands for everybody."""
    if engagement.first_released_at is not None:
        return
    column = "first_released_at" if only is None else "first_restricted_at"
    if getattr(engagement, column) is None:
        setattr(engagement, column, timezone.now())
        engagement.save(update_fields=[column])
    named = Membership.objects.unscoped(why="they are about to see the case that names them")
    named.filter(pk__in=[one.pk for one in only or ()], named_at=None).update(named_at=timezone.now())
