"""A role for the tests that stands behind the walls, as the one of a web server does; their own is above them all."""

from __future__ import annotations

from django.db import ProgrammingError, connection, transaction

ROLE = "samsyn_behind"


def build() -> None:
    """Make the role, once in a server, and give it in this database what a web server's role has."""
    from samsyn.tenancy.walls.roles import grant

    with connection.cursor() as cursor:
        try:
            with transaction.atomic():
                cursor.execute(f"CREATE ROLE {ROLE} NOLOGIN NOSUPERUSER NOBYPASSRLS")
        except ProgrammingError:
            pass  # another worker's, or this one's of an earlier run
    grant(ROLE)
