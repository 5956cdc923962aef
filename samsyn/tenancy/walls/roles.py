"""Who comes to the database: the owner makes the tables, and the role of web and worker stands behind the walls."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning
from django.db import DatabaseError, connection

from samsyn.tenancy.walls.sql import grants, table_of
from samsyn.tenancy.walls.table import TABLE

log = logging.getLogger("samsyn.walls")


def grant(role: str) -> None:
    """Give `role` what serving pages and working takes. Run by the owner; safe to run again."""
    quoted = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        (schema,) = cursor.fetchone()
        for one in grants(role, quoted):
            cursor.execute(one.format(schema=quoted(schema)))


def grant_to_web(**_sent: object) -> None:
    """After each `migrate`: what is new is granted too. Nothing where the owner serves the pages as well."""
    if connection.vendor == "postgresql" and settings.DATABASE_WEB_USER not in ("", who_asks()):
        grant(settings.DATABASE_WEB_USER)


def who_asks() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_user")
        (name,) = cursor.fetchone()
    return str(name)


def check_walls(databases: Iterable[str] | None = None, **_options: Any) -> list[CheckMessage]:
    """A system check of the database: what serves the pages is held by the walls, and every table stands behind one."""
    if not databases or connection.vendor != "postgresql":
        return []
    found: list[CheckMessage] = []
    role = settings.DATABASE_WEB_USER or who_asks()
    if any(_asked("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = %s", role)):
        found.append(Warning(
            f"The database role {role!r} is above row-level security, so nothing in PostgreSQL holds firms apart.",
            hint="Give web and worker a role without SUPERUSER and BYPASSRLS: README, To production.", id="samsyn.W001",
        ))  # fmt: skip
    if bare := _asked(UNFORCED, [table_of(label) for label in TABLE]):
        found.append(Warning(
            f"Without a wall that everybody meets: {', '.join(bare)}.",
            hint="Run bin/samsyn migrate as the owner of the tables.", id="samsyn.W002",
        ))  # fmt: skip
    return found


UNFORCED = "SELECT relname FROM pg_class WHERE relname = ANY (%s) AND NOT (relrowsecurity AND relforcerowsecurity)"


def _asked(sql: str, value: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [value])
        return [one for (one,) in cursor.fetchall()]


def warn() -> None:
    """Say in the log what the check finds, when a process that serves pages starts."""
    try:
        for one in check_walls(["default"]):
            log.warning("%s %s", one.msg, one.hint)
    except DatabaseError:
        pass  # there is nothing to look at yet, and the pages say so themselves
    finally:
        connection.close()
