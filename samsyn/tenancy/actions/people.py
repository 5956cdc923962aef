"""People come by invitation: the first manager, staff, main contacts, colleagues."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from samsyn.kit import letters
from samsyn.kit.sweden import format_party_number, full_date, stockholm_day
from samsyn.kit.text import clean_name, looks_like_address, mail_address
from samsyn.tenancy import factors, logos
from samsyn.tenancy.actions.consent import COPIES, WAITING, locked_client, record_consent
from samsyn.tenancy.actors import Actor, system_for
from samsyn.tenancy.agreement import LANGUAGES, default_text, publish
from samsyn.tenancy.appointments import Appointment, put_out, running
from samsyn.tenancy.demands import DEMANDS
from samsyn.tenancy.errors import NotNow, NotYours, Refused
from samsyn.tenancy.hindrances import addresses_of_staff, hindrances
from samsyn.tenancy.models import Engagement, Firm, Invitation, Membership, User
from samsyn.tenancy.people import owners_here
from samsyn.tenancy.roles import CLIENT_ROLES, FIRM_ROLES, Right
from samsyn.tenancy.security import SecurityLog, record, role_of
from samsyn.tenancy.slugs import take_for_firm
from samsyn.tenancy.waiting import LIVES
from samsyn.tenancy.walls.standing import at_link, in_firm

A_DAY_OF_FIRM, A_DAY_OF_CLIENT = 500, 20  # invitations; a firm may come with its whole register
Role = Membership.Role


@transaction.atomic
def add_firm(slug: str, *, name: str, number: str, manager: str, **facts: str) -> Firm:
    """Make a firm and mail its first manager. Only the operator's command line calls this."""
    firm = Firm.objects.create(slug=slug, name=clean_name(name), number=number, **facts)
    take_for_firm(firm)
    publish(firm, {language: default_text(firm, language) for language in LANGUAGES})
    _invite_first(firm, manager)
    return firm


@transaction.atomic
def invite_first_manager_again(firm: Firm, manager: str) -> bool:
    """Mail the first manager a new link, to the same address or another; the old one dies. False once anybody is in."""
    staff = Membership.objects.unscoped(why="has anybody come in").filter(firm=firm, engagement=None)
    if staff.exists():
        return False
    end_links(Q(firm=firm, engagement=None))
    _invite_first(firm, manager)
    return True


def _invite_first(firm: Firm, manager: str) -> None:
    _invite(system_for(firm), firm, None, name=name_in_address(manager), email=manager, role=Role.MANAGER)


def name_in_address(email: str) -> str:
    """'anna.berg@byran.example' → 'Anna Berg': a guess the invited person can mend."""
    words = re.sub(r"[^\w]+|_+", " ", email.partition("@")[0]).split()
    return " ".join(word.capitalize() for word in words) or _("Manager")


@transaction.atomic
def add_staff(
    actor: Actor, *, name: str, email: str, role: str, scope: str = "all", since: dt.datetime | None = None
) -> Invitation:
    """A manager asks somebody in to the firm. `since` as `_sent_already` has it."""
    if not actor.is_firm or not actor.may(Right.RUN_FIRM):
        raise NotYours(_("Only a firm manager can add people to the firm."))
    if role not in FIRM_ROLES or actor.firm is None:
        raise Refused(_("Choose a role at the firm."))
    Firm.objects.select_for_update(no_key=True).get(pk=actor.firm.pk)
    staff = Membership.objects.unscoped(why="is the person already here").filter(firm=actor.firm, engagement=None)
    if _holds(staff, email):
        raise Refused(_("This person is already at the firm."), field="email")
    scope = scope if role == Role.CONSULTANT else Membership.Scope.ALL  # a manager always sees all clients
    facts: dict[str, Any] = {"name": clean_name(name), "email": mail_address(email), "role": role, "scope": scope}
    first = _sent_already(since, actor.firm, None, facts)
    return first or _invite(actor, actor.firm, None, **facts)


@transaction.atomic
def add_colleague(
    actor: Actor,
    engagement: Engagement,
    *,
    name: str,
    email: str,
    role: str,
    may_approve: bool = False,
    since: dt.datetime | None = None,
) -> Invitation:
    """An owner asks a colleague in, for one engagement. `since` as `_sent_already` has it."""
    if not actor.is_client or not actor.may(Right.REPRESENT, engagement.pk):
        raise NotYours(_("Only an administrator can add colleagues."))
    if role not in CLIENT_ROLES:
        raise Refused(_("Choose a role."))
    engagement = locked_client(actor, engagement)
    if not engagement.has_consent:
        raise NotNow(_("Colleagues can be added once the agreement is approved."))
    if mail_address(email) in addresses_of_staff(engagement.firm):
        raise Refused(_("This address belongs to someone at the firm."), field="email")
    if _holds(Membership.objects.unscoped(why="is the person already here").filter(engagement=engagement), email):
        raise Refused(_("This person already has access."), field="email")
    approves = may_approve and role == Role.MEMBER  # an owner always may, a reader never
    facts: dict[str, Any] = {
        "name": clean_name(name),
        "email": mail_address(email),
        "role": role,
        "may_approve": approves,
    }
    first = _sent_already(since, engagement.firm, engagement, facts)
    return first or _invite(actor, engagement.firm, engagement, **facts)


@transaction.atomic
def invite_again(actor: Actor, invitation: Invitation) -> Invitation:
    """Send a new link to a member of staff or a colleague who lost the letter or came too late; the old link dies.

    When a newer one has been sent already, that is given back: the button was pressed twice.
    """
    rows = Invitation.objects.visible_to(actor).locked()
    invitation = rows.select_related("firm", "engagement").get(pk=invitation.pk)
    engagement = invitation.engagement
    if not actor.decides_over(invitation) or invitation.main_contact:
        raise NotYours(_("You can't send this invitation again."))
    if invitation.state == Invitation.State.REVOKED:
        newer: Invitation | None = _living(invitation.firm, engagement).filter(email=invitation.email).first()
        if newer:
            return newer
    if invitation.state != Invitation.State.PENDING:
        raise NotNow(_("The invitation has already been used or is no longer valid."))
    facts = {name: getattr(invitation, name) for name in ("name", "email", "role", "scope", "may_approve")}
    return _invite(actor, invitation.firm, engagement, **facts)


def _holds(rows: Any, email: str) -> bool:
    return bool(rows.filter(ended_at=None, user__email=mail_address(email)).exists())


def _living(firm: Firm, engagement: Engagement | None) -> Any:
    """The invitations to a firm, or to one client of it, whose links still open something."""
    rows = Invitation.objects.unscoped(why="is the person already asked in").filter(firm=firm, engagement=engagement)
    return rows.filter(state=Invitation.State.PENDING, expires_at__gt=timezone.now())


def _sent_already(
    since: dt.datetime | None, firm: Firm, engagement: Engagement | None, facts: dict[str, Any]
) -> Invitation | None:
    """What the form with these `facts` has sent, when it is pressed again; `since` is when its page was made.

    Anybody else who is invited already is refused: two links to one person would leave both unsure which of
    them works.
    """
    living = _living(firm, engagement).filter(email=facts["email"])
    first: Invitation | None = living.filter(created_at__gt=since, **facts).first() if since else None
    if first is None and living.exists():
        raise Refused(_("This person is already invited. Send the invitation again from the list."), field="email")
    return first


@transaction.atomic
def invite_main_contact(actor: Actor, engagement: Engagement, *, since: dt.datetime | None = None) -> Invitation:
    """Ask the main contact in, and write it in the consent history. Hindrances refuse it, in one sentence each.

    The client is read again under its lock, so that the letter goes where the register says now. `since` is
    when the page was made on which the button was pressed: an invitation sent after that is the one that was
    meant, whether by this press twice or by a colleague, and its link goes on working.
    """
    if actor.is_client or not actor.may(Right.WORK):
        raise NotYours(_("Only the firm can invite."))
    fresh = locked_client(actor, engagement)
    if fresh.ended_at:
        raise NotNow(_("The client has ended."))
    if fresh.has_consent:
        raise NotNow(_("The client has already approved."))
    found = hindrances(fresh, addresses_of_staff(fresh.firm))
    if found:
        raise Refused(" ".join(hindrance.text for hindrance in found))
    _refuse_to_pass_by(fresh)
    if since and (sent := _living(fresh.firm, fresh).filter(main_contact=True, created_at__gt=since).first()):
        return sent  # type: ignore[no-any-return]
    record_consent(actor, fresh, Engagement.ConsentState.INVITED)
    invitation = invite_as_main_contact(actor, fresh, name=fresh.contact_name, email=fresh.contact_email)
    for column in COPIES:
        setattr(engagement, column, getattr(fresh, column))
    return invitation


def invite_as_main_contact(actor: Actor, engagement: Engagement, *, name: str, email: str) -> Invitation:
    """The link itself. The caller has seen to whether it may be sent, and to the consent. Only one is to come in:
    whoever did by an earlier link, at another address, and has not approved goes out again."""
    made = _invite(actor, engagement.firm, engagement, name=name, email=email, role=Role.OWNER, main_contact=True)
    _put_out_others(actor, engagement, made.email)
    return made


def _refuse_to_pass_by(engagement: Engagement) -> None:
    """Where a company has approved before and has owners, somebody new comes in only when they have had time to
    object."""
    owners = owners_here(engagement)
    if engagement.consent_first_approved_at is None or not owners.exists():
        return
    if not owners.filter(user__email=engagement.contact_email).exists():
        raise Refused(_("The client has administrators. Appoint the new main contact, so that they can object first."))


def move_invitation(actor: Actor, engagement: Engagement) -> None:
    """The register names another address for a main contact who has been asked and has not answered.

    Only the person at the new one is to answer: the old link dies, whoever came in by it goes out again but for
    an owner from before, and a new link is sent when nothing hinders it. `engagement` is locked.
    """
    end_links(Q(engagement=engagement, main_contact=True))
    _put_out_others(actor, engagement, mail_address(engagement.contact_email))
    if engagement.consent not in WAITING:
        return
    rows = Membership.objects.unscoped(why="the client is locked through the actor").select_related("user")
    held = rows.filter(pk__in=[engagement.main_contact_id], ended_at=None).first()
    if held and held.user.email == engagement.contact_email:
        return
    if held and engagement.consent_first_approved_at is None:
        rows.filter(pk=held.pk).update(ended_at=timezone.now())
        engagement.main_contact = None
        engagement.save(update_fields=["main_contact"])
    try:
        with transaction.atomic():
            invite_main_contact(actor, engagement)
    except Refused:
        record_consent(actor, engagement, Engagement.ConsentState.EXPIRED)


def _put_out_others(actor: Actor, engagement: Engagement, email: str) -> None:
    """An appointment that still can be objected to is not touched: nobody has come in by it."""
    put_out(actor, engagement, states=[Appointment.State.INVITED], but=email)


@transaction.atomic
def _invite(
    actor: Actor,
    firm: Firm,
    engagement: Engagement | None,
    *,
    name: str,
    email: str,
    role: str,
    scope: str = "all",
    may_approve: bool = False,
    main_contact: bool = False,
) -> Invitation:
    name, email = clean_name(name), mail_address(email)
    if not name or looks_like_address(name):
        raise Refused(_("Write a name without links or addresses."), field="name")
    if actor.user:
        _refuse_too_many(firm, engagement if actor.is_client else None)
    end_links(Q(firm=firm, engagement=engagement, email=email))
    if main_contact:  # there is one main contact: the link to an earlier one opens nothing more
        end_links(Q(engagement=engagement, main_contact=True))
    token = secrets.token_urlsafe(32)
    language = engagement.language if engagement else (actor.user.language if actor.user else "sv")
    invitation: Invitation = Invitation.objects.create(
        firm=firm,
        engagement=engagement,
        email=email,
        name=name,
        language=language,
        role=role,
        scope=scope,
        may_approve=may_approve,
        main_contact=main_contact,
        token_sha256=token_hash(token),
        invited_by=actor.memberships[0] if actor.memberships else None,
        expires_at=timezone.now() + LIVES,
    )
    _write_invitation(invitation, token, inviter=actor.name if actor.user else "")
    about = f"role:{role_of(invitation)}"
    record(SecurityLog.What.INVITED, firm, name=name, actor=actor, engagement=engagement, about=about)
    return invitation


def _write_invitation(invitation: Invitation, token: str, *, inviter: str = "", reminds: str = "") -> None:
    """The letter with the link. `reminds` names the reminder it is, else it is the first letter."""
    firm, engagement = invitation.firm, invitation.engagement
    with translation.override(invitation.language):
        lives = _("The link works for 30 days and only for you.")
        if reminds:
            until = full_date(stockholm_day(invitation.expires_at))
            lives = _("The link is only for you and stops working on %(day)s. The earlier one opens nothing more.") % {
                "day": until
            }
    letters.write(
        template="invitation",
        to=invitation.email,
        language=invitation.language,
        sender=firm.sender_name,
        reply_to=firm.reply_to,
        context={
            "firm": firm,
            "firm_number": format_party_number(firm.number),
            "client": engagement.name if engagement else "",
            "inviter": inviter,
            "phone": firm.phone,
            "address": letters.absolute(f"/inbjudan/{token}/"),
            "start": letters.absolute("/"),
            "main_contact": invitation.main_contact,
            "lives": lives,
            "reminds": bool(reminds),
        },
        about=f"reminder:{reminds}" if reminds else f"invitation:{invitation.pk}",
    )


def remind_main_contact(engagement: Engagement, *, of: str) -> bool:
    """Mail a main contact who has not come in a new link, which lives as long as the old one would have; that dies.

    `engagement` is locked, `of` names the reminder. False when nobody is to be written to: he or she is in
    already, or something in the register hinders it.
    """
    invitation = _living(engagement.firm, engagement).filter(main_contact=True).locked().first()
    if invitation is None or hindrances(engagement, addresses_of_staff(engagement.firm)):
        return False
    token = secrets.token_urlsafe(32)
    invitation.token_sha256 = token_hash(token)
    invitation.save(update_fields=["token_sha256"])
    invitation.firm, invitation.engagement = engagement.firm, engagement
    _write_invitation(invitation, token, reminds=of)
    return True


def _refuse_too_many(firm: Firm, engagement: Engagement | None) -> None:
    """So many letters in a day that nobody writes them by hand: somebody else may be at the keys."""
    since = timezone.now() - dt.timedelta(days=1)
    rows = Invitation.objects.unscoped(why="how many have been sent").filter(firm=firm, created_at__gt=since)
    most = A_DAY_OF_CLIENT if engagement else A_DAY_OF_FIRM
    if rows.filter(**({"engagement": engagement} if engagement else {})).count() >= most:
        raise NotNow(_("%(most)d invitations have been sent in a day, which is the most. Go on tomorrow.")
                     % {"most": most})  # fmt: skip


def end_links(whose: Q) -> None:
    """The links of these invitations open nothing more."""
    rows = Invitation.objects.unscoped(why="whoever ends a link need not see it").filter(whose)
    rows.filter(state=Invitation.State.PENDING).update(state=Invitation.State.REVOKED)


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def invitation_for(token: str) -> Invitation | None:
    """The invitation behind a link, when it still lives."""
    rows = Invitation.objects.unscoped(why="the link itself says for whom")
    rows = rows.select_related("firm", "engagement__company", "engagement__firm", "invited_by__user")
    with at_link(token_hash(token)):
        invitation: Invitation | None = rows.filter(token_sha256=token_hash(token)).first()
    return invitation if invitation and invitation.is_open else None


def has_login(user: User) -> bool:
    """Whether somebody has ever come in, or could: then no link sets a name or a password any more."""
    return bool(user.last_login or user.has_usable_password())


def tell_of_wrong_code(invitation: Invitation, *, ip_address: str | None = None) -> None:
    """Somebody holds the link and has not got the code: its firm is told."""
    record(SecurityLog.What.FAILED, invitation.firm, name=invitation.name, engagement=invitation.engagement,
           about="invitation", ip_address=ip_address)  # fmt: skip


@transaction.atomic
def accept_invitation(
    invitation: Invitation,
    *,
    user: User | None,
    name: str = "",
    password: str | None = None,
    ip_address: str | None = None,
) -> Membership:
    """Let the invited person in. `user` is whoever is signed in, or None for somebody new.

    The page has asked for a code mailed to the address. A person with a login signs in first; a password is set
    only by one who has none and has never signed in, and only if one is wanted: codes by mail do as well.
    """
    with in_firm(invitation.firm_id):  # whoever comes in belongs nowhere yet
        return _accept(invitation, user, name, password, ip_address)


def _accept(
    invitation: Invitation, user: User | None, name: str, password: str | None, ip_address: str | None
) -> Membership:
    if invitation.engagement_id:  # the client before its invitation, as everywhere else
        clients = Engagement.objects.unscoped(why="the link names it").locked()
        clients.filter(pk=invitation.engagement_id).values_list("pk").first()
    rows = Invitation.objects.unscoped(why="the link itself says for whom").select_for_update()
    if not rows.get(pk=invitation.pk).is_open:
        raise NotNow(_("The invitation has already been used or is no longer valid."))
    known = User.objects.by_email(invitation.email)
    if user is not None and user.email != invitation.email:
        raise NotYours(_("The invitation was sent to another address."))
    if known is not None and known.supports:
        raise Refused(_("This login is for support and can't belong to a firm or a company."))
    if user is None and known is not None and has_login(known):
        raise NotYours(_("You already have a login. Sign in first."))
    if user is None:
        user = known or User.objects.create_user(invitation.email, name=invitation.name, language=invitation.language)
        user.name = clean_name(name) or invitation.name
        if password:
            user.set_password(password)
        user.save()
    membership = _membership_from(invitation, user)
    invitation.state, invitation.membership = Invitation.State.ACCEPTED, membership
    invitation.save(update_fields=["state", "membership"])
    record(
        SecurityLog.What.CAME_IN,
        invitation.firm,
        name=user.name,
        user=user,
        engagement=invitation.engagement,
        about=f"role:{role_of(invitation)}",
        ip_address=ip_address,
    )
    if invitation.main_contact and invitation.engagement:
        if membership.awaits_agreement:
            running(engagement=invitation.engagement, invitation=invitation).update(membership=membership)
            return membership
        engagement = Engagement.objects.unscoped(why="the link names it").get(pk=invitation.engagement.pk)
        engagement.main_contact = membership
        engagement.save(update_fields=["main_contact"])
    return membership


def _membership_from(invitation: Invitation, user: User) -> Membership:
    """The role the invitation gives. A main contact who is new to a company that has approved before sees nothing of
    it until he or she has approved as well."""
    rows = Membership.objects.unscoped(why="has the person a role here already")
    held: Membership | None = rows.filter(
        firm=invitation.firm, engagement=invitation.engagement, user=user, ended_at=None
    ).first()
    before = role_of(held) if held else ""
    if held is None:
        held = Membership(firm=invitation.firm, engagement=invitation.engagement, user=user)
    if invitation.main_contact and not (before and (held.is_owner or held.awaits_agreement)):
        held.awaits_agreement, held.role_before = _has_approved_before(invitation), before
    held.role, held.scope, held.may_approve = invitation.role, invitation.scope, invitation.may_approve
    held.save()
    return held


def _has_approved_before(invitation: Invitation) -> bool:
    rows = Engagement.objects.unscoped(why="the link names it").filter(consent_first_approved_at__isnull=False)
    return bool(rows.filter(pk=invitation.engagement.pk).exists())


@transaction.atomic
def change_firm(actor: Actor, *, logo: bytes | None = None, remove_logo: bool = False, **facts: Any) -> Firm:
    """A manager changes what the firm says about itself, and what it demands."""
    if not actor.is_firm or not actor.may(Right.RUN_FIRM) or actor.firm is None:
        raise NotYours(_("Only a firm manager can change the settings."))
    firm = Firm.objects.select_for_update(no_key=True).get(pk=actor.firm.pk)
    _change_demands(actor, firm, facts)
    for name, value in facts.items():
        setattr(firm, name, value)
    if logo or remove_logo:
        _change_logo(firm, logo)
    firm.save()
    return firm


def _change_demands(actor: Actor, firm: Firm, facts: dict[str, Any]) -> None:
    """Whoever demands a second factor has one, and the log says who demanded what."""
    changed = [name for name in DEMANDS if name in facts and facts[name] != getattr(firm, name)]
    for name in changed:
        if facts[name] and name.startswith("second_factor") and not (actor.user and factors.has(actor.user)):
            raise Refused(_("Add a passkey or one-time codes on My account first, then you can demand it."), field=name)
        about = f"{name}:{'on' if facts[name] else 'off'}"
        record(SecurityLog.What.DEMAND, firm, name=actor.name, user=actor.user, actor=actor, about=about)


def _change_logo(firm: Firm, logo: bytes | None) -> None:
    """Lay a new one down, and take the old one away once that is certain."""
    old = firm.logo
    firm.logo = logos.put(logo) if logo else ""
    firm.logo_type = logos.TYPE if logo else ""
    if old:
        transaction.on_commit(lambda: logos.remove(old))
