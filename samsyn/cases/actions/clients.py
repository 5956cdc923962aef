"""A client that leaves or is removed, where it moves cases: what waits is cancelled, and drafts go with the client.

These stand here and not in `tenancy`, since tenancy knows no cases; each is one transaction.
"""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from samsyn.cases.actions.asking import discard
from samsyn.cases.actions.consent import ask_once_more
from samsyn.cases.actions.ending import cancel
from samsyn.cases.models import Case, SendBatch, State
from samsyn.cases.retention import while_the_client_stays
from samsyn.tenancy import actions
from samsyn.tenancy.actions.clients import SENT
from samsyn.tenancy.actions.consent import locked_client
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.errors import NotNow
from samsyn.tenancy.models import Engagement


@transaction.atomic
def end_client(actor: Actor, engagement: Engagement) -> int:
    """End the client and cancel the cases that wait for a consent nobody can give any more. Gives how many.

    Cases the client has got go on: both sides can finish them.
    """
    waiting = Case.objects.visible_to(actor).filter(engagement=engagement, state=State.AWAITING_CONSENT)
    actions.end_client(actor, engagement)
    cancelled = list(waiting)
    for case in cancelled:
        cancel(actor, case)
    return len(cancelled)


@transaction.atomic
def take_up_client(actor: Actor, engagement: Engagement) -> None:
    """An ended client comes back, and with it what was reckoned from the day it ended. What it had not answered about
    a new agreement text is asked once more, so that it gets all its time."""
    fresh = actions.take_up_client(actor, engagement)
    while_the_client_stays(fresh)
    if fresh.is_renewing:
        ask_once_more(actor, fresh)


def delete_client(actor: Actor, engagement: Engagement) -> None:
    """Remove a client nothing has been sent to, with the drafts to it."""
    try:
        with transaction.atomic():
            fresh = locked_client(actor, engagement)
            drafts = Case.objects.visible_to(actor).filter(engagement=fresh, state=State.DRAFT)
            _must_be_unsent(actor, fresh, drafts)
            for draft in drafts:
                discard(actor, draft)
            actions.delete_client(actor, fresh)
    except IntegrityError as error:
        text = _("Somebody has just written something to this client, so it can't be deleted.")
        raise NotNow(text) from error


def _must_be_unsent(actor: Actor, engagement: Engagement, drafts: Any) -> None:
    if sent_to(actor, engagement):
        raise NotNow(str(SENT))
    running = SendBatch.objects.unscoped(why="a colleague's batch, too").filter(draft__in=drafts, finished_at=None)
    if running.exists():
        raise NotNow(_("A draft to this client is being sent to several just now. Try again in a while."))


def sent_to(actor: Actor, engagement: Engagement) -> bool:
    """Whether the client has been asked anything: a case beyond its draft, or an invitation."""
    cases = Case.objects.visible_to(actor).filter(engagement=engagement).exclude(state=State.DRAFT)
    return engagement.consent != Engagement.ConsentState.NONE or bool(cases.exists())
