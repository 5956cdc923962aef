"""The table of walls as SQL, and what puts it into a database: a migration's operation, and the grants."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import migrations

from samsyn.tenancy.walls.table import ONLY_ADDED_TO, TABLE, Wall

# Asked once for each statement, not for each row: that is what SELECT does around a setting. An empty setting on a
# connection that has been used before is '' and not NULL.
PERSON, FIRM, CLIENTS = (
    f"(SELECT nullif(current_setting('app.{name}', true), '')::{type_})"
    for name, type_ in (("user_id", "uuid"), ("firm_id", "uuid"), ("engagement_ids", "uuid[]"))
)
NAMES = {
    "person": PERSON,
    "clients": f"{CLIENTS}::uuid[]",
    "firms": f"(SELECT samsyn_firms_of({CLIENTS}))::uuid[]",
    "persons_clients": f"(SELECT samsyn_clients_of({PERSON}))::uuid[]",
    "persons_firms": f"(SELECT samsyn_firms_of_person({PERSON}))::uuid[]",
}
COMMANDS = {"r": "SELECT", "a": "INSERT", "c": "UPDATE", "d": "DELETE"}
FUNCTIONS = (
    "samsyn_firms_of(uuid[])", "samsyn_clients_of(uuid)", "samsyn_firms_of_person(uuid)",
    "samsyn_firm_of_link(text)", "samsyn_firms_of_company(uuid)", "samsyn_firm_of(text, uuid)",
    "samsyn_firm_of_provider(text)",
)  # fmt: skip


def table_of(label: str) -> str:
    """The name in the database of a table such as 'cases.Case'."""
    return str(apps.get_model(label)._meta.db_table)


def sql_of(label: str) -> str:
    """The wall of one table, whole: what stood before is taken down first."""
    table, wall = table_of(label), TABLE[label]
    down = [f"DROP POLICY IF EXISTS {name} ON {table};" for name in ("reads", "adds", "changes", "removes", "owner")]
    return "\n".join([
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY;",
        *down,
        f"CREATE POLICY owner ON {table} TO CURRENT_USER USING (current_setting('app.side', true) = 'owner');",
        f"CREATE POLICY reads ON {table} FOR SELECT\n    USING ({seen(wall, table)});",
        f"CREATE POLICY adds ON {table} FOR INSERT\n    WITH CHECK ({made(wall, table, 'a')});",
        f"CREATE POLICY changes ON {table} FOR UPDATE\n    USING ({own(wall, table, 'c')})"
        f"\n    WITH CHECK ({made(wall, table, 'c')});",
        f"CREATE POLICY removes ON {table} FOR DELETE\n    USING ({own(wall, table, 'd')});",
    ])  # fmt: skip


def seen(wall: Wall, table: str) -> str:
    """Which rows can be read."""
    return said(table, of_firm(), wall.own if "r" in wall.may else "", wall.reads)


def made(wall: Wall, table: str, how: str) -> str:
    """Which rows can be written: a client's own carry the firm the client belongs to."""
    own = f"{wall.own} AND {{table}}.firm_id = ANY ({{firms}})" if how in wall.may else ""
    return said(table, of_firm(), own)


def own(wall: Wall, table: str, how: str) -> str:
    """Which rows can be changed or taken away."""
    return said(table, of_firm(), wall.own if how in wall.may else "")


def of_firm() -> str:
    return f"{{table}}.firm_id = {FIRM}"


def said(table: str, *reasons: str) -> str:
    return "\n        OR ".join(reason.format(table=table, **NAMES) for reason in reasons if reason)


class OnPostgreSQL(migrations.RunSQL):
    """SQL for PostgreSQL alone. On the way back nothing is taken down: it goes with the tables."""

    def __init__(self, sql: str) -> None:
        super().__init__(sql, migrations.RunSQL.noop)

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return self.__class__.__name__, [self.sql], {}


def function(head: str, returns: str, body: str = "", *, does: str = "") -> str:
    """A function that looks over the wall for one narrow thing, with its owner's eyes, and tells nothing else.

    It acts as the owner and forgets for whom it was asked, so that no policy it meets asks it again; afterwards all
    is as before. (A setting of the function's own would do the same, but only a superuser may make one.) Nothing but
    NULL comes of NULL. `body` is a query for one value, and `does` what puts another kind of answer into `found`.
    """
    names = ("side", "user_id", "firm_id", "engagement_ids")
    kept = ", ".join(f"current_setting('app.{name}', true)" for name in names)
    over = ", ".join(f"set_config('app.{name}', '{'owner' if name == 'side' else ''}', true)" for name in names)
    back = ", ".join(f"set_config('app.{name}', coalesce(kept[{n}], ''), true)" for n, name in enumerate(names, 1))
    return f"""
DO $walls$ BEGIN EXECUTE format($make$
CREATE OR REPLACE FUNCTION {head} RETURNS {returns}
    LANGUAGE plpgsql STABLE STRICT SECURITY DEFINER SET search_path = %I, pg_temp
    AS $body$
    DECLARE kept text[] := ARRAY[{kept}]; found {returns};
    BEGIN
        PERFORM {over};
        {does or f"found := ({body});"}
        PERFORM {back};
        RETURN found;
    END $body$
$make$, current_schema()); END $walls$;
"""


def grants(role: str, quoted: Any) -> list[str]:
    """What a role needs to serve pages and work, and no more. `quoted` makes a name safe to write."""
    who, written = quoted(role), [table_of(label) for label in ONLY_ADDED_TO]
    return [
        f"GRANT USAGE ON SCHEMA {{schema}} TO {who}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {{schema}} TO {who}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {{schema}} TO {who}",
        # The table of the cache is made after the others.
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA {{schema}} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {who}",
        f"REVOKE UPDATE, DELETE ON {', '.join(written)} FROM {who}",
        f"REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {who}",
        *(f"GRANT EXECUTE ON FUNCTION {one} TO {who}" for one in FUNCTIONS),
    ]
