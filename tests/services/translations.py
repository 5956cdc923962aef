"""Whether every text in the program has its Swedish: nothing missing, fuzzy or left over. English is the message id.

`python -m tests.services.translations --update` adds the new texts, empty, and takes away those no longer used.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

KEYWORDS = ["gettext_lazy", "ngettext_lazy:1,2", "pgettext_lazy:1c,2", "npgettext_lazy:1c,2,3"]
SWEDISH = Path("locale/sv/LC_MESSAGES/django.po")
PASSING = (b'"Report-', b'"POT-', b'"PO-', b'"Last-', b'"Language-Team')


def extract(target: str) -> None:
    """Write every message of the program to `target`, without places and dates."""
    keywords = [part for keyword in KEYWORDS for part in ("-k", keyword)]
    command = [sys.executable, "-m", "babel.messages.frontend", "-q", "extract", "-F", "babel.cfg", *keywords]
    subprocess.run([*command, "--no-location", "--sort-output", "-o", target, "."], check=True)


def catalogues() -> tuple[Catalog, Catalog]:
    """What the program says, and what the Swedish file has."""
    with tempfile.NamedTemporaryFile(suffix=".pot") as pot:
        extract(pot.name)
        with open(pot.name, "rb") as source:
            wanted = read_po(source)
    with SWEDISH.open("rb") as source:
        return wanted, read_po(source, locale="sv")


def problems() -> list[str]:
    wanted, swedish = catalogues()
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
    ids = {message.id for message in wanted}
    return found + [f"left over: {message.id!r}" for message in swedish if message.id and message.id not in ids]


def update() -> None:
    """Bring the Swedish file in step with the program, without guessing at a translation."""
    wanted, swedish = catalogues()
    swedish.update(wanted, no_fuzzy_matching=True, update_header_comment=False)
    written = io.BytesIO()
    write_po(written, swedish, width=110, no_location=True, sort_output=True, ignore_obsolete=True)
    # Dates and persons in the header would make each run a change.
    kept = [line for line in written.getvalue().splitlines(keepends=True) if not line.startswith(PASSING)]
    SWEDISH.write_bytes(b"".join(kept))


if __name__ == "__main__":
    if "--update" in sys.argv:
        update()
    lacking = problems()
    print("\n".join(lacking) or "Swedish is complete.")
    raise SystemExit(bool(lacking))
