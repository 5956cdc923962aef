"""The firm appoints a new main contact. All present owners are told and can object for seven days; then the person is
invited, and sees nothing that is older before he or she has approved the agreement. See docs/decisions/0017."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from samsyn.kit.queue import each
from samsyn.kit.text import clean_name, clean_text, looks_like_address, mail_address
from samsyn.tenancy.actions.appointment_letters import tell_managers, tell_owners
from samsyn.tenancy.actions.consent import locked_client, record_consent
from samsyn.tenancy.actions.people import end_links, invite_as_main_contact
from samsyn.tenancy.actors import Actor, in_each_firm, system_for
from samsyn.tenancy.appointments import Appointment, as_before, running, until_when, was_let_in
from samsyn.tenancy.errors import NotNow, NotYours, Refused
from samsyn.tenancy.hindrances import addresses_of_staff, hindrances
from samsyn.tenancy.models import Engagement, Membership
from samsyn.tenancy.people import HERE, owners_here
from samsyn.tenancy.roles import Right
from samsyn.tenancy.security import SecurityLog, record
from samsyn.tenancy.walls.standing import at_work_on

State = Appointment.State
LONGEST = 500
What = SecurityLog.What


@transaction.atomic
def appoint(actor: Actor, engagement: Engagement, *, name: str, email: str, reason: str) -> Appointment:
    """A manager appoints somebody new. Pressed twice it is one; with no owner there who can object it goes at once."""
    fresh = _appointing(actor, engagement)
    name, email, reason = clean_name(name), mail_address(email), _reason(reason)
    if first := running(engagement=fresh).first():
        if (first.email, first.state) == (email, State.WAITING):
            return first  # type: ignore[no-any-return]
        raise NotNow(_("Somebody has been appointed already. Take that back first."))
    _refuse_odd(fresh, name, email, reason)
    owners = list(owners_here(fresh))
    now = timezone.now()
    made: Appointment = Appointment.objects.create(
        firm=fresh.firm, engagement=fresh, name=name, email=email, reason=reason,
        by=actor.membership, by_name=actor.name, at=now, until=until_when() if owners else now,
    )  # fmt: skip
    _log(actor, fresh, made, "appointed")
    tell_owners(fresh, made, "appointed")
    if not owners:
        _invite(fresh, made)
    return made


@transaction.atomic
def choose_main_contact(actor: Actor, engagement: Engagement, owner: Membership) -> None:
    """Another of the present owners becomes main contact, at once: nobody gets to see more by it."""
    fresh = _appointing(actor, engagement)
    held: Membership | None = owners_here(fresh).filter(pk=owner.pk).first()
    if held is None:
        raise Refused(_("Choose one of the administrators."), field="owner")
    _make_main_contact(fresh, held)
    facts: dict[str, Any] = {"user": held.user, "actor": actor, "engagement": fresh, "about": "contact:chosen"}
    record(What.CONTACT, fresh.firm, name=held.name, **facts)


@transaction.atomic
def object_to(actor: Actor, appointment: Appointment, *, reason: str = "") -> None:
    """An owner objects: the appointment stops, and the firm reads who and why."""
    fresh, row = _locked(actor, appointment)
    if not actor.is_client or not actor.may(Right.REPRESENT, fresh.pk):
        raise NotYours(_("Only an administrator can object."))
    if row.state == State.OBJECTED and actor.user and row.ended_by_id == actor.user.pk:
        return
    if not row.is_waiting:
        raise NotNow(_("It is too late to object: the appointment has been decided or taken back."))
    row.end(State.OBJECTED, actor, reason=_reason(reason))
    _log(actor, fresh, row, "objected")
    tell_managers(fresh, row, "objected")


@transaction.atomic
def cancel_appointment(actor: Actor, appointment: Appointment) -> None:
    """A manager takes it back, as long as the person has not approved the agreement."""
    fresh, row = _locked(actor, appointment)
    _must_run_firm(actor)
    if row.state == State.CANCELLED:
        return
    if not row.is_running:
        raise NotNow(_("The appointment has already ended."))
    end_links(Q(pk=row.invitation_id))
    _step_back(row)
    row.end(State.CANCELLED, actor)
    _log(actor, fresh, row, "cancelled")
    tell_owners(fresh, row, "cancelled")


@transaction.atomic
def invite_appointed_again(actor: Actor, appointment: Appointment) -> None:
    """A new link to somebody who lost the letter or came too late; the old one dies. It is an asking of its own where
    no agreement is in force, as the first was: the new link and the answer live equally long."""
    fresh, row = _locked(actor, appointment)
    _must_run_firm(actor)
    if row.state != State.INVITED or row.membership_id is not None:
        raise NotNow(_("There is no invitation to send again."))
    _ask(fresh)
    row.invitation = invite_as_main_contact(actor, fresh, name=row.name, email=row.email)
    row.save(update_fields=["invitation"])


def sweep() -> None:
    """Invite those nobody has objected to in time. Each day; a day that was missed is caught up."""
    rows = Appointment.objects.unscoped(why="the calendar serves every firm")
    due = rows.filter(state=State.WAITING, until__lte=timezone.now()).order_by("until")
    each(carry_out, in_each_firm(due, most=1000))


@transaction.atomic
def carry_out(appointment_id: str) -> None:
    """The time to object has passed: the person is invited. Whoever comes second finds nothing to do."""
    with at_work_on(Appointment, appointment_id):
        _carry_out(appointment_id)


def _carry_out(appointment_id: str) -> None:
    rows = Appointment.objects.unscoped(why="the calendar serves every firm").select_related("engagement", "firm")
    found = rows.filter(pk=appointment_id).first()
    if found is None:
        return
    fresh, row = _locked(system_for(found.firm), found)
    if not row.is_waiting or row.until > timezone.now():
        return
    if fresh.ended_at or row.email in addresses_of_staff(fresh.firm):
        row.end(State.CANCELLED)
        _log(system_for(fresh.firm), fresh, row, "cancelled")
        return
    if (
        owner := owners_here(fresh).filter(user__email=row.email).first()
    ):  # the owners have let the person in themselves
        _make_main_contact(fresh, owner)
        row.end(State.APPROVED)
        return
    _invite(fresh, row)
    tell_owners(fresh, row, "invited")


def welcome_appointed(actor: Actor, engagement: Engagement, member: Membership) -> None:
    """The new main contact has approved the agreement: now he or she sees the cases. `engagement` is locked."""
    member.awaits_agreement, member.role_before, member.seen_from = False, "", timezone.now()
    member.save(update_fields=["awaits_agreement", "role_before", "seen_from"])
    engagement.main_contact = member
    engagement.save(update_fields=["main_contact"])
    for row in running(engagement=engagement, membership=member).locked():
        row.end(State.APPROVED, actor)
        _log(actor, engagement, row, "approved")


def step_down(actor: Actor, engagement: Engagement, member: Membership, *, reason: str = "") -> None:
    """The appointed person does not want to: what he or she was before is what is left. `engagement` is locked."""
    for row in running(engagement=engagement, membership=member).select_related("membership").locked():
        row.end(State.DECLINED, actor, reason=reason)
        _log(actor, engagement, row, "declined")
        tell_managers(engagement, row, "declined")
    as_before(member)


def awaiting(actor: Actor, engagement: Engagement) -> Membership | None:
    """The actor's own membership in a client, when the agreement is to be approved first and what let the actor in
    still holds; as it is now."""
    if not actor.is_client:
        return None
    rows = Membership.objects.unscoped(why="the actor's own").filter(pk__in=actor.membership_ids)
    found: Membership | None = rows.filter(engagement=engagement, ended_at=None, awaits_agreement=True).first()
    return found if found and was_let_in(found) else None


def _make_main_contact(engagement: Engagement, owner: Membership) -> None:
    engagement.main_contact, engagement.contact_name, engagement.contact_email = owner, owner.name, owner.user.email
    engagement.save(update_fields=["main_contact", "contact_name", "contact_email"])


def _invite(engagement: Engagement, row: Appointment) -> None:
    """The link leaves; the register names the new one. `engagement` and `row` are locked."""
    engagement.contact_name, engagement.contact_email = row.name, row.email
    engagement.save(update_fields=["contact_name", "contact_email"])
    _ask(engagement)
    row.invitation = invite_as_main_contact(_appointer(row), engagement, name=row.name, email=row.email)
    row.state, row.invited_at = State.INVITED, timezone.now()
    row.save(update_fields=["state", "invited_at", "invitation"])


def _ask(engagement: Engagement) -> None:
    """Where no agreement is in force the company is asked for one; else there would be nothing to answer."""
    if not engagement.has_consent:
        record_consent(system_for(engagement.firm), engagement, Engagement.ConsentState.INVITED)


def _appointer(row: Appointment) -> Actor:
    """Who the invitation is from: the manager who appointed, or the firm when that person has left since."""
    rows = Membership.objects.unscoped(why="who appointed").filter(HERE, pk=row.by_id).select_related("user")
    by = rows.first()
    system = system_for(row.firm)
    return Actor(side=system.side, memberships=(by,), user=by.user, firm=row.firm) if by else system


def _appointing(actor: Actor, engagement: Engagement) -> Engagement:
    """The client, locked, when a manager may give it another main contact."""
    _must_run_firm(actor)
    fresh = locked_client(actor, engagement)
    if fresh.ended_at:
        raise NotNow(_("The client has ended."))
    if fresh.consent_first_approved_at is None:
        raise NotNow(_("Nobody at the client has approved yet. Change who the main contact is in the register."))
    return fresh


def _must_run_firm(actor: Actor) -> None:
    if not actor.is_firm or not actor.may(Right.RUN_FIRM):
        raise NotYours(_("Only a firm manager can appoint a new main contact."))


def _locked(actor: Actor, appointment: Appointment) -> tuple[Engagement, Appointment]:
    """The client and the appointment as they are now; the client first, as everybody does who needs both."""
    fresh = locked_client(actor, appointment.engagement)
    rows = Appointment.objects.visible_to(actor).select_related("firm", "engagement", "membership")
    return fresh, rows.locked().get(pk=appointment.pk)


def _refuse_odd(engagement: Engagement, name: str, email: str, reason: str) -> None:
    if not name or looks_like_address(name):
        raise Refused(_("Write a name without links or addresses."), field="name")
    if not reason:
        raise Refused(_("Say why, so that the administrators can judge."), field="reason")
    if email in addresses_of_staff(engagement.firm):
        raise Refused(_("This address belongs to someone at the firm."), field="email")
    if owners_here(engagement).filter(user__email=email).exists():
        text = _("This person is an administrator already. Choose among the administrators instead.")
        raise Refused(text, field="email")
    if engagement.has_consent:
        return
    engagement.contact_name, engagement.contact_email = name, email
    if found := hindrances(engagement, frozenset()):
        raise Refused(" ".join(one.text for one in found))


def _reason(text: str) -> str:
    text = clean_text(text)
    if len(text) > LONGEST:
        raise Refused(_("The reason is too long. At most 500 characters fit here."), field="reason")
    return text


def _step_back(row: Appointment) -> None:
    """Whoever has come in and not approved is what he or she was before."""
    if row.membership_id and row.membership.ended_at is None and row.membership.awaits_agreement:
        as_before(row.membership)


def _log(actor: Actor, engagement: Engagement, row: Appointment, what: str) -> None:
    facts: dict[str, Any] = {"actor": actor, "engagement": engagement, "about": f"contact:{what}"}
    record(What.CONTACT, engagement.firm, name=row.name, **facts)
