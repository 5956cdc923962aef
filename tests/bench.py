"""Honest figures: what was measured, how, on what. Asserts nothing. Run by bin/bench.

Pages are asked inside this process, on one core, of the application a web server runs but with no network, on
SQLite in a temporary folder; the median of 200 after 20 that are not counted. The register is read and
applied in a process of its own for each file, as the worker is one, on SQLite and on PostgreSQL. So is a year
taken out as a zip, as a web server's process does it.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

REGISTERS, FILE, YEAR = "--registers", "--file", "--year"  # how this program calls itself
if not {FILE, YEAR} & set(sys.argv):
    _VAR = tempfile.TemporaryDirectory(prefix="samsyn-bench-")
    os.environ.update(SAMSYN_VAR=_VAR.name, DJANGO_SETTINGS_MODULE="samsyn.settings")
if not {REGISTERS, FILE, YEAR} & set(sys.argv):
    os.environ.pop("DATABASE_URL", None)

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client, RequestFactory  # noqa: E402

from samsyn.cases import files  # noqa: E402
from samsyn.cases.actions import send_back  # noqa: E402
from samsyn.cases.models import Case, Purpose  # noqa: E402
from samsyn.demo import world as demo  # noqa: E402
from samsyn.demo.world import organisation_number  # noqa: E402
from samsyn.kit.sweden import stockholm_today  # noqa: E402
from samsyn.tenancy.register import applying, receiving  # noqa: E402
from samsyn.tenancy.register.models import ImportRun  # noqa: E402
from tests.registers import HEAD, csv_of, xlsx_of  # noqa: E402
from tests.services.postgres import postgres  # noqa: E402

PAGES = [
    ("client's list", "agare@demokund.example", "/kund/demokund/arenden/"),
    ("firm's list", "ansvarig@demobyran.example", "/byra/demobyran/arenden/"),
]


def asker(email: str, path: str) -> Callable[[], bytes]:
    """What a web server does for a person who is signed in: the page at `path`, whole."""
    ask = parts_for(email, path)
    return lambda: b"".join(ask())


def parts_for(email: str, path: str) -> Callable[[], Iterator[bytes]]:
    """The page at `path` for a person who is signed in, part by part as it leaves."""
    from samsyn.tenancy.models import User
    from samsyn.wsgi import application

    client = Client()
    client.force_login(User.objects.get(email=email), backend=settings.AUTHENTICATION_BACKENDS[0])
    cookies = "; ".join(f"{name}={one.value}" for name, one in client.cookies.items())
    asked = RequestFactory(headers={"host": "127.0.0.1", "cookie": cookies})

    def ask() -> Iterator[bytes]:
        told: list[str] = []
        answer = application(asked.get(path).environ, lambda status, headers, fault=None: told.append(status))
        yield from answer
        answer.close()
        assert told == ["200 OK"], told

    return ask


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


def a_register(rows: int, city: str) -> list[list[str]]:
    """All thirteen columns, `rows` times."""
    return [
        HEAD,
        *(
            [organisation_number(f"55{n:07d}"), f"Företaget {n} AB", f"Gatan {n}", "123 45", city, f"Person {n}",
             f"p{n}@kund.example", "08-123", "Jonas Ekelöv", "december", "AB", "sv", f"K{n}"]
            for n in range(2_000_000, 2_000_000 + rows)
        ),
    ]  # fmt: skip


def register(rows: int) -> None:
    """Each step in a process of its own, as the worker is one, so that its memory is its own."""
    files = {
        "CSV, all new": ("csv", csv_of(*a_register(rows, "Orten"))),
        "XLSX, all as they are": ("xlsx", xlsx_of(*a_register(rows, "Orten"))),
        "CSV, all changed": ("csv", csv_of(*a_register(rows, "Lund"))),
    }
    for words, (ending, content) in files.items():
        name = os.path.join(_VAR.name, f"kunder.{ending}")
        with open(name, "wb") as target:
            target.write(content)
        command = [sys.executable, "-m", "tests.bench", FILE, name]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        print(f"register, {rows} rows, {words}: {done.stdout.strip()}")


def one_register(name: str) -> None:
    actor, began = demo.find().manager, time.perf_counter()
    with open(name, "rb") as source:
        run = receiving.begin(actor, SimpleUploadedFile(os.path.basename(name), source.read()))
    sent = time.perf_counter()
    receiving.check(str(run.pk))
    read = time.perf_counter()
    run = applying.apply(actor, ImportRun.objects.visible_to(actor).get(pk=run.pk))
    ended = time.perf_counter()
    print(
        f"headings {sent - began:.1f} s, read and checked {read - sent:.1f} s, {run.added} added and {run.changed} "
        f"changed in {ended - read:.1f} s, at most {most_memory():.0f} MB"
    )


def year(world: demo.World, many: int, size: int) -> None:
    """`many` cases with two files each of about `size` bytes, then the year's zip in a process of its own."""
    for n in range(many):
        case = demo.write(world, world.manager, "demokund", "document_request", f"Underlag {n}")
        rows = [
            {"id": row["id"], "missing": False, "explanation": "", "files": [str(files.attach(
                world.member, case, demo.upload(f"{row['name']}.pdf", scan(size)), purpose=Purpose.ANSWER,
                row_id=row["id"]).pk)]}
            for row in case.request["documents"]
        ]  # fmt: skip
        send_back(world.member, case, answer={"rows": rows, "comment": ""})
    command, settings_too = [sys.executable, "-m", "tests.bench", YEAR], {**os.environ, "SAMSYN_DEMO": "1"}
    done = subprocess.run(command, env=settings_too, stdout=subprocess.PIPE, text=True, check=True)
    print(f"a year of {many} cases, {2 * many} files of {size / 1e6:.1f} MB: {done.stdout.strip()}")


def scan(size: int) -> bytes:
    """A PDF as a scanner makes it: nothing in it can be packed tighter."""
    start, line, rest = demo.pdf("Kvitto").partition(b"\n")
    return start + line + b"%" + os.urandom(size) + line + rest


def one_year() -> None:
    path = f"/byra/demobyran/kunder/{demo.find().engagements['demokund'].pk}/"
    email = "ansvarig@demobyran.example"
    asker(email, path)()  # what every page loads is not the copy's
    before, began = most_memory(), time.perf_counter()
    sizes, first = [], 0.0
    for part in parts_for(email, f"{path}kopia/{stockholm_today().year}/")():
        first = first or time.perf_counter() - began
        sizes.append(len(part))
    print(
        f"first byte after {first:.2f} s, whole after {time.perf_counter() - began:.1f} s, {sum(sizes) / 1e6:.0f} MB, "
        f"largest part {max(sizes) / 1e6:.1f} MB, {most_memory() - before:.0f} MB above the {before:.0f} held before"
    )


def most_memory() -> float:
    """The most this process has held, in MB. Not `getrusage`, which counts what its parent held as well."""
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1000


def make_world() -> demo.World:
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    settings.SAMSYN_DEMO = True
    world = demo.build()
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {connection.vendor}, {platform.system()}")
    return world


def on_postgresql() -> None:
    with postgres() as address:
        command = [sys.executable, "-m", "tests.bench", REGISTERS]
        subprocess.run(command, env={**os.environ, "DATABASE_URL": address}, check=True)


def main() -> None:
    world = make_world()
    register(5_000)
    on_postgresql()
    year(world, 300, 1_000_000)
    for many in [int(one) for one in sys.argv[1:]] or [10_000, 100_000]:
        fill(world, many)
        for name, email, path in PAGES:
            print(f"{name}, {many} cases: {median_ms(asker(email, path)):.1f} ms median")


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    if FILE in sys.argv:
        one_register(sys.argv[-1])
    elif YEAR in sys.argv:
        one_year()
    elif REGISTERS in sys.argv:
        make_world()
        register(5_000)
    else:
        main()
