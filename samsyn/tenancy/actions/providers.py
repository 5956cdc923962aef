"""A firm's own provider of sign-in: made and taken away by the operator, linked and unlinked by each person."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from samsyn.kit.sealing import sealed_box
from samsyn.kit.text import clean_name
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.errors import NotNow, Refused
from samsyn.tenancy.models import Firm, Membership
from samsyn.tenancy.providers import ProviderLink, SignInProvider
from samsyn.tenancy.security import SecurityLog, record

What = SecurityLog.What


@transaction.atomic
def add_provider(firm: Firm, *, name: str, issuer: str, client_id: str, secret: str) -> SignInProvider:
    """Let a firm's staff use a provider. One for the issuer again: name, client and secret anew, links kept."""
    rows = SignInProvider.objects.unscoped(why="the operator names the firm").locked()
    provider: SignInProvider = rows.filter(firm=firm, issuer=issuer).first() or SignInProvider(firm=firm, issuer=issuer)
    provider.name, provider.client_id = clean_name(name), client_id
    provider.sealed_secret = sealed_box().encrypt(secret.encode())
    provider.save()
    record(What.PROVIDER, firm, name="", about=f"provider:{provider.name}")
    return provider


@transaction.atomic
def remove_provider(provider: SignInProvider) -> int:
    """Nobody signs in there any more. Gives how many links ended."""
    links = ProviderLink.objects.unscoped(why="they lead nowhere now").filter(provider=provider)
    ended: int = links.delete()[0]
    SignInProvider.objects.unscoped(why="the operator names it").filter(pk=provider.pk).delete()
    record(What.PROVIDER, provider.firm, name="", about=f"provider_gone:{provider.name}")
    return ended


def link_provider(actor: Actor, provider: SignInProvider, subject: str) -> ProviderLink:
    """What the provider calls `subject` is the actor from now on. What is somebody else's already is refused."""
    known = ProviderLink.objects.unscoped(why="whether it is anybody's").filter(
        firm=provider.firm, issuer=provider.issuer, subject=subject
    )
    taken = Refused(_("That account is already linked to somebody else. Sign out there and choose your own."))
    try:
        with transaction.atomic():
            found: ProviderLink | None = known.first()
            if found and found.membership_id == actor.membership.pk:
                return found
            if found:
                raise taken
            return _link(actor, provider, subject)
    except IntegrityError as error:  # somebody else was first, this very moment
        raise taken from error


def _link(actor: Actor, provider: SignInProvider, subject: str) -> ProviderLink:
    mine = ProviderLink.objects.visible_to(actor).filter(provider=provider, membership=actor.membership)
    if mine.exists():
        raise NotNow(_("You are linked to another account there. Take that link away first."))
    link: ProviderLink = ProviderLink.objects.create(
        firm=provider.firm, provider=provider, membership=actor.membership, issuer=provider.issuer, subject=subject
    )
    record(What.LINKED, provider.firm, name=actor.name, user=actor.user, actor=actor, about=f"linked:{provider.name}")
    return link


@transaction.atomic
def unlink_provider(actor: Actor, provider: SignInProvider) -> None:
    """The person no longer signs in there. Pressed twice, nothing more happens."""
    mine = ProviderLink.objects.visible_to(actor).filter(provider=provider, membership=actor.membership)
    if mine.delete()[0]:
        record(What.LINKED, provider.firm, name=actor.name, user=actor.user, actor=actor,
               about=f"unlinked:{provider.name}")  # fmt: skip


def end_provider_links(member: Membership) -> None:
    """Whoever is gone from a firm signs in through it no more."""
    ProviderLink.objects.unscoped(why="whoever is gone signs in no more").filter(membership=member).delete()
