"""Asking about many cases: what waits, what is unread, and pages of a long list without counting it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.core import signing
from django.db.models import Case as Choose
from django.db.models import F, Q, When
from django.db.models.functions import Coalesce, ExtractYear

from samsyn.cases.conditions import AsksMe, OwnOrStrayed, Unminded, Unread
from samsyn.cases.models import AccessLog, Case, Outcome, ReadMark, State
from samsyn.kit.sweden import STOCKHOLM, stockholm_today
from samsyn.kit.text import like_pattern
from samsyn.tenancy.actors import Actor, client_actor, firm_actor
from samsyn.tenancy.models import Engagement, Membership
from samsyn.tenancy.roles import Right
from samsyn.tenancy.walls.standing import behind

CLIENT_ORDER = ("-client_changed_at", "-id")
MAY_BE_EMPTY = ("number", "due_on")
CARDS, CARDS_OF_FIRM = 20, 6
Place = tuple[bool, str]  # whether it is a firm, and its slug: a firm and a company may have the same
MOST = 1000  # what a badge counts to, so that it takes no longer the more there are
# What a line of a list shows, or a page of it is cut at.
LISTED = (
    "ref", "number", "kind", "state", "outcome", "subject", "sort_key", "only_to_read", "due_on", "turn_since",
    "client_changed_at", "firm_changed_at", "responsible", "restricted",
)  # fmt: skip


def cases_for(actor: Actor) -> Any:
    """The cases an actor sees, with what a list shows of each and whether it is unread.

    Names come as columns and not as rows of other tables, and texts are left behind: a page of fifty is
    then fifty objects, not two hundred.
    """
    rows: Any = Case.objects.visible_to(actor).only(*LISTED)
    rows = rows.annotate(responsible_name=F("responsible__user__name"))
    if actor.is_firm:
        rows = rows.annotate(client_name=F("engagement__name"), unminded=Unminded(actor))
    return rows.annotate(unread=Unread(actor))


def with_asked(actor: Actor, rows: Any) -> Any:
    """`rows` with `asks_me`: whether a case that is with the client waits for this person or for a colleague."""
    return rows.annotate(asks_me=AsksMe(actor))


def waiting(actor: Actor, rows: Any) -> Any:
    """Those of `rows` that wait for this person: the badge counts exactly these."""
    return rows.filter(Q(*_waiting(actor), _connector=Q.OR))


def waiting_for(actor: Actor) -> int:
    """How many cases wait for this person here, `MOST` for that many or more.

    In one question in which an index answers each reason.
    """
    rows = Case.objects.visible_to(actor).order_by().values("state")  # a column of the index
    first, *others = (rows.filter(reason) for reason in _waiting(actor))
    return int((first.union(*others, all=True) if others else first)[:MOST].count())


def _waiting(actor: Actor) -> list[Q]:
    """Why a case waits for this person; of these reasons never two at once."""
    if actor.is_client:
        return [Q(AsksMe(actor), state=State.WITH_CLIENT, only_to_read=False)]
    return [Q(reason, state=State.WITH_FIRM) for reason in minding(actor)]


def minding(actor: Actor) -> list[Q]:
    """Why this person at the firm minds a case: it is his or her own or that of somebody who is away, or nobody's
    and he or she is a manager."""
    if actor.may(Right.RUN_FIRM):
        return [Q(OwnOrStrayed(actor)), Q(responsible=None)]
    return [Q(responsible__in=actor.minds)]


def waiting_for_consent(actor: Actor, engagement: Engagement) -> int:
    """How many cases the firm has written that this person at the client gets when the consent is approved."""
    rows = Case.objects.unscoped(why="only how many; the client sees none of them yet")
    return int(rows.filter(Case.known_to(actor), engagement=engagement, state=State.AWAITING_CONSENT).count())


def by_place(held: Iterable[Membership]) -> dict[Place, list[Membership]]:
    """A person's memberships by where they are held."""
    found: dict[Place, list[Membership]] = {}
    for member in held:
        staff = member.engagement_id is None
        found.setdefault((staff, member.firm.slug if staff else member.engagement.company.slug), []).append(member)
    return found


def waits_in(held: Iterable[Membership]) -> dict[Place, int]:
    """How many cases wait in each place: counted in one at a time, through an actor who is nowhere else."""
    counts: dict[Place, int] = dict.fromkeys(by_place(held := list(held)), 0)
    for (staff, slug), members in by_place(held).items():
        actor = (firm_actor if staff else client_actor)(members[0].user, members, slug)
        if actor:
            with behind(actor):
                counts[staff, slug] = waiting_for(actor)
    return counts


def client_groups(
    actor: Actor, rows: Any, *, late_first: bool = False
) -> tuple[dict[str, list[Case]], dict[str, bool]]:
    """The client's page of cards: what waits for this person, what waits for a colleague, what is to read,
    and what is with the firm. Newest update first; with `late_first` what is late before that, so that a page
    that shows a few never leaves out what has waited longest.

    `rows` are those of `cases_for`. Each state gives its first cards; the second answer says for which
    there are more.
    """
    rows = rows.order_by(*CLIENT_ORDER)
    groups: dict[str, list[Case]] = {"yours": [], "ours": [], "read": [], "firm": []}
    here = with_asked(actor, rows.filter(state=State.WITH_CLIENT))
    if late_first:
        here = here.order_by(_late_or_not(), *CLIENT_ORDER)
    asked = list(here[: CARDS + 1])
    with_firm = list(rows.filter(state=State.WITH_FIRM)[: CARDS_OF_FIRM + 1])
    for case in asked[:CARDS]:
        groups["read" if case.only_to_read else "yours" if case.asks_me else "ours"].append(case)
    groups["firm"] = with_firm[:CARDS_OF_FIRM]
    return groups, {"client": len(asked) > CARDS, "firm": len(with_firm) > CARDS_OF_FIRM}


def _late_or_not() -> Any:
    """An order: what is late comes before what is not."""
    return Choose(When(due_on__lt=stockholm_today(), then=0), default=1)


def in_year(actor: Actor, engagements: Iterable[Any], year: int) -> Any:
    """The cases of these clients that were sent in a year of the Swedish calendar, and those not yet sent by when
    they were written; in the order of their numbers. Never drafts."""
    first, after = (dt.datetime(one, 1, 1, tzinfo=STOCKHOLM) for one in (year, year + 1))
    rows = _not_drafts(actor, engagements).filter(moment__gte=first, moment__lt=after)
    return rows.order_by(F("number").asc(nulls_last=True), "id")


def years_of(actor: Actor, engagements: Iterable[Any]) -> list[int]:
    """The years that hold such a case, newest first."""
    rows = _not_drafts(actor, engagements).annotate(year=ExtractYear("moment", tzinfo=STOCKHOLM))
    return list(rows.order_by("-year").values_list("year", flat=True).distinct())


def _not_drafts(actor: Actor, engagements: Iterable[Any]) -> Any:
    rows: Any = Case.objects.visible_to(actor).filter(engagement__in=list(engagements)).exclude(state=State.DRAFT)
    return rows.annotate(moment=Coalesce("released_at", "created_at"))


def found_by(rows: Any, actor: Actor, words: str) -> Any:
    """Those of `rows` whose subject, number or client holds every word. Never through notes or messages."""
    for word in words.split()[:8]:
        part = like_pattern(word)
        here = Q(search_key__contains=part)
        if actor.is_firm:
            matching = Engagement.objects.visible_to(actor).filter(search_key__contains=part)
            here |= Q(engagement__in=matching.values("pk"))
        rows = rows.filter(here)
    # What was retracted cannot be found by what it said.
    return rows.exclude(outcome=Outcome.RETRACTED) if actor.is_client and words.strip() else rows


# Pages of a long list (keyset): the last row's own values say where the next page begins.

# Signed, since what is in it goes to the database as it is.
CURSORS = signing.Signer(salt="samsyn.cases.lists.cursor")


def cursor_of(row: Any, column: str) -> str:
    value = getattr(row, column)
    if isinstance(value, (dt.datetime, dt.date)):
        value = value.isoformat()
    return CURSORS.sign_object([column, value, str(row.pk)])


def after(rows: Any, column: str, descending: bool, cursor: str) -> Any:
    """The rows behind `cursor` in the order of `column`, then id. One we didn't make for this order begins anew."""
    try:
        made_for, value, pk = CURSORS.unsign_object(cursor)
    except (signing.BadSignature, ValueError):
        return rows
    if made_for != column:
        return rows
    past = "lt" if descending else "gt"
    if value is None:
        return rows.filter(**{column: None, f"id__{past}": pk})
    behind = Q(**{f"{column}__{past}": value}) | Q(**{column: value, f"id__{past}": pk})
    return rows.filter(behind | Q(**{column: None}) if column in MAY_BE_EMPTY else behind)


def ordered(rows: Any, column: str, descending: bool) -> Any:
    """`rows` in the order of `column`, then id. Those without a value come last, whichever way it is turned."""
    how = {"nulls_last": True} if column in MAY_BE_EMPTY else {}
    key = F(column).desc(**how) if descending else F(column).asc(**how)
    return rows.order_by(key, "-id" if descending else "id")


def mark_read(actor: Actor, case: Case) -> None:
    """The reader has opened the case as it is now: the mark moves, and the opening is logged."""
    member = actor.membership_in(case.engagement_id)
    if member is None and not actor.is_support:
        return
    if member is not None:
        ReadMark.advance(member, case, case.seq_for(actor))
    AccessLog.objects.create(
        firm_id=case.firm_id,
        case=case,
        what="opened",
        side=actor.side,
        user_id=actor.user.pk if actor.user else None,
        name=actor.name,
    )
