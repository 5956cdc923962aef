"""The page of an inner fault: there also when the session or the whole database is gone, and the same for everybody."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

OWNER = "agare@demokund.example"
PAGES = ["/", "/kund/demokund/arenden/", "/byra/demobyran/", "/konto/", "/finns/inte/"]


def is_the_page(answer: Any) -> None:
    """Static, styled, in both languages, without anything of the fault, the person or the settings."""
    page = answer.content.decode()
    assert answer.status_code == 500
    for words in (
        "Något gick fel",
        "Something went wrong",
        'lang="sv"',
        'lang="en"',
        "css/samsyn.css",
        'href="/"',
        'id="main"',
    ):
        assert words in page
    for secret in ("Traceback", "Error", "sqlite", "psycopg", "SELECT", "Elin", OWNER, settings.SECRET_KEY):
        assert secret not in page
    assert "http-equiv" not in page
    assert "<form" not in page
    assert "no-store" in answer.headers["Cache-Control"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "Location" not in answer.headers
    assert "HX-Redirect" not in answer.headers


@pytest.fixture
def gone(db: None) -> Any:
    """`gone(table)` takes a table away until the test is over."""

    def away(table: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {connection.ops.quote_name(table)} RENAME TO gone")

    return away


@pytest.mark.parametrize("table", ["django_session", "tenancy_user", "tenancy_membership", "cases_case"])
def test_a_table_that_is_gone_gives_the_page_of_an_inner_fault(visit: Any, world: Any, gone: Any, table: str) -> None:
    person = visit(OWNER)
    person.raise_request_exception = False
    gone(table)
    is_the_page(person.get("/kund/demokund/arenden/"))


@pytest.mark.parametrize("path", PAGES)
def test_without_a_database_every_page_is_the_same_honest_one(path: str) -> None:
    """No test has a database unless it asks for it: here every question to it fails, as when its server is down."""
    person = Client(raise_request_exception=False)
    person.cookies["sessionid"] = "x" * 32
    is_the_page(person.get(path))
    is_the_page(person.post(path, {"text": "Ord"}, headers={"Accept-Language": "en"}))


def test_without_a_database_a_script_gets_a_sentence() -> None:
    person = Client(raise_request_exception=False)
    person.cookies["sessionid"] = "x" * 32
    for headers in ({"X-Samsyn": "draft"}, {"HX-Request": "true"}):
        told = person.post("/kund/demokund/arenden/x/utkast/", {"a": "b"}, headers=headers)
        assert (told.status_code, list(told.json())) == (500, ["saved"])
        assert told.json()["saved"].startswith("Något gick fel, och felet är vårt.")


def test_whoever_watches_is_told_in_a_word_that_the_database_is_down() -> None:
    """In a process of its own, whose database's address nobody answers at."""
    asks = "import django; django.setup()\nfrom django.test import Client\n"
    asks += (
        "told = Client(headers={'host': '127.0.0.1'}).get('/health/')\nprint(told.status_code, told.content.decode())"
    )
    dead = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "DJANGO_SETTINGS_MODULE": "samsyn.settings"}
    ran = subprocess.run([sys.executable, "-c", asks], env={**os.environ, **dead}, capture_output=True, text=True)
    assert ran.stdout.splitlines()[-1:] == ["503 no database"], ran.stderr
