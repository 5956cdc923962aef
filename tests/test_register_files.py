"""What is given as a register and is none, or is one by halves: always a sentence, never a fault of ours."""

from __future__ import annotations

import datetime as dt
import io
import struct
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from hypothesis import HealthCheck, example, given
from hypothesis import settings as tried_with
from hypothesis import strategies as st

from samsyn.demo.world import find
from samsyn.tenancy.register import receiving
from samsyn.tenancy.register.models import ImportRun, StagedRow
from tests.registers import (
    HEAD,
    MANAGER,
    NUMBER,
    PAGE,
    ROW,
    checked,
    csv_of,
    press_apply,
    rewritten,
    rows_of,
    run_of,
    send,
    text,
    xlsx_of,
)

GOOD = xlsx_of(["namn"], ["Rätt AB"])
LOL = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


def parts_of(workbook: bytes) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(workbook)).namelist()


def with_entities(part: str) -> bytes:
    """A workbook one of whose parts defines entities that grow."""
    said = zipfile.ZipFile(io.BytesIO(GOOD)).read(part)
    start = said.index(b"?>") + 2 if said.startswith(b"<?xml") else 0
    return rewritten(GOOD, part, said, said[:start] + LOL + said[start:])


def packed_with(name: str, content: bytes, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A good workbook with one more part."""
    out = io.BytesIO(GOOD)
    with zipfile.ZipFile(out, "a", compression) as packed:
        packed.writestr(name, content)
    return out.getvalue()


def lying(workbook: bytes, size: int) -> bytes:
    """The workbook whose last part says that it is `size` bytes unpacked."""
    place = workbook.rindex(b"PK\x01\x02")
    return workbook[: place + 24] + struct.pack("<I", size) + workbook[place + 28 :]


def bomb() -> bytes:
    return packed_with("xl/media/image1.bin", b"0" * 110_000_000)


TWO_WAYS = "ett på rad 2, ett annat på rad 3"
MIXED = "namn;ort\nÅsa;Örebro\n".encode()
NO_TABLE, NO_BOOK = "Det här är ingen tabell.", "Arbetsboken går inte att läsa."
TOO_LARGE = "för stor när den packas upp"
DOCUMENT = rewritten(GOOD, "[Content_Types].xml", b"spreadsheetml.sheet.main", b"wordprocessingml.document.main")
BAD: dict[str, tuple[Any, str]] = {
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", NO_TABLE),
    "a printed page": (b"%PDF-1.7\nnamn;ort\n1 0 obj", NO_TABLE),
    "a web page called a workbook": (b"\xef\xbb\xbf\n<html><table><tr><td>namn</td></tr></table>", NO_TABLE),
    "an old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), NO_TABLE),
    "a document": (b"{\\rtf1\\ansi namn;ort\\par}", NO_TABLE),
    "control characters": (b"namn;ort\x01\x02\nA;B", NO_TABLE),
    "half a letter of two bytes": (b"\xff\xfen\x00a", NO_TABLE),
    "letters nobody has": (b"namn;ort\nA;" + b"\x81\x8d\n", NO_TABLE),
    "nothing": (b"", "Filen är tom."),
    "only blanks": (b" \r\n;;;\r\n\r\n", "Filen har inga rader."),
    "only headings": (csv_of(HEAD), "Filen har inga rader."),
    "only headings in a workbook": (xlsx_of(HEAD), "Filen har inga rader."),
    "an empty workbook": (xlsx_of(), "Filen har inga rader."),
    "two ways of writing": (MIXED + "Björk;Gävle\n".encode("cp1252"), TWO_WAYS),
    "two ways, the other first": ("namn\nBjörk\n".encode("cp1252") + "Åsa\n".encode(), TWO_WAYS),
    "two ways on old machines": (MIXED.replace(b"\n", b"\r") + b"Bj\xf6rk\r", TWO_WAYS),
    "too many columns": (csv_of([f"kolumn{n}" for n in range(120)], ["x"] * 120), "fler än 100 kolumner"),
    "too many columns in a workbook": (xlsx_of([f"k{n}" for n in range(120)], ["x"] * 120), "fler än 100 kolumner"),
    "a quotation mark too many": (b'namn;ort\nA;B\n"Kalles;Lund\nB;C\nD;E\n', "Rad 3 går inte att läsa."),
    "a quotation mark that meets another": (b'namn;ort\n"Kalles;Lund\nB;C\n"Foo";E\n', "Rad 2 går inte att läsa."),
    "a cell without an end": (b"namn;ort\nA;" + b"x" * 100_001, "Rad 2 går inte att läsa."),
    "no workbook inside": (b"PK\x03\x04 inte en bok", NO_BOOK),
    "an empty archive": (b"PK\x05\x06" + bytes(18), NO_TABLE),
    "half a workbook": (GOOD[: len(GOOD) // 2], NO_BOOK),
    "another document": (DOCUMENT, NO_BOOK),
    "entities that grow in the sheet": (with_entities("xl/worksheets/sheet1.xml"), NO_BOOK),
    "entities that grow in the texts": (with_entities("xl/sharedStrings.xml"), NO_BOOK),
    "entities that grow in the styles": (with_entities("xl/styles.xml"), NO_BOOK),
    "entities that grow in the book": (with_entities("xl/workbook.xml"), NO_BOOK),
    "entities that grow in the list of parts": (with_entities("[Content_Types].xml"), NO_BOOK),
    "too large unpacked": (bomb, TOO_LARGE),
    "too large unpacked and says it is small": (lambda: lying(bomb(), 100), NO_BOOK),
    "packed in a way without bounds": (packed_with("x", b"0" * 10_000, zipfile.ZIP_BZIP2), NO_BOOK),
    "small unpacked but of too many pieces": (lambda: packed_with("x", b"<a/>" * 13_000_000), TOO_LARGE),
    "a cell that names no text": (rewritten(GOOD, "xl/worksheets/sheet1.xml", b"<v>1</v>", b"<v>99</v>"), NO_BOOK),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_what_is_no_register_gets_a_sentence(visit: Any, world: Any, settings: Any, tmp_path: Path, what: str) -> None:
    made, sentence = BAD[what]
    content = made if isinstance(made, bytes) else made()
    settings.VAR = tmp_path
    page = send(visit(MANAGER), content, "kunder.xlsx" if content.startswith(b"PK") else "kunder.csv")
    assert page.status_code == 422
    assert sentence in text(page)
    assert not list(receiving.place_of("").iterdir())
    assert not ImportRun.objects.visible_to(world.manager).exists()


def test_a_file_over_the_limit_is_refused_with_the_limit(visit: Any, world: Any) -> None:
    page = send(visit(MANAGER), b"namn\n" + b"x" * (receiving.MOST_MB * 1_000_000))
    assert (page.status_code, "Högst 20 MB" in text(page)) == (422, True)


def test_no_file_at_all(visit: Any, world: Any) -> None:
    page = visit(MANAGER).post(PAGE, {})
    assert (page.status_code, "Välj först en fil." in text(page)) == (422, True)


def test_more_rows_than_can_be_held_are_refused_with_nothing_half_done(visit: Any, world: Any) -> None:
    manager = visit(MANAGER)
    run = run_of(send(manager, b"namn\n" + b"x\n" * (receiving.MOST_ROWS + 1)))
    receiving.check(str(run.pk))
    assert "fler än 50000 rader" in text(manager.get(f"{PAGE}{run.pk}/"))
    assert not rows_of(run)


def test_a_fault_deep_in_a_workbook_is_said_and_nothing_is_staged(visit: Any, world: Any) -> None:
    manager = visit(MANAGER)
    content = xlsx_of(["namn", "ort"], *[[f"Kund {n}", n] for n in range(100)])
    run = run_of(
        send(manager, rewritten(content, "xl/worksheets/sheet1.xml", b"<v>99</v>", b"<v>nittionio</v>"), "kunder.xlsx")
    )
    receiving.check(str(run.pk))
    assert NO_BOOK in text(manager.get(f"{PAGE}{run.pk}/"))
    assert not rows_of(run)


def test_a_file_that_is_gone_is_said(visit: Any, world: Any) -> None:
    manager = visit(MANAGER)
    run = run_of(send(manager, csv_of(HEAD, ROW)))
    receiving.place_of(run.storage_key).unlink()
    receiving.check(str(run.pk))
    assert "Filen finns inte kvar. Välj den igen." in text(manager.get(f"{PAGE}{run.pk}/"))


def test_rows_of_a_workbook_that_say_any_number_end_where_workbooks_end(visit: Any, world: Any) -> None:
    plain = xlsx_of(["namn"], ["Rätt AB"], ["Långt ner AB"])
    far = rewritten(plain, "xl/worksheets/sheet1.xml", b'<row r="3"', b'<row r="999999999"')
    rows = checked(visit(MANAGER), far, "kunder.xlsx")
    assert [row.name for row in rows.values()] == ["Rätt AB"]


@pytest.mark.parametrize(
    ("cell", "said"),
    [(True, "True"), (dt.time(12, 30), "12:30:00"), (1.5, "1.5"), (1e300, str(int(1e300))[:120]), ("_x0000_A", "A")],
)
def test_odd_cells_are_read_as_they_stand(visit: Any, world: Any, cell: Any, said: str) -> None:
    rows = checked(visit(MANAGER), xlsx_of(["namn"], [cell]), "kunder.xlsx")
    assert rows[2].name.startswith(said)


# No bytes whatever


def given_as_a_register(content: bytes) -> None:
    """Sent, named, checked, looked at, applied and taken out, as far as the file allows; never a fault of ours."""
    from django.conf import settings as django_settings
    from django.test import Client

    world = find()
    manager = Client(raise_request_exception=True)
    manager.force_login(world.user(MANAGER), backend=django_settings.AUTHENTICATION_BACKENDS[0])
    answer = manager.post(PAGE, {"file": SimpleUploadedFile("kunder.csv", content)})
    assert answer.status_code in (302, 422)
    if answer.status_code == 422:
        assert 'id="file-error"' in text(answer)
        return
    run = run_of(answer)
    if run.state == "mapping":
        assert manager.get(f"{PAGE}{run.pk}/").status_code == 200
        columns = ["name", *([""] * 9), "phone"]
        named = {f"column-{n}": columns[n] if n < len(columns) else "" for n in range(len(run.headings))}
        assert manager.post(f"{PAGE}{run.pk}/", named).status_code == 302
    receiving.check(str(run.pk))
    run.refresh_from_db()
    assert run.state in ("checked", "failed")
    rows = StagedRow.objects.visible_to(world.manager).filter(run=run)
    assert rows.count() == (run.total if run.state == "checked" else 0)
    for verdict in StagedRow.Verdict.values:
        assert manager.get(f"{PAGE}{run.pk}/?visa={verdict}").status_code == 200
    if run.state == "checked":
        assert press_apply(manager, run).status_code == 302
    assert manager.get(f"{PAGE}{run.pk}/att-gora.csv").status_code == 200


class Undo(Exception):  # noqa: N818 - it rolls the example back
    pass


def tried(content: bytes) -> None:
    with pytest.raises(Undo), transaction.atomic():  # noqa: PT012 - all of it is rolled back
        given_as_a_register(content)
        raise Undo


SIGNS = st.text(st.characters(codec="utf-8"), max_size=12)
CELL = SIGNS | st.sampled_from(
    [NUMBER, "8004152396", "AB", "12-31", "sv", "a@b.example", "=1+1", "'", '"', "", "\0", "\r"]
)
TABLE = st.lists(st.lists(CELL, min_size=1, max_size=6), min_size=1, max_size=8)
QUIET = tried_with(max_examples=25, suppress_health_check=[HealthCheck.too_slow])


@given(content=st.binary(max_size=400))
@example(content=b"\xff\xfe\x00\xd8n\x00")
@example(content=b"\xff\xfen\x00a\x00m\x00n\x00\n\x00\x00\x00A\x00\n\x00")
@example(content=b"namn\n\x1a")
@example(content="namn;ort\n\ud7ff\ufffe;\u202e\n".encode())
@QUIET
@pytest.mark.django_db
def test_no_bytes_given_as_a_register_are_a_fault_of_ours(content: bytes) -> None:
    tried(content)


@given(
    head=st.lists(st.sampled_from(HEAD) | SIGNS, min_size=1, max_size=6),
    rows=TABLE,
    separator=st.sampled_from(";,\t"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
)
@QUIET
@pytest.mark.django_db
def test_no_table_is_a_fault_of_ours(head: list[str], rows: Any, separator: str, encoding: str, end: str) -> None:
    tried(end.join(separator.join(row) for row in [head, *rows]).encode(encoding, "replace"))


@given(
    head=st.lists(st.sampled_from(HEAD), min_size=1, max_size=6),
    rows=TABLE,
    place=st.integers(0),
    other=st.binary(max_size=8),
)
@QUIET
@pytest.mark.django_db
def test_no_damaged_workbook_is_a_fault_of_ours(head: list[str], rows: Any, place: int, other: bytes) -> None:
    """The bytes are changed in a part that is packed whole again, else every example would be no archive at all."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    whole = xlsx_of(head, *[[ILLEGAL_CHARACTERS_RE.sub("", cell) for cell in row] for row in rows])
    names = [name for name in parts_of(whole) if "theme" not in name]
    part = names[place % len(names)]
    said = zipfile.ZipFile(io.BytesIO(whole)).read(part)
    at = place // len(names) % len(said)
    tried(rewritten(whole, part, said, said[:at] + other + said[at + len(other) :]))


def test_a_hidden_sheet_is_not_read(visit: Any, world: Any) -> None:
    book, content = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["namn"])
    book.active.append(["Gömd AB"])
    book.active.sheet_state = "hidden"
    book.create_sheet("Tomt")
    book.save(content)
    page = send(visit(MANAGER), content.getvalue(), "kunder.xlsx")
    assert (page.status_code, "Filen har inga rader." in text(page)) == (422, True)


def test_a_workbook_is_judged_by_what_comes_out_and_not_by_what_it_says(visit: Any, world: Any) -> None:
    assert run_of(send(visit(MANAGER), lying(packed_with("x", b"0"), 4_000_000_000), "kunder.xlsx")).headings == [
        "namn"
    ]


def test_texts_may_stand_in_the_cells_themselves(visit: Any, world: Any) -> None:
    book, content = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["namn"])
    book.active.append(["Åsas & Co <AB>"])
    book.save(content)
    assert checked(visit(MANAGER), content.getvalue(), "kunder.xlsx")[2].name == "Åsas & Co <AB>"
