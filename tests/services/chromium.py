"""The browser of the tests: `$CHROMIUM`, else Debian's, fetched as root when it is missing."""

from __future__ import annotations

import os
import shutil
import subprocess

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium() -> str:
    """The path of a chromium, or a stop with what to do."""
    if given := os.environ.get("CHROMIUM"):
        return given
    if found := shutil.which("chromium"):
        return found
    if os.geteuid() == 0 and shutil.which("apt-get"):
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "-qq", "update"], check=True, env=env)
        command = ["apt-get", "-qq", "install", "-y", "--no-install-recommends", "chromium"]
        subprocess.run(command, check=True, env=env, stdout=subprocess.DEVNULL)
        if found := shutil.which("chromium"):
            return found
    raise SystemExit("The browser tests need chromium: install it, or name one in $CHROMIUM.")
