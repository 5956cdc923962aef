"""The kinds of case. A kind is here because its file is here."""

from __future__ import annotations

import importlib
import pkgutil

from samsyn.cases.kinds.base import Kind, registry

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")


def get(slug: str) -> Kind:
    """The kind with this slug; KeyError when there is none."""
    return registry[slug]


def all_kinds() -> list[Kind]:
    """Every kind, in the order of product.md."""
    return sorted(registry.values(), key=lambda kind: kind.order)


def for_firm() -> list[Kind]:
    """The kinds the firm can start."""
    return [kind for kind in all_kinds() if kind.by == "firm"]


def for_client() -> list[Kind]:
    """The kinds the client can start."""
    return [kind for kind in all_kinds() if kind.by == "client"]


__all__ = ["Kind", "all_kinds", "for_client", "for_firm", "get"]
