"""samsyn firm provider add FIRM --name --issuer --client-id | list | remove FIRM ISSUER

The address is the operator's to give: one that a manager could type would let the server be sent anywhere.
"""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import transaction

from samsyn.kit import letters, openid
from samsyn.kit.text import clean_name
from samsyn.tenancy import actions
from samsyn.tenancy.models import Firm
from samsyn.tenancy.providers import ProviderLink, SignInProvider

HELP = "A firm's own sign-in (OpenID Connect) for its staff: add or change, list, remove."
SHUT = "\tits secret was sealed with a key that is gone: add it anew"
LONGEST = 2_000  # signs of a secret


def add_arguments(parser: CommandParser) -> None:
    whats = parser.add_subparsers(dest="how", required=True)
    add = whats.add_parser("add", help="add one, or change the name, client and secret of the one for the issuer")
    add.add_argument("slug", metavar="FIRM", help="the firm's name in addresses")
    add.add_argument("--name", required=True, help="what stands on the button: Byråns konto")
    add.add_argument("--issuer", required=True, help="https://…, without /.well-known/…")
    add.add_argument("--client-id", required=True)
    add.add_argument("--secret-file", type=Path, help="a file with the client's secret; else it is asked for or read")
    whats.add_parser("list", help="every firm's")
    remove = whats.add_parser("remove", help="nobody signs in there any more")
    remove.add_argument("slug", metavar="FIRM")
    remove.add_argument("issuer")


def handle(options: dict[str, Any], say: Any) -> None:
    {"add": _add, "list": _list, "remove": _remove}[options["how"]](options, say)


def _add(options: dict[str, Any], say: Any) -> None:
    firm, name, client_id = _firm(options["slug"]), clean_name(options["name"]), options["client_id"].strip()
    if not 1 <= len(name) <= 60 or not 1 <= len(client_id) <= 255:
        raise CommandError("The name has 1 to 60 characters, the client id 1 to 255.")
    issuer = _issuer(options["issuer"])
    provider = actions.add_provider(
        firm, name=name, issuer=issuer, client_id=client_id, secret=_secret(options["secret_file"])
    )
    say(f"{firm.name} signs in with {provider.name}, {issuer}.")
    say(f"Register this address at the provider: {letters.absolute(f'/konto/byra/{provider.ref}/svar/')}")
    say(f"The staff sign in at {letters.absolute(f'/konto/byra/{provider.ref}/')} when they have linked their login.")


def _list(options: dict[str, Any], say: Any) -> None:
    rows = SignInProvider.objects.unscoped(why="the operator looks at all").select_related("firm")
    for one in rows.order_by("firm__slug", "issuer"):
        links = ProviderLink.objects.unscoped(why="how many").filter(provider=one).count()
        say(f"{one.firm.slug}\t{one.issuer}\t{one.client_id}\t{one.name}\t{links} linked{'' if one.opens else SHUT}")


def _remove(options: dict[str, Any], say: Any) -> None:
    firm = _firm(options["slug"])
    rows = SignInProvider.objects.unscoped(why="the operator names it").select_related("firm")
    with transaction.atomic():
        provider = rows.filter(firm=firm, issuer=options["issuer"]).first()
        if provider is None:
            raise CommandError(f"{firm.slug} has no provider at {options['issuer']}. See: samsyn firm provider list")
        ended = actions.remove_provider(provider)
    say(f"{firm.name} doesn't sign in with {provider.name} any more. Links that ended: {ended}.")


def _firm(slug: str) -> Firm:
    firm = Firm.objects.filter(slug=slug).first()
    if firm is None:
        raise CommandError(f"There is no firm at /byra/{slug}/.")
    return firm


def _issuer(typed: str) -> str:
    """The issuer as the provider itself writes it: it is asked, so that a slip of the pen is found now."""
    if not openid.is_safe(typed):
        raise CommandError("The issuer is an address that begins with https://")
    try:
        issuer = str(openid.discover(typed)["issuer"])
    except openid.Untrusted as fault:
        raise CommandError(f"{typed} doesn't answer as an OpenID Connect provider should ({fault}).") from fault
    if len(issuer) > 255:
        raise CommandError("The issuer has at most 255 characters.")
    return issuer


def _secret(path: Path | None) -> str:
    """From the file, the terminal or standard input; never from the command line, which others can see."""
    try:
        text = path.read_text() if path else getpass.getpass("Secret: ") if sys.stdin.isatty() else sys.stdin.read()
    except OSError as error:
        raise CommandError(f"The secret can't be read: {error}") from error
    if not 1 <= len(text.strip()) <= LONGEST:
        raise CommandError(f"The secret has 1 to {LONGEST} characters.")
    return text.strip()
