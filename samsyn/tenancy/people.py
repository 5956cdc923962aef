"""Who is there now: the people of a firm, and of one client of it."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from samsyn.tenancy.actors import Actor
from samsyn.tenancy.errors import Refused
from samsyn.tenancy.models import Engagement, Membership

# Has not left, can sign in, and need not approve the agreement first. `Membership.is_there` says the same of one.
HERE = Q(ended_at=None, user__is_active=True, awaits_agreement=False)


def owners_here(engagement: Any) -> Any:
    """The present owners of a client, or of the one with this id."""
    rows = Membership.objects.unscoped(why="who answers for a client, whoever is asking")
    rows = rows.filter(HERE, engagement=engagement, role=Membership.Role.OWNER)
    return rows.select_related("user").order_by("user__name", "id")


def newcomers_at(engagement: Any) -> Any:
    """Those who have come in as main contact of a client and have not approved the agreement yet, and can sign in."""
    rows = Membership.objects.unscoped(why="who is to answer, whoever is asking")
    rows = rows.filter(ended_at=None, user__is_active=True, awaits_agreement=True, engagement=engagement)
    return rows.select_related("user").order_by("user__name", "id")


def staff_of(actor: Actor) -> Any:
    """The colleagues at the firm of an actor, by name: who can answer for a case or take part."""
    rows = Membership.objects.visible_to(actor).filter(HERE, engagement=None)
    return rows.select_related("user").order_by("user__name", "id")


def people_of(actor: Actor, engagement: Engagement) -> Any:
    """The people of one client, by name."""
    rows = Membership.objects.visible_to(actor).filter(HERE, engagement=engagement)
    return rows.select_related("user").order_by("user__name", "id")


def staff_named(actor: Actor, pk: str | None) -> Membership | None:
    """The colleague a form names, or None: whatever was posted as `pk`."""
    return next((one for one in staff_of(actor) if str(one.pk) == pk), None)


def chosen_staff(actor: Actor, pk: str | None) -> Membership:
    """The colleague a form names as responsible; a clear sentence when it names none."""
    chosen = staff_named(actor, pk)
    if chosen is None:
        raise Refused(_("Choose who is to be responsible."))
    return chosen
