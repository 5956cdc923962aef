"""What a firm demands beside a sign-in: a second factor at its door, and a fresh proof before what binds a client.

It is asked where the firm is met and never at the sign-in, so that a person's other places are as they were.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from samsyn.tenancy.actors import PERSON, Actor
from samsyn.tenancy.errors import NotFresh
from samsyn.tenancy.models import Firm, Membership

DEMANDS = ("second_factor_staff", "second_factor_clients", "fresh_approval", "fresh_consent")


def needs_second_factor(member: Membership) -> bool:
    """Whether the firm wants a second factor of whoever comes in by this membership."""
    firm: Firm = member.firm
    return firm.second_factor_staff if member.engagement_id is None else firm.second_factor_clients


def must_be_fresh(actor: Actor, wanted: bool) -> None:
    """Raise `NotFresh` when a firm wants a person to have proved just now who it is, and he or she has not."""
    if wanted and actor.kind is PERSON and not actor.fresh:
        raise NotFresh(_("Confirm that it is you. What you have written is kept."))
