"""How a case ends, and how it is taken up again."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from samsyn.cases.models import Case, Event, Outcome, Purpose, State
from samsyn.cases.models.case import FINAL_OUTCOMES
from samsyn.cases.verbs import action, written
from samsyn.tenancy.actors import SYSTEM, Actor
from samsyn.tenancy.errors import NotNow
from samsyn.tenancy.models import CLIENT, FIRM
from samsyn.tenancy.roles import Right

SENT = (State.WITH_CLIENT, State.WITH_FIRM, State.CLOSED)
UNENDED = (State.AWAITING_CONSENT, State.WITH_CLIENT, State.WITH_FIRM)


def end(case: Case, outcome: str) -> None:
    """The case rests, with how it ended."""
    case.outcome = Outcome(outcome)
    case.closed_at = timezone.now()


def end_as_it_stands(case: Case) -> None:
    """The firm needs nothing more: how it ended is told by what the client has answered."""
    confirmed = Event.objects.unscoped(why="how the case has ended").filter(case=case, verb="acknowledge")
    if case.kind == "information" and not case.answer and confirmed.exists():
        end(case, Outcome.ACKNOWLEDGED)
    else:
        end(case, case.kind_of.closing_outcome(case.request, case.answer))


@action(
    side=FIRM,
    when=(State.WITH_FIRM,),
    then=State.CLOSED,
    right=Right.WORK,
    says=gettext_lazy("%(actor)s closed the case."),
    icon="circle-check",
    needs_consent=False,
    same_edition=True,
)
def close(actor: Actor, case: Case, *, text: str = "") -> dict[str, Any]:
    """*Avsluta*: the firm has what it asked for. The client is told of the verdicts that were given."""
    end_as_it_stands(case)
    return {"review": case.review, "text": written(text)}


@action(
    side=FIRM,
    when=UNENDED,
    then=State.CLOSED,
    right=Right.WORK,
    says=gettext_lazy("%(actor)s cancelled the case."),
    icon="circle-x",
    needs_consent=False,
    same_edition=True,
)
def cancel(actor: Actor, case: Case, *, text: str = "") -> dict[str, Any]:
    """*Makulera*: the question is no longer asked. What was sent stays readable.

    Not from a page that shows the case as the client's when they have just answered it.
    """
    end(case, Outcome.CANCELLED)
    return {"text": written(text)}


def _was_sent_by_the_firm(actor: Actor, case: Case) -> None:
    if case.is_retracted:
        raise NotNow(_("The case has already been retracted."))
    if not case.is_sent:
        raise NotNow(_("The case was never sent, so there is nothing to retract."))
    if case.by_client:
        raise NotNow(_("The client wrote this case, so the firm can't retract it."))


@action(
    side=FIRM,
    when=SENT,
    then=State.CLOSED,
    right=Right.WORK,
    says=gettext_lazy("%(actor)s retracted the case."),
    icon="undo-2",
    needs_consent=False,
    fits=_was_sent_by_the_firm,
)
def retract(actor: Actor, case: Case) -> dict[str, Any]:
    """*Återkalla*, sent to the wrong one: text, answers and files vanish at once for the client, whatever has
    happened in it since."""
    end(case, Outcome.RETRACTED)
    return {}


@action(
    side=FIRM,
    by=(SYSTEM,),
    when=UNENDED,
    then=State.CLOSED,
    right=Right.WORK,
    says=gettext_lazy("The case was closed because the consent ended."),
    icon="undo-2",
    needs_consent=False,
)
def end_with_consent(actor: Actor, case: Case) -> dict[str, Any]:
    """The end of a consent closes what is open, in its own transaction."""
    end(case, Outcome.WITHDRAWN)
    return {}


def _can_be_taken_up_again(actor: Actor, case: Case) -> None:
    if case.outcome in FINAL_OUTCOMES or not case.is_sent:
        raise NotNow(_("This case has ended for good. Start a new one instead."))
    if case.engagement.ended_at is not None:
        raise NotNow(_("The client has ended, so nothing new can be sent."))
    if actor.is_client and not case.client_may_reopen:
        raise NotNow(_("The case was closed more than 30 days ago. Write a new case to the firm instead."))


@action(
    side=(FIRM, CLIENT),
    when=(State.CLOSED,),
    then=State.WITH_FIRM,
    right=(Right.WORK, Right.ANSWER),
    says=gettext_lazy("%(actor)s reopened the case."),
    icon="undo-2",
    tells="other",
    takes=Purpose.MESSAGE,
    fits=_can_be_taken_up_again,
)
def reopen(actor: Actor, case: Case, *, text: str = "") -> dict[str, Any]:
    """Take a closed case up again: the firm any time, the client within 30 days and with a message."""
    why = _("Write what you want to add, so the firm knows why the case is open again.")
    said = written(text, why if actor.is_client else "")
    case.outcome, case.closed_at = "", None
    return {"text": said}
