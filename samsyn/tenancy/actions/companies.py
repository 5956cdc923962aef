"""*Samma företag*: what two firms both have as a client comes under one address, by somebody who owns it at both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from samsyn.tenancy.actors import Actor
from samsyn.tenancy.errors import NotYours, Refused
from samsyn.tenancy.models import Company, Engagement, Membership, Slug, User
from samsyn.tenancy.walls.standing import as_person, firms_with, in_firm


@dataclass(frozen=True)
class Twin:
    """The same company under two addresses: the one the person is at, and another that he or she owns as well."""

    name: str
    here: Company
    there: Company
    firms_here: tuple[str, ...]
    firms_there: tuple[str, ...]


def twins_of(actor: Actor) -> list[Twin]:
    """The other addresses of this company that the person can put together with it.

    Told from what each firm where he or she is an owner has written of the company, and from nothing else.
    """
    owned = _owned_by(actor.user) if actor.user and actor.is_client else []
    mine = actor.engagements[0].company_id if actor.is_client else None
    here = [one for one in owned if one.company_id == mine]
    if not here:
        return []
    found: dict[UUID, list[Engagement]] = {}
    for one in owned:
        if one.company_id != mine:
            found.setdefault(one.company_id, []).append(one)
    return [
        Twin(here[0].name, here[0].company, there[0].company, _firms_of(here), _firms_of(there))
        for there in found.values()
        if not _why_not_joined(here, there)
    ]


def _owned_by(user: User, **where: Any) -> list[Engagement]:
    """The engagements a person is an owner of, with company and firm."""
    rows = Membership.objects.unscoped(why="a person's own memberships").filter(
        user=user,
        ended_at=None,
        awaits_agreement=False,
        role=Membership.Role.OWNER,
        engagement__isnull=False,
        **where,
    )
    return [one.engagement for one in rows.select_related("engagement__company", "engagement__firm").order_by("id")]


def _firms_of(clients: list[Engagement]) -> tuple[str, ...]:
    return tuple(one.firm.name for one in clients)


def _why_not_joined(one: list[Engagement], other: list[Engagement]) -> str:
    """Why two companies are not to be put under one address; '' when they can."""
    if not (one and other):
        return _("You need to be an administrator of both.")
    numbers, theirs = ({client.number for client in clients} for clients in (one, other))
    if not any(numbers | theirs):
        return _("Neither of the two has a number here, so nothing tells that they are the same company.")
    if len(numbers | theirs) > 1:
        return _("The two have different numbers, so they are not the same company.")
    return ""


@transaction.atomic
def join_companies(user: User, keep: UUID, other: UUID) -> Company:
    """*Samma företag*: two companies a person owns both of come under one address; the other's leads there.

    Each engagement keeps its own firm, people, cases and consent. `keep` and `other` are Company ids.
    """
    with as_person(user.pk):  # neither of the two is the side that acts
        return _join(user, keep, other)


def _join(user: User, keep: UUID, other: UUID) -> Company:
    # In one order, so that two who join them the other way round don't wait for each other.
    locked = {one.pk: one for one in Company.objects.select_for_update().filter(pk__in=(keep, other)).order_by("pk")}
    owned = _owned_by(user, engagement__company__in=(keep, other))
    stays, goes = ([one for one in owned if one.company_id == pk] for pk in (keep, other))
    if keep == other or len(locked) < 2 or not (stays and goes):
        raise NotYours(_("You need to be an administrator of both."))
    if why := _why_not_joined(stays, goes):
        raise Refused(why)
    kept = locked[keep]
    moving = Engagement.objects.unscoped(why="every engagement of the joined company moves with it")
    for firm in firms_with(other):
        with in_firm(firm):
            moving.filter(company=other, firm=firm).update(company=kept)
    Slug.objects.filter(company=other).update(company=kept)
    Company.objects.filter(pk=other).delete()
    return kept
