"""The page about ASVS leaves no requirement out, and names nothing that does not exist."""

from __future__ import annotations

import ast
import functools
import re
from collections import Counter
from pathlib import Path

import pytest

PAGE = Path("docs/security/asvs.md")
# The ids of levels 1 and 2 of ASVS 5.0.0, in its order. © OWASP Foundation, CC BY-SA 4.0.
IDS = Path("tests/asvs-5.0.0-ids.txt").read_text().split()
STANDS = {"met", "partly", "not met", "installation", "does not apply"}
LINE = re.compile(r"^\| (V[\d.]+) \| ([12]) \| (.+?) \| (.+?) \| (.+) \|$", re.MULTILINE)
ROWS = LINE.findall(PAGE.read_text())
TEST = re.compile(r"`(tests/[\w./]+\.py)::(\w+)`")
FILE = re.compile(r"`([\w.]+(?:/[\w.-]+)*/?)`")


@functools.cache
def names_in(path: str) -> set[str]:
    """The names of the tests of a file, read and not run."""
    tree = ast.parse(Path(path).read_text())
    return {one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef) and one.name.startswith("test_")}


def test_every_requirement_of_the_two_levels_is_there_once_and_in_order() -> None:
    assert [one[0] for one in ROWS] == IDS
    assert len(IDS) == 253


def test_every_line_of_a_table_is_such_a_row() -> None:
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("| V")]
    assert len(lines) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_what_a_row_names_exists(row: tuple[str, ...]) -> None:
    _id, _level, words, stands, shown = row
    assert stands in STANDS
    assert words
    for path, name in TEST.findall(shown):
        assert name in names_in(path), f"{path}::{name}"
    named = [path for path in FILE.findall(shown) if "/" in path or path.endswith((".md", ".toml", ".txt"))]
    assert [path for path in named if not Path(path).exists()] == []
    if stands == "met":
        assert named or TEST.search(shown) or len(shown) > 12, "what shows it"
    if stands in ("partly", "not met"):
        assert len(TEST.sub("", shown)) > 40, "what is missing"


def test_the_page_says_how_many_there_are_of_each() -> None:
    count = Counter(one[3] for one in ROWS)
    told = (
        f"Of {len(ROWS)}: {count['met']} met, {count['partly']} partly, {count['not met']} not met, "
        f"{count['installation']} of the installation, {count['does not apply']} do not apply."
    )
    assert told in " ".join(PAGE.read_text().split())


@pytest.mark.parametrize("page", ["docs/security/rules.md", "SECURITY.md"])
def test_the_rules_name_files_that_exist(page: str) -> None:
    named = [one for one in FILE.findall(Path(page).read_text()) if "/" in one and not one.startswith("SAMSYN_VAR")]
    assert [one for one in named if not Path(one).exists()] == []
