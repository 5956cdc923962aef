"""A new version of the agreement text, and whether those who have approved an older one must approve it."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from samsyn.kit.queue import enqueue
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.agreement import newest_texts, publish
from samsyn.tenancy.errors import NotNow, NotYours, Refused
from samsyn.tenancy.models import Firm
from samsyn.tenancy.roles import Right

ASK_ANEW = "samsyn.cases.jobs.ask_anew_of_firm"


@transaction.atomic
def publish_agreement(actor: Actor, bodies: dict[str, str], *, after: int, must_renew: bool = False) -> int:
    """A manager publishes a text (language → text) as the version behind `after`, the one he or she has read.

    Approvals stay valid. With `must_renew` everyone who has approved an older version is asked to approve this one;
    the worker asks, one client at a time. Gives the version.
    """
    if not actor.is_firm or not actor.may(Right.RUN_FIRM) or actor.firm is None:
        raise NotYours(_("Only a firm manager can change the agreement text."))
    firm = Firm.objects.select_for_update(no_key=True).get(pk=actor.firm.pk)
    if after != newest_version(firm):
        raise NotNow(_("A colleague has published another version since. Read what changes, then publish."))
    version = publish(firm, bodies, by=actor.membership, must_renew=must_renew)
    if version is None:
        raise Refused(_("Nothing in the text has changed."))
    if must_renew:
        enqueue(ASK_ANEW, str(firm.pk))
    return version


def newest_version(firm: Firm) -> int:
    """The number of the version that holds for those who are invited now."""
    return max(text.version for text in newest_texts(firm))
