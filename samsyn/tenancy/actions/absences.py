"""Away from one day to another, with a colleague who answers meanwhile: said by the person or a manager."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from samsyn.kit import letters
from samsyn.kit.sweden import stockholm_today
from samsyn.tenancy.absences import Absence, coming
from samsyn.tenancy.actions.access import locked_member
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.errors import NotNow, NotYours, Refused
from samsyn.tenancy.models import Membership
from samsyn.tenancy.security import SecurityLog, record

LONGEST = dt.timedelta(days=366)  # and no further ahead


@transaction.atomic
def set_away(
    actor: Actor, member: Membership, *, stand_in: Membership | None, first_day: dt.date, last_day: dt.date
) -> Absence:
    """`member` is away on these days, and `stand_in` answers. The same again gives back the first."""
    fresh = _arranged_by(actor, member)
    if stand_in is None or stand_in.pk == fresh.pk or not _is_colleague(stand_in, fresh):
        raise Refused(_("Choose who answers meanwhile."), field="stand_in")
    _refuse_odd_days(first_day, last_day)
    taken = list(coming(membership=fresh).filter(first_day__lte=last_day, last_day__gte=first_day))
    for one in taken:
        if (one.first_day, one.last_day, one.stand_in_id) == (first_day, last_day, stand_in.pk):
            return one  # type: ignore[no-any-return]
    if taken:
        raise Refused(_("%(name)s is already away on some of these days.") % {"name": fresh.name}, field="first_day")
    absence: Absence = Absence.objects.create(
        firm=fresh.firm, membership=fresh, stand_in=stand_in, first_day=first_day, last_day=last_day
    )
    _tell(actor, absence, fresh, stand_in, ends=False)
    return absence


@transaction.atomic
def end_away(actor: Actor, absence: Absence) -> None:
    """The person is back, or stays: nobody stands in from now on."""
    rows = Absence.objects.visible_to(actor).select_related("membership__user", "stand_in__user")
    row: Absence = rows.get(pk=absence.pk)
    fresh = _arranged_by(actor, row.membership)
    row.refresh_from_db(fields=["ended_at"])
    if row.ended_at is not None or row.last_day < stockholm_today():
        raise NotNow(_("These days are over already."))
    row.ended_at = timezone.now()
    row.save(update_fields=["ended_at"])
    _tell(actor, row, fresh, row.stand_in, ends=True)


def _arranged_by(actor: Actor, member: Membership) -> Membership:
    """The member of staff, with the firm locked, so that two absences never overlap."""
    fresh = locked_member(actor, member)
    if fresh.engagement_id is not None or not (actor.decides_over(fresh) or fresh.pk in actor.membership_ids):
        raise NotYours(_("Only a firm manager can say when others are away."))
    return fresh


def _is_colleague(one: Membership, member: Membership) -> bool:
    return one.firm_id == member.firm_id and one.engagement_id is None and one.is_there


@transaction.atomic
def hand_over_standing_in(actor: Actor, member: Membership, to: Membership) -> None:
    """`to` answers from now on for those `member` stands in for, or was to; not for oneself."""
    for one in coming(stand_in=member).exclude(membership=to):
        end_away(actor, one)
        first_day = max(one.first_day, stockholm_today())
        set_away(actor, one.membership, stand_in=to, first_day=first_day, last_day=one.last_day)


def _refuse_odd_days(first_day: dt.date, last_day: dt.date) -> None:
    today = stockholm_today()
    if first_day < today:
        raise Refused(_("The first day has already passed."), field="first_day")
    if last_day < first_day:
        raise Refused(_("The last day can't be before the first."), field="last_day")
    if last_day > today + LONGEST:
        raise Refused(_("Days can be set at most a year ahead."), field="last_day")


def _tell(actor: Actor, absence: Absence, member: Membership, stand_in: Membership, *, ends: bool) -> None:
    """The log, since whoever stands in may see more meanwhile; and a letter to that person."""
    days = f"{member.name} {absence.first_day} – {absence.last_day}"
    what = SecurityLog.What.STANDS_IN
    about = f"{'stood_in' if ends else 'stands_in'}:{days}"
    record(what, member.firm, name=stand_in.name, user=stand_in.user, actor=actor, about=about)
    if actor.user == stand_in.user:
        return
    letters.write(
        template="stand_in",
        to=stand_in.user.email,
        language=stand_in.user.language,
        sender=member.firm.sender_name,
        reply_to=member.firm.reply_to,
        context={
            "name": member.name,
            "firm": member.firm.name,
            "first_day": absence.first_day,
            "last_day": absence.last_day,
            "ends": ends,
            "address": letters.absolute(f"/byra/{member.firm.slug}/"),
        },
        about=f"absence:{absence.pk}:{ends}",
    )
