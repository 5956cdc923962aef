"""What a stranger, an insider without the right, or a machine sends: no page breaks, and nothing is told."""

from __future__ import annotations

import datetime as dt
import io
import json
import logging
import logging.config
import os
import stat
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core import signing
from django.test import Client

from samsyn.cases.lists import cursor_of
from samsyn.kit import queue
from samsyn.tenancy.models import User

MANAGER, OWNER = "ansvarig@demobyran.example", "agare@demokund.example"
LISTS = {
    "/byra/demobyran/arenden/": MANAGER,
    "/byra/demobyran/kunder/": MANAGER,
    "/kund/demokund/arenden/": OWNER,
    "/kund/demokund/arenden/avslutade/": OWNER,
}
ODD = ["\x00", "a\x00b", "\u202e", "'\"><script>", "%", "\\", "x" * 60_000, "é" * 50, "9" * 40, "-1", "[]", "%00"]


# Addresses and queries


@pytest.mark.slow
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


# The installation


def started(code: str, var: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Python with Samsyn's settings and these variables, in a process of its own."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("SAMSYN_", "DATABASE_"))}
    ready = f"import samsyn.wsgi; {code}" if code else "import samsyn.settings"
    return subprocess.run(
        [sys.executable, "-c", ready], env={**plain, "SAMSYN_VAR": str(var), **env}, capture_output=True, text=True
    )


ASK = """
import io
def ask(**environ):
    environ |= {"REQUEST_METHOD": "GET", "PATH_INFO": "/health/", "SERVER_NAME": "x", "SERVER_PORT": "80",
                "HTTP_HOST": "samsyn.example", "wsgi.input": io.BytesIO(), "wsgi.url_scheme": "http"}
    told = {}
    samsyn.wsgi.application(environ, lambda status, headers: told.update(headers))
    print(environ["REMOTE_ADDR"], told.get("Strict-Transport-Security", "-").replace(" ", ""))
said = {"HTTP_X_FORWARDED_FOR": "192.0.2.8, 198.51.100.7", "HTTP_X_FORWARDED_PROTO": "https"}
for place in ("203.0.113.9", "127.0.0.1", "10.1.2.3"):
    ask(REMOTE_ADDR=place, **said)
"""


def test_a_visitor_cannot_say_for_whom_he_or_she_speaks(tmp_path: Path) -> None:
    ran = started(f"exec({ASK!r})", tmp_path, SAMSYN_URL="https://samsyn.example")
    assert ran.stdout.split() == [
        "203.0.113.9",
        "-",
        "198.51.100.7",
        "max-age=31536000;includeSubDomains",
        "10.1.2.3",
        "-",
    ], ran.stderr
    ran = started(f"exec({ASK!r})", tmp_path, SAMSYN_URL="https://samsyn.example", SAMSYN_PROXIES="10.0.0.0/8")
    assert ran.stdout.split() == [
        "203.0.113.9",
        "-",
        "127.0.0.1",
        "-",
        "198.51.100.7",
        "max-age=31536000;includeSubDomains",
    ], ran.stderr


WRONG = [
    {"SAMSYN_DEMO": "1", "SAMSYN_HOSTS": "samsyn.example"},
    {"SAMSYN_DEMO": "1", "SAMSYN_URL": "https://samsyn.example"},
    {"SAMSYN_PROXIES": "anybody"},
    {"SAMSYN_PROXYS": "127.0.0.1"},
    {"SAMSYN_SECRET_KEY": "four words and no key"},
]


@pytest.mark.parametrize("env", WRONG)
def test_a_setting_that_would_open_a_door_refuses_to_start(tmp_path: Path, env: dict[str, str]) -> None:
    assert "ImproperlyConfigured" in started("", tmp_path, **env).stderr


def test_what_is_stored_is_nobody_elses_to_read(tmp_path: Path) -> None:
    started("", tmp_path / "new", SAMSYN_DEMO="1")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


@pytest.mark.parametrize(("url", "secure"), [("https://samsyn.example", True), ("http://127.0.0.1:8000", False)])
def test_cookies_follow_the_address_that_people_type(tmp_path: Path, url: str, secure: bool) -> None:
    code = "from django.conf import settings as s; print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE)"
    assert started(code, tmp_path, SAMSYN_URL=url).stdout.split() == [str(secure)] * 2


def test_no_message_and_no_name_lies_in_a_cookie(client: Client, visit: Any, world: Any) -> None:
    client.post("/konto/logga-in/", {"login": OWNER, "password": "samsyn-demo"})
    client.post("/sprak/", {"language": "en"})
    manager, case = visit(MANAGER), world.cases["Kontoutdrag för oktober"]
    manager.post("/byra/demobyran/arenden/", {"do": "remind", "ref": [case.ref]})
    for person in (client, manager):
        assert "messages" not in person.cookies
        for name in ("sessionid", "csrftoken", "samsyn_language"):
            assert name not in person.cookies or person.cookies[name]["samesite"] == "Lax"
            assert name not in person.cookies or person.cookies[name]["httponly"]


def logged(tell: Any) -> str:
    """What stands in the log of the installation when `tell(logger)` has spoken."""
    stream = io.StringIO()
    made = dict(settings.LOGGING["formatters"]["line"])
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.config.DictConfigurator({"version": 1}).configure_formatter(made))
    logger = logging.getLogger("samsyn.test.walls")
    logger.addHandler(handler)
    try:
        tell(logger)
    finally:
        logger.removeHandler(handler)
    return stream.getvalue()


def test_a_log_says_where_it_broke_and_not_what_it_was_about() -> None:
    def tell(logger: logging.Logger) -> None:
        try:
            try:
                raise KeyError("19800415-2397")
            except KeyError as error:
                raise ValueError("Failing row contains (Elins lön är 45 000 kr)") from error
        except ValueError:
            logger.exception("Internal Server Error: %s", "/kund/demokund/arenden/")

    told = logged(tell)
    assert "ValueError" in told
    assert "because of KeyError" in told
    assert "test_walls.py" in told
    assert "/kund/demokund/arenden/" in told
    for secret in ("45 000", "2397", "raise "):
        assert secret not in told


def test_a_line_of_the_log_says_when_in_utc() -> None:
    told = logged(lambda logger: logger.warning("Something"))
    said = dt.datetime.fromisoformat(told.split()[0])
    assert told.split()[0].endswith("Z")
    assert abs(dt.datetime.now(dt.UTC) - said) < dt.timedelta(minutes=1)


def test_whoever_is_refused_is_told_to_the_log_by_id_and_the_page_by_its_own_name(
    visit: Any, world: Any, caplog: Any
) -> None:
    case = world.cases["Kontoutdrag för november"]
    stranger, consultant = visit("agare@annankund.example"), visit("konsult@demobyran.example")
    stranger.get(f"/kund/demokund/arenden/{case.ref}/")
    consultant.get("/byra/demobyran/installningar/")
    for _guess in range(6):
        Client().post("/konto/logga-in/", {"login": OWNER, "password": "fel"})
    checked = Client(enforce_csrf_checks=True)
    checked.post("/konto/logga-in/", {"login": OWNER, "password": "x"})
    told = [one.getMessage() for one in caplog.records if one.name == "samsyn.refused"]
    ids = [User.objects.get(email=email).pk for email in ("agare@annankund.example", "konsult@demobyran.example")]
    assert told == [
        f"not there: GET client_case by {ids[0]}",
        f"not allowed: GET firm_settings by {ids[1]}",
        "too often: POST account_login by -",
        "form of another page: POST account_login by -",
    ]


@pytest.mark.parametrize("path", ["/", "/konto/logga-in/", "/health/", "/static/css/samsyn.css", "/finns-inte/"])
def test_nothing_is_echoed_to_a_trace(visit: Any, world: Any, path: str) -> None:
    answer = visit(MANAGER).trace(path, headers={"X-Said": "zåqekon".encode().hex()})
    assert answer.status_code in (404, 405)
    assert "zåqekon".encode().hex() not in answer.content.decode()


def test_signing_out_clears_what_the_browser_keeps(visit: Any, world: Any) -> None:
    person = visit(OWNER)
    assert person.post("/konto/logga-ut/").headers["Clear-Site-Data"] == '"storage"'
    assert "Clear-Site-Data" not in visit(OWNER).get("/konto/logga-ut/").headers


@pytest.mark.parametrize(
    "path", ["/inbjudan/s3cr3t-t0ken/", "/konto/losenord/0a1b-s3cr3t-t0ken/", "/konto/lank/s3cr3t-t0ken/"]
)
def test_a_log_holds_no_way_in(path: str) -> None:
    told = logged(lambda logger: logger.warning("Forbidden (CSRF token missing.): %s", path))
    assert "s3cr3t" not in told
    assert path.split("/")[1] in told


def test_a_task_that_breaks_off_leaves_nothing_of_what_it_was_about() -> None:
    about = ["elin", "demokund.example"]
    with pytest.raises(queue.Failed) as failed:
        queue.run("samsyn.notices.jobs.tell", "@".join(about))
    told = "".join(traceback.format_exception(failed.value))
    assert "@".join(about) not in told
    assert "ValueError" in told
    assert "notices/jobs.py" in told
