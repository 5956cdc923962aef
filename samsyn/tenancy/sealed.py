"""What lies sealed in the tables of firms, sealed anew with the newest key."""

from __future__ import annotations

from typing import Any

from samsyn.kit.gate import tenant_models
from samsyn.kit.sealing import seal_anew
from samsyn.tenancy.actors import systems
from samsyn.tenancy.walls.standing import behind


def reseal() -> None:
    """As `kit.sealing.reseal`, one firm at a time. Each day."""
    for system in systems():
        with behind(system):
            for model in tenant_models():
                rows: Any = model.objects.unscoped(why="a key is changed for all at once")
                seal_anew(rows.filter(firm=system.firm))
