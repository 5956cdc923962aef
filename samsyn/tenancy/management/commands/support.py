"""samsyn support add NAME EMAIL | list | remove EMAIL: the logins of those who give support."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from samsyn.tenancy import actions
from samsyn.tenancy.errors import Refused
from samsyn.tenancy.management.commands.firm import address_of, name_of
from samsyn.tenancy.models import User
from samsyn.tenancy.support import open_windows


class Command(BaseCommand):
    help = "Logins for support. They open nothing until a firm's manager opens a window for one of them."

    def add_arguments(self, parser: CommandParser) -> None:
        whats = parser.add_subparsers(dest="what", required=True)
        add = whats.add_parser("add", help="make a login, which signs in with a code by e-mail")
        add.add_argument("name")
        add.add_argument("email")
        whats.add_parser("list", help="every login, and where it may read now")
        whats.add_parser("remove", help="the login and its windows are over").add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        {"add": self.add, "list": self.list, "remove": self.remove}[options["what"]](options)

    def add(self, options: dict[str, Any]) -> None:
        try:
            user = actions.add_support(name_of(options["name"]), address_of(options["email"]))
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{user.name} can sign in with a code to {user.email}, and sees nothing until a firm opens")
        self.stdout.write("a window: Inställningar, Support, with that address, a reason and how many hours.")

    def list(self, options: dict[str, Any]) -> None:
        for user in User.objects.filter(supports=True).order_by("email"):
            reads = ", ".join(f"{one.firm.slug} until {one.until:%H:%M} UTC" for one in open_windows(user))
            self.stdout.write(f"{user.email}\t{user.name}\t{reads or 'reads nothing now'}")

    def remove(self, options: dict[str, Any]) -> None:
        user = User.objects.by_email(options["email"])
        if user is None or not user.supports:
            raise CommandError(f"{options['email']} is no support login.")
        actions.remove_support(user)
        self.stdout.write(f"{user.name} is out, and no window of {user.email} is open any more.")
