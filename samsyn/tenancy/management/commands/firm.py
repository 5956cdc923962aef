"""samsyn firm add SLUG --name --number --manager EMAIL; samsyn firm provider …"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.db import IntegrityError, OperationalError, ProgrammingError

from samsyn.kit.sweden import parse_party_number
from samsyn.kit.text import LONGEST_ADDRESS, clean_name
from samsyn.tenancy import actions
from samsyn.tenancy.management import provider
from samsyn.tenancy.models import Firm
from samsyn.tenancy.slugs import RESERVED, slug_from


class Command(BaseCommand):
    help = "Makes a firm and mails an invitation to its first manager. Again for one nobody has entered: a new letter."

    def add_arguments(self, parser: CommandParser) -> None:
        whats = parser.add_subparsers(dest="what", required=True)
        provider.add_arguments(whats.add_parser("provider", help=provider.HELP))
        add = whats.add_parser("add", help=self.help)
        add.add_argument("slug", help="the firm's name in addresses: a-z, 0-9 and hyphens")
        add.add_argument("--name", required=True)
        add.add_argument("--number", required=True, help="organisation number; a sole trader's personal number")
        add.add_argument("--manager", required=True, metavar="EMAIL")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["what"] == "provider":
            return provider.handle(options, self.stdout.write)
        slug, manager = slug_of(options["slug"]), address_of(options["manager"])
        name, number = name_of(options["name"]), number_of(options["number"])
        try:
            self.add(slug, name=name, number=number, manager=manager)
        except IntegrityError as error:
            raise CommandError(f"{slug!r} is or was already somebody's address. Choose another.") from error
        except (OperationalError, ProgrammingError) as error:
            raise CommandError(f"The database isn't ready. Run bin/samsyn migrate first. It said: {error}") from error

    def add(self, slug: str, *, name: str, number: str, manager: str) -> None:
        """Make the firm; one that was made with the same words and that nobody has entered gets a new letter."""
        made = Firm.objects.filter(slug=slug, name=name, number=number).first()
        if made is None:
            actions.add_firm(slug, name=name, number=number, manager=manager)
            self.stdout.write(f"{name} is at /byra/{slug}/.")
        elif actions.invite_first_manager_again(made, manager):
            self.stdout.write(f"{name} was at /byra/{slug}/ already, and nobody has come in. The old link is dead.")
        else:
            raise CommandError(f"{name} is at /byra/{slug}/ and has its people, who ask others in on their own page.")
        self.stdout.write(f"An invitation to {manager} leaves as soon as the worker, bin/work, runs.")


def slug_of(text: str) -> str:
    if not text or text != slug_from(text) or text in RESERVED:
        raise CommandError(f"{text!r} can't be used in addresses: a-z, 0-9 and single hyphens, at most 50 signs.")
    return text


def name_of(text: str) -> str:
    name = clean_name(text)
    if not 1 <= len(name) <= 120:
        raise CommandError("The name of the firm has 1 to 120 characters.")
    return name


def number_of(text: str) -> str:
    """The digits. They may be a person's, so a refusal doesn't repeat them."""
    try:
        return parse_party_number(text).digits
    except ValueError as error:
        raise CommandError("The number isn't valid. Check the last digit of --number.") from error


def address_of(text: str) -> str:
    if len(text) > LONGEST_ADDRESS:
        raise CommandError(f"An e-mail address has at most {LONGEST_ADDRESS} characters.")
    try:
        validate_email(text)
    except ValidationError as error:
        raise CommandError(f"{text!r} is not an e-mail address.") from error
    return text
