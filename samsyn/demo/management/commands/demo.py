"""samsyn demo: a small invented world, on this machine only."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from samsyn.demo import serving, world
from samsyn.demo.guard import check_database
from samsyn.kit.queue import schedule_sweeps
from samsyn.tenancy.models import Firm

SIGN_INS = (
    ("ansvarig@demobyran.example", "firm manager"),
    ("konsult@demobyran.example", "consultant"),
    ("egna@demobyran.example", "consultant with own clients only"),
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
    help = "Fills an empty database with the demo world, and serves it. Only with SAMSYN_DEMO=1."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--prepare", action="store_true", help="migrate, collect static files, fill")
        parser.add_argument("--serve", action="store_true", help="prepare, then serve the pages and run the worker")
        parser.add_argument("--reload", action="store_true", help="serve with a server that reloads on change")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SAMSYN_DEMO:
            raise CommandError("The demo world has a known password: it needs SAMSYN_DEMO=1.")
        port = urlsplit(settings.SAMSYN_URL).port or 80
        if options["serve"] and (why := serving.why_not(port)):
            raise CommandError(f"Port {port} can't be used: {why}. Choose another, such as PORT={port + 1}.")
        check_database()
        if options["prepare"] or options["serve"]:
            self.prepare()
        if not Firm.objects.exists():
            self.stdout.write("Filling the demo world …")
            world.build()
        schedule_sweeps()
        if options["serve"]:
            self.serve(port, reloads=options["reload"])

    def prepare(self) -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stdout.write("Making the database …")
            call_command("migrate", verbosity=0)
        call_command("createcachetable", verbosity=0)
        if not settings.DEBUG:
            serving.collect_static()

    def serve(self, port: int, *, reloads: bool) -> None:
        connection.close()
        if problem := serving.serve(port, reloads=reloads, ready=self.print_addresses):
            raise CommandError(problem)
        self.stdout.write("Stopped.")

    def print_addresses(self) -> None:
        self.stdout.write(f"\nSamsyn demo: {settings.SAMSYN_URL}/   (Ctrl-C stops it)")
        self.stdout.write(f"  firm    {settings.SAMSYN_URL}/byra/demobyran/")
        self.stdout.write(f"  client  {settings.SAMSYN_URL}/kund/demokund/")
        self.stdout.write(f"  mail    {settings.SAMSYN_URL}/demo/mail/")
        self.stdout.write(f"Sign-ins, password {world.PASSWORD}:")
        for email, role in SIGN_INS:
            self.stdout.write(f"  {email:32} {role}")
        self.stdout.flush()
