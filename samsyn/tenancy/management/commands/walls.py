"""samsyn walls APP.Model …: what a migration must hold, so that these tables stand behind the wall."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from samsyn.tenancy.walls.sql import sql_of
from samsyn.tenancy.walls.table import TABLE


class Command(BaseCommand):
    help = "Prints the operations of a migration that puts the walls of walls/table.py into the database."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("labels", nargs="+", metavar="APP.Model")

    def handle(self, *args: Any, **options: Any) -> None:
        for label in options["labels"]:
            if label not in TABLE:
                raise CommandError(f"{label} has no line in samsyn/tenancy/walls/table.py.")
            self.stdout.write(f'OnPostgreSQL("""\n{sql_of(label)}\n"""),')
