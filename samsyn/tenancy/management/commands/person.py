"""samsyn person reset-factors EMAIL"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, ProgrammingError

from samsyn.tenancy import actions
from samsyn.tenancy.models import User


class Command(BaseCommand):
    help = "Helps a person who has lost telephone, passkeys and recovery codes. Make sure first that it is that person."

    def add_arguments(self, parser: CommandParser) -> None:
        words = "takes all second factors away, signs out everywhere, tells the person and the firms"
        parser.add_subparsers(dest="what", required=True).add_parser("reset-factors", help=words).add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            user = User.objects.by_email(options["email"])
        except (OperationalError, ProgrammingError) as error:
            raise CommandError(f"The database isn't ready. Run bin/samsyn migrate first. It said: {error}") from error
        if user is None:
            raise CommandError("Nobody has that e-mail address.")
        gone = actions.reset_factors(user)
        self.stdout.write(f"Taken away: {gone}. Signed out everywhere; in again with a password or a code by e-mail.")
