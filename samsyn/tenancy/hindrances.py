"""What hinders a firm from reaching a client: one line per fault, with where it is mended.

Judged only from this firm's own register. Another firm's clients, people and log-ins are never revealed,
neither by text, status nor timing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from samsyn.kit.sweden import parse_party_number
from samsyn.kit.text import mail_address
from samsyn.tenancy.models import Engagement, Firm, Invitation, Membership
from samsyn.tenancy.walls.standing import in_firm


@dataclass(frozen=True)
class Hindrance:
    """One fault: a stable code, the sentence, the words of the link that mends it, and the column it stands in."""

    code: str
    text: str
    mend: str
    column: str


def addresses_of_staff(firm: Firm) -> frozenset[str]:
    """The mail addresses of everyone at the firm, those with a living invitation too, folded."""
    staff = Membership.objects.unscoped(why="the firm's own staff").filter(firm=firm, engagement=None, ended_at=None)
    asked = Invitation.objects.unscoped(why="the firm's own invitations").filter(
        firm=firm, engagement=None, state=Invitation.State.PENDING, expires_at__gt=timezone.now()
    )
    with in_firm(firm.pk):  # an owner who asks a colleague in does not see whom the firm has asked
        return frozenset(staff.values_list("user__email", flat=True)) | frozenset(asked.values_list("email", flat=True))


def hindrances(engagement: Engagement, staff: frozenset[str]) -> list[Hindrance]:
    """What must be mended before this client can be invited. `staff` comes from `addresses_of_staff`."""
    found = []
    if not engagement.contact_name:
        found.append(Hindrance("no_contact", _("There is no main contact."), _("Add a main contact"), "contact_name"))
    elif not engagement.contact_email:
        text = _("The main contact has no e-mail address.")
        found.append(Hindrance("no_email", text, _("Add an e-mail address"), "contact_email"))
    if mail_address(engagement.contact_email) in staff:
        text = _("The main contact's e-mail address belongs to someone at the firm.")
        found.append(Hindrance("email_of_staff", text, _("Change the e-mail address"), "contact_email"))
    if not (engagement.address and engagement.postcode and engagement.city):
        column = next(one for one in ("address", "postcode", "city") if not getattr(engagement, one))
        found.append(Hindrance("address", _("The address is incomplete."), _("Complete the address"), column))
    if engagement.number and not is_valid_number(engagement.number):
        found.append(Hindrance("number", _("The number isn't valid."), _("Correct the number"), "number"))
    return found


def hindered(rows: Any, staff: frozenset[str]) -> Any:
    """Those of `rows` that `hindrances` finds a fault in, asked of the database.

    All but the number: a number that isn't valid is refused wherever one is written, so none is looked for.
    """
    empty = [Q(**{column: ""}) for column in ("contact_name", "contact_email", "address", "postcode", "city")]
    return rows.filter(reduce(or_, empty, Q(contact_email__in=staff)))


def is_valid_number(digits: str) -> bool:
    """Whether the digits are an organisation number or a personal number."""
    try:
        parse_party_number(digits)
    except ValueError:
        return False
    return True
