"""What was said round by round, read from the events: what the client has been told, and what was taken back.

`Case.answer` and `Case.review` are copies of the newest; these functions tell what stood before, and so
what a side may see while the other is at work. All take events newest first.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from samsyn.cases.kinds.base import Kind
from samsyn.cases.models import Event

ANSWERS = ("send_back", "answer_for")
# The verbs that let the client know of the verdicts.
TELLS = ("ask_again", "reply", "close")


def told_review(kind: Kind, events: Iterable[Event]) -> dict[str, Any] | None:
    """The verdicts the client knows of: those told last, without the returned ones that were answered since."""
    gone, answered = taken_back(events := list(events)), False
    for event in events:
        if event.verb in ANSWERS and event.pk not in gone:
            answered = True
        elif event.verb in TELLS and event.body.get("review") is not None:
            told: dict[str, Any] = event.half(kind, "review")
            return kind.review_after(told) if answered else told
    return None


def standing_answer(kind: Kind, events: Iterable[Event]) -> dict[str, Any] | None:
    """The newest answer that was not taken back."""
    gone = taken_back(events := list(events))
    for event in events:
        if event.verb in ANSWERS and event.pk not in gone:
            answer: dict[str, Any] = event.half(kind, "answer")
            return answer
    return None


def taken_back(events: Iterable[Event]) -> set[UUID]:
    """The answers that were taken back: each *take_back* undoes the newest one before it."""
    gone: set[UUID] = set()
    undone = 0
    for event in events:
        if event.verb == "take_back":
            undone += 1
        elif event.verb in ANSWERS and undone:
            undone -= 1
            gone.add(event.pk)
    return gone
