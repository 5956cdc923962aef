"""What the tests of the register share: files as other programs write them, and the way through the pages."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from typing import Any

import openpyxl
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl.xml.constants import SHEET_MAIN_NS

from samsyn.demo.world import organisation_number
from samsyn.tenancy.models import Engagement
from samsyn.tenancy.register import receiving
from samsyn.tenancy.register.models import ImportRun, StagedRow

MANAGER, CONSULTANT = "ansvarig@demobyran.example", "konsult@demobyran.example"
PAGE = "/byra/demobyran/kunder/import/"
HEAD = ["Organisationsnummer", "Namn", "Adress", "Postnummer", "Ort", "Kontaktperson", "E-post", "Telefon",
        "Kundansvarig", "Räkenskapsår slutmånad", "Bolagsform", "Språk", "Ert kundnummer"]  # fmt: skip
NUMBER = organisation_number("559999030")
OTHER = organisation_number("559999031")
ROW = [NUMBER, "Åsa Björks Blommor AB", "Ängsvägen 3", "123 45", "Örebro", "Åsa Björk", "asa@bjork.example", "019-123",
       "Jonas Ekelöv", "december", "AB", "svenska", "K17"]  # fmt: skip


def csv_of(*rows: list[str], separator: str = ";", encoding: str = "utf-8", end: str = "\r\n") -> bytes:
    return end.join(separator.join(row) for row in rows).encode(encoding)


def xlsx_of(*rows: list[Any], **sheets: list[list[Any]]) -> bytes:
    """A workbook of `rows`, and of more sheets by name."""
    book, content = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    for name, more in sheets.items():
        sheet = book.create_sheet(name)
        for row in more:
            sheet.append(row)
    book.save(content)
    return as_spreadsheets_write(content.getvalue())


def as_spreadsheets_write(workbook: bytes) -> bytes:
    """The workbook with its texts in a table of their own, not in the cells as the library writes them."""
    texts: list[str] = []

    def moved(cell: re.Match[str]) -> str:
        texts.append(cell[3])
        return f'<c {cell[1]}t="s"{cell[2]}><v>{len(texts) - 1}</v></c>'

    def part(name: str, said: bytes) -> bytes:
        if "worksheets/sheet" in name:
            cell = r'<c ([^>]*?)t="inlineStr"([^>]*)><is>(.*?)</is></c>'
            return re.sub(cell, moved, said.decode(), flags=re.DOTALL).encode()
        if name == "[Content_Types].xml":
            kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
            row = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}" /></Types>'
            return said.replace(b"</Types>", row.encode())
        return said

    again = repacked(workbook, part)
    rows = "".join(f"<si>{one}</si>" for one in texts)
    with zipfile.ZipFile(content := io.BytesIO(again), "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/sharedStrings.xml", f'<sst xmlns="{SHEET_MAIN_NS}">{rows}</sst>')
    return content.getvalue()


def repacked(workbook: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """The workbook with each part as `change(name, content)` gives it back."""
    plain, content = zipfile.ZipFile(io.BytesIO(workbook)), io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in plain.namelist():
            packed.writestr(name, change(name, plain.read(name)))
    return content.getvalue()


def rewritten(workbook: bytes, part: str, before: bytes, after: bytes) -> bytes:
    """The workbook with something else in one of its parts."""
    assert before in zipfile.ZipFile(io.BytesIO(workbook)).read(part)
    return repacked(workbook, lambda name, said: said.replace(before, after) if name == part else said)


def text(response: Any) -> str:
    return str(response.content.decode())


def send(person: Any, content: bytes, name: str = "kunder.csv", **more: str) -> Any:
    return person.post(PAGE, {"file": SimpleUploadedFile(name, content), **more})


def run_of(response: Any) -> ImportRun:
    assert response.status_code == 302, text(response)
    pk = response.headers["Location"].rstrip("/").rpartition("/")[2]
    found: ImportRun = ImportRun.objects.unscoped(why="the test's own import").select_related("firm").get(pk=pk)
    return found


def rows_of(run: ImportRun) -> dict[int, StagedRow]:
    rows = StagedRow.objects.unscoped(why="the test's own import").filter(run=run).select_related("run", "engagement")
    return {row.line: row for row in rows.order_by("line")}


def checked(person: Any, content: bytes, name: str = "kunder.csv") -> dict[int, StagedRow]:
    """The staged rows by line, after the worker has done its part."""
    run = run_of(send(person, content, name))
    receiving.check(str(run.pk))
    return rows_of(run)


def imported(person: Any, content: bytes, name: str = "kunder.csv") -> ImportRun:
    run = run_of(send(person, content, name))
    receiving.check(str(run.pk))
    press_apply(person, run)
    return run


def press_apply(person: Any, run: ImportRun) -> Any:
    answer = person.post(f"{PAGE}{run.pk}/", {"do": "apply"})
    run.refresh_from_db()
    return answer


def client_with(number: str) -> Engagement:
    rows = Engagement.objects.unscoped(why="what the import made").select_related("company", "responsible__user")
    found: Engagement = rows.get(number=number, firm__slug="demobyran")
    return found


def clients_called(name: str) -> list[Engagement]:
    rows = Engagement.objects.unscoped(why="what the import made").filter(name=name, firm__slug="demobyran")
    return list(rows.order_by("id"))
