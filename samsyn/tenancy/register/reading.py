"""A table out of a file as it comes from other programs: CSV with three separators, in three encodings, or XLSX.

Nothing in a file is ever run. A file that is too large unpacked, holds no rows, or is no table at all is
refused with a sentence before anything is staged.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import itertools
import re
import warnings
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import openpyxl
from django.utils.translation import gettext as _
from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula

from samsyn.kit.text import clean_name
from samsyn.tenancy.errors import Refused

MOST_UNPACKED = 100 * 1024 * 1024
MOST_MARKS = 12_000_000  # "<" in the XML: each becomes an object, many times larger than its text
MOST_COLUMNS = 100
MOST_SHEETS = 30
LAST_ROW = 1_048_576  # of a workbook; a row may say any number, and those before it are made
LONGEST_CELL = 100_000
HEAD = 25  # headings stand among the first rows that say anything
SEPARATORS = ";,\t"
# A web page, a printed page, a document or control characters, none of which a table begins with.
NO_TEXT = rb"(?s)(?:\xef\xbb\xbf)?\s*(?:<|%PDF|\{\\rtf)|.*[\x00-\x08\x0e-\x19\x1b-\x1f]"

# The library warns of odd cells by what they hold, and warnings end in a log.
warnings.filterwarnings("ignore", module=r"openpyxl\.")
csv.field_size_limit(LONGEST_CELL)

Row = tuple[int, list[str]]
Rows = Callable[[], Iterator[Row]]  # from the top, each time it is called
IsHeading = Callable[[str], bool]


@dataclass
class Table:
    """The headings, and the rows below that say something, each with its line in the file."""

    sheet: str
    headings: list[str]
    rows: Iterator[Row]


def read_table(path: Path, is_heading: IsHeading) -> Table:
    """The table in the file at `path`, whatever it is called: the sheet and line where most headings are known.

    Raises Refused with what is wrong, also while the rows are read.
    """
    best: tuple[int, int, str, Rows] | None = None
    for name, rows in _sheets(path, is_heading):
        found = _headings(rows(), is_heading)
        if found and (best is None or found[0] > best[0]):
            best = (*found, name, rows)
    if best is None:
        raise Refused(_("The file has no rows. Save it again with headings and at least one client."))
    _known, line, name, rows = best
    below = itertools.dropwhile(lambda row: row[0] < line, rows())
    headings = next(below)[1]
    if len(headings) > MOST_COLUMNS:
        raise Refused(_("The file has more than %(most)d columns.") % {"most": MOST_COLUMNS})
    # A printed register repeats its headings on each page.
    return Table(name, headings, (row for row in below if row[1] and row[1] != headings))


def _headings(rows: Iterator[Row], is_heading: IsHeading) -> tuple[int, int] | None:
    """(how many headings are known, their line) of the likeliest row near the top; None in an empty sheet.

    Titles and dates often stand above. When no heading is known, they stand in the first row of several cells.
    """
    first = list(itertools.islice((row for row in rows if row[1]), HEAD))
    if not first:
        return None
    known = [sum(is_heading(cell) for cell in cells) for _line, cells in first]
    if max(known):
        return max(known), first[known.index(max(known))][0]
    several = (line for line, cells in first if sum(map(bool, cells)) > 1)
    return 0, next(several, first[0][0])


def _sheets(path: Path, is_heading: IsHeading) -> list[tuple[str, Rows]]:
    """Each sheet's name and rows; a CSV file is one sheet without a name."""
    content = path.read_bytes()
    if content.startswith(b"PK\x03\x04"):
        return _workbook(content)
    text = _decoded(content)
    separator = _separator(text, is_heading)
    return [("", lambda: _csv(text, separator))]


def _no_table() -> Refused:
    return Refused(_("This is not a table. Save the register as CSV or XLSX and choose that file."))


def _tidy(cells: list[str]) -> list[str]:
    """Clean cells, without the empty ones that trail behind."""
    cells = [clean_name(cell) if cell else "" for cell in cells]
    while cells and not cells[-1]:
        cells.pop()
    return cells


# CSV


def _separator(text: str, is_heading: IsHeading) -> str:
    """The one that gives the most known headings, then the most headings."""

    def score(separator: str) -> tuple[int, int]:
        try:
            rows = list(itertools.islice(_csv(text[: 16 * LONGEST_CELL], separator), HEAD))
        except Refused:
            return 0, 0
        found = _headings(iter(rows), is_heading)
        return (found[0], len(dict(rows)[found[1]])) if found else (0, 0)

    return max(SEPARATORS, key=score)


def _csv(text: str, separator: str) -> Iterator[Row]:
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=separator)
    try:
        for cells in reader:
            if lines.are_torn:
                raise csv.Error
            yield lines.first, _tidy(cells)
            lines.next_record()
    except csv.Error as error:
        sentence = _("Line %(line)d can't be read. Look for a quotation mark too many.")
        raise Refused(sentence % {"line": lines.first}) from error


class _Lines:
    """The lines of a text as the reader takes them, and what it has taken for the row it is at."""

    def __init__(self, text: str) -> None:
        self._source = io.StringIO(text, newline="")
        self.first, self._taken, self._marks = 1, 0, 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = next(self._source)
        self._taken += 1
        self._marks += line.count('"')
        return line

    def next_record(self) -> None:
        self.first, self._taken, self._marks = self.first + self._taken, 0, 0

    @property
    def are_torn(self) -> bool:
        """Whether a quotation mark without its fellow has swallowed the rows below it."""
        return self._taken > 1 and self._marks % 2 == 1


def _decoded(content: bytes) -> str:
    """UTF-8 with or without BOM, UTF-16 with it, else Windows-1252; a file that is two is refused with the lines."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _as("utf-16", content)
    if b"\0" in content or re.match(NO_TEXT, content[:8192]):
        raise _no_table()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        _refuse_mixed(content)
    return _as("cp1252", content)


def _as(encoding: str, content: bytes) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise _no_table() from error


def _refuse_mixed(content: bytes) -> None:
    lines: dict[bool, int] = {}  # is it UTF-8 -> the first such line
    for number, line in enumerate(content.splitlines(), 1):
        if not line.isascii():
            try:
                line.decode()
            except UnicodeDecodeError:
                lines.setdefault(False, number)
            else:
                lines.setdefault(True, number)
    if len(lines) == 2:
        sentence = _(
            "The letters å ä ö are written in two ways: one on line %(first)d, another on line %(second)d. "
            "Save the file again as UTF-8."
        )
        raise Refused(sentence % {"first": min(lines.values()), "second": max(lines.values())})


# Workbooks


def _workbook(content: bytes) -> list[tuple[str, Rows]]:
    """The sheets that are shown."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            _refuse_bomb(packed)
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
        shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"][:MOST_SHEETS]
    except Refused:
        raise
    except Exception as error:  # whatever a damaged workbook makes the library raise
        raise _unreadable() from error
    return [(clean_name(sheet.title)[:100], partial(_sheet, sheet)) for sheet in shown]


def _unreadable() -> Refused:
    return Refused(_("The workbook can't be read. Save it again as XLSX, or as CSV."))


def _refuse_bomb(packed: zipfile.ZipFile) -> None:
    """Refuse a workbook by what really comes out of it: what it says of itself may be a lie."""
    left, marks = MOST_UNPACKED, MOST_MARKS
    for part in packed.infolist():
        if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _unreadable()  # the others unpack without bounds, and no spreadsheet uses them
        with packed.open(part) as source:
            while chunk := source.read(1 << 16):
                left, marks = left - len(chunk), marks - chunk.count(b"<")
                if left < 0 or marks < 0:
                    raise Refused(_("The workbook is too large unpacked. Save only the register, as CSV."))


def _sheet(sheet: Any) -> Iterator[Row]:
    # Many programs write a size that is wrong, and the library would stop there.
    sheet.reset_dimensions()
    try:
        for number, cells in enumerate(sheet.iter_rows(max_row=LAST_ROW, values_only=True), 1):
            if cells:
                yield number, _tidy([_text(cell) for cell in cells[: MOST_COLUMNS + 1]])
    except Exception as error:  # as above, now in the middle of the rows
        raise _unreadable() from error


def _text(cell: Any) -> str:
    """A cell as it would be typed: whole numbers without decimals, days as 2026-01-15, a formula as it is written."""
    if cell is None:
        return ""
    if isinstance(cell, (ArrayFormula, DataTableFormula)):
        return "="
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat()
    return re.sub(r"_x000[0-9A-F]_", " ", str(cell)[:LONGEST_CELL])
