"""The counts behind the limits, in the table of the shared cache."""

from __future__ import annotations

from django.core.cache import caches
from django.core.cache.backends.db import BaseDatabaseCache
from django.db import connection
from django.utils import timezone


def sweep() -> None:
    """Take away what is over. The cache itself does so only when it is full, together with counts that still hold."""
    cache = caches["default"]
    if not isinstance(cache, BaseDatabaseCache):
        return
    table = connection.ops.quote_name(cache._table)  # type: ignore[attr-defined]
    now = connection.ops.adapt_datetimefield_value(timezone.now().replace(microsecond=0))
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE expires < %s", [now])  # noqa: S608 - the table's name is a setting
