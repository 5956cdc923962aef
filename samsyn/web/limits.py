"""How often things may be done: each limit stands in `ACCOUNT_RATE_LIMITS`, and is counted in the shared cache.

Whoever goes past one gets the page 429, with what was written to be copied.
"""

from __future__ import annotations

from allauth.core import ratelimit
from django.http import HttpRequest


class TooOften(Exception):  # noqa: N818 - an answer, not a fault
    """More than the limit of an action. The door answers it."""


def limit(request: HttpRequest, action: str, *, key: str | None = None) -> None:
    """Count one more POST of `action` by this address, person or `key`. Looking is not counted, HEAD neither."""
    if request.method == "POST" and not ratelimit.consume(request, action=action, key=key):
        raise TooOften


def limit_uploads(request: HttpRequest) -> None:
    """Every form with a file in it, on whatever page: counted per person, before the file is looked at."""
    if request.method == "POST" and request.user.is_authenticated and request.FILES:
        limit(request, "upload")
