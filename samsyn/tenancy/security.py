"""Who signed in, who could not, who got or lost a right, who took a copy: what a firm's managers can read of it.

Never what a case holds, never a secret, never a number of a person. Reads of cases are in `AccessLog`.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from samsyn.kit.gate import key
from samsyn.tenancy.models import Engagement, Firm, Membership, TenantModel, User
from samsyn.tenancy.walls.standing import as_person, behind, in_firm

KEPT = dt.timedelta(days=400)  # a year, and time to look back at it


class SecurityLog(TenantModel):
    """One thing that happened, told to one firm. Written once and never changed; swept after `KEPT`."""

    class What(models.TextChoices):
        SIGNED_IN = "signed_in", _("Signed in")
        FAILED = "failed", _("Could not sign in")
        INVITED = "invited", _("Was invited")
        CAME_IN = "came_in", _("Took the invitation")
        ROLE = "role", _("Got another role")
        LEFT = "left", _("Has access no more")
        COPY = "copy", _("Took a copy")
        DEMAND = "demand", _("Changed what the firm demands")
        FACTOR_ON = "factor_on", _("A second step was added")
        FACTOR_OFF = "factor_off", _("A second step was removed")
        STANDS_IN = "stands_in", _("Stands in")
        LINKED = "linked", _("Changed a linked sign-in")
        PROVIDER = "provider", _("The firm's own sign-in was changed")
        CONTACT = "contact", _("New main contact")
        SUPPORT = "support", _("Support")

    engagement = key(Engagement, null=True)
    what = models.CharField(max_length=12, choices=What.choices)
    # Whom it is about, and who did it when that is somebody else.
    user_id = models.UUIDField(null=True)
    name = models.CharField(max_length=120, blank=True)
    by = models.CharField(max_length=120, blank=True)
    # A mark and what it is of, as 'role:consultant/all' or 'year:2026'; `words` says it in the reader's language.
    about = models.CharField(max_length=200, blank=True)
    ip_address = models.GenericIPAddressField(null=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta(TenantModel.Meta):
        indexes: ClassVar = [models.Index(fields=["firm", "-at", "-id"], name="security_newest")]

    @classmethod
    def narrow(cls, rows: Any, actor: Any) -> Any:
        from samsyn.tenancy.roles import Right

        return rows if actor.is_firm and actor.may(Right.RUN_FIRM) else rows.none()

    @property
    def words(self) -> str:
        """What it was about, in the reader's language."""
        mark, _colon, value = self.about.partition(":")
        if mark == "role":
            return " → ".join(role_words(one) for one in value.split(">"))
        if mark == "by":
            ways = [str(WORDS[f"by:{one}"]) for one in value.split("+") if f"by:{one}" in WORDS]
            return ", ".join([*ways[:1], *(one[:1].lower() + one[1:] for one in ways[1:])])
        said = WORDS.get(self.about) or WORDS.get(mark)
        return str(said) % {"value": value} if said else ""


WORDS = {
    "by:password": _("With a password"),
    "by:code": _("With a code by e-mail"),
    "by:link": _("With a link by e-mail"),
    "by:passkey": _("With a passkey"),
    "by:totp": _("With a one-time code from an app"),
    "by:recovery": _("With a recovery code"),
    "second_factor_staff:on": _("Staff need a second step"),
    "second_factor_staff:off": _("Staff need no second step"),
    "second_factor_clients:on": _("The clients' people need a second step"),
    "second_factor_clients:off": _("The clients' people need no second step"),
    "fresh_approval:on": _("Approvals need a fresh proof"),
    "fresh_approval:off": _("Approvals need no fresh proof"),
    "fresh_consent:on": _("Consent needs a fresh proof"),
    "fresh_consent:off": _("Consent needs no fresh proof"),
    "factor:passkey": _("Passkey"),
    "factor:totp": _("One-time codes from an app"),
    "factor:recovery": _("New recovery codes"),
    "factor:operator": _("All taken away by whoever runs Samsyn"),
    "by:oidc": _("With the firm's own sign-in"),
    "linked": _("%(value)s was linked"),
    "unlinked": _("The link to %(value)s was taken away"),
    "window": _("Was let in to read: %(value)s"),
    "window_closed": _("The window is closed"),
    "page": _("Opened %(value)s"),
    "tried": _("Was refused %(value)s"),
    "provider": _("%(value)s was added or changed by the operator"),
    "provider_gone": _("%(value)s was taken away by the operator"),
    "case": _("Case %(value)s"),
    "year": _("Year %(value)s"),
    "link": _("The invitation was taken back"),
    "invitation": _("With the code to an invitation"),
    "contact:appointed": _("Appointed"),
    "contact:chosen": _("Chosen among the administrators"),
    "contact:objected": _("Objected to by an administrator"),
    "contact:cancelled": _("Taken back"),
    "contact:declined": _("Declined"),
    "contact:approved": _("Has approved the agreement"),
    "stands_in": _("For %(value)s"),
    "stood_in": _("No longer for %(value)s"),
}


def role_of(member: Any) -> str:
    """A role as the log keeps it: 'consultant/own', 'member/approves', 'owner/'. Of a membership or an invitation."""
    more = member.scope if member.role == Membership.Role.CONSULTANT else "approves" if member.may_approve else ""
    return f"{member.role}/{more}"


def role_words(kept: str) -> str:
    """A role the log has kept, as people say it."""
    role, _slash, more = kept.partition("/")
    scopes = {one.value: str(one.label).lower() for one in Membership.Scope}
    said = scopes.get(more) or (gettext("can approve") if more == "approves" else "")
    return ", ".join(filter(None, [str(Membership.Role(role).label), said]))


def record(
    what: SecurityLog.What,
    firm: Firm,
    *,
    name: str,
    user: User | None = None,
    actor: Any = None,
    engagement: Engagement | None = None,
    about: str = "",
    ip_address: str | None = None,
) -> None:
    """Tell a firm of one thing, in the caller's transaction. `actor` is who did it, when not the person named."""
    with in_firm(firm.pk):  # the log is the firm's, whoever it is about
        SecurityLog.objects.create(
            firm=firm,
            engagement=engagement,
            what=what,
            user_id=user.pk if user else None,
            name=name[:120],
            by=actor.name[:120] if actor and actor.user != user else "",
            about=about[:200],
            ip_address=ip_address or (actor.ip_address if actor else None),
        )


def record_everywhere(what: SecurityLog.What, user: User, *, about: str = "", ip_address: str | None = None) -> None:
    """Tell every firm a person belongs to, once each: what happens to a login concerns them all."""
    rows = Membership.objects.unscoped(why="which firms a login concerns").select_related("firm")
    with as_person(user.pk):
        firms = {one.firm_id: one.firm for one in rows.filter(user=user, ended_at=None)}
        for firm in firms.values():
            record(what, firm, name=user.name, user=user, about=about, ip_address=ip_address)


def record_failure(user: User | None, *, about: str = "", ip_address: str | None = None) -> None:
    """Tell of somebody who could not sign in. Where there is nobody, the same work is done and nothing left of it,
    so that the time taken does not tell."""
    with transaction.atomic():
        if user is not None:
            record_everywhere(SecurityLog.What.FAILED, user, about=about, ip_address=ip_address)
            return
        nobody, nowhere = User(), Firm()
        with as_person(nobody.pk):
            record_everywhere(SecurityLog.What.FAILED, nobody)
            record(SecurityLog.What.FAILED, nowhere, name="")
        transaction.set_rollback(True)


def sweep() -> None:
    """Take away what is older than `KEPT`. Each day."""
    from samsyn.tenancy.actors import systems

    for system in systems():
        with behind(system):
            rows = SecurityLog.objects.unscoped(why="age alone decides").filter(firm=system.firm)
            rows.filter(at__lt=timezone.now() - KEPT).delete()
