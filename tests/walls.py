"""A role for the tests that stands behind the walls, as the one of a web server does; their own is above them all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import ProgrammingError, connection, transaction
from django.http import HttpRequest, HttpResponse

from samsyn.kit.gate import tenant_models
from samsyn.tenancy.walls import standing

ROLE = settings.DATABASE_ROLE


def build() -> None:
    """Make the role, once in a server, and give it in this database what a web server's role has."""
    from samsyn.tenancy.walls.roles import grant

    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        try:
            with transaction.atomic():
                cursor.execute(f"CREATE ROLE {ROLE} NOLOGIN NOSUPERUSER NOBYPASSRLS")
        except ProgrammingError:
            pass  # another worker's, or this one's of an earlier run
    grant(ROLE)


def questions_in(asked: Any) -> list[str]:
    """The SQL of what was asked, without what the walls are told and the savepoints of the tests themselves."""
    return [one["sql"] for one in asked.captured_queries if "SAVEPOINT" not in one["sql"] and not is_told(one["sql"])]


def is_told(sql: str) -> bool:
    return sql.startswith("SELECT set_config('app.")


class NothingOutside:
    """A middleware of the tests: in a request no table of a firm is asked of outside the walls.

    The tests' own role would get an answer there, a web server's gets nothing.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with nothing_outside():
            return self.get_response(request)


@contextmanager
def nothing_outside() -> Iterator[None]:
    """Refuse what asks a table of a firm for nobody."""
    if connection.vendor != "postgresql":
        yield
        return
    tables = re.compile("|".join(rf'"{model._meta.db_table}"' for model in tenant_models()))

    def watch(execute: Any, sql: str, *rest: Any) -> Any:
        if standing._now.get() is None and (found := tables.search(sql)):
            raise AssertionError(f"{found[0]} is asked outside the walls: {sql[:300]}")
        return execute(sql, *rest)

    with connection.execute_wrapper(watch):
        yield
