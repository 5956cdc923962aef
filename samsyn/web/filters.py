"""What templates may call. Filters format, never decide."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

FILTERS: dict[str, Callable[..., Any]] = {}
GLOBALS: dict[str, Any] = {}
