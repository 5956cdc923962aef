"""A support person who has been let in to demobyran, for the tests."""

from __future__ import annotations

from typing import Any

from samsyn.tenancy import actions
from samsyn.tenancy.support import SupportWindow

HELPER = "sanna@support.example"


def let_in(world: Any, *, hours: int = 2) -> SupportWindow:
    actions.add_support("Sanna Stöd", HELPER)
    return actions.open_window(world.manager, email=HELPER, reason="Importen stannar", hours=hours)
