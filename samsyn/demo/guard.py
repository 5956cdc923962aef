"""A database is a demo's or it is not: a known password never meets a real firm."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection

from samsyn.tenancy.models import Firm


def check_database() -> None:
    """ImproperlyConfigured when the database and `SAMSYN_DEMO` don't belong together. An empty one fits both."""
    try:
        strange = Firm.objects.filter(made_by_demo=not settings.SAMSYN_DEMO).exists()
    except DatabaseError:
        return  # no table yet: there is no firm
    finally:
        connection.close()
    if strange:
        raise ImproperlyConfigured(
            "This database holds a firm that the demo did not make. Use another SAMSYN_VAR."
            if settings.SAMSYN_DEMO
            else "This database holds the demo, whose password is known. Use another SAMSYN_VAR, or SAMSYN_DEMO=1."
        )
