"""A password that leans on the name of the firm or the company: the first thing a stranger tries."""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from samsyn.tenancy.models import Membership, User
from samsyn.tenancy.walls.standing import as_person

LEFT = 8  # signs that must be left when the names are taken out
WORD = 4  # letters of a word that is worth guessing at


class NamesOfPlaces:
    """Refuses a password that is little more than the name of a place the person belongs to, or is invited to."""

    def validate(self, password: str, user: Any = None) -> None:
        left = password.casefold()
        words = {word for name in names_of(user) for word in re.findall(r"\w+", name.casefold()) if len(word) >= WORD}
        found = [word for word in sorted(words, key=len, reverse=True) if word in left]
        for word in found:
            left = left.replace(word, "")
        if found and len(left) < LEFT:
            raise ValidationError(
                _("The password is too like the name of the firm or the company."), code="password_like_place"
            )

    def get_help_text(self) -> str:
        return _("Not the name of the firm or the company.")


def names_of(user: User | None) -> list[str]:
    """What the places of a person are called; of one who is only invited, `user.invited_to`."""
    if user is None:
        return []
    rows = Membership.objects.unscoped(why="a person's own places").filter(user_id=user.pk, ended_at=None)
    with as_person(user.pk):
        pairs = list(rows.values_list("firm__name", "engagement__name"))
    held = [name for pair in pairs for name in pair if name]
    return [*held, *getattr(user, "invited_to", ())]
