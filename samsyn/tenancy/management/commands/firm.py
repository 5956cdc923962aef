"""samsyn firm add SLUG --name --number --manager EMAIL"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.db import IntegrityError

from samsyn.kit.sweden import parse_party_number
from samsyn.tenancy import actions
from samsyn.tenancy.slugs import RESERVED, slug_from


class Command(BaseCommand):
    help = "Makes a firm and mails an invitation to its first manager."

    def add_arguments(self, parser: CommandParser) -> None:
        add = parser.add_subparsers(dest="what", required=True).add_parser("add", help=self.help)
        add.add_argument("slug", help="the firm's name in addresses: a-z, 0-9 and hyphens")
        add.add_argument("--name", required=True)
        add.add_argument("--number", required=True, help="organisation number")
        add.add_argument("--manager", required=True, metavar="EMAIL")

    def handle(self, *args: Any, **options: Any) -> None:
        slug = options["slug"]
        if slug != slug_from(slug) or slug in RESERVED:
            raise CommandError(f"{slug!r} can't be used in addresses: a-z, 0-9 and single hyphens only.")
        try:
            number = parse_party_number(options["number"]).digits
            validate_email(options["manager"])
        except ValueError as error:
            raise CommandError(f"{options['number']!r} is not an organisation number.") from error
        except ValidationError as error:
            raise CommandError(f"{options['manager']!r} is not an e-mail address.") from error
        try:
            firm = actions.add_firm(slug, name=options["name"], number=number, manager=options["manager"])
        except IntegrityError as error:
            raise CommandError(f"There is or was already a firm at {slug!r}.") from error
        self.stdout.write(f"{firm.name} is at /byra/{firm.slug}/. An invitation is on its way to {options['manager']}.")
