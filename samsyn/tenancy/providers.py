"""Where a firm's own people may sign in: at a provider of the firm's, each login linked by the person."""

from __future__ import annotations

from typing import Any, ClassVar

from cryptography.fernet import InvalidToken
from django.db import models
from django.utils import timezone

from samsyn.kit.gate import key
from samsyn.kit.ids import new_ref
from samsyn.kit.sealing import SealedField, sealed_box
from samsyn.tenancy.models import Membership, TenantModel, User
from samsyn.tenancy.roles import Right
from samsyn.tenancy.walls.standing import as_person, at_provider, in_firm


class SignInProvider(TenantModel):
    """A provider of sign-in (OpenID Connect) that one firm's staff may use. Made by the operator alone.

    `ref` stands in its addresses and cannot be guessed: who knows it has it from the firm.
    """

    ref = models.CharField(max_length=26, unique=True, default=new_ref)
    name = models.CharField(max_length=60)
    issuer = models.CharField(max_length=255)
    client_id = models.CharField(max_length=255)
    sealed_secret = SealedField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [models.UniqueConstraint(fields=["firm", "issuer"], name="one_provider_per_issuer")]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def narrow(cls, rows: Any, actor: Any) -> Any:
        return rows if actor.is_firm and actor.may(Right.READ) else rows.none()

    @property
    def secret(self) -> str:
        """The client's secret. InvalidToken when the key it was sealed with is gone."""
        return sealed_box().decrypt(bytes(self.sealed_secret)).decode()

    @property
    def opens(self) -> bool:
        """Whether the secret can still be read."""
        try:
            return bool(self.secret)
        except InvalidToken:
            return False


class ProviderLink(TenantModel):
    """That somebody at a provider, told by issuer and subject alone, is this member of the firm's staff."""

    provider = key(SignInProvider)
    membership = key(Membership)
    issuer = models.CharField(max_length=255)
    subject = models.CharField(max_length=255)
    linked_at = models.DateTimeField(default=timezone.now)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["firm", "issuer", "subject"], name="one_person_per_subject"),
            models.UniqueConstraint(fields=["firm", "provider", "membership"], name="one_link_per_person"),
        ]

    @classmethod
    def narrow(cls, rows: Any, actor: Any) -> Any:
        if not actor.is_firm:
            return rows.none()
        return rows if actor.may(Right.RUN_FIRM) else rows.filter(membership__in=actor.membership_ids)


def provider_at(ref: str) -> SignInProvider | None:
    """The provider with this reference: who has it in hand has been given it."""
    rows = SignInProvider.objects.unscoped(why="the reference is 128 random bits").select_related("firm")
    with at_provider(ref):
        found: SignInProvider | None = rows.filter(ref=ref).first()
    return found


def person_behind(provider: SignInProvider, subject: str) -> User | None:
    """Who signs in when a provider says `subject`: linked here, still at the firm, and able to sign in."""
    rows = ProviderLink.objects.unscoped(why="nobody is signed in yet").select_related("membership__user")
    with in_firm(provider.firm_id):
        link = rows.filter(provider=provider, issuer=provider.issuer, subject=subject).first()
    return link.membership.user if link and link.membership.is_there else None


def providers_of(held: list[Membership]) -> list[tuple[SignInProvider, ProviderLink | None]]:
    """The providers of the firms a person works at, and how he or she is linked to each; by name."""
    staff = [one for one in held if one.engagement_id is None]
    firms = [one.firm_id for one in staff]
    if not firms:
        return []
    providers = SignInProvider.objects.unscoped(why="of the person's own firms").select_related("firm")
    links = ProviderLink.objects.unscoped(why="the person's own").filter(firm__in=firms, membership__in=staff)
    linked = {one.provider_id: one for one in links}
    return [(one, linked.get(one.pk)) for one in providers.filter(firm__in=firms).order_by("name", "id")]


def providers_at(actor: Any) -> list[tuple[SignInProvider, int]]:
    """The providers of an actor's firm, by name, each with how many have linked their login."""
    links = ProviderLink.objects.visible_to(actor).values_list("provider", flat=True)
    linked = list(links)
    rows = SignInProvider.objects.visible_to(actor).order_by("name", "id")
    return [(one, linked.count(one.pk)) for one in rows]


def refs_linked_to(user: User) -> list[str]:
    """The references of the providers a person is linked to, the newest first."""
    links = ProviderLink.objects.unscoped(why="the person's own, at any firm").select_related("provider")
    with as_person(user.pk):
        return [one.provider.ref for one in links.filter(membership__user=user).order_by("-linked_at", "-id")]
