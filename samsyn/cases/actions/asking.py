"""What the firm asks: drafts, sending, verdicts, asking again. And the one case a client starts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from samsyn.cases import kinds
from samsyn.cases.actions.ending import end
from samsyn.cases.actions.minding import refuse_free_day
from samsyn.cases.files import follow, unsent
from samsyn.cases.models import (
    AccessLog,
    Attachment,
    Audience,
    Case,
    Counter,
    Draft,
    Event,
    Outcome,
    Purpose,
    ReadMark,
    Recipient,
    SendBatch,
    State,
)
from samsyn.cases.verbs import Happening, action, index_for_lists, move
from samsyn.kit.queue import enqueue
from samsyn.kit.rows import as_post
from samsyn.kit.text import clean_name, clean_text
from samsyn.tenancy.actions import invite_main_contact
from samsyn.tenancy.actions.consent import mark_first_release
from samsyn.tenancy.actors import SYSTEM, Actor
from samsyn.tenancy.errors import NotNow, NotYours, Refused
from samsyn.tenancy.models import CLIENT, FIRM, Engagement
from samsyn.tenancy.roles import Right

SEND_COPIES = "samsyn.cases.jobs.send_copies"
EDITABLE = (State.DRAFT, State.AWAITING_CONSENT)
ASKED = (Engagement.ConsentState.INVITED, Engagement.ConsentState.REMINDED, Engagement.ConsentState.APPROVED)


# Drafts are edited in place and leave no event.


@transaction.atomic
def save_draft_case(actor: Actor, case: Case | None, *, engagement: Engagement, kind: str, **facts: Any) -> Case:
    """Keep a case the firm is writing, new or waiting. `facts` are Case's own columns; nothing need be complete."""
    if not actor.is_firm or not actor.may(Right.WORK):
        raise NotYours(_("Only the firm can write this kind of case."))
    if not Engagement.objects.visible_to(actor).filter(pk=engagement.pk).exists():
        raise NotYours(_("You don't work with this client."))
    written = case is not None
    if case is None:
        if kind not in [one.slug for one in kinds.for_firm()]:
            raise Refused(_("Choose what kind of case it is."))
        case = Case(firm=actor.firm, kind=kind, sender=actor.membership, responsible=actor.membership)
        case.kind_version = kinds.get(kind).version
    else:
        rows = Case.objects.visible_to(actor).select_for_update(of=("self",))
        case = rows.select_related("firm", "engagement", "responsible__user").get(pk=case.pk)
        if case.state not in EDITABLE:
            raise NotNow(_("The case has been sent, so it is changed with Amend."))
    case.engagement = engagement
    for name, value in facts.items():
        setattr(case, name, value)
    case.subject, case.message = clean_name(case.subject)[:120], clean_text(case.message)
    case.firm_changed_at = timezone.now()
    index_for_lists(case)
    case.save()
    if written:
        follow(case)
    return case


@transaction.atomic
def discard(actor: Actor, case: Case) -> None:
    """*Släng*: a draft goes away without a trace."""
    fresh = Case.objects.visible_to(actor).select_for_update(of=("self",)).filter(pk=case.pk).first()
    if fresh is None or not actor.is_firm:
        raise NotYours(_("You can't open this case."))
    if fresh.state != State.DRAFT:
        raise NotNow(_("Only a draft can be thrown away. Cancel the case instead."))
    # Its files' bytes go with the sweep, unless a case that was sent to somebody has them too.
    for model in (AccessLog, ReadMark, Draft, Attachment, Recipient):
        model.objects.unscoped(why="what belongs to the draft goes with it").filter(case=fresh).delete()
    SendBatch.objects.unscoped(why="what belongs to the draft goes with it").filter(draft=fresh).delete()
    Case.objects.visible_to(actor).filter(pk=fresh.pk).delete()


# Sending


def _opened(event: Event) -> str:
    if event.side == CLIENT:
        return _("%(actor)s wrote to the firm.")
    return kinds.get(event.body["kind"]).summary(event.body["request"])


def _describe(case: Case) -> dict[str, Any]:
    return {
        "kind": case.kind,
        "subject": case.subject,
        "text": case.message,
        "request": case.request,
        "due_on": case.due_on and case.due_on.isoformat(),
    }


@action(
    side=FIRM,
    when=(State.DRAFT,),
    right=Right.WORK,
    says=_opened,
    icon="send",
    takes=Purpose.REQUEST,
    takes_everyones=True,
    tells="client",
    needs_consent=False,
)
def open_(actor: Actor, case: Case) -> dict[str, Any]:
    """*Skicka*: to the client, or into waiting when the agreement is not approved; then the invitation goes out."""
    engagement = case.engagement
    if engagement.ended_at is not None:
        raise NotNow(_("The client has ended, so nothing new can be sent."))
    if not case.subject:
        raise Refused(_("Write a subject, so the client sees what the case is about."))
    refuse_free_day(case.due_on)
    refuse_unfinished(case)
    engagement.firm = case.firm
    if engagement.has_consent:
        _release(case)
    else:
        move(case, State.AWAITING_CONSENT)
        if engagement.consent not in ASKED:
            invite_main_contact(actor, engagement)
    return _describe(case)


def refuse_unfinished(case: Case) -> None:
    """A draft keeps whatever is typed; only a request its kind's form accepts is sent."""
    people = [(one, one) for one in case.request.get("named", [])]
    kind = case.kind_of
    form = kind.request_form(as_post(kind.request_form(initial=case.request, people=people)), people=people)
    if not form.is_valid():
        raise Refused(_("Something is missing in what is asked. Open the draft and finish it."))


@action(
    side=FIRM,
    by=(SYSTEM,),
    when=(State.AWAITING_CONSENT,),
    right=Right.WORK,
    says=gettext_lazy("The agreement was approved and the case was sent to the client."),
    icon="shield-check",
    tells="client",
    takes=Purpose.REQUEST,
    takes_everyones=True,
)
def release(actor: Actor, case: Case) -> dict[str, Any]:
    """At approval of the consent, what waited is the client's to answer."""
    _release(case)
    return {}


def _release(case: Case) -> None:
    move(case, State.WITH_CLIENT)
    case.released_at = timezone.now()
    mark_first_release(case.engagement)
    case.number = Counter.next(case.firm)


@transaction.atomic
def write_to_firm(
    actor: Actor,
    engagement: Engagement,
    *,
    request: dict[str, Any],
    subject: str,
    message: str,
    once: str = "",
) -> Case:
    """The one case a client starts, with the files its writer has chosen. The ball is with the firm at once.

    `request` is the form's `encoded()`.
    """
    rows = Engagement.objects.visible_to(actor).select_for_update(of=("self",))
    fresh = rows.select_related("firm", "responsible").filter(pk=engagement.pk).first()
    if fresh is None or not actor.is_client or not actor.may(Right.ANSWER, fresh.pk):
        raise NotYours(_("Your role doesn't let you write to the firm."))
    if not fresh.has_consent or fresh.first_released_at is None:
        raise NotNow(_("There is no consent in force, so nothing can be sent to the firm."))
    if once and (first := _sent_with(actor, fresh, once)):
        return first
    member = actor.membership_in(fresh.pk)
    case = Case(
        firm=fresh.firm,
        engagement=fresh,
        kind="client_message",
        request=request,
        subject=clean_name(subject)[:120],
        message=clean_text(message),
        sender=member,
        responsible_id=_addressee(fresh, request),
        released_at=timezone.now(),
    )
    case.save()
    unsent(actor, fresh, Purpose.REQUEST).update(case=case)
    write(actor, case, once=once)
    Draft.objects.visible_to(actor).filter(case=None, engagement=fresh).delete()
    return case


def _sent_with(actor: Actor, engagement: Engagement, once: str) -> Case | None:
    """The case that the same press of the same form has made already."""
    rows = Event.objects.visible_to(actor).select_related("case")
    event = rows.filter(engagement=engagement, verb="write", once=once, user_id=actor.user.pk).first()  # type: ignore[union-attr]
    return event.case if event else None


def _addressee(engagement: Engagement, request: dict[str, Any]) -> UUID | None:
    """Whom the case is written to: the person named, else the client's responsible consultant."""
    named = request.get("to")
    return UUID(named) if named else engagement.responsible_id


@action(
    side=CLIENT,
    when=(State.DRAFT,),
    then=State.WITH_FIRM,
    right=Right.ANSWER,
    says=_opened,
    icon="message-square",
    takes=Purpose.REQUEST,
    tells="firm",
)
def write(actor: Actor, case: Case) -> dict[str, Any]:
    """The client's own case is on its way: the only event of a client that begins a case."""
    case.number = Counter.next(case.firm)
    return _describe(case)


def send_to_many(actor: Actor, draft: Case, engagement_ids: list[UUID]) -> SendBatch:
    """Send a draft to several clients: one case each, made in the background. Gives the batch to follow."""
    if draft.state != State.DRAFT:
        raise NotNow(_("The case has already been sent."))
    reached = Engagement.objects.visible_to(actor).filter(pk__in=engagement_ids, ended_at=None)
    ids = [str(pk) for pk in reached.order_by("sort_key", "id").values_list("pk", flat=True)]
    if not ids:
        raise Refused(_("Choose at least one client."))
    with transaction.atomic():
        batch: SendBatch = SendBatch.objects.create(
            firm_id=actor.membership.firm_id,
            draft=draft,
            by=actor.membership,
            engagement_ids=ids,
            total=len(ids),
            subject=draft.subject,
        )
        enqueue(SEND_COPIES, str(batch.pk))
    return batch


# After the client has answered


@action(
    side=FIRM,
    when=(State.WITH_FIRM,),
    right=Right.WORK,
    says=gettext_lazy("%(actor)s went through the answer."),
    icon="check",
    audience=Audience.FIRM,
)
def review(actor: Actor, case: Case, *, verdicts: dict[str, Any]) -> dict[str, Any]:
    """Accept or return rows. Only the firm knows, until asking again or closing tells the client."""
    case.review = verdicts
    return {"review": verdicts}


def _asked_again(event: Event) -> str:
    count = len(event.body.get("returned", []))
    if not count:
        return _("%(actor)s asked for more.")
    return ngettext(
        "%%(actor)s asked for %(count)d document again.", "%%(actor)s asked for %(count)d documents again.", count
    ) % {"count": count}


@action(
    side=FIRM,
    when=(State.WITH_FIRM,),
    then=State.WITH_CLIENT,
    right=Right.WORK,
    says=_asked_again,
    icon="undo-2",
    tells="client",
    takes=Purpose.MESSAGE,
)
def ask_again(actor: Actor, case: Case, *, text: str = "", due_on: Any = None) -> dict[str, Any]:
    """*Begär komplettering*: the whole case, or only the returned rows; accepted ones stay locked."""
    kind = case.kind_of
    returned = sorted(kind.returned_rows(case.review))
    if not returned and not text.strip():
        raise Refused(_("Write what you need, or return at least one row."))
    if case.kind == "approval":
        if kind.closing_outcome(case.answer) != Outcome.DECLINED:
            raise NotNow(_("It has been approved. Close the case, or start a new one."))
        case.answer = None
    if due_on is not None:
        refuse_free_day(due_on)
        case.due_on = due_on
    case.round += 1
    return {"text": clean_text(text), "returned": returned, "review": case.review}


@action(
    side=FIRM,
    when=(State.WITH_FIRM,),
    right=Right.WORK,
    says=gettext_lazy("%(actor)s replied:"),
    icon="message-square",
    tells="client",
    takes=Purpose.MESSAGE,
)
def reply(actor: Actor, case: Case, *, text: str, finished: bool = False) -> Happening:
    """*Svara*: hand the case back with words, or close it when nothing more is needed."""
    if not text.strip():
        raise Refused(_("Write your reply."))
    if finished:
        end(case, case.kind_of.closing_outcome(case.answer))
        move(case, State.CLOSED)
    else:
        case.round += 1
        move(case, State.WITH_CLIENT)
    return Happening({"text": clean_text(text), "finished": finished})


@action(
    side=FIRM,
    when=(State.WITH_CLIENT,),
    right=Right.WORK,
    says=gettext_lazy("%(actor)s changed the case."),
    icon="pencil-line",
    tells="client",
    takes=Purpose.REQUEST,
)
def amend(actor: Actor, case: Case, *, request: dict[str, Any], subject: str, message: str) -> dict[str, Any]:
    """*Rätta*: a new version of what is asked, while nothing has been sent back. Drafts are kept."""
    if case.round > 1 or (case.answered_seq and case.kind != "approval"):
        raise NotNow(_("Something has already been sent back. Ask again or write a message instead."))
    before = {"subject": case.subject, "message": case.message, "request": case.request}
    case.request = request
    case.subject, case.message = clean_name(subject)[:120], clean_text(message)
    case.request_version += 1
    if case.kind == "approval":
        case.answer = None
    return {"before": before, "after": _describe(case), "version": case.request_version, "kind": case.kind}
