"""The web server and the worker of a demo: started together, stopped together."""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.utils.module_loading import import_string

from samsyn.kit.queue import DAILY, SWEEPS

HOST = "127.0.0.1"
STARTS, STOPS, HURRIES = 30, 10, 3  # seconds
WORKER = (sys.executable, "-m", "samsyn", "qcluster")
HEALTH = "http://{host}:{port}/health/"


class Stopped(Exception):  # noqa: N818 - somebody asked for it
    """Ctrl-C, or the terminal or the service manager said stop."""


def why_not(port: int) -> str:
    """Why nothing can be served on `port`, or ''."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            return error.strerror or str(error)
    return ""


def collect_static() -> None:
    """Collect and compress the static files, unless nothing about them has changed."""
    kept, now = Path(settings.VAR) / "static-stamp", _stamp()
    if kept.exists() and kept.read_text() == now:
        return
    call_command("collectstatic", verbosity=0, interactive=False)
    kept.write_text(now)


def _stamp() -> str:
    found = [str(settings.STORAGES["staticfiles"])]
    for finder in get_finders():
        for path, storage in finder.list([]):
            about = os.stat(storage.path(path))
            found.append(f"{path} {about.st_size} {about.st_mtime_ns}")
    return hashlib.sha256("\n".join(sorted(found)).encode()).hexdigest()


def serve(port: int, *, reloads: bool, ready: Callable[[], None]) -> str:
    """Serve and work until told to stop. Gives '' then, or a sentence when one of the two ended by itself.

    `ready` is called once the pages answer. Each of the two has a session of its own, so that a Ctrl-C in the
    terminal reaches this process alone, which then stops both. A server that `reloads` has its worker beside it.
    """
    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(one, _stop)
    running: list[subprocess.Popen[bytes]] = []
    try:
        running.append(_start(*(_reloading(port) if reloads else _granian(port))))
        if not reloads:
            running.append(_start(*WORKER))
        return _watch(running, port, ready)
    except Stopped:
        return ""
    finally:
        for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(one, signal.SIG_IGN)
        _end(running)


def _granian(port: int) -> list[str]:
    program = str(Path(sys.executable).with_name("granian"))
    how = ["--interface", "wsgi", "--host", HOST, "--port", str(port), "--no-ws"]
    how += ["--workers", "1", "--blocking-threads", "4"]  # each holds a connection to the database
    # One that is told to stop while it starts does not hear it.
    how += ["--workers-kill-timeout", str(HURRIES)]
    return [program, *how, "--log-level", "warning", "samsyn.wsgi:application"]


def _reloading(port: int) -> list[str]:
    return [sys.executable, "-m", "samsyn", "runserver", f"{HOST}:{port}"]


def work_beside(**_sent: object) -> None:
    """Run a worker beside a server that has just been loaded anew, and end it with that server."""
    for task in (*SWEEPS.values(), *DAILY.values()):
        import_string(task)  # what the worker alone would load is watched for changes too
    worker = subprocess.Popen(WORKER, stdout=subprocess.DEVNULL)  # noqa: S603 - our own
    atexit.register(worker.terminate)


def _start(*command: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)  # noqa: S603 - our own


def _watch(running: list[subprocess.Popen[bytes]], port: int, ready: Callable[[], None]) -> str:
    said, until = False, time.monotonic() + STARTS
    while all(one.poll() is None for one in running):
        if not said and _answers(port):
            ready()
            said = True
        elif not said and time.monotonic() > until:
            return f"The pages have not answered for {STARTS} seconds."
        time.sleep(0.5 if said else 0.05)
    return "The web server has ended." if running[0].poll() is not None else "The worker has ended."


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(HEALTH.format(host=HOST, port=port), timeout=5):  # noqa: S310 - our own address
            return True
    except (urllib.error.URLError, OSError):
        return False


def _end(running: list[subprocess.Popen[bytes]]) -> None:
    """Ask each to stop; what is left of its family after a while is ended."""
    for one in running:
        one.terminate()
    until = time.monotonic() + STOPS
    for one in running:
        with contextlib.suppress(subprocess.TimeoutExpired):
            one.wait(max(0.1, until - time.monotonic()))
        with contextlib.suppress(ProcessLookupError):
            os.killpg(one.pid, signal.SIGKILL)
        one.wait()


def _stop(number: int, frame: FrameType | None) -> None:
    raise Stopped
