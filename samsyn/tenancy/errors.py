"""How a verb says no. Each carries one sentence for the person, already in his or her language."""

from __future__ import annotations


class Refused(Exception):  # noqa: N818 - it is an answer, not a fault
    """What was asked can't be done as it was asked: shown beside `field`, everything typed kept (422)."""

    def __init__(self, sentence: str = "", *, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


class NotNow(Refused):
    """Right person, wrong moment: the case has moved on (409)."""


class Outdated(NotNow):
    """The page it was pressed on shows an earlier round or version: read what is new, then press again (409)."""


class NotYours(Refused):
    """Seen, but not this person's to do (403)."""


class NotFresh(NotYours):
    """The person's to do, once he or she has proved again who it is: the door asks for it and comes back."""


class NotProved(NotFresh):
    """As that, with a second factor: the one the person has already."""
