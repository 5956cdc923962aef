"""Who acts: one person acting for one side, made from the address and the memberships behind it.

An `Actor` is the only thing that opens the gate. A person gets one from a door, the system makes its
own and names its firm; nothing in Samsyn happens without one.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from samsyn.tenancy.absences import asked_of_memberships, stood_in_for
from samsyn.tenancy.models import CLIENT, FIRM, Engagement, Firm, Invitation, Membership, Slug, User
from samsyn.tenancy.roles import Right, rights_of
from samsyn.tenancy.support import open_windows
from samsyn.tenancy.walls.standing import as_person, behind


class ActorKind(enum.Enum):
    """The four who can act (data model 13)."""

    PERSON = "person"
    STAND_IN = "stand_in"
    SYSTEM = "system"
    SUPPORT = "support"


PERSON, STAND_IN, SYSTEM, SUPPORT = ActorKind


@dataclass(frozen=True)
class Actor:
    """One person acting for one side.

    On the firm's side there is one membership and `firm` is set. On the client's side there is one
    membership per engagement of the company in the address, and every right is taken from the
    engagement of the case at hand, never from the company.
    """

    side: str
    memberships: tuple[Membership, ...] = ()
    kind: ActorKind = PERSON
    user: User | None = None
    firm: Firm | None = None
    ip_address: str | None = field(default=None, compare=False)
    signed_in_by: str = field(default="", compare=False)
    on_behalf_of: str = field(default="", compare=False)
    until: dt.datetime | None = field(default=None, compare=False)  # when the window of support closes
    fresh: bool = field(default=False, compare=False)  # has proved within fifteen minutes who it is

    @property
    def is_client(self) -> bool:
        return self.side == CLIENT

    @property
    def is_firm(self) -> bool:
        return self.side == FIRM

    @property
    def is_support(self) -> bool:
        """Somebody from outside who reads: nothing restricted, nothing internal, nothing that isn't sent."""
        return self.kind is SUPPORT

    @property
    def name(self) -> str:
        return self.user.name if self.user else _("The system")

    @property
    def membership(self) -> Membership:
        """The membership of staff; the client's side asks `membership_in(engagement_id)` instead."""
        if not self.is_firm or not self.memberships:
            raise LookupError("only staff have one membership")
        return self.memberships[0]

    @property
    def sees_all(self) -> bool:
        return self.kind in (SYSTEM, SUPPORT) or self.membership.scope == Membership.Scope.ALL

    @cached_property
    def engagement_ids(self) -> tuple[UUID, ...]:
        return tuple(m.engagement_id for m in self.memberships if m.engagement_id)

    @cached_property
    def agreed_engagement_ids(self) -> tuple[UUID, ...]:
        """Those whose cases, people and history can be seen: all but where the agreement must be approved first."""
        return tuple(m.engagement_id for m in self.memberships if m.engagement_id and not m.awaits_agreement)

    @cached_property
    def owned_engagement_ids(self) -> tuple[UUID, ...]:
        return tuple(m.engagement_id for m in self.memberships if m.engagement_id and m.is_owner)

    @cached_property
    def open_engagement_ids(self) -> tuple[UUID, ...]:
        """The engagements whose menu item *Ärenden* is there for this person."""
        return tuple(m.engagement_id for m in self.memberships if m.engagement_id and m.menu_is_open)

    @cached_property
    def membership_ids(self) -> tuple[UUID, ...]:
        return tuple(m.pk for m in self.memberships)

    @cached_property
    def stands_in_for(self) -> tuple[UUID, ...]:
        """The colleagues at the firm whom this person answers for today."""
        if not self.is_firm or not self.memberships or not getattr(self.membership, "stands_in", True):
            return ()
        return stood_in_for(self.membership)

    @property
    def minds(self) -> tuple[UUID, ...]:
        """Whose work at the firm is this person's today: the own, and that of those who are away."""
        return self.membership_ids + self.stands_in_for

    def for_the_absent(self, responsible: Membership | None) -> Actor:
        """This person, or standing in for whoever is responsible and away: so it is kept with what is done."""
        if responsible is None or responsible.pk not in self.stands_in_for:
            return self
        return replace(self, kind=STAND_IN, on_behalf_of=responsible.name)

    @cached_property
    def firm_ids(self) -> tuple[UUID, ...]:
        return (self.firm.pk,) if self.firm else tuple(dict.fromkeys(m.firm_id for m in self.memberships))

    @cached_property
    def engagements(self) -> tuple[Engagement, ...]:
        return tuple(m.engagement for m in self.memberships if m.engagement_id)

    @cached_property
    def consultants(self) -> dict[UUID, Membership]:
        """Who at the firm answers for each of the own engagements, by the engagement's id."""
        answering = {one.pk: one.responsible_id for one in self.engagements if one.responsible_id}
        rows = Membership.objects.visible_to(self).filter(pk__in=answering.values()).select_related("user")
        found = {one.pk: one for one in rows}
        return {pk: found[member] for pk, member in answering.items() if member in found}

    def membership_in(self, engagement_id: UUID) -> Membership | None:
        """The membership whose rights count for `engagement_id`: the own one, or staff's only one."""
        if self.is_firm:
            return self.memberships[0] if self.memberships else None
        return next((m for m in self.memberships if m.engagement_id == engagement_id), None)

    def may(self, right: Right, engagement_id: UUID | None = None) -> bool:
        """Whether the role held here gives `right`. On the client's side name the engagement."""
        if self.kind is SYSTEM:
            return True
        if self.kind is SUPPORT:
            return right is Right.READ  # whatever the person helped may do
        if self.is_firm:
            return right in rights_of(self.membership)
        if engagement_id is None:
            return any(right in rights_of(m) for m in self.memberships)
        held = self.membership_in(engagement_id)
        return held is not None and right in rights_of(held)

    def decides_over(self, row: Membership | Invitation) -> bool:
        """Whether the person gives and takes this access: a manager that to the firm, an owner that to the client."""
        if row.engagement_id is None:
            return self.is_firm and self.firm == row.firm and self.may(Right.RUN_FIRM)
        return self.is_client and self.may(Right.REPRESENT, row.engagement_id)


def system_for(firm: Firm) -> Actor:
    """The system acting in one firm: reminders, releases, the closing of read information."""
    return Actor(side=FIRM, kind=SYSTEM, firm=firm)


def systems() -> list[Actor]:
    """The system in each firm, for sweeps: they go through one firm at a time."""
    return [system_for(firm) for firm in Firm.objects.order_by("pk")]


def in_each_firm(rows: Any, *, most: int) -> list[str]:
    """The ids of `rows`, asked in one firm at a time, of each as many as `most`."""
    found: list[str] = []
    for system in systems():
        with behind(system):
            found += [str(pk) for pk in rows.filter(firm=system.firm).values_list("pk", flat=True)[:most]]
    return found


# What doors, menus and lists ask of a membership and what is behind it. The rest is read when a page asks for it: to
# put every column of seven tables into a query takes longer than all else the query does.
ASKED = (
    "role", "scope", "may_approve", "awaits_agreement", "seen_from", "named_at", "ended_at", "user",
    *(f"firm__{name}" for name in (
        "slug", "name", "number", "phone", "sender", "reply_to", "logo", "max_file_mb", "max_case_mb", "due_days",
        "second_factor_staff", "second_factor_clients", "fresh_approval", "fresh_consent")),
    *(f"engagement__{name}" for name in (
        "firm", "name", "consent", "consent_at", "consent_first_approved_at", "first_released_at",
        "first_restricted_at", "withdrawn_at", "withdrawn_by", "asked_at", "ended_at")),
    "engagement__company__slug", "engagement__responsible",
)  # fmt: skip


def memberships_of(user: User) -> list[Membership]:
    """Everything one person belongs to, with firm, engagement and company, in one query."""
    rows = (
        Membership.objects.unscoped(why="a person's own memberships decide what he or she may open")
        .filter(user=user, ended_at=None)
        .select_related("firm", "engagement__company")
        .only(*ASKED)
        .annotate(**asked_of_memberships())
        .order_by("id")
    )
    with as_person(user.pk):
        held: list[Membership] = list(rows)
    for membership in held:
        membership.user = user
    return held


def firm_actor(user: User, held: Iterable[Membership], slug: str) -> Actor | None:
    """`user` acting for the firm at `slug`, or None for a stranger."""
    for membership in held:
        if membership.engagement_id is None and membership.firm.slug == slug:
            return Actor(side=FIRM, memberships=(membership,), user=user, firm=membership.firm)
    return None


def support_actor(user: User, slug: str) -> Actor | None:
    """`user` reading for support at the firm at `slug`, or None when no window is open."""
    for window in open_windows(user, firm__slug=slug):
        return Actor(side=FIRM, kind=SUPPORT, user=user, firm=window.firm, until=window.until)
    return None


def client_actor(user: User, held: Iterable[Membership], slug: str) -> Actor | None:
    """`user` acting for the company at `slug`, or None for a stranger."""
    own = tuple(m for m in held if m.engagement_id and m.engagement.company.slug == slug)
    return Actor(side=CLIENT, memberships=own, user=user) if own else None


def current_slug(value: str) -> str | None:
    """Where an old slug leads now, or None. Ask only after nothing was found under it."""
    row = Slug.objects.filter(value=value).select_related("firm", "company").first()
    if row is None:
        return None
    target = row.firm or row.company
    return target.slug if target and target.slug != value else None
