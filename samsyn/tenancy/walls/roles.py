"""Who comes to the database: the owner makes the tables, and the role of web and worker stands behind the walls."""

from __future__ import annotations

from django.db import connection

from samsyn.tenancy.walls.sql import grants


def grant(role: str) -> None:
    """Give `role` what serving pages and working takes. Run by the owner; safe to run again."""
    quoted = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        (schema,) = cursor.fetchone()
        for one in grants(role, quoted):
            cursor.execute(one.format(schema=quoted(schema)))
