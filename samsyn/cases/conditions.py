"""Questions every list asks of each of its cases, written as SQL.

The same conditions made of querysets took Django longer to put together than the database needed to answer the
whole page (`bin/bench`). Each reads only rows that name the actor, or who at the actor's own firm works with what,
so nothing is told of anybody else's, and takes its columns through the query it stands in, so that it holds in a
subquery too.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import BooleanField, DateTimeField, F, TextField, UUIDField
from django.db.models.expressions import BaseExpression
from django.db.models.functions import Cast

from samsyn.cases.models import Outcome, ReadMark, Recipient
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.models import Engagement, Membership, Participant

NEVER = "1 = 0"
MODELS = {"marks": ReadMark, "recipients": Recipient, "people": Membership, "clients": Engagement, "parts": Participant}
TABLES = {name: model._meta.db_table for name, model in MODELS.items()}
SEEN = "SELECT 1 FROM {marks} seen WHERE seen.firm_id = {firm_id} AND seen.case_id = {id} AND seen.seq >= {seq}"
NAMED = "SELECT 1 FROM {recipients} named JOIN {people} person ON person.id = named.membership_id"
STAFF = "SELECT staff.id FROM {people} staff WHERE staff.engagement_id IS NULL"
AT_WORK = (
    "SELECT 1 FROM {people} person WHERE person.id = {responsible_id} AND person.ended_at IS NULL AND ("
    "EXISTS (SELECT 1 FROM {clients} client WHERE client.id = {engagement_id} AND client.responsible_id = person.id)"
    " OR EXISTS (SELECT 1 FROM {parts} part WHERE part.firm_id = {firm_id} AND part.engagement_id = {engagement_id}"
    " AND part.membership_id = person.id))"
)
OF_CASE = "WHERE named.firm_id = {firm_id} AND named.case_id = {id}"


class Condition(BaseExpression):
    """Yes or no about a case, for `filter` and `annotate`. `columns` are what its text may name of the case."""

    columns: ClassVar[dict[str, Any]]

    def __init__(self, actor: Actor) -> None:
        super().__init__(output_field=BooleanField())
        self.actor = actor
        self.sources = list(self.columns.values())

    def get_source_expressions(self) -> list[Any]:
        return self.sources

    def set_source_expressions(self, exprs: Any) -> None:
        self.sources = exprs

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        names = dict(TABLES)
        for name, source in zip(self.columns, self.sources, strict=True):
            names[name], params = compiler.compile(source)
            if params:
                raise ValueError(f"{name}: a value here would take the place of another")
        said = Said(connection)
        return f"({self.text(said).format(**names)})", said.values

    def text(self, said: Said) -> str:
        """The condition with each column as `{name}` and the values told to `said` in the order they stand in it."""
        raise NotImplementedError


class Said:
    """Values as this database wants them, in the order they were told."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.values: list[Any] = []

    def one(self, value: UUID | dt.datetime | str) -> str:
        field = FIELDS.get(type(value))
        self.values.append(field.get_db_prep_value(value, self.connection) if field else value)
        return "%s"

    def among(self, column: str, listed: Iterable[UUID]) -> str:
        marks = ", ".join(self.one(value) for value in listed)
        return f"{column} IN ({marks})" if marks else NEVER


FIELDS: dict[type, Any] = {UUID: UUIDField(), dt.datetime: DateTimeField()}


class Unread(Condition):
    """Whether something has happened in the case that the actor has not seen.

    Each membership counts from its own beginning: a new colleague has no thousand dots. A draft has no event.
    """

    columns: ClassVar = {name: F(name) for name in ("id", "firm_id", "engagement_id", "outcome")}

    def __init__(self, actor: Actor) -> None:
        side = "client" if actor.is_client else "firm"
        self.columns = {**self.columns, "seq": F(f"{side}_seq"), "changed": F(f"{side}_changed_at")}  # type: ignore[misc]
        super().__init__(actor)

    def text(self, said: Said) -> str:
        read = f"{SEEN} AND {said.among('seen.membership_id', self.actor.membership_ids)}"
        newer = " OR ".join(self._newer(said, one) for one in self.actor.memberships) or NEVER
        text = f"{{seq}} > 0 AND NOT EXISTS ({read}) AND ({newer})"
        return f"{text} AND {{outcome}} <> {said.one(Outcome.RETRACTED.value)}" if self.actor.is_client else text

    def _newer(self, said: Said, member: Membership) -> str:
        here = f"{{engagement_id}} = {said.one(member.engagement_id)} AND " if member.engagement_id else ""
        return f"{here}{{changed}} > {said.one(member.seen_from)}"


class AsksMe(Condition):
    """Whether a case that is with the client asks this person: recipients are badged, and owners when none is left.

    One who has given an approval is not asked for it again while another's is waited for.
    """

    columns: ClassVar = {
        **{name: F(name) for name in ("id", "firm_id", "engagement_id", "kind")},
        "answer": Cast("answer", TextField()),
    }

    def text(self, said: Said) -> str:
        mine = f"EXISTS ({NAMED} {OF_CASE} AND {said.among('person.id', self.actor.membership_ids)})"
        owner = said.among("{engagement_id}", self.actor.owned_engagement_ids)
        nobody = f"NOT EXISTS ({NAMED} {OF_CASE} AND person.ended_at IS NULL AND NOT person.awaits_agreement)"
        return f"({mine} OR ({owner} AND {nobody})) AND NOT ({self._given(said)})"

    def _given(self, said: Said) -> str:
        given = " OR ".join(f"{{answer}} LIKE {said.one(f'%{one}%')}" for one in self.actor.membership_ids)
        return f"{{kind}} = 'approval' AND {{answer}} IS NOT NULL AND ({given or NEVER})"


class Strayed(Condition):
    """Whether whoever is responsible for a case has left the firm, or works with its client no more.

    The rule of `people.sees_client`. Only the cases of staff who have left or see their own clients are looked at.
    """

    columns: ClassVar = {name: F(name) for name in ("firm_id", "engagement_id", "responsible_id")}

    def text(self, said: Said) -> str:
        return f"{{responsible_id}} IN ({self.some(said)}) AND NOT EXISTS ({AT_WORK})"

    def some(self, said: Said, also: str = NEVER) -> str:
        """Those whose cases can be astray, and those `also` names."""
        firm, own = said.among("staff.firm_id", self.actor.firm_ids), said.one(Membership.Scope.OWN.value)
        return f"{STAFF} AND {firm} AND (staff.scope = {own} OR staff.ended_at IS NOT NULL OR {also})"


class Unminded(Strayed):
    """Whether nobody at the firm answers for a case: nobody is responsible, or whoever is has gone astray."""

    def text(self, said: Said) -> str:
        return f"{{responsible_id}} IS NULL OR ({super().text(said)})"


class OwnOrStrayed(Strayed):
    """Whether a case is the actor's own, or that of somebody the actor stands in for, or astray: all in one, so that
    one index answers."""

    def text(self, said: Said) -> str:
        before, own = Said(said.connection), Said(said.connection)
        some = self.some(before, own.among("staff.id", self.actor.minds))
        said.values += [*before.values, *own.values]
        mine = said.among("{responsible_id}", self.actor.minds)
        return f"{{responsible_id}} IN ({some}) AND ({mine} OR NOT EXISTS ({AT_WORK}))"
