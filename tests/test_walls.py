"""What a stranger, an insider without the right, or a machine sends: no page breaks, and nothing is told."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core import signing
from django.test import Client

from samsyn.cases.lists import cursor_of

MANAGER, OWNER = "ansvarig@demobyran.example", "agare@demokund.example"
LISTS = {
    "/byra/demobyran/arenden/": MANAGER,
    "/byra/demobyran/kunder/": MANAGER,
    "/kund/demokund/arenden/": OWNER,
    "/kund/demokund/arenden/avslutade/": OWNER,
}
ODD = ["\x00", "a\x00b", "\u202e", "'\"><script>", "%", "\\", "x" * 60_000, "é" * 50, "9" * 40, "-1", "[]", "%00"]


# Addresses and queries


@pytest.mark.parametrize("path", LISTS)
def test_no_query_breaks_a_list(visit: Any, world: Any, path: str) -> None:
    person = visit(LISTS[path])
    for name in ("q", "efter", "vy", "sortera", "kund", "typ", "ansvarig", "svar", "olast", "visa"):
        for value in ODD:
            assert person.get(path, {name: value}).status_code == 200, (name, value[:10])


def forged(value: Any) -> str:
    """A place in a list that nobody but Samsyn could have signed, signed with another purpose."""
    return signing.Signer(salt="another purpose").sign_object(["firm_changed_at", value, "0" * 32])


def test_a_place_in_a_list_that_samsyn_did_not_give_begins_anew(visit: Any, world: Any) -> None:
    manager, path = visit(MANAGER), "/byra/demobyran/arenden/"
    rows = manager.get(path, {"vy": "alla"}).content.count(b"<tr")
    case = world.cases["Kontoutdrag för november"]
    for cursor in (forged("\ud800"), forged(10**40), json.dumps(["number", None, "x"]), cursor_of(case, "number")):
        assert manager.get(path, {"vy": "alla", "efter": cursor}).content.count(b"<tr") == rows


@pytest.mark.parametrize("year", [0, 1, 1999, 3000, 10_000, 10**30])
def test_a_year_that_no_calendar_has_is_not_there(visit: Any, world: Any, year: int) -> None:
    client = world.engagements["demokund"].pk
    assert visit(MANAGER).get(f"/byra/demobyran/kunder/{client}/kopia/{year}/").status_code == 404


ADDRESSES = [
    "/%00/", "/kund/%00/", "//kund/demokund/", "/kund//demokund/", "/inbjudan/%00/", "/inbjudan/" + "a" * 5_000 + "/",
    "/konto/losenord/zzz-x/", "/konto/losenord/%00-%00/", "/konto/losenord/" + "0" * 32 + "-set-password/",
    "/kund/demokund/arenden/" + "a" * 5_000 + "/", "/byra/demobyran/kunder/not-an-id/", "/..%2f..%2fetc/passwd",
    "/static/%2e%2e/%2e%2e/samsyn/settings.py",
]  # fmt: skip


@pytest.mark.parametrize("path", ADDRESSES)
def test_no_address_and_no_method_breaks_anything(client: Client, visit: Any, world: Any, path: str) -> None:
    for person in (client, visit(MANAGER)):
        for method in ("get", "head", "post", "options", "put", "patch", "delete", "trace"):
            assert getattr(person, method)(path).status_code < 500


ELSEWHERE = ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)",
             "http:evil.example", "///evil.example", "\x00", "firm_desk", "evil.example", ""]  # fmt: skip


@pytest.mark.parametrize("following", ELSEWHERE)
def test_no_choice_and_no_sign_in_leads_out_of_samsyn(client: Client, world: Any, following: str) -> None:
    person = {"login": OWNER, "password": "samsyn-demo"}
    for path, posted in (("/sprak/", {"language": "en"}), ("/konto/logga-in/", person), ("/konto/logga-ut/", {})):
        answer = client.post(path, {**posted, "next": following})
        assert answer.status_code == 302
        assert not urlsplit(answer.headers["Location"]).netloc
