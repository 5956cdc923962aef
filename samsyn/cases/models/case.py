"""A case (ärende): what the firm asks, what the client answers, and whose turn it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from samsyn.kit.gate import key
from samsyn.kit.ids import new_ref
from samsyn.tenancy.models import Engagement, Firm, Membership, TenantModel

if TYPE_CHECKING:
    from samsyn.cases.kinds.base import Kind
    from samsyn.tenancy.actors import Actor

HALVES = ("request", "answer", "review")
REOPEN_DAYS = 30
INFORMED_DAYS = 14


class State(models.TextChoices):
    """Whose turn it is. Open means with_client or with_firm; then exactly one side has the ball."""

    DRAFT = "draft", _("Draft")
    AWAITING_CONSENT = "awaiting_consent", _("Awaiting consent")
    WITH_CLIENT = "with_client", _("With the client")
    WITH_FIRM = "with_firm", _("With the firm")
    CLOSED = "closed", _("Closed")


OPEN_STATES = (State.WITH_CLIENT, State.WITH_FIRM)
UNSENT_STATES = (State.DRAFT, State.AWAITING_CONSENT)


class Outcome(models.TextChoices):
    """How a closed case ended."""

    ANSWERED = "answered", _("Answered")
    APPROVED = "approved", _("Approved")
    DECLINED = "declined", _("Declined")
    ACKNOWLEDGED = "acknowledged", _("Read")
    INFORMED = "informed", _("Informed")
    CANCELLED = "cancelled", _("Cancelled")
    RETRACTED = "retracted", _("Retracted")
    WITHDRAWN = "withdrawn", _("Consent withdrawn")


FINAL_OUTCOMES = (Outcome.RETRACTED, Outcome.WITHDRAWN)


class Counter(TenantModel):
    """The last case number of a firm. `cases.verbs` takes it as the last write of a release: the lock is short."""

    value = models.PositiveIntegerField(default=1000)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [models.UniqueConstraint(fields=["firm"], name="one_counter_per_firm")]

    @classmethod
    def next(cls, firm: Firm) -> int:
        rows = cls.objects.unscoped(why="numbers are the firm's, no reader is involved").filter(firm=firm)
        if not rows.update(value=models.F("value") + 1):
            # The firm's first case; of two that are first at once, the second waits here.
            cls.objects.bulk_create([cls(firm=firm)], ignore_conflicts=True)
            rows.update(value=models.F("value") + 1)
        number: int = rows.values_list("value", flat=True).get()
        return number


class Case(TenantModel):
    """One thing a firm and its client settle between them.

    `request`, `answer` and `review` are JSON that the kind's forms read and write; what a second page
    filters or sorts on is a column. Only `cases.actions` writes here.
    """

    engagement = key(Engagement)
    engagement_id: Any
    ref = models.CharField(max_length=26, unique=True, default=new_ref, editable=False)
    number = models.PositiveIntegerField(null=True)
    kind = models.CharField(max_length=20)
    kind_version = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=20, choices=State.choices, default=State.DRAFT)
    outcome = models.CharField(max_length=12, choices=Outcome.choices, blank=True)
    turn_since = models.DateTimeField(default=timezone.now)

    subject = models.CharField(max_length=120, blank=True)
    message = models.TextField(blank=True)
    request = models.JSONField(default=dict)
    request_version = models.PositiveSmallIntegerField(default=1)
    answer = models.JSONField(null=True)
    review = models.JSONField(null=True)
    round = models.PositiveSmallIntegerField(default=1)

    sender = key(Membership, null=True)
    responsible = key(Membership, null=True)
    restricted = models.BooleanField(default=False)
    due_on = models.DateField(null=True)
    period_from = models.DateField(null=True)
    period_to = models.DateField(null=True)

    # The reader's own pair decides order, "last update" and the unread dot, so that internal notes leave no trace.
    seq = models.PositiveIntegerField(default=0)
    client_seq = models.PositiveIntegerField(default=0)
    client_changed_at = models.DateTimeField(null=True)
    firm_seq = models.PositiveIntegerField(default=0)
    firm_changed_at = models.DateTimeField(default=timezone.now)
    answered_seq = models.PositiveIntegerField(default=0)

    # Nothing is asked: under *Att läsa*, outside the badge. What the kind says of its request, as a column.
    only_to_read = models.BooleanField(default=False)
    # What the form that made it carried, so that a second click makes no second case.
    once = models.CharField(max_length=32, null=True)
    search_key = models.CharField(max_length=200, blank=True)
    sort_key = models.CharField(max_length=160, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    released_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["firm", "number"],
                condition=models.Q(number__isnull=False),
                name="one_case_per_number",
            ),
            models.UniqueConstraint(fields=["firm", "once"], name="each_case_made_once"),
            models.CheckConstraint(
                condition=models.Q(state=State.CLOSED) ^ models.Q(outcome=""), name="closed_has_an_outcome"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["firm", "state", "-firm_changed_at", "-id"], name="case_firm_state"),
            models.Index(fields=["firm", "-firm_changed_at", "-id"], name="case_firm_newest"),
            # With the client in it: the badge of a manager counts in it alone, without a look at the cases.
            models.Index(fields=["firm", "responsible", "state", "-firm_changed_at", "engagement"], name="case_mine"),
            models.Index(fields=["firm", "state", "due_on"], name="case_firm_due"),
            models.Index(fields=["firm", "engagement", "state", "-client_changed_at", "-id"], name="case_client"),
        ]

    def __str__(self) -> str:
        return self.ref

    @classmethod
    def narrow(cls, rows: Any, actor: Actor) -> Any:
        if actor.is_client:
            rows = rows.filter(engagement__in=actor.agreed_engagement_ids, released_at__isnull=False)
            if set(actor.agreed_engagement_ids) <= set(actor.owned_engagement_ids):
                return rows  # owners see what is restricted as well
            return rows.filter(cls.known_to(actor))
        if actor.is_support:
            return rows.filter(restricted=False).exclude(state=State.DRAFT)
        if actor.sees_all:
            return rows
        return rows.filter(engagement__in=Engagement.objects.visible_to(actor).values("pk"))

    @classmethod
    def known_to(cls, actor: Actor) -> models.Q:
        """On the client's side: of a restricted case its recipients and the owners know, and nobody else."""
        return (
            models.Q(restricted=False)
            | models.Q(engagement__in=actor.owned_engagement_ids)
            | models.Q(pk__in=Recipient.of(actor.membership_ids).values("case"))
        )

    # Halves written by an older version of the kind

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[Any], **how: Any) -> Self:
        case = super().from_db(db, field_names, values, **how)
        case._upgrade()
        return case

    def refresh_from_db(
        self, using: Any = None, fields: Iterable[str] | None = None, from_queryset: Any = None
    ) -> None:
        # A half that was left behind is read together with what tells its version.
        if fields is not None and set(fields) & set(HALVES):
            fields = {*fields, "kind", "kind_version"}
        super().refresh_from_db(using, fields, from_queryset)

    def _upgrade(self) -> None:
        """Read what an older version of the kind wrote. Events keep it as it was; this is their newest copy."""
        if not {"kind", "kind_version"} <= self.__dict__.keys() or self.kind_version == self.kind_of.version:
            return
        for half in HALVES:
            if self.__dict__.get(half):
                setattr(self, half, self.kind_of.upgraded(half, self.kind_version, getattr(self, half)))
        self.kind_version = self.kind_of.version

    # Questions about one case

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def is_sent(self) -> bool:
        return self.released_at is not None

    @property
    def edition(self) -> str:
        """What a page of this case shows, told apart from what was asked or answered before and may be later."""
        return f"{self.round}.{self.request_version}.{self.state}"

    @property
    def is_retracted(self) -> bool:
        return self.outcome == Outcome.RETRACTED

    @property
    def kind_of(self) -> Kind:
        from samsyn.cases import kinds

        return kinds.get(self.kind)

    @property
    def by_client(self) -> bool:
        """Whether the client opened it."""
        return self.kind_of.by == "client"

    @property
    def holder(self) -> str:
        """Who has the ball: "client", "firm", or "none"."""
        return {State.WITH_CLIENT: "client", State.WITH_FIRM: "firm"}.get(State(self.state), "none")

    @property
    def awaits_acknowledgement(self) -> bool:
        return self.kind == "information" and bool(self.request.get("acknowledge"))

    @property
    def closes_itself_at(self) -> dt.datetime | None:
        if self.only_to_read and self.state == State.WITH_CLIENT:
            return self.turn_since + dt.timedelta(days=INFORMED_DAYS)
        return None

    @property
    def client_may_reopen(self) -> bool:
        if self.state != State.CLOSED or self.outcome in FINAL_OUTCOMES or self.closed_at is None:
            return False
        return timezone.now() < self.closed_at + dt.timedelta(days=REOPEN_DAYS)

    def changed_at(self, actor: Actor) -> dt.datetime | None:
        return self.client_changed_at if actor.is_client else self.firm_changed_at

    def seq_for(self, actor: Actor) -> int:
        return self.client_seq if actor.is_client else self.firm_seq


class Recipient(TenantModel):
    """Somebody at the client who is mailed, reminded and badged. None listed means the owners."""

    case = key(Case)
    membership = key(Membership)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["firm", "case", "membership"], name="each_recipient_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["firm", "membership", "case"], name="recipient_by_person")]

    @classmethod
    def narrow(cls, rows: Any, actor: Actor) -> Any:
        return rows.filter(case__in=Case.objects.visible_to(actor).values("pk"))

    @classmethod
    def of(cls, membership_ids: Any) -> Any:
        """Rows naming these memberships: the actor's own, so nobody else's are revealed."""
        return cls.objects.unscoped(why="the actor's own recipient rows").filter(membership__in=membership_ids)
