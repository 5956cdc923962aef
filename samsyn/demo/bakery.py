"""What more the bakery is asked, and what it answers: words only, in the shapes of each kind."""

from __future__ import annotations

import datetime as dt
from typing import Any


def _id(place: int) -> str:
    return f"{place:x}a1b2c3d"


def questions(*asked: tuple[str, str]) -> dict[str, Any]:
    """A question's request, of (text, type) pairs."""
    rows = [
        {"id": _id(place), "text": text, "type": kind, "choices": [], "required": True}
        for place, (text, kind) in enumerate(asked)
    ]
    return {"questions": rows}


def answers(*values: object, comment: str = "") -> dict[str, Any]:
    """The answer to `questions`, in their order."""
    return {
        "answers": [{"id": _id(place), "value": value} for place, value in enumerate(values)],
        "comment": comment,
        "files": [],
    }


def documents(*wanted: tuple[str, str]) -> dict[str, Any]:
    """A document request's, of (name, note) pairs."""
    rows = [
        {"id": _id(place), "name": name, "note": note, "required": True, "retention_class": "accounting"}
        for place, (name, note) in enumerate(wanted)
    ]
    return {"documents": rows}


def details(*rows: tuple[str, list[tuple[str, str]], list[tuple[str, str]]]) -> dict[str, Any]:
    """A request for details, of (label, facts, fields): facts are (label, value), fields (label, type)."""
    made = [
        {
            "id": _id(place),
            "label": label,
            "facts": [{"label": name, "value": value} for name, value in facts],
            "fields": [
                {"id": f"{place:x}{field:x}a1b2c3", "type": kind, "label": name, "required": True, "choices": []}
                for field, (name, kind) in enumerate(fields)
            ],
        }
        for place, (label, facts, fields) in enumerate(rows)
    ]
    return {"rows": made}


def given(request: dict[str, Any], *rows: tuple[object, ...], comment: str = "") -> dict[str, Any]:
    """The answer to `request` of `details`: the values of each row, in the order of its fields."""
    made = [
        {
            "id": row["id"],
            "values": {field["id"]: value for field, value in zip(row["fields"], values, strict=True)},
            "files": [],
        }
        for row, values in zip(request["rows"], rows, strict=True)
    ]
    return {"rows": made, "comment": comment}


def approval(what: str, amount: str, pay_on: str | None = None) -> dict[str, Any]:
    """An approval's request: one of those who may is enough."""
    return {"what": what, "amount": amount, "pay_on": pay_on, "needed": "one", "named": []}


YEAR_END = documents(
    ("Inventeringslista per 31 december", "Mjöl, jäst och färdiga varor var för sig"),
    ("Hyresavtal för bageriet", "Det som gäller från årsskiftet"),
)
STATEMENTS = documents(
    ("Kontoutdrag, november", "Hela månaden"),
    ("Kvitto drivmedel 4 november", ""),
)
DINNER = documents(
    ("Kvitto från restaurangen", "Med alla rader, inte bara kortslippen"),
    ("Vilka som var med", "Namn, företag och varför ni träffades"),
)
STAFF = details(
    (
        "Anställda",
        [("Antal förra året", "6")],
        [("Antal den 31 december", "whole_number"), ("Någon under 18", "yes_no")],
    )
)
SUMMER = "Byrån har stängt vecka 28 till 31 i sommar. Lönerna för juli görs klara innan dess."
CHRISTMAS = "Byrån har stängt mellan jul och nyår. Mejla oss, så svarar vi den första arbetsdagen i januari."


def van(year: int) -> dict[str, Any]:
    return details(
        (
            "Leveransbilen",
            [("Registreringsnummer", "KLM 482"), ("Körsträcka enligt året före", "1 840 mil")],
            [(f"Mil i tjänsten under {year}", "whole_number"), ("Körs bilen privat", "yes_no")],
        )
    )


def deposit(day: str) -> dict[str, Any]:
    return questions(
        (f"Vad gällde insättningen på 8 400,00 kr den {day}?", "text"),
        ("Finns det en faktura?", "yes_no"),
    )


def stock(day: str) -> dict[str, Any]:
    return details(
        ("Mjöl och socker", [("Värde förra året", "31 200,00 kr")], [(f"Värde den {day}", "amount")]),
        ("Förpackningar", [("Värde förra året", "4 750,00 kr")], [(f"Värde den {day}", "amount")]),
    )


def mill(month: dt.date) -> dict[str, Any]:
    """Two invoices of the month of which `month` is a day."""
    early, late = (month.replace(day=day).isocalendar().week for day in (8, 22))
    return documents(
        (f"Faktura från kvarnen, vecka {early}", ""),
        (f"Faktura från kvarnen, vecka {late}", "Den med returen av rågmjöl"),
    )


TRANSFER = questions(
    ("Vad gällde överföringen på 12 000,00 kr den 14 oktober?", "text"),
    ("Finns det ett avtal?", "yes_no"),
)
RENT = questions(("Har hyran höjts från och med oktober?", "yes_no"))
INVOICE = questions(
    ("Vad gäller fakturan på 6 250,00 kr från den 18 november?", "text"),
    ("Är den betald?", "yes_no"),
)
MILEAGE = documents(("Körjournal, oktober till december", "En för varje lastbil"))
