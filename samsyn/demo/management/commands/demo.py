"""samsyn demo: a small invented world, on this machine only."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from samsyn.demo import world
from samsyn.kit.queue import schedule_sweeps
from samsyn.tenancy.models import Firm

SIGN_INS = (
    ("ansvarig@demobyran.example", "firm manager"),
    ("konsult@demobyran.example", "consultant"),
    ("konsult@rivalbyran.example", "consultant of another firm"),
    ("agare@demokund.example", "client, administrator"),
    ("medarbetare@demokund.example", "client, employee"),
    ("lasare@demokund.example", "client, reader"),
    ("agare@annankund.example", "another client"),
    ("agare@delad.example", "a client of two firms"),
    ("agare@utansamtycke.example", "a client that has not approved yet"),
    ("dubbel@demokund.example", "two clients and a firm"),
)


class Command(BaseCommand):
    help = "Fills an empty database with the demo world. Only with SAMSYN_DEMO=1."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--prepare", action="store_true", help="migrate, collect static files, fill")
        parser.add_argument("--addresses", action="store_true", help="only print where to go")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SAMSYN_DEMO:
            raise CommandError("The demo world has a known password: it needs SAMSYN_DEMO=1.")
        if options["addresses"]:
            return self.print_addresses()
        if options["prepare"]:
            self.prepare()
        if Firm.objects.filter(made_by_demo=False).exists():
            raise CommandError("This database holds a firm that the demo did not make. Use another SAMSYN_VAR.")
        if not Firm.objects.exists():
            self.stdout.write("Filling the demo world …")
            world.build()
        schedule_sweeps()

    def prepare(self) -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", verbosity=0)
        call_command("createcachetable", verbosity=0)
        call_command("collectstatic", verbosity=0, interactive=False)

    def print_addresses(self) -> None:
        self.stdout.write(f"\nSamsyn demo: {settings.SAMSYN_URL}/   (Ctrl-C stops it)")
        self.stdout.write(f"  firm    {settings.SAMSYN_URL}/byra/demobyran/")
        self.stdout.write(f"  client  {settings.SAMSYN_URL}/kund/demokund/")
        self.stdout.write(f"  mail    {settings.SAMSYN_URL}/demo/mail/")
        self.stdout.write(f"Sign-ins, password {world.PASSWORD}:")
        for email, role in SIGN_INS:
            self.stdout.write(f"  {email:32} {role}")
