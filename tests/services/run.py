"""What bin/test does: each step with its time, and a non-zero end when any of them fails."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time

from tests.services.chromium import chromium
from tests.services.postgres import postgres

PYTHON = [sys.executable, "-m"]
LINT: list[tuple[str, list[str]]] = [
    ("lint", [*PYTHON, "ruff", "check", "-q", "."]),
    ("format", [*PYTHON, "ruff", "format", "--check", "-q", "."]),
    ("types", [*PYTHON, "mypy"]),
    ("imports", [sys.executable, "-c", "from importlinter.cli import lint_imports_command as l; l()"]),
    ("translations", [*PYTHON, "tests.services.translations"]),
    ("migrations", [*PYTHON, "samsyn", "makemigrations", "--check", "--dry-run"]),
]


def step(name: str, command: list[str], env: dict[str, str]) -> bool:
    print(f"\n== {name}", flush=True)
    began = time.monotonic()
    # pytest says 5 when no test was chosen: right for a part, and every part has tests in a whole run.
    ended = subprocess.run(command, env=env).returncode
    fine = ended == 0 or (ended == 5 and "-k" in command)
    print(f"== {name}: {'ok' if fine else 'FAILED'} in {time.monotonic() - began:.0f} s", flush=True)
    return fine


def main() -> int:
    parser = argparse.ArgumentParser(prog="bin/test", description="Everything that must hold.")
    parser.add_argument("-k", metavar="WORD", help="only the tests whose name has the word, without lint")
    parser.add_argument("--all", action="store_true", help="the slow proofs as well")
    asked = parser.parse_args()
    env = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "PYTEST_ADDOPTS")}
    env["MYPY_CACHE_DIR"] = os.environ.get("MYPY_CACHE_DIR", ".mypy_cache")
    slow = "" if asked.all else " and not slow"
    chosen = ["-k", asked.k] if asked.k else []
    results = [step(name, command, env) for name, command in LINT] if not asked.k else []
    page = [*PYTHON, "pytest", "-n", "2", "-m", f"not browser{slow}", *chosen]
    results.append(step("tests on SQLite", page, env))
    with postgres() as address:
        results.append(step("tests on PostgreSQL", page, {**env, "DATABASE_URL": address}))
    browser = [*PYTHON, "pytest", "-n", "2", "--dist", "worksteal", "-m", f"browser{slow}", *chosen]
    env_browser = {**env, "CHROMIUM": chromium(), "DJANGO_ALLOW_ASYNC_UNSAFE": "true"}
    results.append(step("tests in the browser", browser, env_browser))
    return 0 if all(results) else 1


if __name__ == "__main__":
    raise SystemExit(main())
