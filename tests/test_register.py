"""The client register in, from a real file: read, checked, looked at, applied."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import override
from django_q.models import OrmQ

from samsyn.demo.world import organisation_number
from samsyn.tenancy import actions
from samsyn.tenancy.models import Engagement, Membership, Participant
from samsyn.tenancy.register import receiving
from samsyn.tenancy.register.cells import armoured, is_formula, month_of, without_armour
from samsyn.tenancy.register.columns import COLUMNS, is_heading
from samsyn.tenancy.register.models import ImportRun, StagedRow
from tests.registers import (
    CONSULTANT,
    HEAD,
    MANAGER,
    NUMBER,
    OTHER,
    PAGE,
    ROW,
    checked,
    client_with,
    clients_called,
    csv_of,
    imported,
    press_apply,
    rows_of,
    run_of,
    send,
    text,
    xlsx_of,
)

# What a file looks like


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_register_is_read_whatever_program_it_comes_from(
    visit: Any, world: Any, separator: str, encoding: str
) -> None:
    run = imported(visit(MANAGER), csv_of(HEAD, ROW, separator=separator, encoding=encoding))
    assert (run.state, run.added, run.changed) == ("applied", 1, 0)
    client = client_with(NUMBER)
    assert (client.name, client.city, client.contact_email) == ("Åsa Björks Blommor AB", "Örebro", "asa@bjork.example")
    assert (client.fiscal_year_ends, client.form, client.language) == (12, "limited", "sv")
    assert client.responsible.user.email == CONSULTANT
    assert re.fullmatch("asa-bjorks-blommor-ab-[a-z2-7]{5}", client.company.slug)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_any_machine_ends_them(visit: Any, world: Any, end: str) -> None:
    rows = checked(visit(MANAGER), csv_of(["orgnr", "namn"], [NUMBER, "En AB"], [OTHER, "Två AB"], end=end))
    assert [(line, row.name) for line, row in rows.items()] == [(2, "En AB"), (3, "Två AB")]


@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_column_is_known_by_what_it_is_called_on_screen(language: str) -> None:
    with override(language):
        for column, (label, headings) in COLUMNS.items():
            assert is_heading(str(label), {}), label
            assert all(is_heading(one.upper(), {}) for one in headings), column


ENGLISH = ["Your client number", "Language", "Company form", "Fiscal year end", "Account manager", "Phone", "E-mail",
           "Contact person", "City", "Postcode", "Address", "Name", "Organisation number"]  # fmt: skip


@pytest.mark.parametrize("head", [HEAD, HEAD[::-1], ENGLISH[::-1], ENGLISH])
def test_all_thirteen_headings_are_read_in_any_order_and_either_language(
    visit: Any, world: Any, head: list[str]
) -> None:
    row = ROW if head in (HEAD, ENGLISH[::-1]) else ROW[::-1]
    run = imported(visit(MANAGER), csv_of(head, row))
    assert (run.added, len(run.mapping)) == (1, 13)
    client = client_with(NUMBER)
    held = [getattr(client, column) for column in COLUMNS if column != "responsible"]
    assert held == [NUMBER, *ROW[1:8], 12, "limited", "sv", "K17"]


def test_titles_may_stand_above_the_headings(visit: Any, world: Any) -> None:
    above = [["Kundregister, Fyrklang"], ["Utskrivet 2026-01-15"], []]
    rows = checked(visit(MANAGER), csv_of(*above, ["orgnr", "namn", "ort"], [NUMBER, "En AB", "Åhus"], separator=","))
    assert [(line, row.name, row.data["city"]) for line, row in rows.items()] == [(5, "En AB", "Åhus")]
    rows = checked(visit(MANAGER), xlsx_of(*above, ["Org.nr", "Namn"], [NUMBER, "En AB"]), "kunder.xlsx")
    assert [(line, row.name) for line, row in rows.items()] == [(5, "En AB")]


def test_headings_printed_on_each_page_are_no_clients(visit: Any, world: Any) -> None:
    head = ["orgnr", "namn"]
    rows = checked(visit(MANAGER), csv_of(head, [NUMBER, "En AB"], head, [OTHER, "Två AB"]))
    assert [row.name for row in rows.values()] == ["En AB", "Två AB"]


def test_a_cell_of_several_lines_keeps_the_lines_of_the_file_right(visit: Any, world: Any) -> None:
    content = f'namn;adress;orgnr\r\nEn AB;"Gatan 1\r\nPort B\r\n";{NUMBER}\r\n\r\nTvå AB;"a;b";fel\r\n'.encode()
    rows = checked(visit(MANAGER), content)
    assert rows[2].data["address"] == "Gatan 1 Port B"
    assert rows[6].verdict == "faulty"
    assert rows[6].typed["address"] == "a;b"


def test_separators_that_trail_are_no_columns(visit: Any, world: Any) -> None:
    tail = [""] * 200
    rows = checked(visit(MANAGER), csv_of(["orgnr", "namn", *tail], [NUMBER, "En AB", *tail], [*tail, "", ""]))
    assert [row.verdict for row in rows.values()] == ["new"]


def test_a_workbook_with_numbers_and_days_in_its_cells(visit: Any, world: Any) -> None:
    content = xlsx_of(
        ["Org.nr", "Företag", "Räkenskapsår", "Postnr", "Kundnr"],
        [int(NUMBER), "Bokens AB", dt.datetime(2025, 6, 30), 12345.0, 17],  # noqa: DTZ001 - workbooks know no zone
        [float(OTHER), "Nästa AB", dt.date(2025, 4, 30), None, None],
    )
    run = imported(visit(MANAGER), content, "kunder.xlsx")
    assert run.added == 2
    client = client_with(NUMBER)
    assert (client.fiscal_year_ends, client.postcode, client.client_number) == (6, "12345", "17")
    assert client_with(OTHER).fiscal_year_ends == 4


def test_the_sheet_with_the_headings_is_read_and_named(visit: Any, world: Any) -> None:
    content = xlsx_of(
        ["Så här gör du"], ["Fyll i bladet Kunder"], Kunder=[["orgnr", "namn"], [NUMBER, "En AB"]], Annat=[["x"], ["y"]]
    )
    manager = visit(MANAGER)
    rows = checked(manager, content, "kunder.xlsx")
    assert [row.name for row in rows.values()] == ["En AB"]
    assert "Blad Kunder" in text(manager.get(f"{PAGE}{rows[2].run_id}/"))


def test_a_workbook_with_merged_cells_blank_rows_and_a_wrong_size(visit: Any, world: Any) -> None:
    import openpyxl

    from tests.registers import rewritten

    book, content = openpyxl.Workbook(), io.BytesIO()
    sheet = book.active
    sheet["A1"] = "Kunder 2026"
    sheet.merge_cells("A1:B1")
    for place, said in {
        "A3": "orgnr",
        "B3": "namn",
        "A5": NUMBER,
        "B5": "En AB",
        "A900": OTHER,
        "B900": "Två AB",
    }.items():
        sheet[place] = said
    sheet.row_dimensions[4].hidden = True
    book.save(content)
    lying = rewritten(content.getvalue(), "xl/worksheets/sheet1.xml", b'ref="A1:B900"', b'ref="A1"')
    rows = checked(visit(MANAGER), lying, "kunder.xlsx")
    assert [(line, row.name) for line, row in rows.items()] == [(5, "En AB"), (900, "Två AB")]


# Naming columns


def test_an_unknown_heading_opens_a_page_and_the_answer_is_remembered(visit: Any, world: Any) -> None:
    manager, content = visit(MANAGER), csv_of(["Nr på bolaget", "Namn", "Favoritfärg"], [NUMBER, "Kartan AB", "Blå"])
    run = run_of(send(manager, content))
    assert run.state == "mapping"
    page = text(manager.get(f"{PAGE}{run.pk}/"))
    for words in ("Nr på bolaget", "Favoritfärg", NUMBER, "Kartan AB", "Blå"):
        assert words in page
    twice = manager.post(f"{PAGE}{run.pk}/", {"column-0": "name", "column-1": "name"})
    assert twice.status_code == 422
    assert text(twice).count("selected") == 2
    manager.post(f"{PAGE}{run.pk}/", {"column-0": "number", "column-1": "name", "column-2": ""})
    receiving.check(str(run.pk))
    assert "Kolumner som inte läses: Favoritfärg." in text(manager.get(f"{PAGE}{run.pk}/"))
    press_apply(manager, run)
    assert client_with(NUMBER).name == "Kartan AB"
    assert run_of(send(manager, content)).state == "checking"
    rival = visit("konsult@rivalbyran.example").post("/byra/rivalbyran/kunder/import/", {"file": io.BytesIO(content)})
    assert run_of(rival).state == "mapping"


def test_a_column_without_a_heading_is_asked_about_and_never_remembered(visit: Any, world: Any) -> None:
    manager, content = visit(MANAGER), csv_of(["orgnr", "namn", ""], [NUMBER, "Kartan AB", "Lund"])
    for _time in range(2):
        run = run_of(send(manager, content))
        assert run.state == "mapping"
        assert "(utan rubrik)" in text(manager.get(f"{PAGE}{run.pk}/"))
        manager.post(f"{PAGE}{run.pk}/", {"column-0": "number", "column-1": "name", "column-2": "city"})
    receiving.check(str(run.pk))
    assert rows_of(run)[2].data["city"] == "Lund"


def test_the_columns_can_be_named_anew_though_all_are_known(visit: Any, world: Any) -> None:
    manager, content = visit(MANAGER), csv_of(["orgnr", "namn", "ort"], [NUMBER, "Kartan AB", "Gatan 1"])
    run = run_of(send(manager, content, ask="on"))
    assert run.state == "mapping"
    manager.post(f"{PAGE}{run.pk}/", {"column-0": "number", "column-1": "name", "column-2": "address"})
    assert run_of(send(manager, content)).mapping["2"] == "address"


def test_a_file_without_names_asks_for_the_column_that_holds_them(visit: Any, world: Any) -> None:
    manager = visit(MANAGER)
    run = run_of(send(manager, csv_of(["orgnr", "ort"], [NUMBER, "Lund"])))
    answer = manager.post(f"{PAGE}{run.pk}/", {"column-0": "number", "column-1": "city"})
    assert (answer.status_code, "Ange vilken kolumn" in text(answer)) == (422, True)


def test_a_column_that_does_not_exist_is_left_out(visit: Any, world: Any) -> None:
    manager = visit(MANAGER)
    run = run_of(send(manager, csv_of(["orgnr", "namn", "okänd"], [NUMBER, "En AB", "x"])))
    manager.post(f"{PAGE}{run.pk}/", {"column-0": "number", "column-1": "name", "column-2": "consent"})
    receiving.check(str(run.pk))
    assert rows_of(run)[2].data == {"number": NUMBER, "name": "En AB"}
    assert run_of(send(manager, csv_of(["okänd", "namn"], ["x", "Två AB"]))).mapping == {"1": "name"}


# What cells say


@pytest.mark.parametrize(
    "written", [NUMBER, f"{NUMBER[:6]}-{NUMBER[6:]}", f"16{NUMBER}", f"16{NUMBER[:6]}-{NUMBER[6:]}"]
)
def test_a_number_with_or_without_hyphen_or_century(visit: Any, world: Any, written: str) -> None:
    rows = checked(visit(MANAGER), csv_of(["orgnr", "namn"], [written, "Nummer AB"]))
    assert rows[2].data["number"] == NUMBER


@pytest.mark.parametrize("written", ["8004152396", "800415-2396", "198004152396", "19800415-2396"])
def test_a_persons_number_with_or_without_hyphen_or_century(visit: Any, world: Any, written: str) -> None:
    manager = visit(MANAGER)
    rows = checked(manager, csv_of(["personnr", "namn", "bolagsform"], [written, "Ny Snickare", "EF"]))
    assert rows[2].data["number"] == "198004152396"


YEAR_ENDS = {
    "12": 12, "december": 12, "DEC": 12, "2025-12-31": 12, "12-31": 12, "1231": 12, "20251231": 12, "0101-1231": 12,
    "2025-01-01 - 2025-12-31": 12, "20250901-20260831": 8, "0901–0831": 8, "31/12": 12, "1/7-30/6": 6, "31 maj": 5,
    "jan-dec": 12, "kalenderår": 12, "6": 6, "06": 6, "2025-06": 6, "2025-06-30 00:00:00": 6, "april": 4, "May": 5,
}  # fmt: skip


@pytest.mark.parametrize(("written", "month"), YEAR_ENDS.items())
def test_the_end_of_a_fiscal_year_is_read_as_people_write_it(written: str, month: int) -> None:
    assert month_of(written) == month


@pytest.mark.parametrize("written", ["13", "0", "2025", "2025-13-31", "31-12", "1299", "brutet", "-", "12.5", "46022"])
def test_what_is_no_end_of_a_fiscal_year_is_none(written: str) -> None:
    with pytest.raises(ValueError, match="month"):
        month_of(written)


FORMS = {"AB": "limited", "HB": "partnership", "KB": "partnership", "EF": "sole", "Ek. för.": "economic",
         "Brf": "housing", "Aktiebolag": "limited", "Enskild firma": "sole",
         "Enskild näringsidkare": "sole", "Stiftelse": "foundation",
         "Ideell förening": "nonprofit", "Kommanditbolag": "partnership", "Limited company": "limited",
         "Privatperson": "person", "Övrigt": "other"}  # fmt: skip


def test_forms_and_languages_are_read_in_words(visit: Any, world: Any) -> None:
    said = [["namn", "bolagsform", "språk"]]
    said += [[f"Kund {n}", form, "engelska" if n % 2 else "Svenska"] for n, form in enumerate([*FORMS, *FORMS])]
    rows = checked(visit(MANAGER), csv_of(*said))
    assert [row.data["form"] for row in rows.values()] == [*FORMS.values(), *FORMS.values()]
    assert [row.data["language"] for row in rows.values()] == ["sv", "en"] * len(FORMS)


@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_form_is_read_by_what_it_is_called_on_screen(language: str) -> None:
    from samsyn.tenancy.register.cells import read

    with override(language):
        for form in Engagement.Form:
            assert read("form", str(form.label), {}) == form


def test_the_responsible_is_found_by_name_or_address_and_nobody_is_guessed(visit: Any, world: Any) -> None:
    rows = checked(
        visit(MANAGER),
        csv_of(
            ["namn", "kundansvarig"],
            ["A AB", "jonas ekelöv"],
            ["B AB", "Konsult@Demobyran.example"],
            ["C AB", "Rolf Rask"],
        ),
    )
    jonas = str(world.consultant.membership.pk)
    assert [rows[2].data["responsible"], rows[3].data["responsible"]] == [jonas, jonas]
    assert "Ingen på byrån heter Rolf Rask." in rows[4].faults[0]["text"]
    maria = world.user(MANAGER)
    maria.name = "Jonas Ekelöv"
    maria.save()
    rows = checked(visit(MANAGER), csv_of(["namn", "kundansvarig"], ["A AB", "Jonas Ekelöv"], ["B AB", MANAGER]))
    assert "Flera på byrån heter Jonas Ekelöv." in rows[2].faults[0]["text"]
    assert rows[3].verdict == "new"


def test_a_lone_dash_is_an_empty_cell_and_direction_marks_are_taken_out_of_names(visit: Any, world: Any) -> None:
    rows = checked(visit(MANAGER), csv_of(["namn", "orgnr", "ort"], ["Ab\u202egnp.exe\u2066 AB", "-", "–"]))
    assert rows[2].data == {"name": "Abgnp.exe AB"}
    run = run_of(send(visit(MANAGER), csv_of(["namn", "\u202efärg"], ["A", "b"]), "\u202evsc.kunder"))
    assert (run.headings, run.file_name) == (["namn", "färg"], "vsc.kunder")


LONG = f"{'e' * 60}@{'a' * 60}.{'b' * 60}.{'c' * 60}.{'d' * 20}.se"
WRONG = f"{NUMBER[:9]}{(int(NUMBER[9]) + 1) % 10}"
FAULTS = [
    (["12345", "Fel AB", ""], "Organisationsnummer", "Numret har 5 siffror. Skriv tio, eller tolv för en person."),
    ([WRONG, "Fel AB", ""], "Organisationsnummer", "Kontrollera den sista siffran."),
    ([NUMBER, "", ""], "Namn", "Namnet saknas. Skriv vad kunden heter."),
    ([NUMBER, "n" * 121, ""], "Namn", "Högst 120 tecken"),
    ([NUMBER, "Fel AB", "inte-en-adress"], "Huvudkontaktens e-post", "E-postadressen stämmer inte."),
    ([NUMBER, "Fel AB", LONG], "Huvudkontaktens e-post", "Högst 254"),
    ([NUMBER, "#SAKNAS!", ""], "Namn", "ett fel från kalkylprogrammet"),
    ([NUMBER, "=cmd|' /C calc'!A0", ""], "Namn", "Cellen innehåller en formel."),
    ([NUMBER, "+1+cmd|' /C calc'!A0", ""], "Namn", "Cellen innehåller en formel."),
    ([NUMBER, "-2+3+cmd|' /C calc'!A0", ""], "Namn", "Cellen innehåller en formel."),
    ([NUMBER, "@SUM(1+1)*cmd|' /C calc'!A0", ""], "Namn", "Cellen innehåller en formel."),
    ([NUMBER, "\uff1dcmd|' /C calc'!A0", ""], "Namn", "Cellen innehåller en formel."),
]  # fmt: skip


@pytest.mark.parametrize(("cells", "column", "sentence"), FAULTS)
def test_each_fault_has_its_line_its_column_and_what_to_do(
    visit: Any, world: Any, cells: list[str], column: str, sentence: str
) -> None:
    manager = visit(MANAGER)
    rows = checked(manager, csv_of(["orgnr", "namn", "epost"], cells, [OTHER, "Rätt AB", ""]))
    assert rows[2].verdict == "faulty"
    assert rows[2].faults[0]["column"] == column
    assert sentence in rows[2].faults[0]["text"]
    assert rows[3].verdict == "new"
    page = text(manager.get(f"{PAGE}{rows[2].run_id}/"))
    assert sentence in page
    assert "Verkställ 1 rad" in page
    press_apply(manager, rows[2].run)
    assert client_with(OTHER).name == "Rätt AB"
    assert not Engagement.objects.visible_to(world.manager).filter(number=cells[0]).exists()


def test_a_formula_in_a_workbook_is_a_fault_and_is_never_calculated(visit: Any, world: Any) -> None:
    from openpyxl.worksheet.formula import ArrayFormula

    content = xlsx_of(
        ["namn", "ort"],
        ['=HYPERLINK("http://ond.example","Klicka")', "Lund"],
        ["Rätt AB", ArrayFormula("B3", "=SUM(A1:A2)")],
        ["=1+1", "Lund"],
    )
    manager = visit(MANAGER)
    rows = checked(manager, content, "kunder.xlsx")
    assert [row.verdict for row in rows.values()] == ["faulty"] * 3
    assert not clients_called("2")
    page = text(manager.get(f"{PAGE}{rows[2].run_id}/"))
    assert 'href="http://ond' not in page


@pytest.mark.parametrize("said", ["+46 70-123 45 67", "+46 (0)8 12 34", "+46 8 123 45 67 ankn. 12", "-5"])
def test_a_telephone_number_is_no_formula(said: str) -> None:
    assert not is_formula(said)
    assert without_armour(armoured(said)) == said


# Which client a row means


def test_the_same_file_again_changes_nothing(visit: Any, world: Any) -> None:
    manager = visit(MANAGER)
    content = csv_of(
        HEAD, ROW, ["", "Bara ett namn", *[""] * 11], ["", "Med kundnummer", *[""] * 10, "K18"],
        [OTHER, "Bara ett nummer", *[""] * 11], ["-", "Helt AB", "Gatan 1", "111 22", "Lund", "N N", "n@n.example", "1",
        "", "2025-06-30", "HB", "en", "K19"],
    )  # fmt: skip
    before = Engagement.objects.visible_to(world.manager).count()
    assert imported(manager, content).added == 5
    stored = list(Engagement.objects.visible_to(world.manager).order_by("id").values())
    rows = checked(manager, content)
    assert [row.verdict for row in rows.values()] == ["unchanged"] * 5
    assert "Filen ändrar inget i registret." in text(manager.get(f"{PAGE}{rows[2].run_id}/"))
    press_apply(manager, rows[2].run)
    assert list(Engagement.objects.visible_to(world.manager).order_by("id").values()) == stored
    assert len(stored) == before + 5


def test_a_changed_row_says_what_from_and_what_to(visit: Any, world: Any) -> None:
    manager = visit(MANAGER)
    imported(manager, csv_of(HEAD, ROW))
    changed = [*ROW[:4], "Kumla", *ROW[5:8], "Maria Sundfalk", "juni", "HB", "en", "K18"]
    rows = checked(manager, csv_of(HEAD, changed))
    assert rows[2].verdict == "changed"
    page = text(manager.get(f"{PAGE}{rows[2].run_id}/?visa=changed"))
    for before, after in [
        ("Örebro", "Kumla"), ("Jonas Ekelöv", "Maria Sundfalk"), ("december", "juni"), ("Aktiebolag", "Handelsbolag"),
        ("Svenska", "Engelska"), ("K17", "K18"),
    ]:  # fmt: skip
        assert f"<del>{before}</del> → <ins>{after}</ins>" in page
    run = rows[2].run
    assert "Tillagda kunder: 0. Ändrade kunder: 1." in text(
        manager.post(f"{PAGE}{run.pk}/", {"do": "apply"}, follow=True)
    )
    client = client_with(NUMBER)
    assert (client.city, client.fiscal_year_ends, client.form, client.language) == ("Kumla", 6, "partnership", "en")
    assert (client.responsible.user.email, client.client_number) == (MANAGER, "K18")
    assert "k18" in client.search_key
    assert client.name == ROW[1]


def test_an_empty_cell_changes_nothing(visit: Any, world: Any) -> None:
    manager = visit(MANAGER)
    imported(manager, csv_of(HEAD, ROW))
    rows = checked(manager, csv_of(HEAD, [NUMBER, ROW[1], *[""] * 11]))
    assert rows[2].verdict == "unchanged"


def test_a_client_is_found_by_the_firms_own_number_or_by_name(visit: Any, world: Any) -> None:
    manager = visit(MANAGER)
    imported(manager, csv_of(HEAD, ROW))
    imported(manager, csv_of(["kundnr", "namn", "ort"], ["K17", "Nytt namn AB", "Kumla"]))
    imported(manager, csv_of(["namn", "telefon"], ["nytt NAMN ab", "08-1"]))
    client = client_with(NUMBER)
    assert (client.name, client.city, client.phone) == ("nytt NAMN ab", "Kumla", "08-1")


def test_a_client_without_a_number_gets_it_when_a_later_file_has_it(visit: Any, world: Any) -> None:
    manager = visit(MANAGER)
    imported(manager, csv_of(["namn"], ["Namnet AB"]))
    rows = checked(manager, csv_of(["namn", "orgnr"], ["Namnet AB", NUMBER]))
    assert (rows[2].verdict, rows[2].changes) == ("changed", {"number": ["", NUMBER]})
    press_apply(manager, rows[2].run)
    assert [one.number for one in clients_called("Namnet AB")] == [NUMBER]


def test_two_clients_of_one_name_are_never_mistaken_for_each_other(visit: Any, world: Any) -> None:
    manager = visit(MANAGER)
    imported(manager, csv_of(["namn", "orgnr"], ["Tvilling AB", NUMBER], ["Tvilling AB", OTHER]))
    rows = checked(manager, csv_of(["namn", "ort"], ["Tvilling AB", "Lund"]))
    assert rows[2].verdict == "needs_action"
    assert "Flera kunder har det här namnet." in rows[2].faults[0]["text"]
    assert [one.city for one in clients_called("Tvilling AB")] == ["", ""]


def test_a_number_of_one_client_and_a_client_number_of_another_needs_somebody(visit: Any, world: Any) -> None:
    manager = visit(MANAGER)
    imported(manager, csv_of(["namn", "orgnr", "kundnr"], ["En AB", NUMBER, "1"], ["Två AB", OTHER, "2"]))
    rows = checked(manager, csv_of(["namn", "orgnr", "kundnr", "ort"], ["En AB", NUMBER, "2", "Lund"]))
    assert rows[2].verdict == "needs_action"
    assert "Numret hör till En AB och kundnumret till Två AB." in rows[2].faults[0]["text"]
    assert f"/kunder/{client_with(NUMBER).pk}/" in text(manager.get(f"{PAGE}{rows[2].run_id}/"))


TWICE = [
    ([NUMBER, "En AB", ""], [NUMBER, "Två AB", ""], "Organisationsnummer"),
    ([NUMBER, "En AB", "1"], [OTHER, "Två AB", "1"], "Ert kundnummer"),
    (["", "Lika AB", ""], ["", "LIKA ab", ""], "Namn"),
    (["", "Lika AB", ""], [NUMBER, "Lika AB", ""], "Namn"),
    ([NUMBER, "Lika AB", ""], ["", "Lika AB", ""], ""),
    (["1655" + NUMBER[2:], "En AB", ""], [f"{NUMBER[:6]}-{NUMBER[6:]}", "En AB", ""], "Organisationsnummer"),
]


@pytest.mark.parametrize(("first", "second", "column"), TWICE)
def test_the_same_client_twice_in_a_file_is_a_fault_on_the_second(
    visit: Any, world: Any, first: list[str], second: list[str], column: str
) -> None:
    rows = checked(visit(MANAGER), csv_of(["orgnr", "namn", "kundnr"], first, second))
    assert (rows[2].verdict, rows[3].verdict) == ("new", "faulty")
    assert "rad 2" in rows[3].faults[0]["text"]
    assert rows[3].faults[0]["column"] == column


def test_two_rows_that_find_one_client_by_different_ways_are_a_fault(visit: Any, world: Any) -> None:
    manager = visit(MANAGER)
    imported(manager, csv_of(HEAD, ROW))
    rows = checked(manager, csv_of(["orgnr", "namn", "kundnr"], [NUMBER, ROW[1], ""], ["", "Annat namn", "K17"]))
    assert (rows[2].verdict, rows[3].verdict) == ("unchanged", "faulty")


# What an import never does


GUARDED = {"kontaktperson": "Någon Annan", "epost": "annan@annan.example", "orgnr": OTHER}
FOUND_BY = {"orgnr": "number", "kundnr": "client_number", "namn": "name"}
# A row is found by its number before anything else, so a number is changed only by the client number.
WAYS = [(by, column) for by in FOUND_BY for column in GUARDED if column != "orgnr" or by == "kundnr"]


@pytest.mark.parametrize(("by", "column"), WAYS)
def test_a_file_never_changes_how_an_invited_client_is_reached(visit: Any, world: Any, by: str, column: str) -> None:
    manager, held = visit(MANAGER), world.engagements["demokund"]
    actions.change_client(world.manager, held, client_number="K1")
    held.refresh_from_db()
    before = (held.contact_name, held.contact_email, held.number)
    key = getattr(held, FOUND_BY[by])
    said = {by: key, "namn": held.name, "ort": "Lund", column: GUARDED[column]}
    rows = checked(manager, csv_of(list(said), list(said.values())))
    assert rows[2].verdict == "needs_action"
    assert "Kunden är inbjuden" in rows[2].faults[0]["text"]
    press_apply(manager, rows[2].run)
    held.refresh_from_db()
    assert (held.contact_name, held.contact_email, held.number) == before
    assert held.city == "Stockholm"
    harmless = checked(manager, csv_of([by, "namn", "ort"], [key, held.name, "Lund"]))
    assert harmless[2].verdict == "changed"


def test_an_invited_client_without_a_number_does_not_get_one_from_a_file(visit: Any, world: Any) -> None:
    manager, held = visit(MANAGER), world.engagements["demokund"]
    Engagement.objects.visible_to(world.manager).filter(pk=held.pk).update(number="")
    rows = checked(manager, csv_of(["orgnr", "namn"], [NUMBER, held.name]))
    assert rows[2].verdict == "needs_action"


def test_a_client_invited_between_check_and_apply_is_left_alone(visit: Any, world: Any) -> None:
    manager = visit(MANAGER)
    imported(manager, csv_of(HEAD, ROW))
    changed = [*ROW[:6], "ny@bjork.example", *ROW[7:]]
    rows = checked(manager, csv_of(HEAD, changed))
    assert rows[2].verdict == "changed"
    client = client_with(NUMBER)
    client.firm = world.firm
    actions.invite_main_contact(world.manager, client)
    answer = manager.post(f"{PAGE}{rows[2].run_id}/", {"do": "apply"}, follow=True)
    assert "1 rad verkställdes inte" in text(answer)
    assert client_with(NUMBER).contact_email == "asa@bjork.example"
    rows[2].refresh_from_db()
    assert rows[2].verdict == "needs_action"


def test_an_ended_client_is_not_changed_by_a_file(visit: Any, world: Any) -> None:
    manager = visit(MANAGER)
    imported(manager, csv_of(HEAD, ROW))
    late = checked(manager, csv_of(HEAD, [*ROW[:4], "Kumla", *ROW[5:]]))
    actions.change_client(world.manager, client_with(NUMBER), ended_at=timezone.now())
    press_apply(manager, late[2].run)
    assert client_with(NUMBER).city == "Örebro"
    rows = checked(manager, csv_of(HEAD, [*ROW[:4], "Kumla", *ROW[5:]]))
    assert rows[2].verdict == "needs_action"
    assert "Kunden är avslutad" in rows[2].faults[0]["text"]


def test_a_file_shows_and_changes_nothing_of_another_firms_clients(visit: Any, world: Any) -> None:
    theirs = world.engagements["delad@rival"]
    ours = world.engagements["annankund"]
    manager = visit("konsult@rivalbyran.example")
    place = "/byra/rivalbyran/kunder/import/"
    run = run_of(manager.post(place, {"file": io.BytesIO(csv_of(["orgnr", "namn"], [ours.number, "Vårt namn"]))}))
    receiving.check(str(run.pk))
    assert rows_of(run)[2].verdict == "new"
    manager.post(f"{place}{run.pk}/", {"do": "apply"})
    ours.refresh_from_db()
    theirs.refresh_from_db()
    assert (ours.name, theirs.name) == ("Kafé Humlebo HB", "Åkeri Östanvind AB")


# Two at once, and work that is stopped


def test_two_managers_with_the_same_file_add_each_client_once(visit: Any, world: Any) -> None:
    content = csv_of(HEAD, ROW, ["", "Utan nummer", *[""] * 11], ["", "Med kundnr", *[""] * 10, "K9"])
    first, second = visit(MANAGER), visit(CONSULTANT)
    one, two = run_of(send(first, content)), run_of(send(second, content))
    for run in (one, two):
        receiving.check(str(run.pk))
    press_apply(first, one)
    press_apply(second, two)
    assert (one.added, two.added) == (3, 0)
    assert [len(clients_called(name)) for name in (ROW[1], "Utan nummer", "Med kundnr")] == [1, 1, 1]
    assert [row.verdict for row in rows_of(two).values()] == ["needs_action"] * 3


def test_a_colleague_who_has_left_since_the_check_is_given_no_client(visit: Any, world: Any) -> None:
    manager = visit(MANAGER)
    rows = checked(manager, csv_of(HEAD, ROW))
    Membership.objects.unscoped(why="the consultant leaves").filter(pk=world.consultant.membership.pk).update(
        ended_at=timezone.now()
    )
    press_apply(manager, rows[2].run)
    rows[2].refresh_from_db()
    assert rows[2].verdict == "needs_action"
    assert not clients_called(ROW[1])


def test_two_new_clients_of_one_name_get_an_address_each(visit: Any, world: Any) -> None:
    numbers = [organisation_number(f"55999904{n}") for n in range(5)]
    imported(visit(MANAGER), csv_of(["orgnr", "namn"], *[[number, "Lika AB"] for number in numbers]))
    slugs = {client_with(number).company.slug for number in numbers}
    assert len(slugs) == 5
    assert all(re.fullmatch("lika-ab-[a-z2-7]{5}", slug) for slug in slugs)


def test_the_name_of_a_sole_trader_stands_in_no_address(visit: Any, world: Any) -> None:
    imported(
        visit(MANAGER), csv_of(["pnr", "namn", "bolagsform"], ["", "Sara Snickare", "EF"]).replace(b"pnr", b"orgnr")
    )
    (client,) = clients_called("Sara Snickare")
    client = Engagement.objects.visible_to(world.manager).select_related("company").get(pk=client.pk)
    assert "snickare" not in client.company.slug


def many(count: int) -> bytes:
    return csv_of(["orgnr", "namn"], *[[organisation_number(f"559{n:06d}"), f"Bolag {n}"] for n in range(count)])


class Stopped(BaseException):
    """The worker is killed."""


def at_update(table: str, number: int, do: Any) -> Any:
    """Before the `number`-th change of the table, `do` happens: what only a second process could do otherwise."""
    left = [number]

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(f'UPDATE "{table}"'):
            left[0] -= 1
            if left[0] == 0:
                do()
        return execute(sql, params, many, context)

    return connection.execute_wrapper(wrapper)


def test_a_worker_killed_halfway_begins_anew_and_doubles_nothing(visit: Any, world: Any) -> None:
    run = run_of(send(visit(MANAGER), many(1200)))

    def stop() -> None:
        raise Stopped

    with pytest.raises(Stopped), at_update("tenancy_importrun", 3, stop):
        receiving.check(str(run.pk))
    run.refresh_from_db()
    assert (run.state, run.done, run.total, len(rows_of(run))) == ("checking", 500, 1200, 500)
    receiving.check(str(run.pk))
    run.refresh_from_db()
    assert (run.state, run.done) == ("checked", 1200)
    assert sorted(rows_of(run)) == list(range(2, 1202))


def test_a_worker_overtaken_by_another_stops_and_doubles_nothing(visit: Any, world: Any) -> None:
    run = run_of(send(visit(MANAGER), many(2100)))
    with at_update("tenancy_importrun", 2, lambda: receiving.check(str(run.pk))):
        receiving.check(str(run.pk))
    run.refresh_from_db()
    assert (run.state, run.done, run.attempts) == ("checked", 2100, 2)
    assert sorted(rows_of(run)) == list(range(2, 2102))


def test_what_a_stopped_worker_left_is_taken_up_again_a_few_times_and_then_said(visit: Any, world: Any) -> None:
    manager = visit(MANAGER)
    run = run_of(send(manager, many(2)))
    OrmQ.objects.all().delete()
    receiving.sweep()
    assert not OrmQ.objects.exists()
    rows = ImportRun.objects.unscoped(why="the worker has been silent")
    rows.filter(pk=run.pk).update(beat_at=timezone.now() - dt.timedelta(minutes=3), attempts=3)
    receiving.sweep()
    receiving.sweep()
    assert OrmQ.objects.count() == 1
    receiving.check(str(run.pk))
    assert "Filen gick inte att läsa till slutet" in text(manager.get(f"{PAGE}{run.pk}/"))


def test_progress_is_shown_while_the_file_is_checked(visit: Any, world: Any) -> None:
    manager = visit(MANAGER)
    run = run_of(send(manager, many(1200)))
    seen: list[str] = []
    with at_update("tenancy_importrun", 4, lambda: seen.append(text(manager.get(f"{PAGE}{run.pk}/")))):
        receiving.check(str(run.pk))
    assert "1000 av 1200" in seen[0]
    assert 'value="1000" max="1200"' in seen[0]


def test_an_import_is_forgotten_after_thirty_days_and_the_clients_stay(visit: Any, world: Any) -> None:
    manager = visit(MANAGER)
    done = imported(manager, csv_of(HEAD, ROW))
    asked = run_of(send(manager, csv_of(["namn", "okänd"], ["A", "b"])))
    rows = ImportRun.objects.unscoped(why="the test looks at what is left")
    rows.filter(pk__in=[done.pk, asked.pk]).update(created_at=timezone.now() - dt.timedelta(days=31))
    assert receiving.place_of(asked.storage_key).exists()
    receiving.sweep()
    assert not rows.filter(pk__in=[done.pk, asked.pk]).exists()
    assert not receiving.place_of(asked.storage_key).exists()
    assert client_with(NUMBER).name == ROW[1]


def test_applying_takes_as_many_questions_for_many_rows_as_a_set_does(visit: Any, world: Any) -> None:
    manager, asked = visit(MANAGER), []
    for count in (20, 400):
        run = run_of(send(manager, many(count)))
        receiving.check(str(run.pk))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            press_apply(manager, run)
        asked.append(len(queries))
    assert run.added == 380
    assert asked[1] < 80


# Looking, and working through what is faulty


def test_three_hundred_faults_can_all_be_read_and_taken_out_and_chosen_again(visit: Any, world: Any) -> None:
    manager = visit(MANAGER)
    faulty = [["12345", f"Fel {n}", "=1+1" if n == 7 else "+46 8 1"] for n in range(300)]
    rows = checked(manager, csv_of(["orgnr", "namn", "telefon", "okänd"], *[[*row, "x"] for row in faulty]))
    run = rows[2].run if rows else None
    if run is None:
        run = ImportRun.objects.visible_to(world.manager).first()
        manager.post(f"{PAGE}{run.pk}/", {"column-0": "number", "column-1": "name", "column-2": "phone"})
        receiving.check(str(run.pk))
    first = text(manager.get(f"{PAGE}{run.pk}/"))
    second = text(manager.get(f"{PAGE}{run.pk}/?visa=faulty&efter=201"))
    assert all(f"Fel {n}" in first + second for n in range(300))
    assert "?visa=faulty&amp;efter=201" in first
    assert "efter=" not in second
    taken = manager.get(f"{PAGE}{run.pk}/att-gora.csv")
    assert taken.headers["Content-Disposition"] == 'attachment; filename="att-gora.csv"'
    assert taken.content.startswith("\ufeffRad;".encode())
    lines = list(csv.reader(io.StringIO(taken.content.decode("utf-8-sig")), delimiter=";"))
    assert lines[0] == ["Rad", "Organisationsnummer", "Namn", "Telefon", "Att göra"]
    assert (len(lines), lines[1][:4]) == (301, ["2", "12345", "Fel 0", "'+46 8 1"])
    assert lines[8][3] == "'=1+1"
    mended = [[line[0], organisation_number(f"5591{n:05d}"), *line[2:]] for n, line in enumerate(lines[1:])]
    again = checked(manager, csv_of(lines[0], *mended))
    assert [row.verdict for row in again.values()].count("new") == 299
    assert again[2].data["phone"] == "+46 8 1"
    assert again[9].verdict == "faulty"


def test_a_row_for_somebody_to_look_at_links_to_its_client(visit: Any, world: Any) -> None:
    manager, held = visit(MANAGER), world.engagements["demokund"]
    rows = checked(manager, csv_of(["orgnr", "namn", "epost"], [held.number, held.name, "ny@ny.example"]))
    page = text(manager.get(f"{PAGE}{rows[2].run_id}/"))
    assert f"/byra/demobyran/kunder/{held.pk}/" in page
    assert "<del>agare@demokund.example</del> → <ins>ny@ny.example</ins>" in page


def test_an_applied_row_links_to_the_client_it_made_and_keeps_nothing_of_what_it_said(visit: Any, world: Any) -> None:
    manager = visit(MANAGER)
    run = imported(manager, csv_of(HEAD, ROW))
    (row,) = rows_of(run).values()
    assert (row.data, row.typed) == ({}, {})
    assert f"/byra/demobyran/kunder/{client_with(NUMBER).pk}/" in text(manager.get(f"{PAGE}{run.pk}/?visa=new"))


def test_a_persons_number_is_masked_where_the_file_is_shown(visit: Any, world: Any) -> None:
    manager = visit(MANAGER)
    run = run_of(send(manager, csv_of(["pnr", "namn"], ["19800415-2396", "Sara Snickare"])))
    page = text(manager.get(f"{PAGE}{run.pk}/"))
    assert "19800415-****" in page
    assert "2396" not in page


@pytest.mark.parametrize("efter", ["x", "-1", "9" * 30, "²", "%00"])
def test_a_page_asked_for_in_another_way_begins_anew(visit: Any, world: Any, efter: str) -> None:
    manager = visit(MANAGER)
    run = checked(manager, csv_of(["namn"], ["=fel"]))[2].run
    assert "=fel" in text(manager.get(f"{PAGE}{run.pk}/?visa=faulty&efter={efter}"))


def test_the_file_is_gone_once_it_has_been_read(visit: Any, world: Any) -> None:
    rows = checked(visit(MANAGER), csv_of(["orgnr", "namn"], [NUMBER, "Borta AB"]))
    assert not receiving.place_of(rows[2].run.storage_key).exists()


def test_only_those_who_see_all_clients_import(visit: Any, world: Any) -> None:
    assert visit("egna@demobyran.example").get(PAGE).status_code == 403
    assert visit("konsult@rivalbyran.example").get(PAGE).status_code == 404
    run = run_of(send(visit(MANAGER), csv_of(["orgnr", "namn"], ["1", "Min AB"])))
    receiving.check(str(run.pk))
    for end in ("", "att-gora.csv"):
        assert visit(CONSULTANT).get(f"{PAGE}{run.pk}/{end}").status_code == 404
        assert visit("egna@demobyran.example").get(f"{PAGE}{run.pk}/{end}").status_code == 403


def test_an_import_is_applied_once(visit: Any, world: Any) -> None:
    manager = visit(MANAGER)
    run = imported(manager, csv_of(HEAD, ROW))
    again = press_apply(manager, run)
    assert (again.status_code, "redan" in text(again)) == (422, True)
    assert len(clients_called(ROW[1])) == 1


def test_a_client_from_a_file_is_the_importers_until_somebody_else_is_named(visit: Any, world: Any) -> None:
    imported(visit(CONSULTANT), csv_of(["namn"], ["Min egen AB"]))
    (client,) = clients_called("Min egen AB")
    assert client.responsible_id == world.consultant.membership.pk
    assert not Participant.objects.visible_to(world.manager).filter(engagement=client).exists()
    assert StagedRow.objects.visible_to(world.manager).filter(engagement=client).count() == 0
