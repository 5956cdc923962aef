"""A manager that refuses to read until somebody has said for whom.

Every tenant table uses `GatedModel`. Its queries may be built freely, but none of them compiles
before `.visible_to(actor)` or `.unscoped(why="…")` was called, whichever way it is run: iteration,
count, exists, aggregate, update, delete, subquery, union, prefetch or access through a key.

The lock sits in the SQL query object, not in the manager, because every way to the database goes
through `Query.get_compiler`. A mistake is therefore an exception in a test, never a leak.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Self, TypeVar

from django.db import models
from django.db.models import sql

from samsyn.kit.ids import uuid7


class Ungated(RuntimeError):  # noqa: N818 - it names a state, as the calls that cause it do
    """A tenant table was about to be read or written without saying for whom."""


class _Gate:
    """The part of a query object that refuses. `passed` says why it may run, empty when it may not."""

    passed: str = ""
    model: type[models.Model]

    def get_compiler(self, *args: Any, **kwargs: Any) -> Any:
        self._require_pass()
        return super().get_compiler(*args, **kwargs)  # type: ignore[misc]

    def chain(self, klass: type[Any] | None = None) -> Any:
        # update() and friends turn the query into another class: keep the gate on it.
        return super().chain(_gated(klass) if klass else None)  # type: ignore[misc,arg-type]

    def combine(self, rhs: Any, connector: str) -> None:
        self._require_pass()
        rhs._require_pass()
        super().combine(rhs, connector)  # type: ignore[misc]

    def _require_pass(self) -> None:
        if not self.passed:
            name = self.model.__name__
            raise Ungated(f'{name}: call .visible_to(actor) or .unscoped(why="…") first.')


@functools.cache
def _gated(klass: Any) -> Any:
    """`klass` (a Query class) with the gate before it."""
    if issubclass(klass, _Gate):
        return klass
    return type(f"Gated{klass.__name__}", (_Gate, klass), {})


M = TypeVar("M", bound=models.Model)


class GatedQuerySet(models.QuerySet[M]):
    """A queryset whose query carries the gate. Models say in `scope_to` what an actor sees."""

    def __init__(
        self,
        model: type[M] | None = None,
        query: sql.Query | None = None,
        using: str | None = None,
        hints: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(model, query or _gated(sql.Query)(model), using, hints)

    def visible_to(self, actor: Any) -> Self:
        """The rows `actor` may see. The model's own `scope_to(queryset, actor)` decides which."""
        opened = self.unscoped(why="visible_to")
        scoped: Self = self.model.scope_to(opened, actor)  # type: ignore[attr-defined]
        return scoped

    def unscoped(self, *, why: str) -> Self:
        """Every row; `why` is for the reader and must say why nobody's eyes are needed."""
        if not why:
            raise ValueError("unscoped() wants a reason")
        clone: Self = self._chain()  # type: ignore[attr-defined]
        clone.query.passed = why  # type: ignore[attr-defined]
        return clone

    def locked(self) -> Self:
        """The rows, each kept from every other change until the transaction ends.

        Not what is joined to them, and not from being pointed at: a row that names one of these may be written
        meanwhile. Otherwise two who hold a case and write beside it wait for each other.
        """
        return self.select_for_update(of=("self",), no_key=True)

    def _require_pass(self) -> None:
        self.query._require_pass()  # type: ignore[attr-defined]

    def delete(self) -> tuple[int, dict[str, int]]:
        self._require_pass()
        return super().delete()

    def _raw_delete(self, using: str | None) -> int:
        # Built on a bare DeleteQuery, so the compiler's own refusal would not be asked.
        self._require_pass()
        return super()._raw_delete(using)

    def raw(self, *args: Any, **kwargs: Any) -> Any:
        raise Ungated(f"{self.model.__name__}: raw() cannot be scoped.")

    def bulk_update(self, objs: Iterable[M], fields: Iterable[str], batch_size: int | None = None) -> int:
        self._require_pass()
        return super().bulk_update(objs, fields, batch_size)

    def get_or_create(self, *args: Any, **kwargs: Any) -> tuple[M, bool]:
        self._require_pass()
        return super().get_or_create(*args, **kwargs)

    def update_or_create(self, *args: Any, **kwargs: Any) -> tuple[M, bool]:
        self._require_pass()
        return super().update_or_create(*args, **kwargs)


GatedManager = models.Manager.from_queryset(GatedQuerySet)


class GatedModel(models.Model):
    """Base of every tenant table: a UUIDv7 key, and no way to read it without saying for whom.

    The base manager is gated as well, so that `child.parent` does not read unless the parent was
    fetched together with the child. Only an instance's own save and refresh pass by themselves.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)

    objects: ClassVar[Any] = GatedManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"
        default_manager_name = "objects"

    @classmethod
    def scope_to(cls, rows: Any, actor: Any) -> Any:
        """Narrow `rows` to what `actor` may see. Default closed: a model that forgets shows nothing."""
        return rows.none()

    def refresh_from_db(
        self,
        using: str | None = None,
        fields: Iterable[str] | None = None,
        from_queryset: models.QuerySet[Any] | None = None,
    ) -> None:
        if from_queryset is None:
            from_queryset = type(self).objects.unscoped(why="an instance's own refresh")
        super().refresh_from_db(using, fields, from_queryset)

    def _do_update(self, base_qs: Any, *args: Any, **kwargs: Any) -> Any:
        base_qs = base_qs.unscoped(why="an instance's own save")
        return super()._do_update(base_qs, *args, **kwargs)


def key(to: str | type[models.Model], **options: Any) -> Any:
    """A foreign key of a tenant table: no way back from the other end, and no cascade.

    `related_name="+"` because a join from the other end would read past the gate. `DO_NOTHING`
    because a cascade would look for children through an ungated manager; the database refuses.
    """
    options.setdefault("on_delete", models.DO_NOTHING)
    return models.ForeignKey(to, related_name="+", **options)


def tenant_models() -> Sequence[type[GatedModel]]:
    """Every concrete gated model, for the tests that walk them."""
    from django.apps import apps

    return [model for model in apps.get_models() if issubclass(model, GatedModel)]
