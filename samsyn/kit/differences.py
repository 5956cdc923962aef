"""What has changed between two versions of a text, paragraph by paragraph and word by word."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass

SAME, GONE, NEW = "same", "gone", "new"
# Below this likeness two paragraphs are two, and not one that was changed; above this length nobody compares words.
ALIKE, LONGEST = 0.4, 4_000


@dataclass(frozen=True)
class Part:
    """Some words: the `same` in both, `gone` or `new`. A space stands between two parts."""

    kind: str
    text: str


@dataclass(frozen=True)
class Paragraph:
    """A paragraph that has changed: its parts, and the heading it stands under where that says more."""

    parts: tuple[Part, ...]
    under: str = ""
    is_heading: bool = False


def changed_paragraphs(before: str, after: str) -> list[Paragraph]:
    """The paragraphs that differ, in order; an empty list when only white space does.

    An empty line parts paragraphs, and `## ` begins a heading.
    """
    old, new = _paragraphs(before), _paragraphs(after)
    found, under = [], ""
    for was, now in _pairs(old, new):
        text = now or was
        heading = text.startswith("## ")
        if was != now:
            parts = tuple(_parts(was.removeprefix("## "), now.removeprefix("## ")))
            found.append(Paragraph(parts, "" if heading else under, heading))
            under = ""
        elif heading:
            under = text.removeprefix("## ")
    return found


def _paragraphs(text: str) -> list[str]:
    return [" ".join(one.split()) for one in re.split(r"\n\s*\n", text.replace("\r\n", "\n")) if one.strip()]


def _pairs(old: list[str], new: list[str]) -> Iterator[tuple[str, str]]:
    """Each paragraph as it was and as it is; "" where there is none."""
    for what, first, last, start, end in difflib.SequenceMatcher(None, old, new).get_opcodes():
        was, now = old[first:last], new[start:end]
        if what == "equal":
            yield from zip(was, now, strict=True)
            continue
        while was and now and _alike(was[0], now[0]):
            yield was.pop(0), now.pop(0)
        yield from ((one, "") for one in was)
        yield from (("", one) for one in now)


def _alike(was: str, now: str) -> bool:
    if was.startswith("## ") != now.startswith("## ") or max(len(was), len(now)) > LONGEST:
        return False
    return difflib.SequenceMatcher(None, was.split(), now.split()).ratio() >= ALIKE


def _parts(was: str, now: str) -> Iterator[Part]:
    if not (was and now):
        yield Part(GONE, was) if was else Part(NEW, now)
        return
    old, new = was.split(), now.split()
    for what, first, last, start, end in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            yield Part(SAME, " ".join(old[first:last]))
            continue
        if first < last:
            yield Part(GONE, " ".join(old[first:last]))
        if start < end:
            yield Part(NEW, " ".join(new[start:end]))
