"""What the client does with a case, and what the firm may do in its place."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from samsyn.cases.basis import approval_is_settled, basis_digest, basis_text, may_approve_now
from samsyn.cases.files import files_in, refuse_strange_files
from samsyn.cases.models import Case, Draft, Event, Outcome, Purpose, ReadMark, State
from samsyn.cases.verbs import ANYONE, ANYONE_OR_SYSTEM, Happening, action, move
from samsyn.kit.text import clean_text
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.errors import NotNow, NotYours, Refused
from samsyn.tenancy.models import CLIENT, FIRM
from samsyn.tenancy.roles import Right

ANSWERABLE = ("question", "document_request", "details", "client_message", "information")


def _sent_back(event: Event) -> str:
    count = event.body.get("file_count", 0)
    if not count:
        return _("%(actor)s sent the case back.")
    return ngettext(
        "%%(actor)s sent the case back with %(count)d file.",
        "%%(actor)s sent the case back with %(count)d files.",
        count,
    ) % {"count": count}


@action(
    side=CLIENT,
    when=(State.WITH_CLIENT,),
    then=State.WITH_FIRM,
    right=Right.ANSWER,
    says=_sent_back,
    icon="send",
    tells="firm",
    takes=Purpose.ANSWER,
)
def send_back(actor: Actor, case: Case, *, answer: dict[str, Any], text: str = "") -> dict[str, Any]:
    """Store the whole answer of this round and hand the case to the firm. `answer` is the form's `encoded()`."""
    if case.kind == "approval":
        raise NotNow(_("An approval is answered with Approve or Decline."))
    refuse_strange_files(actor, case, answer)
    case.answer, case.review = answer, case.kind_of.review_after(case.review)
    _forget_draft(actor, case)
    return {"answer": answer, "text": clean_text(text), "file_count": len(files_in(answer))}


@action(
    side=CLIENT,
    when=(State.WITH_CLIENT,),
    right=Right.APPROVE,
    says=gettext_lazy("%(actor)s approved."),
    icon="badge-check",
    tells="firm",
    by=ANYONE,
)
def approve(actor: Actor, case: Case, *, digest: str, text: str = "") -> Happening:
    """Approve exactly what was shown. `digest` is the one the page carried; another basis is refused."""
    return _decide(actor, case, "approved", digest, text)


@action(
    side=CLIENT,
    when=(State.WITH_CLIENT,),
    right=Right.APPROVE,
    says=gettext_lazy("%(actor)s declined."),
    icon="circle-x",
    tells="firm",
    by=ANYONE,
)
def decline(actor: Actor, case: Case, *, digest: str, text: str) -> Happening:
    """Decline what was shown, with the reason in `text`. One decline moves the case at once."""
    if not text.strip():
        raise Refused(_("Say why you decline, so the firm knows what to change."))
    return _decide(actor, case, "declined", digest, text)


def _decide(actor: Actor, case: Case, decision: str, digest: str, text: str) -> Happening:
    if case.kind != "approval":
        raise NotNow(_("This case is not an approval."))
    member = actor.membership_in(case.engagement_id)
    if member is None or not may_approve_now(case, member):
        raise NotYours(_("Somebody else is to approve this, or you already have."))
    if digest != basis_digest(case):
        raise NotNow(_("The basis has changed since you read it. Read it again before you answer."))
    given = {
        "membership": str(member.pk),
        "name": actor.name,
        "at": timezone.now().isoformat(timespec="seconds"),
        "decision": decision,
        "reason": clean_text(text),
        "digest": digest,
    }
    decisions = [*(case.answer or {}).get("decisions", []), given]
    case.answer = {"decisions": decisions}
    if decision == "declined" or approval_is_settled(case):
        move(case, State.WITH_FIRM)
    body = {
        **given,
        "basis": basis_text(case),
        "signed_in_by": actor.signed_in_by,
        "answer": case.answer,
        "text": given["reason"],
    }
    return Happening(body)


@action(
    side=CLIENT,
    when=(State.WITH_CLIENT,),
    then=State.CLOSED,
    right=Right.ANSWER,
    says=gettext_lazy("%(actor)s has read this."),
    icon="circle-check",
    tells="firm",
)
def acknowledge(actor: Actor, case: Case) -> dict[str, Any]:
    """*Jag har läst*: the client confirms information that is to be confirmed."""
    if not case.awaits_acknowledgement:
        raise NotNow(_("This case doesn't ask for a confirmation."))
    _close(case, Outcome.ACKNOWLEDGED)
    return {}


@action(
    side=(CLIENT, FIRM),
    when=(State.WITH_CLIENT,),
    then=State.CLOSED,
    right=(Right.ANSWER,),
    says=gettext_lazy("%(actor)s marked the information as done."),
    icon="circle-check",
    by=ANYONE_OR_SYSTEM,
    needs_consent=False,
)
def done(actor: Actor, case: Case) -> dict[str, Any]:
    """*Klart*: information that needs no confirmation; the system does it after 14 days."""
    if not case.only_to_read:
        raise NotNow(_("Only information that needs no confirmation can be marked as done."))
    _close(case, Outcome.INFORMED)
    return {}


@action(
    side=CLIENT,
    when=(State.WITH_FIRM,),
    then=State.WITH_CLIENT,
    right=Right.ANSWER,
    says=gettext_lazy("%(actor)s took the answer back."),
    icon="undo-2",
)
def take_back(actor: Actor, case: Case) -> dict[str, Any]:
    """Undo a sent answer, until someone at the firm has opened it. Never for approvals."""
    if case.kind == "approval":
        raise NotNow(_("An approval can't be taken back."))
    if not can_take_back(case):
        raise NotNow(_("The firm has already opened your answer, so it can't be taken back. Write a message."))
    case.round += 1
    return {}


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
    day = date_format(dt.date.fromisoformat(event.body["on"]), "j F")
    return _("%%(actor)s answered for the client, %(how)s on %(day)s.") % {"how": how, "day": day}


@action(
    side=FIRM,
    when=(State.WITH_CLIENT,),
    then=State.WITH_FIRM,
    right=Right.WORK,
    says=_answered_for,
    icon="pencil-line",
    tells="client",
    takes=Purpose.ANSWER,
)
def answer_for(
    actor: Actor, case: Case, *, answer: dict[str, Any], how: str, on: dt.date, text: str = ""
) -> dict[str, Any]:
    """Write down what the client said. `how` is "phone" or "meeting"; never for what only the client can give."""
    if case.kind in ("approval", "information"):
        raise NotNow(_("Only the client can approve or confirm."))
    if how not in ("phone", "meeting"):
        raise Refused(_("Say whether it was by telephone or at a meeting."))
    if on > timezone.localdate():
        raise Refused(_("The day can't be in the future."))
    refuse_strange_files(actor, case, answer)
    case.answer, case.review = answer, case.kind_of.review_after(case.review)
    _forget_draft(actor, case)
    return {
        "answer": answer,
        "how": how,
        "on": on.isoformat(),
        "text": clean_text(text),
        "file_count": len(files_in(answer)),
    }


def _close(case: Case, outcome: Outcome) -> None:
    case.outcome = outcome
    case.closed_at = timezone.now()


def _forget_draft(actor: Actor, case: Case) -> None:
    Draft.objects.visible_to(actor).filter(case=case, round=case.round).delete()
