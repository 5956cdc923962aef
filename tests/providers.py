"""A firm's own sign-in in the cast's world, for the tests of pages."""

from __future__ import annotations

from typing import Any

from samsyn.tenancy import actions
from samsyn.tenancy.providers import SignInProvider

ISSUER = "https://127.0.0.1:9"


def provider_in(world: Any) -> SignInProvider:
    """The one of demobyran; made when it isn't there. Nobody answers at its address."""
    rows = SignInProvider.objects.unscoped(why="the tests name it")
    found: SignInProvider | None = rows.filter(firm=world.firm, issuer=ISSUER).first()
    return found or actions.add_provider(
        world.firm, name="Demobyråns konto", issuer=ISSUER, client_id="samsyn", secret="hemligt"
    )
