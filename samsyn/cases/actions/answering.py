"""What the client does with a case, and what the firm may do in its place."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from samsyn.cases.actions.ending import end
from samsyn.cases.basis import approval_is_settled, basis_digest, basis_text, decisions_of, may_approve_now
from samsyn.cases.drafts import draft_for
from samsyn.cases.files import files_in, refuse_strange_files
from samsyn.cases.kinds.document_request import locked_sentence
from samsyn.cases.models import Attachment, Case, Draft, Event, Outcome, Purpose, ReadMark, State
from samsyn.cases.rounds import standing_answer, told_review
from samsyn.cases.verbs import ANYONE_OR_SYSTEM, action, move, written
from samsyn.kit.sweden import short_date, stockholm_today
from samsyn.kit.text import clean_text
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.demands import must_be_fresh
from samsyn.tenancy.errors import NotNow, NotYours, Refused
from samsyn.tenancy.models import CLIENT, FIRM
from samsyn.tenancy.roles import Right

# Of an approval or a piece of information the firm can write nothing down: only the client can approve or confirm.
ONLY_THE_CLIENT = ("approval", "information")


def _sent_back(event: Event) -> str:
    count = event.body.get("file_count", 0)
    if not count:
        return _("%(actor)s sent the case back.")
    return ngettext(
        "%%(actor)s sent the case back with %(count)d file.",
        "%%(actor)s sent the case back with %(count)d files.",
        count,
    ) % {"count": count}


def _is_answered_by_form(actor: Actor, case: Case) -> None:
    if case.kind == "approval":
        raise NotNow(_("An approval is answered with Approve or Decline."))


@action(
    side=CLIENT,
    when=(State.WITH_CLIENT,),
    then=State.WITH_FIRM,
    right=Right.ANSWER,
    says=_sent_back,
    icon="send",
    tells="firm",
    takes=Purpose.ANSWER,
    fits=_is_answered_by_form,
    same_edition=True,
)
def send_back(actor: Actor, case: Case, *, answer: dict[str, Any], text: str = "") -> dict[str, Any]:
    """Store the whole answer of this round and hand the case to the firm. `answer` is the form's `encoded()`."""
    body = _take_answer(actor, case, answer, text)
    Draft.objects.visible_to(actor).filter(case=case, round=case.round).delete()
    return body


def _take_answer(actor: Actor, case: Case, answer: dict[str, Any], text: str) -> dict[str, Any]:
    """The answer becomes the case's newest. Gives what the event keeps of it."""
    case.kind_of.check_answer(case.request, answer)
    _refuse_touched_rows(case, answer)
    refuse_strange_files(actor, case, answer)
    case.answer, case.review = answer, case.kind_of.review_after(case.review)
    return {"answer": answer, "text": clean_text(text), "file_count": len(files_in(answer))}


def _refuse_touched_rows(case: Case, answer: dict[str, Any]) -> None:
    """A row that is locked goes along exactly as it was."""
    locked = case.kind_of.locked_rows(case.request, case.review)
    before = {row["id"]: row for row in (case.answer or {}).get("rows", [])}
    now = {row["id"]: row for row in answer.get("rows", [])}
    for one in locked & before.keys():
        if now.get(one) != before[one]:
            raise Refused(locked_sentence(one in case.kind_of.accepted_rows(case.review)))


def _is_approval(actor: Actor, case: Case) -> None:
    if case.kind != "approval":
        raise NotNow(_("This case is not an approval."))


@action(
    side=CLIENT,
    when=(State.WITH_CLIENT,),
    right=Right.APPROVE,
    says=gettext_lazy("%(actor)s approved."),
    icon="badge-check",
    tells="firm",
    fits=_is_approval,
)
def approve(actor: Actor, case: Case, *, digest: str, text: str = "") -> dict[str, Any]:
    """Approve exactly what was shown. `digest` is the one the page carried; another basis is refused."""
    return _decide(actor, case, "approved", digest, written(text))


@action(
    side=CLIENT,
    when=(State.WITH_CLIENT,),
    right=Right.APPROVE,
    says=gettext_lazy("%(actor)s declined."),
    icon="circle-x",
    tells="firm",
    fits=_is_approval,
)
def decline(actor: Actor, case: Case, *, digest: str, text: str) -> dict[str, Any]:
    """Decline what was shown, with the reason in `text`. One decline moves the case at once."""
    reason = written(text, _("Say why you decline, so the firm knows what to change."))
    return _decide(actor, case, "declined", digest, reason)


def _decide(actor: Actor, case: Case, decision: str, digest: str, reason: str) -> dict[str, Any]:
    """Freeze who, when, and the canonical bytes and file hashes that were shown."""
    member = actor.membership_in(case.engagement_id)
    if member is None or not may_approve_now(case, member):
        raise NotYours(_("Somebody else is to approve this, or you already have."))
    must_be_fresh(actor, case.firm.fresh_approval)
    if digest != basis_digest(case):
        raise NotNow(_("The basis has changed since you read it. Read it again before you answer."))
    given = {
        "membership": str(member.pk),
        "name": actor.name,
        "at": timezone.now().isoformat(timespec="seconds"),
        "decision": decision,
        "reason": reason,
        "digest": digest,
    }
    case.answer = {"decisions": [*decisions_of(case), given]}
    if decision == "declined" or approval_is_settled(case):
        move(case, State.WITH_FIRM)
    frozen = {"basis": basis_text(case), "signed_in_by": actor.signed_in_by}
    return {**given, **frozen, "answer": case.answer, "text": reason}


def _is_to_be_confirmed(actor: Actor, case: Case) -> None:
    if not case.awaits_acknowledgement:
        raise NotNow(_("This case doesn't ask for a confirmation."))


@action(
    side=CLIENT,
    when=(State.WITH_CLIENT,),
    then=State.CLOSED,
    right=Right.ANSWER,
    says=gettext_lazy("%(actor)s has read it."),
    icon="circle-check",
    tells="firm",
    fits=_is_to_be_confirmed,
    same_edition=True,
)
def acknowledge(actor: Actor, case: Case) -> dict[str, Any]:
    """*Jag har läst*: the client confirms information that is to be confirmed."""
    end(case, Outcome.ACKNOWLEDGED)
    return {}


def _is_only_to_read(actor: Actor, case: Case) -> None:
    if not case.only_to_read:
        raise NotNow(_("Only information that needs no confirmation can be marked as done."))


def _done(event: Event) -> str:
    if event.user_id is None:
        return _("The information closed by itself after 14 days.")
    return _("%(actor)s marked the information as done.")


@action(
    side=(CLIENT, FIRM),
    when=(State.WITH_CLIENT,),
    then=State.CLOSED,
    right=Right.ANSWER,
    says=_done,
    icon="circle-check",
    by=ANYONE_OR_SYSTEM,
    needs_consent=False,
    fits=_is_only_to_read,
    same_edition=True,
)
def done(actor: Actor, case: Case) -> dict[str, Any]:
    """*Klart*: information that needs no confirmation; the system does it after 14 days."""
    end(case, Outcome.INFORMED)
    return {}


def _can_be_taken_back(actor: Actor, case: Case) -> None:
    if case.kind == "approval":
        raise NotNow(_("An approval can't be taken back."))
    if not can_take_back(case):
        raise NotNow(_("The firm has already opened your answer, so it can't be taken back. Write a message."))


@action(
    side=CLIENT,
    when=(State.WITH_FIRM,),
    then=State.WITH_CLIENT,
    right=Right.ANSWER,
    says=gettext_lazy("%(actor)s took the answer back."),
    icon="undo-2",
    fits=_can_be_taken_back,
    same_edition=True,
)
def take_back(actor: Actor, case: Case) -> dict[str, Any]:
    """Undo a sent answer, until someone at the firm has opened it. Never for approvals.

    The answer becomes a draft of the one who takes it back, and the firm sees no more of it than of any
    draft; what stood before stands again.
    """
    rows = Event.objects.unscoped(why="what was sent and told before the answer, under the case's lock")
    events = list(rows.filter(case=case, seq__lte=case.answered_seq).order_by("-seq"))
    taken, before = events[0], events[1:]
    kind, answer = case.kind_of, taken.half(case.kind_of, "answer")
    case.answer, case.review = standing_answer(kind, before), told_review(kind, before)
    case.answered_seq = 0
    case.round += 1
    _back_to_draft(actor, case, taken, answer)
    return {}


def _back_to_draft(actor: Actor, case: Case, taken: Event, answer: dict[str, Any]) -> None:
    """What was sent, words and files, as this person's draft of the new round."""
    sent = Attachment.objects.unscoped(why="the files of the answer that is taken back")
    sent.filter(case=case, event=taken, purpose=Purpose.ANSWER).update(
        event=None, round=case.round, user_id=actor.user.pk if actor.user else None
    )
    form = case.kind_of.answer_form(case.request, answer=answer, review=case.review)
    draft = draft_for(actor, case)
    draft.typed = {**draft.typed, **form.typed()}
    draft.dropped = sorted(set(files_in(case.answer)) - set(files_in(answer)))
    draft.save()


def can_take_back(case: Case) -> bool:
    """Whether the newest answer is there and nobody at the firm has opened it.

    A page that has asked already (`Case.answer_opened`, annotated by `answer_opened`) is not asked again.
    """
    if case.kind == "approval" or not case.answered_seq or case.state != State.WITH_FIRM:
        return False
    known = getattr(case, "answer_opened", None)
    if known is None:
        rows = Case.objects.unscoped(why="has anyone at the firm opened the answer").filter(pk=case.pk)
        known = rows.annotate(answer_opened=answer_opened()).values_list("answer_opened", flat=True).get()
    return not known


def answer_opened() -> Exists:
    """An annotation of Case: whether somebody at the firm has opened the newest answer."""
    marks = ReadMark.objects.unscoped(why="has anyone at the firm opened the answer")
    return Exists(
        marks.filter(case=OuterRef("pk"), seq__gte=OuterRef("answered_seq"), membership__engagement__isnull=True)
    )


def _answered_for(event: Event) -> str:
    how = {"phone": _("by telephone"), "meeting": _("at a meeting")}[event.body["how"]]
    day = short_date(dt.date.fromisoformat(event.body["on"]))
    return _("%%(actor)s answered for the client, %(how)s on %(day)s.") % {"how": how, "day": day}


def _may_be_answered_for(actor: Actor, case: Case) -> None:
    if case.kind in ONLY_THE_CLIENT:
        raise NotNow(_("Only the client can approve or confirm."))


@action(
    side=FIRM,
    when=(State.WITH_CLIENT,),
    then=State.WITH_FIRM,
    right=Right.WORK,
    says=_answered_for,
    icon="pencil-line",
    tells="client",
    takes=Purpose.ANSWER,
    fits=_may_be_answered_for,
    same_edition=True,
)
def answer_for(
    actor: Actor, case: Case, *, answer: dict[str, Any], how: str, on: dt.date, text: str = ""
) -> dict[str, Any]:
    """Write down what the client said. `how` is "phone" or "meeting"; never for what only the client can give."""
    if how not in ("phone", "meeting"):
        raise Refused(_("Say whether it was by telephone or at a meeting."))
    if on > stockholm_today():
        raise Refused(_("The day can't be in the future."))
    return {**_take_answer(actor, case, answer, text), "how": how, "on": on.isoformat()}
