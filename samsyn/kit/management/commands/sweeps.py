"""samsyn sweeps: see to it that the worker's sweeps are scheduled. Run after every update; safe to run again."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from samsyn.kit.queue import DAILY, SWEEPS, schedule_sweeps


class Command(BaseCommand):
    help = "Schedules the sweeps that a worker runs each minute, and those of each day."

    def handle(self, *args: Any, **options: Any) -> None:
        schedule_sweeps()
        self.stdout.write(f"Scheduled each minute: {', '.join(SWEEPS)}; each day: {', '.join(DAILY)}.")
