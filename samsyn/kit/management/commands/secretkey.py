"""samsyn secretkey new: a new secret key, with the old ones still taken. samsyn secretkey forget: only the newest."""

from __future__ import annotations

import os
import secrets
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from samsyn.kit.queue import DAILY, run


class Command(BaseCommand):
    help = "Puts a new secret key first, or forgets the older ones. Web and worker are started again afterwards."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=["new", "forget"])

    def handle(self, *args: Any, **options: Any) -> None:
        if os.environ.get("SAMSYN_SECRET_KEY", "").strip():
            raise CommandError(
                "The key stands in SAMSYN_SECRET_KEY: write the new one before the old one there, with a space between."
            )
        path = settings.SECRET_KEY_FILE
        keys = path.read_text().split()
        if options["what"] == "forget":
            run(DAILY["sealed secrets"])  # what is sealed for long is sealed with the newest key from now on
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
