"""Who may see what: the directory (people, firms, companies) and each firm's own register.

The *directory* (User, Firm, Company, Slug) holds no case data. Everything else here is a tenant
table: it carries `firm`, reads only through the gate, and refers to people by id without a database
constraint, so that a firm can be moved to another server.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from samsyn.kit.gate import GatedModel, key
from samsyn.kit.ids import uuid7
from samsyn.kit.text import mail_address

FIRM, CLIENT = "firm", "client"


class People(BaseUserManager["User"]):
    """Makes people; their address is folded once, here."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=mail_address(email), **fields)
        user.set_password(password)
        user.save()
        return user

    def by_email(self, email: str) -> User | None:
        return self.filter(email=mail_address(email)).first()


class User(AbstractBaseUser):
    """A person: one login, any number of firms and companies behind it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    language = models.CharField(max_length=5, default="sv", choices=[("sv", "Svenska"), ("en", "English")])
    keys_on = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)
    # Gives support: belongs nowhere, and reads where a firm has opened a window. See `tenancy.support`.
    supports = models.BooleanField(default=False)
    joined_at = models.DateTimeField(default=timezone.now)
    # Whoever signed in before this moment signs in again: set when a right is taken away.
    sessions_from = models.DateTimeField(null=True)
    # When the person said yes or no to a passkey: from then on it is not offered by itself.
    passkey_answered_at = models.DateTimeField(null=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects: ClassVar[People] = People()

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        return self.name


class NewAddress(models.Model):
    """The mail address a person wants instead, until the code that was mailed to it has come back."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="+")
    email = models.EmailField()
    code = models.CharField(max_length=64)
    tries = models.PositiveSmallIntegerField(default=0)
    expires_at = models.DateTimeField()


class Firm(models.Model):
    """An accounting firm (byrå): its name on letters and the few things it can set."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    number = models.CharField(max_length=12)
    address = models.CharField(max_length=200, blank=True)
    postcode = models.CharField(max_length=10, blank=True)
    city = models.CharField(max_length=80, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    sender = models.CharField(max_length=120, blank=True)
    reply_to = models.EmailField(blank=True)
    logo = models.CharField(max_length=64, blank=True)
    logo_type = models.CharField(max_length=40, blank=True)
    max_file_mb = models.PositiveSmallIntegerField(default=25)
    max_case_mb = models.PositiveSmallIntegerField(default=100)
    due_days = models.PositiveSmallIntegerField(default=10)
    # What it demands of whoever comes to its door; see `tenancy.demands`.
    second_factor_staff = models.BooleanField(default=False)
    second_factor_clients = models.BooleanField(default=False)
    fresh_approval = models.BooleanField(default=False)
    fresh_consent = models.BooleanField(default=False)
    # On the page about personal data: where questions go, and a paragraph of the firm's own, per language.
    data_contact = models.EmailField(blank=True)
    data_sv = models.TextField(blank=True)
    data_en = models.TextField(blank=True)
    import_columns = models.JSONField(default=dict, blank=True)
    made_by_demo = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name

    def own_words(self, language: str) -> tuple[str, str]:
        """What the firm says of its own about personal data, and in which language: another, sooner than none."""
        said = {"sv": self.data_sv, "en": self.data_en}
        first = "en" if language == "en" else "sv"
        return next(((said[one], one) for one in (first, *said) if said[one]), ("", first))

    @property
    def sender_name(self) -> str:
        """Whom its letters are from."""
        return self.sender or self.name


class Company(models.Model):
    """A client company in the directory: an id and an address, nothing more."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.SlugField(max_length=60, unique=True)

    def __str__(self) -> str:
        return self.slug


class Slug(models.Model):
    """Every slug ever given, so that none is used twice and an old one leads to the present one."""

    value = models.SlugField(max_length=60, primary_key=True)
    firm = models.ForeignKey(Firm, null=True, on_delete=models.CASCADE, related_name="+")
    company = models.ForeignKey(Company, null=True, on_delete=models.CASCADE, related_name="+")


class TenantModel(GatedModel):
    """A row that belongs to one firm. What an actor sees of it is said in `narrow`, never past his or her firms."""

    firm: Any = key(Firm)
    firm_id: Any

    class Meta(GatedModel.Meta):
        abstract = True

    @classmethod
    def scope_to(cls, rows: Any, actor: Any) -> Any:
        firms = actor.firm_ids
        return cls.narrow(rows.filter(firm=firms[0]) if len(firms) == 1 else rows.filter(firm__in=firms), actor)

    @classmethod
    def narrow(cls, rows: Any, actor: Any) -> Any:
        """What the actor sees of the rows of the own firms. Default closed: a table that forgets shows nothing."""
        return rows.none()


class Engagement(TenantModel):
    """A firm's client (kund): the firm's own copy of what it knows about a company."""

    class ConsentState(models.TextChoices):
        NONE = "none", _("Not invited")
        INVITED = "invited", _("Invited")
        REMINDED = "reminded", _("Reminded")
        APPROVED = "approved", _("Approved")
        DECLINED = "declined", _("Declined")
        EXPIRED = "expired", _("Expired")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        RENEWAL = "renewal", _("Asked anew")  # only a step: the consent in force stays in force meanwhile

    class Form(models.TextChoices):
        LIMITED = "limited", _("Limited company")
        SOLE = "sole", _("Sole trader")
        PARTNERSHIP = "partnership", _("Partnership")
        ECONOMIC = "economic", _("Economic association")
        NONPROFIT = "nonprofit", _("Non-profit association")
        HOUSING = "housing", _("Housing cooperative")
        FOUNDATION = "foundation", _("Foundation")
        PERSON = "person", _("Private person")
        OTHER = "other", _("Other")

    company = key(Company)
    number = models.CharField(max_length=12, blank=True)
    name = models.CharField(max_length=120)
    form = models.CharField(max_length=12, choices=Form.choices, blank=True)
    address = models.CharField(max_length=200, blank=True)
    postcode = models.CharField(max_length=10, blank=True)
    city = models.CharField(max_length=80, blank=True)
    client_number = models.CharField(max_length=40, blank=True)
    fiscal_year_ends = models.PositiveSmallIntegerField(default=12)
    language = models.CharField(max_length=5, default="sv", choices=[("sv", "Svenska"), ("en", "English")])
    # The main contact as the firm wrote it; the person becomes a Membership when the invitation is accepted.
    contact_name = models.CharField(max_length=120, blank=True)
    contact_email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    main_contact = key("Membership", null=True, blank=True)
    responsible = key("Membership", null=True, blank=True)
    sort_key = models.CharField(max_length=160)
    search_key = models.CharField(max_length=400)
    # Copies of the newest step in the consent history, kept by `tenancy.actions.record_consent` alone.
    consent = models.CharField(max_length=10, choices=ConsentState.choices, default=ConsentState.NONE)
    consent_at = models.DateTimeField(null=True)
    consent_first_approved_at = models.DateTimeField(null=True)
    # Since when and by whom the consent is withdrawn; empty again once it is approved anew.
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.CharField(max_length=250, blank=True)
    # Since when an answer is waited for, and the version of the text last approved or asked about anew.
    asked_at = models.DateTimeField(null=True)
    agreement_version = models.PositiveIntegerField(default=0)
    # Since when there is a case that everybody at the client knows of, and since when one that not everybody does.
    first_released_at = models.DateTimeField(null=True)
    first_restricted_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    merged_into = key("self", null=True, blank=True)
    merged_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["firm", "number"], condition=~models.Q(number=""), name="one_client_per_number"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["firm", "sort_key", "id"], name="engagement_by_name"),
            models.Index(fields=["firm", "consent", "sort_key"], name="engagement_by_consent"),
            models.Index(fields=["firm", "asked_at"], name="engagement_by_asking"),
            models.Index(fields=["company"], name="engagement_by_company"),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def narrow(cls, rows: Any, actor: Any) -> Any:
        if actor.is_client:
            return rows.filter(pk__in=actor.engagement_ids)
        if actor.sees_all:
            return rows
        return rows.filter(cls.worked_with_by(actor.minds))

    @classmethod
    def worked_with_by(cls, members: Any) -> models.Q:
        """The clients that any of these memberships of staff is responsible for or takes part in."""
        part = Participant.objects.unscoped(why="who works with what, of members the caller has chosen")
        part = part.filter(membership__in=members)
        return models.Q(responsible__in=members) | models.Q(pk__in=part.values("engagement"))

    @property
    def has_consent(self) -> bool:
        return self.consent == self.ConsentState.APPROVED

    @property
    def awaits_answer(self) -> bool:
        """Whether the firm has invited, and the company has neither approved nor declined."""
        return self.consent in (self.ConsentState.INVITED, self.ConsentState.REMINDED)

    @property
    def ended_in_force(self) -> bool:
        """Whether the newest step ended a consent that was in force, and not only an invitation."""
        return self.withdrawn_at is not None and self.withdrawn_at == self.consent_at

    @property
    def is_renewing(self) -> bool:
        """Whether the firm has asked for approval of a new text, while the old approval still holds."""
        return self.has_consent and self.asked_at is not None

    @property
    def answer_by(self) -> dt.datetime | None:
        """When the asking ends that nobody has answered; an approval in force can hold some days longer."""
        from samsyn.tenancy.waiting import HOLDS, LIVES

        return self.asked_at and self.asked_at + (HOLDS if self.has_consent else LIVES)

    def menu_is_open_for(self, member: Membership) -> bool:
        """Whether *Ärenden* is there for a person at the client: consent was at some time approved, and a case has
        been released that he or she may know of. So no menu tells of a restricted one either."""
        if member.awaits_agreement:
            return False
        known = self.first_released_at or member.named_at or (member.is_owner and self.first_restricted_at)
        return bool(known) and self.consent_first_approved_at is not None


class Membership(TenantModel):
    """A person's role: in a firm (engagement is null) or in one client of a firm."""

    class Role(models.TextChoices):
        MANAGER = "manager", _("Firm manager")
        CONSULTANT = "consultant", _("Accounting consultant")
        OWNER = "owner", _("Administrator")
        MEMBER = "member", _("Employee")
        READER = "reader", _("Reader")

    class Scope(models.TextChoices):
        OWN = "own", _("Own clients")
        ALL = "all", _("All clients")

    user: Any = models.ForeignKey(User, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    user_id: Any
    engagement = key(Engagement, null=True, blank=True)
    engagement_id: Any
    role = models.CharField(max_length=12, choices=Role.choices)
    scope = models.CharField(max_length=4, choices=Scope.choices, default=Scope.ALL)
    may_approve = models.BooleanField(default=False)
    seen_from = models.DateTimeField(default=timezone.now)
    # Since when a restricted case has been released that names this person.
    named_at = models.DateTimeField(null=True)
    # A new main contact who has come in and not approved the agreement yet: until then nothing of the client is seen.
    # What he or she was before, as the security log keeps a role; empty for nobody.
    awaits_agreement = models.BooleanField(default=False)
    role_before = models.CharField(max_length=24, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["firm", "engagement", "user"],
                condition=models.Q(ended_at=None, engagement__isnull=False),
                name="one_role_per_client",
            ),
            models.UniqueConstraint(
                fields=["firm", "user"],
                condition=models.Q(ended_at=None, engagement__isnull=True),
                name="one_role_per_firm",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["user", "ended_at"], name="membership_by_user")]

    @classmethod
    def narrow(cls, rows: Any, actor: Any) -> Any:
        """The firm's staff, whose names stand on the cases, and the people of the clients one sees oneself."""
        if actor.is_client:
            own = models.Q(pk__in=actor.membership_ids) | models.Q(engagement__in=actor.agreed_engagement_ids)
            return rows.filter(models.Q(engagement=None) | own)
        if actor.sees_all:
            return rows
        visible = Engagement.objects.visible_to(actor)
        return rows.filter(models.Q(engagement=None) | models.Q(engagement__in=visible.values("pk")))

    @property
    def name(self) -> str:
        return str(self.user.name)

    @property
    def is_there(self) -> bool:
        """Whether the person can be turned to here: has not left, can sign in, and need not approve anything first."""
        return self.ended_at is None and not self.awaits_agreement and bool(self.user.is_active)

    @property
    def is_owner(self) -> bool:
        return self.role == self.Role.OWNER and not self.awaits_agreement

    @property
    def menu_is_open(self) -> bool:
        return bool(self.engagement.menu_is_open_for(self))

    @property
    def side(self) -> str:
        return FIRM if self.engagement_id is None else CLIENT


class Participant(TenantModel):
    """A consultant who takes part in a client beside the responsible one."""

    engagement = key(Engagement)
    membership = key(Membership)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["firm", "engagement", "membership"], name="takes_part_once"),
        ]

    @classmethod
    def narrow(cls, rows: Any, actor: Any) -> Any:
        if actor.is_client:
            return rows.none()
        return rows if actor.sees_all else rows.filter(engagement__in=Engagement.objects.visible_to(actor).values("pk"))


class AgreementText(TenantModel):
    """One version of a firm's agreement text in one language. Never changed, only followed by a newer one."""

    version = models.PositiveIntegerField()
    language = models.CharField(max_length=5)
    body = models.TextField()
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)
    by = key(Membership, null=True)
    # Whether those who have approved an older one are asked to approve this.
    must_renew = models.BooleanField(default=False)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["firm", "language", "version"], name="one_text_per_version"),
        ]

    @classmethod
    def narrow(cls, rows: Any, actor: Any) -> Any:
        return rows


class Consent(TenantModel):
    """One step in the consent history of a client. Append-only: the history is the consent."""

    engagement = key(Engagement)
    seq = models.PositiveIntegerField()
    step = models.CharField(max_length=10, choices=Engagement.ConsentState.choices)
    at = models.DateTimeField(default=timezone.now)
    side = models.CharField(max_length=6)
    user_id = models.UUIDField(null=True)
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=12, blank=True)
    address = models.GenericIPAddressField(null=True)
    text = key(AgreementText, null=True)
    text_sha256 = models.CharField(max_length=64, blank=True)
    reason = models.CharField(max_length=500, blank=True)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["firm", "engagement", "seq"], name="consent_steps_in_order"),
        ]

    @classmethod
    def narrow(cls, rows: Any, actor: Any) -> Any:
        if actor.is_client:
            return rows.filter(engagement__in=actor.agreed_engagement_ids)
        return rows.filter(engagement__in=Engagement.objects.visible_to(actor).values("pk"))

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("a step of a consent is never changed")
        super().save(*args, **kwargs)


class Invitation(TenantModel):
    """A person asked in, to a firm or to one client of it. The link's token is kept as a hash only."""

    class State(models.TextChoices):
        PENDING = "pending", _("Invited")
        ACCEPTED = "accepted", _("Accepted")
        REVOKED = "revoked", _("Revoked")

    engagement = key(Engagement, null=True, blank=True)
    email = models.EmailField()
    name = models.CharField(max_length=120)
    language = models.CharField(max_length=5, default="sv")
    role = models.CharField(max_length=12, choices=Membership.Role.choices)
    scope = models.CharField(max_length=4, choices=Membership.Scope.choices, default=Membership.Scope.ALL)
    may_approve = models.BooleanField(default=False)
    main_contact = models.BooleanField(default=False)
    token_sha256 = models.CharField(max_length=64, unique=True)
    invited_by = key(Membership, null=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    membership = key(Membership, null=True)

    class Meta(TenantModel.Meta):
        indexes: ClassVar = [models.Index(fields=["firm", "engagement", "state"], name="invitation_by_client")]

    @classmethod
    def narrow(cls, rows: Any, actor: Any) -> Any:
        if actor.is_client:
            return rows.filter(engagement__in=actor.owned_engagement_ids)
        visible = Engagement.objects.visible_to(actor)
        return rows.filter(models.Q(engagement=None) | models.Q(engagement__in=visible.values("pk")))

    @property
    def has_expired(self) -> bool:
        return self.state == self.State.PENDING and timezone.now() >= self.expires_at

    @property
    def is_open(self) -> bool:
        return self.state == self.State.PENDING and timezone.now() < self.expires_at


from samsyn.tenancy.absences import Absence  # noqa: E402, F401 - Django finds tables here
from samsyn.tenancy.appointments import Appointment  # noqa: E402, F401
from samsyn.tenancy.inviting import InviteRow, InviteRun  # noqa: E402, F401
from samsyn.tenancy.providers import ProviderLink, SignInProvider  # noqa: E402, F401 - Django finds tables here
from samsyn.tenancy.register.models import ImportRun, StagedRow  # noqa: E402, F401
from samsyn.tenancy.security import SecurityLog  # noqa: E402, F401
from samsyn.tenancy.support import SupportWindow  # noqa: E402, F401
