"""Honest figures: what was measured, how, on what. Asserts nothing. Run by bin/bench.

Pages are asked inside this process, on one core, through the whole of Django's stack but no network, on
SQLite in a temporary folder; the median of 200 after 20 that are not counted.
"""

from __future__ import annotations

import os
import platform
import resource
import statistics
import sys
import tempfile
import time
from typing import Any

_VAR = tempfile.TemporaryDirectory(prefix="samsyn-bench-")
os.environ.update(SAMSYN_VAR=_VAR.name, DJANGO_SETTINGS_MODULE="samsyn.settings")
os.environ.pop("DATABASE_URL", None)

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402

from samsyn.cases.models import Case  # noqa: E402
from samsyn.demo import world as demo  # noqa: E402
from samsyn.demo.world import organisation_number  # noqa: E402
from samsyn.tenancy.register import applying  # noqa: E402
from samsyn.tenancy.register.models import ImportRun  # noqa: E402

PAGES = [
    ("client's list", "agare@demokund.example", "/kund/demokund/arenden/"),
    ("firm's list", "ansvarig@demobyran.example", "/byra/demobyran/arenden/"),
]


def person(email: str) -> Client:
    from samsyn.tenancy.models import User

    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(User.objects.get(email=email), backend=settings.AUTHENTICATION_BACKENDS[0])
    return client


def median_ms(ask: Any) -> float:
    for _warm in range(20):
        ask()
    times = []
    for _round in range(200):
        began = time.perf_counter()
        ask()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def fill(world: demo.World, many: int) -> None:
    """`many` cases of one client in all, every tenth open: more than any client has, so the lists are full."""
    have = Case.objects.unscoped(why="bench").filter(firm=world.firm).count()
    made = Case.objects.unscoped(why="bench").filter(subject="Kontoutdrag för november").get()
    engagement = world.engagements["demokund"]
    rows = (
        Case(firm=world.firm, engagement=engagement, kind="question", request={"questions": []}, subject=f"Ärende {n}",
             number=100_000 + n, state="closed" if n % 10 else "with_firm", outcome="answered" if n % 10 else "",
             released_at=made.released_at, client_changed_at=made.released_at, firm_changed_at=made.released_at,
             responsible_id=made.responsible_id, search_key=f"ärende {n}")
        for n in range(have, many)
    )  # fmt: skip
    Case.objects.bulk_create(rows, batch_size=1000)


def register(rows: int) -> None:
    head = "orgnr;namn;adress;postnummer;ort;kontaktperson;epost;kundansvarig"
    lines = [
        f"{organisation_number(f'55{n:07d}')};Företaget {n} AB;Gatan {n};123 45;Orten;Person {n};p{n}@kund.example;"
        for n in range(2_000_000, 2_000_000 + rows)
    ]
    content = "\n".join([head, *lines]).encode()
    actor = demo.find().manager
    began = time.perf_counter()
    run = applying.begin(actor, SimpleUploadedFile("kunder.csv", content))
    applying.check(str(run.pk))
    read = time.perf_counter()
    run = ImportRun.objects.visible_to(actor).get(pk=run.pk)
    applying.apply(actor, run)
    ended = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(
        f"register, {rows} rows: read and checked {read - began:.1f} s, applied {ended - read:.1f} s, "
        f"the whole process at most {peak:.0f} MB"
    )


def main() -> None:
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    settings.SAMSYN_DEMO = True
    world = demo.build()
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, SQLite, {platform.system()}")
    register(5_000)
    for many in [int(one) for one in sys.argv[1:]] or [10_000, 100_000]:
        fill(world, many)
        for name, email, path in PAGES:
            client = person(email)
            assert client.get(path).status_code == 200
            print(f"{name}, {many} cases: {median_ms(lambda c=client, p=path: c.get(p)):.1f} ms median")


if __name__ == "__main__":
    main()
