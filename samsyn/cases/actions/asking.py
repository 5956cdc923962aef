"""What the firm asks: drafts, sending, verdicts, asking again. And the one case a client starts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from samsyn.cases import kinds
from samsyn.cases.actions.addressing import (
    list_approvers,
    list_recipients,
    open_the_menu,
    readdress,
    refuse_unnamed,
)
from samsyn.cases.actions.ending import end_as_it_stands
from samsyn.cases.actions.minding import refuse_free_day, refuse_stranger, works_here
from samsyn.cases.files import follow, unsent
from samsyn.cases.models import (
    AccessLog,
    Attachment,
    Audience,
    Case,
    Draft,
    Event,
    Outcome,
    Purpose,
    ReadMark,
    Recipient,
    SendBatch,
    State,
)
from samsyn.cases.people import approvers_at, known_staff, present
from samsyn.cases.verbs import action, index_for_lists, move, press_of, written
from samsyn.kit.queue import enqueue
from samsyn.kit.rows import as_post
from samsyn.kit.text import clean_name, clean_text
from samsyn.tenancy.actions import invite_main_contact
from samsyn.tenancy.actors import SYSTEM, Actor
from samsyn.tenancy.errors import NotNow, NotYours, Refused
from samsyn.tenancy.models import CLIENT, FIRM, Engagement, Membership
from samsyn.tenancy.roles import Right

ONLY_READS = gettext_lazy(
    "You have read access, so you can't write to the firm. An employee or administrator at your company can."
)
SEND_COPIES = "samsyn.cases.jobs.send_copies"
SAYS_NOTHING = gettext_lazy("Write a message or add a file, so that the client has something to read.")
EDITABLE = (State.DRAFT, State.AWAITING_CONSENT)
ASKED = (Engagement.ConsentState.INVITED, Engagement.ConsentState.REMINDED, Engagement.ConsentState.APPROVED)


# Drafts are edited in place and leave no event.


@transaction.atomic
def save_draft_case(
    actor: Actor, case: Case | None, *, engagement: Engagement, kind: str, once: str = "", **facts: Any
) -> Case:
    """Keep a case the firm is writing, new or waiting. `facts` are Case's own columns; nothing need be complete.

    With the `once` of a form that has made a case already, that case is meant; once sent it is given back as it is.
    """
    if not works_here(actor):
        raise NotYours(_("Only the firm can write this kind of case."))
    reached = Engagement.objects.visible_to(actor).locked().filter(pk=engagement.pk).first()
    if reached is None:
        raise NotYours(_("You don't work with this client."))
    written = case is not None
    if case is None:
        first = made_by(actor, "save", once)
        if first is not None and first.state != State.DRAFT:
            return first
        case = _editable(actor, first) if first else _new_case(actor, kind, press_of(actor, "save", once))
    else:
        case = _editable(actor, case)
        if case.state == State.AWAITING_CONSENT and case.engagement_id != reached.pk:
            raise NotNow(_("The case already waits for another client."))
    case.engagement = reached
    for name, value in facts.items():
        setattr(case, name, value)
    if "responsible" in facts:
        refuse_stranger(case.responsible, case)
    case.subject, case.message = clean_name(case.subject)[:120], clean_text(case.message)
    case.firm_changed_at = timezone.now()
    index_for_lists(case)
    case.save()
    if written:
        follow(case)
    return case


def _new_case(actor: Actor, kind: str, once: str | None) -> Case:
    if kind not in [one.slug for one in kinds.for_firm()]:
        raise Refused(_("Choose what kind of case it is."))
    case = Case(firm=actor.firm, kind=kind, sender=actor.membership, responsible=actor.membership, once=once)
    case.kind_version = case.kind_of.version
    return case


def _editable(actor: Actor, case: Case) -> Case:
    """The case that is being edited, locked: a draft or a waiting one, and not on its way to several clients."""
    rows = Case.objects.visible_to(actor).locked()
    fresh: Case = rows.select_related("firm", "engagement", "responsible__user", "sender__user").get(pk=case.pk)
    if fresh.state not in EDITABLE:
        raise NotNow(_("The case has been sent, so it is changed with Amend."))
    refuse_while_sending(fresh)
    return fresh


def made_by(actor: Actor, name: str, token: str) -> Case | None:
    """The case that the same press of the same form by the same person has made already."""
    once = press_of(actor, name, token)
    rows = Case.objects.visible_to(actor).select_related("firm", "engagement", "sender__user")
    return rows.filter(once=once).first() if once else None


def refuse_while_sending(case: Case) -> None:
    """A draft on its way to several clients is the same for all of them."""
    rows = SendBatch.objects.unscoped(why="is the draft on its way").filter(draft=case, finished_at=None)
    if rows.exists():
        raise NotNow(_("The case is on its way to several clients, so it can't be changed now."))


@transaction.atomic
def discard(actor: Actor, case: Case) -> None:
    """*Släng*: a draft goes away without a trace."""
    fresh = Case.objects.visible_to(actor).locked().filter(pk=case.pk).first()
    if fresh is None or not works_here(actor):
        raise NotYours(_("You can't open this case."))
    if fresh.state != State.DRAFT:
        raise NotNow(_("Only a draft can be thrown away. Cancel the case instead."))
    refuse_while_sending(fresh)
    # Its files' bytes go with the sweep, unless a case that was sent to somebody has them too.
    for model in (AccessLog, ReadMark, Draft, Attachment, Recipient):
        model.objects.unscoped(why="what belongs to the draft goes with it").filter(case=fresh).delete()
    SendBatch.objects.unscoped(why="what it told of stays to be read").filter(draft=fresh).update(draft=None)
    Case.objects.visible_to(actor).filter(pk=fresh.pk).delete()


# Sending


def _opened(event: Event) -> str:
    if event.side == CLIENT:
        return _("%(actor)s wrote to the firm.")
    if event.body.get("waits"):
        # It may be edited while it waits, so nothing is said of what it asked then.
        return _("%(actor)s wrote the case, to be sent when consent is given.")
    kind = kinds.get(event.body["kind"])
    return kind.summary(event.half(kind, "request"))


def _describe(case: Case) -> dict[str, Any]:
    return {
        "kind": case.kind,
        "subject": case.subject,
        "text": case.message,
        "request": case.request,
        "due_on": case.due_on and case.due_on.isoformat(),
    }


def _can_leave(actor: Actor, case: Case) -> None:
    if case.engagement.ended_at is not None:
        raise NotNow(_("The client has ended, so nothing new can be sent."))
    refuse_while_sending(case)


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
    fits=_can_leave,
)
def open_(actor: Actor, case: Case) -> dict[str, Any]:
    """*Skicka*: to the client, or into waiting when the agreement is not approved; then the invitation goes out."""
    # Locked, so that no answer to the invitation and no withdrawal can come in between.
    rows = Engagement.objects.visible_to(actor).locked().select_related("company")
    case.engagement = engagement = rows.get(pk=case.engagement_id)
    engagement.firm = case.firm
    if case.only_to_read:
        case.due_on = None
    refuse_unready(case)
    refuse_unnamed(case)
    if engagement.has_consent:
        _release(case)
        return _describe(case)
    move(case, State.AWAITING_CONSENT)
    if engagement.consent not in ASKED:
        invite_main_contact(actor, engagement)
    return {**_describe(case), "waits": True}


def refuse_unready(case: Case) -> None:
    """A draft keeps whatever is typed; only a case with a subject, a working day and a whole request is sent."""
    if not case.subject:
        raise Refused(_("Write a subject, so the client sees what the case is about."))
    refuse_free_day(case.due_on)
    refuse_unfinished(case, case.request)
    if says_nothing(case):
        raise Refused(str(SAYS_NOTHING))


def says_nothing(case: Case) -> bool:
    """Whether the case is to be read and has nothing to read in it, neither words nor a file."""
    if not case.kind_of.needs_words or case.message:
        return False
    files = Attachment.objects.unscoped(why="is there anything to read in the case that is sent")
    return not files.filter(case=case, purpose=Purpose.REQUEST).exists()


def refuse_unfinished(case: Case, request: dict[str, Any]) -> None:
    """Only a request its kind's form accepts is sent, and of its persons only those who may approve today."""
    kind = case.kind_of
    kind.check_request(request)
    people = [(str(one.pk), one.name) for one in approvers_at(case.engagement_id)]
    form = kind.request_form(as_post(kind.request_form(initial=request, people=people)), people=people)
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
    return _describe(case)


def _release(case: Case) -> None:
    move(case, State.WITH_CLIENT)
    case.released_at = timezone.now()
    list_approvers(case)
    open_the_menu(case)


@transaction.atomic
def write_to_firm(
    actor: Actor,
    engagement: Engagement,
    *,
    request: dict[str, Any],
    subject: str,
    message: str,
    restricted: bool = False,
    once: str = "",
) -> Case:
    """The one case a client starts, with the files its writer has chosen. The ball is with the firm at once.

    `request` is the form's `encoded()`. Its writer is its recipient: the reply comes to whoever asked, and when it
    is `restricted` nobody else at the company but the owners knows of it.
    """
    rows = Engagement.objects.visible_to(actor).locked()
    fresh = rows.select_related("firm", "responsible").filter(pk=engagement.pk).first()
    if fresh is None or not actor.is_client or not actor.may(Right.ANSWER, fresh.pk):
        raise NotYours(str(ONLY_READS))
    if first := made_by(actor, "write", once):
        return first
    member = actor.membership_in(fresh.pk)
    if not fresh.has_consent or not member or not fresh.menu_is_open_for(member):
        raise NotNow(_("There is no consent in force, so nothing can be sent to the firm."))
    if fresh.ended_at is not None:
        raise NotNow(_("You are no longer a client of the firm, so nothing new can be sent to it."))
    if not clean_name(subject):
        raise Refused(_("Write a subject, so the firm sees what the case is about."))
    case = Case(
        firm=fresh.firm,
        engagement=fresh,
        kind="client_message",
        request=request,
        subject=clean_name(subject)[:120],
        message=written(message),
        sender=member,
        restricted=restricted,
        responsible_id=_addressee(actor, fresh, request),
        released_at=timezone.now(),
        once=press_of(actor, "write", once),
    )
    case.kind_version = case.kind_of.version
    case.kind_of.check_request(request)
    case.save()
    list_recipients(case, [member])
    open_the_menu(case)
    unsent(actor, fresh, Purpose.REQUEST).update(case=case)
    write(actor, case)
    Draft.objects.visible_to(actor).filter(case=None, engagement=fresh).delete()
    return case


def _addressee(actor: Actor, engagement: Engagement, request: dict[str, Any]) -> UUID | None:
    """Whom the case is written to: a person who has sent this company a case, else the responsible consultant."""
    named = request.get("to")
    if not named:
        return engagement.responsible_id
    if named not in {str(one.pk) for one in known_staff(actor, engagement)}:
        raise Refused(_("Choose somebody who has sent you a case, or the firm."))
    return UUID(named)


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
    return _describe(case)


@transaction.atomic
def send_to_many(actor: Actor, draft: Case, engagement_ids: list[UUID], *, once: str = "") -> SendBatch:
    """Send a draft to several clients: one case each, made in the background. Gives the batch to follow."""
    press, batches = press_of(actor, "send_to_many", once), SendBatch.objects.visible_to(actor)
    if press and (first := batches.filter(once=press).first()):
        if first.draft_id != draft.pk:
            discard(actor, draft)  # the first press has got further than its own draft
        return first
    fresh = Case.objects.visible_to(actor).locked().select_related("firm", "engagement")
    draft = fresh.get(pk=draft.pk)
    if not works_here(actor):
        raise NotYours(_("Your role doesn't let you do this."))
    if draft.state != State.DRAFT:
        raise NotNow(_("The case has already been sent."))
    refuse_while_sending(draft)
    refuse_unready(draft)
    reached = Engagement.objects.visible_to(actor).filter(pk__in=engagement_ids, ended_at=None)
    ids = [str(pk) for pk in reached.order_by("sort_key", "id").values_list("pk", flat=True)]
    if not ids:
        raise Refused(_("Choose at least one client."))
    batch: SendBatch = SendBatch.objects.create(
        firm_id=actor.membership.firm_id,
        draft=draft,
        by=actor.membership,
        engagement_ids=ids,
        total=len(ids),
        subject=draft.subject,
        once=press,
    )
    enqueue(SEND_COPIES, str(batch.pk))
    return batch


# After the client has answered


def _has_rows_to_judge(actor: Actor, case: Case) -> None:
    if case.answer is None or case.kind_of.review_form(case.request) is None:
        raise NotNow(_("There is no answer here to judge row by row."))


@action(
    side=FIRM,
    when=(State.WITH_FIRM,),
    right=Right.WORK,
    says=gettext_lazy("%(actor)s reviewed the answer."),
    icon="check",
    audience=Audience.FIRM,
    fits=_has_rows_to_judge,
    same_edition=True,
)
def review(actor: Actor, case: Case, *, verdicts: dict[str, Any]) -> dict[str, Any]:
    """Accept or return rows. Only the firm knows, until asking again or closing tells the client."""
    case.kind_of.check_review(case.request, verdicts)
    if any(row["verdict"] == "returned" and not row["reason"].strip() for row in verdicts["rows"]):
        raise Refused(_("Say what needs to be done again, so the client can mend it."))
    if (member := actor.membership_in(case.engagement_id)) is not None:
        ReadMark.advance(member, case, case.firm_seq)  # nobody judges what he or she has not opened
    case.review = verdicts
    return {"review": verdicts}


def _asked_again(event: Event) -> str:
    count = len(event.body.get("returned", []))
    if not count:
        return _("%(actor)s asked for more.")
    return ngettext(
        "%%(actor)s asked for %(count)d document again.", "%%(actor)s asked for %(count)d documents again.", count
    ) % {"count": count}


def _may_be_asked_anew(actor: Actor, case: Case) -> None:
    if case.kind == "approval" and case.kind_of.closing_outcome(case.request, case.answer) == Outcome.APPROVED:
        raise NotNow(_("It has been approved. Close the case, or start a new one."))


@action(
    side=FIRM,
    when=(State.WITH_FIRM,),
    then=State.WITH_CLIENT,
    right=Right.WORK,
    says=_asked_again,
    icon="undo-2",
    tells="client",
    takes=Purpose.MESSAGE,
    fits=_may_be_asked_anew,
    same_edition=True,
)
def ask_again(actor: Actor, case: Case, *, text: str = "") -> dict[str, Any]:
    """*Begär komplettering*: the whole case, or only the returned rows; accepted ones stay locked."""
    returned = sorted(case.kind_of.returned_rows(case.review))
    said = written(text, "" if returned else _("Write what you need, or return at least one row."))
    _begin_round(case)
    return {"text": said, "returned": returned, "review": case.review}


def _begin_round(case: Case) -> None:
    """The client has the ball anew. An approval is asked for from the beginning; the events keep what was decided."""
    case.round += 1
    if case.kind == "approval":
        case.answer = None


def _replied(event: Event) -> str:
    return _("%(actor)s replied and closed the case:") if event.body.get("finished") else _("%(actor)s replied:")


@action(
    side=FIRM,
    when=(State.WITH_FIRM,),
    right=Right.WORK,
    says=_replied,
    icon="message-square",
    tells="client",
    takes=Purpose.MESSAGE,
    same_edition=True,
)
def reply(actor: Actor, case: Case, *, text: str, finished: bool = False) -> dict[str, Any]:
    """*Svara*: hand the case back with words, or close it when nothing more is needed."""
    said = written(text, _("Write your reply."))
    if finished:
        end_as_it_stands(case)
        move(case, State.CLOSED)
    else:
        _may_be_asked_anew(actor, case)
        _begin_round(case)
        move(case, State.WITH_CLIENT)
    return {"text": said, "finished": finished, "review": case.review}


def _nothing_has_come_back(actor: Actor, case: Case) -> None:
    if case.round > 1 or (case.answered_seq and case.kind != "approval"):
        raise NotNow(
            _("The client has already answered once, so the request can't be amended. Write a message instead.")
        )


@action(
    side=FIRM,
    when=(State.WITH_CLIENT,),
    right=Right.WORK,
    says=gettext_lazy("%(actor)s changed the case."),
    icon="pencil-line",
    tells="client",
    takes=Purpose.REQUEST,
    fits=_nothing_has_come_back,
)
def amend(
    actor: Actor,
    case: Case,
    *,
    request: dict[str, Any],
    subject: str,
    message: str,
    restricted: bool | None = None,
    recipients: list[Membership] | None = None,
) -> dict[str, Any]:
    """*Rätta*: a new version of what is asked, while nothing has been sent back. Drafts are kept.

    An approval that was given to the old version counts no more. With `recipients` or `restricted` it is for others
    than before; when only that changes, it is no new version of what is asked.
    """
    before = {"subject": case.subject, "message": case.message, "request": case.request}
    case.request = request
    case.subject, case.message = clean_name(subject)[:120], written(message)
    same = before == {"subject": case.subject, "message": case.message, "request": case.request}
    same = same and not unsent(actor, case, Purpose.REQUEST).exists()
    readdressed = readdress(case, restricted, recipients)
    if same and not readdressed:
        raise Refused(_("Nothing is changed."))
    if case.kind_of.only_to_read(request):
        case.due_on = None
    refuse_unready(case)
    refuse_unnamed(case)
    if not same:
        _make_new_version(case)
    open_the_menu(case)
    names = _names_of({*before["request"].get("named", []), *request.get("named", [])})
    return {
        "before": before,
        "after": _describe(case),
        "version": case.request_version,
        "kind": case.kind,
        "names": names,
        "readdressed": readdressed,
    }


def _make_new_version(case: Case) -> None:
    case.request_version += 1
    if case.kind == "approval":
        case.answer = None


def _names_of(memberships: set[str]) -> dict[str, str]:
    """Whoever is named, as they are called today: the event keeps the names."""
    rows = present().filter(pk__in=memberships) if memberships else ()
    return {str(one.pk): one.name for one in rows}
