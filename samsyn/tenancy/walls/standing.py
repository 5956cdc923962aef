"""Standing behind the wall: PostgreSQL is told for whom it is asked, in the settings of the transaction alone.

Nothing here does anything on SQLite, which has no walls; there the gate stands by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from psycopg.pq import TransactionStatus

if TYPE_CHECKING:
    from samsyn.tenancy.actors import Actor


@dataclass(frozen=True)
class Asker:
    """For whom the database is asked, as its settings say it; `firms` are those the person is among now."""

    user_id: str = ""
    side: str = ""
    firm_id: str = ""
    engagement_ids: str = ""
    firms: frozenset[UUID] = frozenset()


NAMES = ("user_id", "side", "firm_id", "engagement_ids")
# One statement, however much is told.
TELL = "SELECT " + ", ".join(f"set_config('app.{name}', %s, true)" for name in NAMES)
TELL_ROLE = f"{TELL}, set_config('role', %s, true)"
_now: ContextVar[Asker | None] = ContextVar("for whom the database is asked", default=None)


class Trespass(RuntimeError):  # noqa: N818 - it names what was tried
    """The system was about to act in a firm that whoever is asking has nothing to do with."""


def are_there() -> bool:
    """Whether this database has walls."""
    return connection.vendor == "postgresql"


@contextmanager
def as_person(user_id: Any) -> Iterator[None]:
    """What is asked inside is asked for a person whose side is not known yet: the own memberships and what these name.

    Opens a transaction. Inside one that is for the same person already nothing changes.
    """
    asker = Asker(user_id=str(user_id))
    if _now.get() == asker:
        yield
    else:
        with _standing(asker):
            yield


def take_side(actor: Actor) -> None:
    """The person who is asking acts for this side until the transaction ends. For the doors, inside `as_person`."""
    if are_there():
        if _now.get() is None:
            raise Trespass("No transaction would end what is told here.")
        asker = asker_of(actor)
        _tell(asker)
        _now.set(asker)


@contextmanager
def behind(actor: Actor) -> Iterator[None]:
    """What is asked inside is asked for `actor`; afterwards all is as before. The one way to another side.

    Opens a transaction where there is none. The system can act in a firm of whoever is asking, and in no other.
    """
    asker, now = asker_of(actor), _now.get()
    if now is not None and (now == asker or (asker.side == "system" and now.firm_id == asker.firm_id)):
        yield
        return
    if asker.side == "system" and now is not None and now.side and not asker.firms <= now.firms:
        raise Trespass("The system acts in no firm that whoever is asking has nothing to do with.")
    with _standing(asker):
        yield


@contextmanager
def at_work_on(model: Any, pk: UUID | str) -> Iterator[None]:
    """For a job that is given the id of a row: inside it acts for the firm that the row belongs to, if there is one."""
    row = pk if isinstance(pk, UUID) else UUID(pk)
    with in_firm(_looked_over("samsyn_firm_of", model._meta.db_table, row)):
        yield


@contextmanager
def at_link(token_sha256: str) -> Iterator[None]:
    """For whoever has an invitation in hand: inside, the firm that sent it acts; nobody does when there is none."""
    with in_firm(_looked_over("samsyn_firm_of_link", token_sha256)):
        yield


@contextmanager
def at_provider(ref: str) -> Iterator[None]:
    """The same for whoever comes from a firm's own sign-in, by its reference."""
    with in_firm(_looked_over("samsyn_firm_of_provider", ref)):
        yield


def firms_with(company_id: UUID) -> list[UUID]:
    """The ids of every firm that has this company for a client."""
    if are_there():
        return _looked_over("samsyn_firms_of_company", company_id) or []
    from samsyn.tenancy.models import Engagement

    rows = Engagement.objects.unscoped(why="which firms, and nothing of them").filter(company=company_id)
    return list(rows.values_list("firm", flat=True).distinct())


def _looked_over(function: str, *told: Any) -> Any:
    """What a function of the owner's tells of the other side of the wall; None without walls."""
    if not are_there():
        return None
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}({', '.join(['%s'] * len(told))})", told)
        (found,) = cursor.fetchone()
    return found


@contextmanager
def in_firm(firm_id: UUID | None) -> Iterator[None]:
    """Inside, the system of this firm is asking; with None nobody is."""
    from samsyn.tenancy.actors import system_for
    from samsyn.tenancy.models import Firm

    with behind(system_for(Firm(pk=firm_id))) if firm_id else _standing(Asker()):
        yield


def asker_of(actor: Actor) -> Asker:
    """An actor as the settings say it. On the client's side no firm is named: the engagements alone decide."""
    person = str(actor.user.pk) if actor.user else ""
    if actor.is_client:
        ids = ",".join(map(str, actor.engagement_ids))
        return Asker(person, "client", "", f"{{{ids}}}", frozenset(actor.firm_ids))
    side = "system" if actor.kind.value == "system" else "firm"
    return Asker(person, side, ",".join(map(str, actor.firm_ids)), "", frozenset(actor.firm_ids))


@contextmanager
def _standing(asker: Asker) -> Iterator[None]:
    if not are_there():
        yield
        return
    inside, before = connection.in_atomic_block, _now.get()
    if before is not None:
        with _told(asker, before):
            yield
        return
    # Out of every wall: a transaction of its own, which takes the settings with it. Inside one that has begun without
    # any, an operator's or a test's, they are taken back by hand.
    with transaction.atomic(), _told(asker, NOBODY() if inside else None):
        yield


def NOBODY() -> Asker:  # noqa: N802
    return Asker(side=settings.DATABASE_SIDE)


@contextmanager
def _told(asker: Asker, after: Asker | None) -> Iterator[None]:
    before = _now.get()
    _tell(asker)
    token = _now.set(asker)
    try:
        yield
    finally:
        _now.reset(token)
        if after is not None and not _is_broken():
            _tell(after, behind=before is not None)


def _tell(asker: Asker, *, behind: bool = True) -> None:
    told = [getattr(asker, name) for name in NAMES]
    if role := settings.DATABASE_ROLE:
        with connection.cursor() as cursor:
            cursor.execute(TELL_ROLE, [*told, role if behind else "none"])
        return
    with connection.cursor() as cursor:
        cursor.execute(TELL, told)


def _is_broken() -> bool:
    """Whether the transaction can only be undone, which undoes what was told in it as well."""
    return connection.needs_rollback or connection.connection.info.transaction_status == TransactionStatus.INERROR
