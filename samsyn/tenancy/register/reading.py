"""A table out of a file as it comes from other programs: CSV in three separators and two encodings, or XLSX.

Nothing in a file is ever run. A file that is too large unpacked, holds no rows, or is no table at all is
refused with a sentence before anything is staged.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
from defusedxml.common import DefusedXmlException
from django.utils.translation import gettext as _

from samsyn.tenancy.errors import Refused

MOST_UNPACKED = 100 * 1024 * 1024
MOST_COLUMNS = 100
MOST_ROWS = 50_000


@dataclass
class Table:
    """The headings, and each row with its line in the file (the headings are line 1 or later)."""

    headings: list[str]
    rows: Iterator[tuple[int, list[str]]]


def read_table(path: Path) -> Table:
    """Open the file at `path`, whatever it is called. Raises Refused with what is wrong."""
    with path.open("rb") as source:
        head = source.read(4)
    lines = _xlsx(path) if head == b"PK\x03\x04" else _csv(path)
    for _number, cells in lines:
        if any(cells):
            if len(cells) > MOST_COLUMNS:
                raise Refused(_("The file has more than %(most)d columns.") % {"most": MOST_COLUMNS})
            return Table(cells, ((number, row) for number, row in lines if any(row)))
    raise Refused(_("The file has no rows. Save it again with headings and at least one client."))


def _csv(path: Path) -> Iterator[tuple[int, list[str]]]:
    text = _decoded(path.read_bytes())
    first = text.split("\n", 1)[0]
    separator = max(";,\t", key=first.count)
    csv.field_size_limit(100_000)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        line = 1
        for cells in reader:
            yield line, [cell.strip() for cell in cells]
            line = reader.line_num + 1
    except csv.Error as error:
        raise Refused(_("Line %(line)d can't be read. Look for a quotation mark too many.") % {"line": line}) from error


def _decoded(content: bytes) -> str:
    """UTF-8 with or without BOM, else Windows-1252; a file that is both is refused with the line."""
    if b"\0" in content:
        raise Refused(_("This is not a table. Save the register as CSV or XLSX and choose that file."))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    utf8_seen = 0
    for number, line in enumerate(content.split(b"\n"), 1):
        if line.isascii():
            continue
        try:
            line.decode()
            utf8_seen = utf8_seen or number
        except UnicodeDecodeError:
            if utf8_seen:
                raise Refused(
                    _(
                        "The letters å ä ö are written in two ways: one on line %(first)d, another on line %(second)d. "
                        "Save the file again as UTF-8."
                    )
                    % {"first": utf8_seen, "second": number}
                ) from None
    if utf8_seen:
        raise Refused(_("The letters å ä ö are written in two ways. Save the file again as UTF-8."))
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError as error:
        raise Refused(_("This is not a table. Save the register as CSV or XLSX and choose that file.")) from error


def _xlsx(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        with zipfile.ZipFile(path) as packed:
            if sum(part.file_size for part in packed.infolist()) > MOST_UNPACKED:
                raise Refused(_("The workbook is too large unpacked. Save only the register, as CSV."))
        # An open file, since the library judges a path by its ending and ours has none.
        with path.open("rb") as source:
            book = openpyxl.load_workbook(source, read_only=True, keep_links=False)
            for number, cells in enumerate(book.worksheets[0].iter_rows(values_only=True), 1):
                yield number, [_text(cell) for cell in cells[: MOST_COLUMNS + 1]]
    except (DefusedXmlException, zipfile.BadZipFile, KeyError, ValueError, OSError, SyntaxError, IndexError) as error:
        raise Refused(_("The workbook can't be read. Save it again as XLSX, or as CSV.")) from error


def _text(cell: Any) -> str:
    """A cell as it would be typed: whole numbers without decimals, days as 2026-01-15."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat()
    return str(cell).strip()
