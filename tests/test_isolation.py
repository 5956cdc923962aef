"""Every role × every route × both tenants, as it is answered, and as `docs/security/isolation.md` says it is.

After a change that is meant: `WRITE_DOCS=1 bin/test -k isolation` writes the page anew.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from samsyn.web.doors import routes
from tests.support import HELPER, let_in
from tests.test_doors import address

pytestmark = pytest.mark.django_db
PAGE = Path(__file__).parent.parent / "docs/security/isolation.md"
SIGNS_OUT = "/konto/logga-ut/"
# Who asks, in the order of the columns. All addresses are of demobyran and its client demokund.
PEOPLE = {
    "visitor": "",
    "manager": "ansvarig@demobyran.example",
    "consultant": "konsult@demobyran.example",
    "consultant, other clients": "egna@demobyran.example",
    "other firm": "konsult@rivalbyran.example",
    "owner": "agare@demokund.example",
    "member": "medarbetare@demokund.example",
    "reader": "lasare@demokund.example",
    "other client": "agare@annankund.example",
    "client of both firms": "agare@delad.example",
    "before consent": "agare@utansamtycke.example",
    "member here, staff there": "dubbel@demokund.example",
    "support, let in": HELPER,
}
HEAD = """# Who is met with what

Written by the test run (`tests/test_isolation.py`), which fails when it is not so. Every address is filled with
things of the firm *demobyran* and its client *demokund*; each column is a person who asks. The first word is the
answer to GET, the second to an empty POST: `yes` is an answer of the page's own, also a refusal to what was posted;
`403` is seen but not this person's to do; `404` does not exist for this person; `in` leads to the sign-in; `–` is a
method the page has not.
"""


def answered(person: Client, method: str, path: str) -> str:
    with transaction.atomic():
        response = getattr(person, method.lower())(path)
        if response.streaming:
            b"".join(response.streaming_content)
        transaction.set_rollback(True)
    if response.status_code == 302 and response.headers["Location"].startswith("/konto/logga-in/"):
        return "in"
    return str(response.status_code) if response.status_code in (403, 404) else "yes"


def cell(person: Client, methods: Any, path: str) -> str:
    return " ".join(answered(person, one, path) if one in methods else "–" for one in ("GET", "POST"))


@pytest.mark.slow
def test_everybody_is_met_as_the_page_about_isolation_says(visit: Any, world: Any) -> None:
    let_in(world)

    def signed_in() -> list[Client]:
        return [visit(email) if email else Client() for email in PEOPLE.values()]

    people = signed_in()
    lines = [f"| | {' | '.join(PEOPLE)} |", f"|---|{'---|' * len(PEOPLE)}"]
    for route, view in sorted(routes(), key=lambda one: one[0]):
        if "uidb36" in route:
            continue
        path = address(world, route).replace("<str:token>", "x")
        cells = [cell(person, view.methods, path) for person in people]
        lines.append(f"| `{route}` | {' | '.join(cells)} |")
        if route == SIGNS_OUT:
            people = signed_in()
    found = HEAD + "\n" + "\n".join(lines) + "\n"
    if os.environ.get("WRITE_DOCS"):
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(found)
    assert PAGE.read_text() == found
