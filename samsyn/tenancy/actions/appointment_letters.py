"""The letters about a new main contact. What was written as a reason stands in none of them: it is read signed in."""

from __future__ import annotations

from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from samsyn.kit import letters
from samsyn.kit.sweden import full_date
from samsyn.tenancy.appointments import Appointment
from samsyn.tenancy.models import Company, Engagement, Membership
from samsyn.tenancy.people import HERE, owners_here


def tell_owners(engagement: Engagement, row: Appointment, what: str) -> None:
    """Write to all present owners."""
    slug = Company.objects.values_list("slug", flat=True).get(pk=engagement.company_id)
    _write(owners_here(engagement), engagement, row, what, f"/kund/{slug}/huvudkontakt/{engagement.firm.slug}/")


def tell_managers(engagement: Engagement, row: Appointment, what: str) -> None:
    """Write to those at the firm who can appoint."""
    rows = Membership.objects.unscoped(why="whom to tell").filter(
        HERE, firm=engagement.firm, engagement=None, role=Membership.Role.MANAGER
    )
    path = f"/byra/{engagement.firm.slug}/kunder/{engagement.pk}/huvudkontakt/"
    _write(rows.select_related("user"), engagement, row, what, path)


def _write(readers: Any, engagement: Engagement, row: Appointment, what: str, path: str) -> None:
    firm = engagement.firm
    for one in readers:
        with translation.override(one.user.language):
            heading, says = _words(engagement, row, what)
        letters.write(
            template="new_contact",
            to=one.user.email,
            language=one.user.language,
            sender=firm.sender_name,
            reply_to=firm.reply_to,
            about=f"appointment:{row.pk}:{what}:{one.user_id}",
            context={"heading": heading, "says": says, "address": letters.absolute(path)},
        )


def _words(engagement: Engagement, row: Appointment, what: str) -> tuple[str, str]:
    """The subject, and the sentences, in the language that is active."""
    heading, says = {
        "appointed": (
            _("A new main contact for %(company)s"),
            _(
                "%(firm)s wants %(name)s to be the main contact. If no administrator objects by %(day)s, the person is "
                "invited as administrator. Sign in to read why, and to object."
            ),
        ),
        "invited": (
            _("%(name)s is invited for %(company)s"),
            _("Nobody has objected in time. %(name)s sees the cases when the agreement is approved, not before."),
        ),
        "cancelled": (
            _("The new main contact for %(company)s is taken back"),
            _("%(firm)s has taken it back. You don't need to do anything."),
        ),
        "objected": (
            _("%(company)s has objected to the new main contact"),
            _("%(by)s has objected to %(name)s. Nothing more happens unless you appoint somebody."),
        ),
        "declined": (
            _("The new main contact for %(company)s has declined"),
            _("%(name)s doesn't want to be the main contact. Nothing more happens unless you appoint somebody."),
        ),
    }[what]
    facts = {
        "company": engagement.name,
        "firm": engagement.firm.name,
        "name": row.name,
        "by": row.ended_by,
        "day": full_date(row.last_day),
    }
    return heading % facts, says % facts
