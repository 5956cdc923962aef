"""The cast's cases by their subjects, each read when it is asked for: most tests need one, and some none."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from samsyn.cases.models import Case


class CasesBySubject(dict[str, Case]):
    """As a dict of all of them, and the same object each time."""

    @cached_property
    def _subjects(self) -> list[str]:
        rows = Case.objects.unscoped(why="the tests name the cast's cases")
        return list(rows.values_list("subject", flat=True))

    def __missing__(self, subject: str) -> Case:
        rows = Case.objects.unscoped(why="the tests name the cast's cases").select_related("firm", "engagement")
        self[subject] = found = rows.get(subject=subject)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._subjects)

    def values(self) -> Any:
        return [self[subject] for subject in self._subjects]

    def items(self) -> Any:
        return [(subject, self[subject]) for subject in self._subjects]
