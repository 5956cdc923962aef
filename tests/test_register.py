"""The client register in, from a real file: read, checked, looked at, applied."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from samsyn.demo.world import organisation_number
from samsyn.tenancy.models import Engagement, Firm
from samsyn.tenancy.register import applying
from samsyn.tenancy.register.models import ImportRun, StagedRow

MANAGER = "ansvarig@demobyran.example"
PAGE = "/byra/demobyran/kunder/import/"
HEAD = ["Organisationsnummer", "Namn", "Adress", "Postnummer", "Ort", "Kontaktperson", "E-post", "Telefon",
        "Kundansvarig", "Räkenskapsår slutmånad", "Bolagsform", "Språk", "Ert kundnummer"]  # fmt: skip
NUMBER = organisation_number("559999030")
ROW = [NUMBER, "Åsa Björks Blommor AB", "Ängsvägen 3", "123 45", "Örebro", "Åsa Björk", "asa@bjork.example", "019-123",
       "Jonas Ekelöv", "december", "AB", "svenska", "K17"]  # fmt: skip


def csv_of(*rows: list[str], separator: str = ";", encoding: str = "utf-8") -> bytes:
    return "\r\n".join(separator.join(row) for row in rows).encode(encoding)


def xlsx_of(*rows: list[Any]) -> bytes:
    book, content = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(content)
    return content.getvalue()


def text(response: Any) -> str:
    return str(response.content.decode())


def send(person: Any, content: bytes, name: str = "kunder.csv") -> Any:
    return person.post(PAGE, {"file": SimpleUploadedFile(name, content)})


def run_of(response: Any) -> ImportRun:
    assert response.status_code == 302, text(response)
    pk = response.headers["Location"].rstrip("/").rpartition("/")[2]
    found: ImportRun = ImportRun.objects.unscoped(why="the test's own import").select_related("firm").get(pk=pk)
    return found


def checked(person: Any, content: bytes, name: str = "kunder.csv") -> dict[int, StagedRow]:
    """The staged rows by line, after the worker has done its part."""
    run = run_of(send(person, content, name))
    applying.check(str(run.pk))
    rows = StagedRow.objects.unscoped(why="the test's own import").filter(run=run).select_related("run")
    return {row.line: row for row in rows}


def imported(person: Any, content: bytes, name: str = "kunder.csv") -> ImportRun:
    run = run_of(send(person, content, name))
    applying.check(str(run.pk))
    person.post(f"{PAGE}{run.pk}/", {"do": "apply"})
    run.refresh_from_db()
    return run


def client_with(number: str) -> Engagement:
    rows = Engagement.objects.unscoped(why="what the import made").select_related("company", "responsible__user")
    found: Engagement = rows.get(number=number, firm__slug="demobyran")
    return found


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_a_register_is_read_whatever_program_it_comes_from(
    visit: Any, world: Any, separator: str, encoding: str
) -> None:
    run = imported(visit(MANAGER), csv_of(HEAD, ROW, separator=separator, encoding=encoding))
    assert (run.state, run.added, run.changed) == ("applied", 1, 0)
    client = client_with(NUMBER)
    assert (client.name, client.city, client.contact_email) == ("Åsa Björks Blommor AB", "Örebro", "asa@bjork.example")
    assert (client.fiscal_year_ends, client.form, client.language) == (12, "limited", "sv")
    assert client.responsible.user.email == "konsult@demobyran.example"
    assert client.company.slug == "asa-bjorks-blommor-ab"


def test_a_workbook_with_numbers_and_days_in_its_cells(visit: Any, world: Any) -> None:
    import datetime as dt

    content = xlsx_of(["Org.nr", "Företag", "Räkenskapsår"], [int(NUMBER), "Bokens AB", dt.datetime(2025, 6, 30)])  # noqa: DTZ001
    run = imported(visit(MANAGER), content, "kunder.xlsx")
    assert run.added == 1
    assert client_with(NUMBER).fiscal_year_ends == 6


def test_english_headings_in_another_order(visit: Any, world: Any) -> None:
    content = csv_of(["Client name", "E-mail", "Organisation number"], ["Ordning AB", "o@ordning.example", NUMBER])
    assert imported(visit(MANAGER), content).added == 1
    assert client_with(NUMBER).name == "Ordning AB"


@pytest.mark.parametrize("written", [NUMBER, f"{NUMBER[:6]}-{NUMBER[6:]}", f"16{NUMBER}"])
def test_a_number_with_or_without_hyphen_or_century(visit: Any, world: Any, written: str) -> None:
    rows = checked(visit(MANAGER), csv_of(["orgnr", "namn"], [written, "Nummer AB"]))
    assert rows[2].data["number"] == NUMBER


def test_an_unknown_heading_opens_a_page_and_the_answer_is_remembered(visit: Any, world: Any) -> None:
    manager, content = visit(MANAGER), csv_of(["Nr på bolaget", "Namn", "Favoritfärg"], [NUMBER, "Kartan AB", "Blå"])
    run = run_of(send(manager, content))
    assert run.state == "mapping"
    page = text(manager.get(f"{PAGE}{run.pk}/"))
    assert "Nr på bolaget" in page
    assert "Favoritfärg" in page
    twice = manager.post(f"{PAGE}{run.pk}/", {"column-0": "name", "column-1": "name"})
    assert twice.status_code == 422
    manager.post(f"{PAGE}{run.pk}/", {"column-0": "number", "column-1": "name", "column-2": ""})
    applying.check(str(run.pk))
    manager.post(f"{PAGE}{run.pk}/", {"do": "apply"})
    assert client_with(NUMBER).name == "Kartan AB"
    assert run_of(send(manager, content)).state == "checking"


def test_the_same_file_again_changes_nothing(visit: Any, world: Any) -> None:
    manager, content = visit(MANAGER), csv_of(HEAD, ROW)
    imported(manager, content)
    rows = checked(manager, content)
    assert [row.verdict for row in rows.values()] == ["unchanged"]
    assert "Filen ändrar inget i registret." in text(manager.get(f"{PAGE}{rows[2].run_id}/"))


FAULTS = [
    (["12345", "Fel AB", ""], "Organisationsnummer", "Numret stämmer inte. Kontrollera den sista siffran."),
    ([NUMBER, "", ""], "Namn", "Namnet saknas. Skriv vad kunden heter."),
    ([NUMBER, "Fel AB", "inte-en-adress"], "Huvudkontaktens e-post", "E-postadressen stämmer inte."),
    ([NUMBER, "=cmd|' /C calc'!A0", ""], "Namn", "Cellen innehåller en formel."),
]


@pytest.mark.parametrize(("cells", "column", "sentence"), FAULTS)
def test_each_fault_has_its_line_its_column_and_what_to_do(
    visit: Any, world: Any, cells: list[str], column: str, sentence: str
) -> None:
    manager = visit(MANAGER)
    rows = checked(
        manager, csv_of(["orgnr", "namn", "epost"], cells, [organisation_number("559999031"), "Rätt AB", ""])
    )
    assert rows[2].verdict == "faulty"
    assert rows[2].faults[0]["column"] == column
    assert sentence in rows[2].faults[0]["text"]
    assert rows[3].verdict == "new"
    page = text(manager.get(f"{PAGE}{rows[2].run_id}/"))
    assert sentence in page
    assert "Verkställ 1 rad" in page


def test_the_same_client_twice_in_a_file_is_a_fault_on_the_second(visit: Any, world: Any) -> None:
    rows = checked(visit(MANAGER), csv_of(["orgnr", "namn"], [NUMBER, "En AB"], [NUMBER, "Två AB"]))
    assert (rows[2].verdict, rows[3].verdict) == ("new", "faulty")
    assert "rad 2" in rows[3].faults[0]["text"]


def test_a_file_never_changes_how_an_invited_client_is_reached(visit: Any, world: Any) -> None:
    manager, held = visit(MANAGER), world.engagements["demokund"]
    content = csv_of(["orgnr", "namn", "epost", "ort"], [held.number, held.name, "annan@annan.example", "Lund"])
    rows = checked(manager, content)
    assert rows[2].verdict == "needs_action"
    manager.post(f"{PAGE}{rows[2].run_id}/", {"do": "apply"})
    held.refresh_from_db()
    assert (held.contact_email, held.city) == ("agare@demokund.example", "Stockholm")
    harmless = checked(manager, csv_of(["orgnr", "namn", "ort"], [held.number, held.name, "Lund"]))
    assert harmless[2].verdict == "changed"


def test_a_client_invited_between_check_and_apply_is_left_alone(visit: Any, world: Any) -> None:
    manager = visit(MANAGER)
    imported(manager, csv_of(HEAD, ROW))
    changed = [*ROW]
    changed[6] = "ny@bjork.example"
    rows = checked(manager, csv_of(HEAD, changed))
    assert rows[2].verdict == "changed"
    client = client_with(NUMBER)
    client.firm = world.firm
    from samsyn.tenancy import actions

    actions.invite_main_contact(world.manager, client)
    manager.post(f"{PAGE}{rows[2].run_id}/", {"do": "apply"})
    assert client_with(NUMBER).contact_email == "asa@bjork.example"
    rows[2].refresh_from_db()
    assert rows[2].verdict == "needs_action"


def bomb() -> bytes:
    """A workbook whose sheet defines an entity that grows."""
    plain, content = zipfile.ZipFile(io.BytesIO(xlsx_of(["namn"], ["x"]))), io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in plain.namelist():
            part = plain.read(name)
            if name.endswith("sheet1.xml"):
                lol = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
                part = lol + b"<worksheet><sheetData><row><c><v>&b;</v></c></row></sheetData></worksheet>"
            packed.writestr(name, part)
    return content.getvalue()


BAD = [
    (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "bild.csv", "Det här är ingen tabell."),
    (b"", "tom.csv", "Filen är tom."),
    (b"PK\x03\x04 inte en bok", "bok.xlsx", "Arbetsboken går inte att läsa."),
    ("namn;ort\nÅsa;Örebro\n".encode() + "Björk;Gävle\n".encode("cp1252"), "blandad.csv", "på två sätt"),
    (";".join(f"kolumn{n}" for n in range(120)).encode(), "bred.csv", "fler än 100 kolumner"),
    (bomb(), "bomb.xlsx", "Arbetsboken går inte att läsa."),
]


@pytest.mark.parametrize(("content", "name", "sentence"), BAD, ids=[name for _content, name, _sentence in BAD])
def test_what_is_no_register_gets_a_sentence(visit: Any, world: Any, content: bytes, name: str, sentence: str) -> None:
    page = send(visit(MANAGER), content, name)
    assert page.status_code == 422
    assert sentence in text(page)


def test_headings_alone_are_no_register(visit: Any, world: Any) -> None:
    manager = visit(MANAGER)
    run = run_of(send(manager, csv_of(["orgnr", "namn"])))
    applying.check(str(run.pk))
    assert "Filen har inga rader." in text(manager.get(f"{PAGE}{run.pk}/"))


def test_no_file_at_all(visit: Any, world: Any) -> None:
    page = visit(MANAGER).post(PAGE, {})
    assert (page.status_code, "Välj först en fil." in text(page)) == (422, True)


def test_the_file_is_gone_once_it_has_been_read(visit: Any, world: Any) -> None:
    rows = checked(visit(MANAGER), csv_of(["orgnr", "namn"], [NUMBER, "Borta AB"]))
    assert not applying.place_of(rows[2].run.storage_key).exists()


def test_only_those_who_see_all_clients_import(visit: Any, world: Any) -> None:
    assert visit("egna@demobyran.example").get(PAGE).status_code == 403
    assert visit("konsult@rivalbyran.example").get(PAGE).status_code == 404
    run = run_of(send(visit(MANAGER), csv_of(["orgnr", "namn"], [NUMBER, "Min AB"])))
    assert visit("konsult@demobyran.example").get(f"{PAGE}{run.pk}/").status_code == 404


def test_an_import_is_applied_once(visit: Any, world: Any) -> None:
    manager = visit(MANAGER)
    run = imported(manager, csv_of(HEAD, ROW))
    again = manager.post(f"{PAGE}{run.pk}/", {"do": "apply"})
    assert (again.status_code, "redan" in text(again)) == (422, True)
    assert Firm.objects.filter(slug="demobyran").exists()
