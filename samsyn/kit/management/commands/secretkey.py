"""samsyn secretkey new: a new secret key, with the old ones still taken. samsyn secretkey forget: only the newest.

Secrets that lie sealed in the database are sealed anew before the old key is forgotten: `reseal` does that alone.
"""

from __future__ import annotations

import os
import secrets
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from samsyn.kit.queue import DAILY, RESEALS, run


def reseal() -> None:
    """Seal all that lives long anew, with the newest key."""
    for name in RESEALS:
        run(DAILY[name])


class Command(BaseCommand):
    help = "Puts a new secret key first, or forgets the older ones. Web and worker are started again afterwards."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=["new", "reseal", "forget"])

    def handle(self, *args: Any, **options: Any) -> None:
        if options["what"] == "reseal":
            reseal()
            self.stdout.write("What lies sealed is sealed with the newest key.")
            return
        if os.environ.get("SAMSYN_SECRET_KEY", "").strip():
            raise CommandError(
                "The key stands in SAMSYN_SECRET_KEY: write the new one before the old one there, with a space between."
                " Before you take an old one away: samsyn secretkey reseal."
            )
        path = settings.SECRET_KEY_FILE
        keys = path.read_text().split()
        if options["what"] == "forget":
            reseal()
        kept = [secrets.token_urlsafe(50), *keys] if options["what"] == "new" else keys[:1]
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text("\n".join(kept))
        os.replace(fresh, path)
        self.stdout.write(
            "A new key is first. Start web and worker again; forget the old key when everybody has signed in since."
            if options["what"] == "new"
            else "Only the newest key holds. Start web and worker again."
        )
