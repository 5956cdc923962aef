"""Which client a row means: by number, else by the firm's own client number, else by name."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from samsyn.kit.text import fold
from samsyn.tenancy.models import Engagement, Firm, Membership
from samsyn.tenancy.people import HERE

Found = dict[str, list[Engagement]]


class Unsure(Exception):  # noqa: N818 - an answer, not a fault
    """The row could mean more than one client. `engagement` is the one to open."""

    def __init__(self, text: str, engagement: Engagement) -> None:
        super().__init__(text)
        self.engagement = engagement


@dataclass
class Register:
    """The firm's clients and colleagues, read once."""

    by_number: dict[str, Engagement] = field(default_factory=dict)
    by_client_number: Found = field(default_factory=lambda: defaultdict(list))
    by_name: Found = field(default_factory=lambda: defaultdict(list))
    staff: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    names: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, firm: Firm) -> Register:
        register = cls()
        rows = Engagement.objects.unscoped(why="only those who see all clients may import").filter(firm=firm)
        for one in rows.order_by("id").iterator(chunk_size=2000):
            register._hold(one)
        people = Membership.objects.unscoped(why="whom a client can be given to").filter(
            HERE, firm=firm, engagement=None
        )
        for member in people.select_related("user"):
            register.names[str(member.pk)] = member.user.name
            for said in {fold(member.user.name), member.user.email}:
                register.staff[said].append(str(member.pk))
        return register

    def _hold(self, one: Engagement) -> None:
        if one.number:
            self.by_number[one.number] = one
        if one.merged_into_id:
            return
        if one.client_number:
            self.by_client_number[one.client_number].append(one)
        self.by_name[fold(one.name)].append(one)

    def find(self, data: dict[str, Any]) -> Engagement | None:
        """The client that a clean row means, or None for a new one. Raises Unsure."""
        number, client_number = data.get("number", ""), data.get("client_number", "")
        numbered = self.by_number.get(number)
        keyed = self.by_client_number.get(client_number, [])
        if numbered:
            return self._the_same(numbered, keyed)
        if keyed:
            return self._only(keyed, _("Several clients have this client number. Give them one each on their pages."))
        named = [
            one
            for one in self.by_name.get(fold(data["name"]), [])
            if not (number and one.number) and not (client_number and one.client_number)
        ]
        sentence = _("Several clients have this name. Write the number, so that the right one is found.")
        return self._only(named, sentence) if named else None

    @staticmethod
    def _the_same(numbered: Engagement, keyed: list[Engagement]) -> Engagement:
        """The client with the row's number, unless the row's client number is another's."""
        other = next((one for one in keyed if one.pk != numbered.pk), None)
        if other and numbered not in keyed:
            sentence = _("The number is that of %(one)s, and the client number that of %(other)s. Correct one of them.")
            raise Unsure(sentence % {"one": numbered.name, "other": other.name}, numbered)
        return numbered

    @staticmethod
    def _only(found: list[Engagement], sentence: str) -> Engagement:
        if len(found) > 1:
            raise Unsure(sentence, found[0])
        return found[0]
