"""Whether every text in the program has its Swedish: nothing missing, nothing fuzzy. English is the message id."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from babel.messages.pofile import read_po

KEYWORDS = ["gettext_lazy", "ngettext_lazy:1,2", "pgettext_lazy:1c,2", "npgettext_lazy:1c,2,3"]
SWEDISH = Path("locale/sv/LC_MESSAGES/django.po")


def extract(target: str) -> None:
    """Write every message of the program to `target`, without places and dates."""
    keywords = [part for keyword in KEYWORDS for part in ("-k", keyword)]
    command = [sys.executable, "-m", "babel.messages.frontend", "-q", "extract", "-F", "babel.cfg", *keywords]
    subprocess.run([*command, "--no-location", "--sort-output", "-o", target, "."], check=True)


def problems() -> list[str]:
    with tempfile.NamedTemporaryFile(suffix=".pot") as pot:
        extract(pot.name)
        with open(pot.name, "rb") as source:
            wanted = read_po(source)
    with SWEDISH.open("rb") as source:
        swedish = read_po(source, locale="sv")
    found = []
    for message in wanted:
        if not message.id:
            continue
        have = swedish.get(message.id[0] if isinstance(message.id, tuple) else message.id, message.context)
        parts = have.string if have and isinstance(have.string, tuple) else (have.string if have else "",)
        if not have or not all(parts):
            found.append(f"missing: {message.id!r}")
        elif have.fuzzy:
            found.append(f"fuzzy: {message.id!r}")
    return found


if __name__ == "__main__":
    lacking = problems()
    print("\n".join(lacking) or "Swedish is complete.")
    raise SystemExit(bool(lacking))
