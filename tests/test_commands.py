"""The commands as an operator types them: in processes of their own, on a folder of their own."""

from __future__ import annotations

import http.cookiejar
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from samsyn.demo import serving

# They have a database of their own, so once is enough.
pytestmark = [
    pytest.mark.skipif("DATABASE_URL" in os.environ, reason="the same on both databases"),
    pytest.mark.timeout(900),
]
ROOT = Path(__file__).parent.parent
WAITS = 240  # seconds; a busy machine is slow, not wrong


def surroundings(var: Path, **more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(var), "SAMSYN_VAR": str(var), **more}


def samsyn(*words: str, var: Path, **more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "samsyn", *words]
    return subprocess.run(
        command, cwd=ROOT, env=surroundings(var, **more), capture_output=True, text=True, timeout=WAITS
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def url(port: int) -> dict[str, str]:
    return {"SAMSYN_DEMO": "1", "SAMSYN_URL": f"http://127.0.0.1:{port}"}


def until(what: Callable[[], Any]) -> Any:
    """What `what` gives, as soon as it gives something."""
    end = time.monotonic() + WAITS
    while not (found := what()):
        assert time.monotonic() < end
        time.sleep(0.1)
    return found


class Visitor:
    """A browser of few words, on the real network."""

    def __init__(self, base: str) -> None:
        self.base = base
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(jar)

    def open(self, path: str, data: dict[str, str] | None = None, method: str | None = None) -> Any:
        body = urllib.parse.urlencode(data).encode() if data else None
        headers = {"Origin": self.base} if data else {}
        asked = urllib.request.Request(self.base + path, data=body, method=method, headers=headers)  # noqa: S310
        return self.opener.open(asked, timeout=30)

    def read(self, path: str) -> str:
        return str(self.open(path).read().decode())

    def fill(self, path: str, data: dict[str, str]) -> Any:
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.read(path))
        assert found
        return self.open(path, {**data, "csrfmiddlewaretoken": found[1]})


def family(pid: int) -> set[int]:
    """The process and all below it that are alive, by /proc."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            about = entry.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if about[0] != "Z":
            parents[int(entry.parent.name)] = int(about[1])
    found, size = {pid}, 0
    while len(found) != size:
        size = len(found)
        found |= {child for child, parent in parents.items() if parent in found}
    return found & set(parents)


needs_proc = pytest.mark.skipif(not Path("/proc").exists(), reason="looks for processes in /proc")


@contextmanager
def demo_on(port: int, var: Path, *more: str, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """`samsyn demo --serve` in a process group of its own, as a terminal starts it. What it says is in `var`/said."""
    command = [sys.executable, "-m", "samsyn", "demo", "--serve", *more]
    env = surroundings(var, **url(port), **settings)
    with (var / "said").open("w") as said:
        demo = subprocess.Popen(command, cwd=ROOT, env=env, stdout=said, stderr=said, start_new_session=True)
    try:
        yield demo
    finally:
        for pid in family(demo.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        demo.wait()


def until_told(demo: subprocess.Popen[bytes], var: Path) -> str:
    """What the demo has said, once it has told of the sign-ins: it serves."""
    until(lambda: "dubbel@demokund.example" in (var / "said").read_text() or demo.poll() is not None)
    words = (var / "said").read_text()
    assert demo.poll() is None, words
    return words


def all_stop(demo: subprocess.Popen[bytes], var: Path, stop: Callable[[], None]) -> None:
    """`stop` ends the demo and all it has started, without a word of what broke off."""
    alive = family(demo.pid)
    stop()
    began = time.monotonic()
    assert demo.wait(WAITS) == 0
    assert time.monotonic() - began < serving.STOPS, "each ends when it is asked to"
    assert not {pid for pid in alive if family(pid)}
    words = (var / "said").read_text()
    assert words.endswith("Stopped.\n")
    assert "Traceback" not in words


@pytest.mark.slow
@needs_proc
def test_a_demo_fills_serves_works_and_stops(tmp_path: Path) -> None:
    port = free_port()
    with demo_on(port, tmp_path) as demo:
        words = until_told(demo, tmp_path)
        assert f"http://127.0.0.1:{port}/demo/mail/" in words
        assert "password samsyn-demo" in words
        look_around(port)
        again = samsyn("demo", "--serve", var=tmp_path, **url(port))
        assert again.returncode == 1
        assert re.fullmatch(rf"CommandError: Port {port} can't be used: .+ Choose another, .+\n", again.stderr)
        assert len(family(demo.pid)) > 3, "the server and the worker, each with its own"
        all_stop(demo, tmp_path, lambda: demo.send_signal(signal.SIGTERM))
    ctrl_c_stops_a_demo_whenever_it_comes(tmp_path)
    a_change_loads_pages_and_worker_anew(tmp_path)
    a_demo_and_a_real_firm_do_not_mix(tmp_path, port)


def ctrl_c_stops_a_demo_whenever_it_comes(var: Path) -> None:
    """The terminal sends it to the whole group: while the server starts, too."""
    for ready in (lambda demo: len(family(demo.pid)) > 3, lambda demo: until_told(demo, var)):
        with demo_on(free_port(), var) as demo:
            until(lambda: ready(demo))  # noqa: B023 - asked at once
            all_stop(demo, var, lambda: os.killpg(demo.pid, signal.SIGINT))


def a_change_loads_pages_and_worker_anew(var: Path) -> None:
    with demo_on(free_port(), var, "--reload", SAMSYN_DEBUG="1") as demo:
        until_told(demo, var)
        before = until(lambda: running(demo, "qcluster"))
        pages = running(demo, "runserver")
        (ROOT / "samsyn" / "cases" / "sweeping.py").touch()  # only the worker has any use for it
        until(lambda: (now := running(demo, "qcluster")) and not now & before)
        assert running(demo, "runserver") - pages
        all_stop(demo, var, lambda: os.killpg(demo.pid, signal.SIGINT))


def running(demo: subprocess.Popen[bytes], command: str) -> set[int]:
    """Those below the demo that run this command of Samsyn's."""
    found = set()
    for pid in family(demo.pid):
        with suppress(OSError):
            if command.encode() in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
                found.add(pid)
    return found


def look_around(port: int) -> None:
    """Pages by number and by name, static files, what browsers ask for, signing in, and mail by the worker."""
    for host in ("127.0.0.1", "localhost"):
        visitor = Visitor(f"http://{host}:{port}")
        done = visitor.fill("/konto/logga-in/", {"login": "agare@demokund.example", "password": "samsyn-demo"})
        assert urllib.parse.urlsplit(done.url).path == "/kund/demokund/"
        assert "Hej Elin" in done.read().decode()
        assert visitor.open("/kund/demokund/", method="HEAD").status == 200
        style = re.search(r'href="(/static/css/samsyn\.[0-9a-f]+\.css)"', visitor.read("/kund/demokund/"))
        assert style
        assert "immutable" in visitor.open(style[1]).headers["Cache-Control"]
        assert visitor.open("/favicon.ico").headers["Content-Type"].startswith("image/svg")
    somebody = Visitor(f"http://127.0.0.1:{port}")
    somebody.fill("/konto/losenord/", {"email": "agare@annankund.example"})
    link = until(lambda: re.search(rf"http://127\.0\.0\.1:{port}/konto/losenord/[\w-]+/", somebody.read("/demo/mail/")))
    assert "Nytt lösenord" in somebody.open(urllib.parse.urlsplit(link[0]).path).read().decode()


def a_demo_and_a_real_firm_do_not_mix(var: Path, port: int) -> None:
    """With the demo's database: no start without SAMSYN_DEMO, and none with it once there is a real firm."""
    bare = surroundings(var)
    start = [sys.executable, "-c", "import samsyn.wsgi"]
    real = subprocess.run(start, cwd=ROOT, env=bare, capture_output=True, text=True, timeout=WAITS)
    assert "This database holds the demo, whose password is known." in real.stderr
    arguments = ["--name", "Äkta Byrå AB", "--number", "559999-0289", "--manager", "anna@akta.example"]
    assert "/byra/akta/" in samsyn("firm", "add", "akta", *arguments, var=var).stdout
    for wanted in (["--serve"], ["--prepare"], []):
        refused = samsyn("demo", *wanted, var=var, **url(port))
        assert refused.returncode == 1
        assert refused.stderr == (
            "samsyn: This database holds a firm that the demo did not make. Use another SAMSYN_VAR.\n"
        )
    again = samsyn("firm", "add", "akta", *arguments, var=var)
    assert (again.returncode, again.stderr) == (0, ""), "the first manager has lost the letter"
    arguments[1] = "En Annan Byrå AB"
    taken = samsyn("firm", "add", "akta", *arguments, var=var)
    assert (taken.returncode, taken.stdout) == (1, "")
    assert taken.stderr == "CommandError: 'akta' is or was already somebody's address. Choose another.\n"


def test_a_busy_port_says_so_before_anything_is_made(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = samsyn("demo", "--serve", var=tmp_path, **url(port))
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"CommandError: Port {port} can't be used: ")
    assert refused.stderr.count("\n") == 1
    assert not (tmp_path / "samsyn.sqlite3").exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"SAMSYN_DEMO": "1", "SAMSYN_URL": "https://samsyn.example"},
        {"SAMSYN_DEMO": "1", "SAMSYN_URL": "http://192.168.1.5:8000"},
        {"SAMSYN_DEMO": "1", "SAMSYN_HOSTS": "samsyn.example"},
        {"SAMSYN_URL": "http://127.0.0.1:abc"},
        {"SAMSYN_NONSENSE": "1"},
    ],
)
def test_a_setting_that_will_not_do_is_one_sentence(tmp_path: Path, wrong: dict[str, str]) -> None:
    refused = samsyn("demo", var=tmp_path, **wrong)
    assert refused.returncode == 1
    assert refused.stderr.startswith("samsyn: SAMSYN_")
    assert refused.stderr.count("\n") == 1


def test_the_demo_world_needs_to_be_asked_for(tmp_path: Path) -> None:
    refused = samsyn("demo", "--serve", var=tmp_path)
    assert refused.returncode == 1
    assert refused.stderr == "CommandError: The demo world has a known password: it needs SAMSYN_DEMO=1.\n"


def test_a_firm_cannot_be_added_before_the_database_is_made(tmp_path: Path) -> None:
    arguments = ["--name", "Äkta Byrå AB", "--number", "559999-0289", "--manager", "anna@akta.example"]
    refused = samsyn("firm", "add", "akta", *arguments, var=tmp_path)
    assert refused.returncode == 1
    assert "Run bin/samsyn migrate first." in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_without_a_python_that_will_do_one_sentence_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "path").mkdir()
    shutil.copy(ROOT / "bin" / "setup", tmp_path / "bin" / "setup")
    for tool in ("dirname", "cat", "cksum", "rm"):
        (tmp_path / "path" / tool).symlink_to(str(shutil.which(tool)))
    old = tmp_path / "path" / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")  # as a Python without venv ends, or one that is too old
    old.chmod(0o755)
    shell = str(shutil.which("sh"))
    refused = subprocess.run(
        [shell, str(tmp_path / "bin" / "setup")], env={"PATH": str(tmp_path / "path")}, capture_output=True, text=True
    )
    assert refused.returncode == 1
    assert refused.stderr == (
        "Samsyn needs Python 3.11 or newer with venv; on Debian and Ubuntu: apt install python3 python3-venv\n"
    )
    assert not (tmp_path / ".venv").exists()
