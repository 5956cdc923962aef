"""What signing in weighs: over a real server, with the files as `collectstatic` leaves them."""

from __future__ import annotations

import gzip
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import brotli
import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.core.management import call_command
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from django.test import Client, override_settings

from samsyn.kit.stylesheets import SHEETS, OneStylesheet, spared

CSS = Path(settings.BASE_DIR) / "static/css"
MOST = 20 * 1024  # beside the font, with every header
PACKED = {"br": "br", "gzip": "gzip, deflate"}


class Quiet(WSGIRequestHandler):
    def log_message(self, *args: Any) -> None:
        return


@pytest.fixture(scope="module")
def served(tmp_path_factory: Any, django_db_blocker: Any) -> Iterator[str]:
    """The address of a server with the static files of production."""
    storages = {**settings.STORAGES, "staticfiles": {"BACKEND": "samsyn.kit.stylesheets.OneStylesheet"}}
    root = tmp_path_factory.mktemp("static")
    address = {"SAMSYN_URL": "http://localhost"}  # where passkeys are possible, so that their script is weighed too
    with override_settings(STATIC_ROOT=root, STORAGES=storages, WHITENOISE_AUTOREFRESH=False, **address):
        call_command("collectstatic", verbosity=0, interactive=False)
        with django_db_blocker.block():  # a page that anybody may ask for must not need the database
            server = ThreadedWSGIServer(("127.0.0.1", 0), Quiet)
            server.set_app(get_wsgi_application())
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield f"http://localhost:{server.server_port}"
            server.shutdown()
            server.server_close()


def fetched(address: str, packed: str) -> tuple[int, bytes]:
    """What an answer weighs on the wire, headers and all; and its body, unpacked."""
    parts = urlsplit(address)
    asked = (
        f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAccept-Encoding: {packed}\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", parts.port)) as line:
        line.sendall(asked.encode())
        answer = b"".join(iter(lambda: line.recv(65_536), b""))
    head, _gap, body = answer.partition(b"\r\n\r\n")
    assert b" 200 " in head.split(b"\r\n")[0], head
    how = re.search(rb"Content-Encoding: (\w+)", head)
    unpack = {b"br": brotli.decompress, b"gzip": gzip.decompress}[how[1]] if how else bytes
    return len(answer), unpack(body)


def everything_on(base: str, path: str, packed: str) -> dict[str, int]:
    """The weight of a page and of each file it asks for, scripts that scripts import as well; fonts apart."""
    weighed, seen = {}, [base + path]
    for address in seen:
        weighed[address.removeprefix(base)], body = fetched(address, packed)
        text = body.decode()
        if address.endswith(".js"):
            found = re.findall(r'(?:from|import) "(\./[^"]+)"', text)
        elif address.endswith(".css"):
            assert "@import" not in text, "one stylesheet"
            found = [one for one in re.findall(r'url\("([^"]+)"\)', text) if not one.endswith(".woff2")]
        elif address == base + path:
            page = BeautifulSoup(text, "html.parser")
            found = [
                str(one.get("href") or one["src"]) for one in page.select("link[href], script[src], img[src], use")
            ]
        else:
            found = []
        for one in found:
            wanted = urljoin(address, one).partition("#")[0]
            if wanted not in seen:
                seen.append(wanted)
    return weighed


@pytest.mark.slow
@pytest.mark.parametrize("packed", PACKED)
@pytest.mark.parametrize("path", ["/konto/logga-in/", "/konto/kod/"])
def test_signing_in_weighs_less_than_twenty_kilobytes_beside_the_font(served: str, path: str, packed: str) -> None:
    weighed = everything_on(served, path, PACKED[packed])
    print(path, packed, sum(weighed.values()), weighed)  # shown by pytest -s
    assert sum(weighed.values()) < MOST, weighed
    assert len([one for one in weighed if one.endswith(".css")]) == 1
    assert not [one for one in weighed if "htmx" in one or "app." in one]


@pytest.mark.slow
@pytest.mark.parametrize("name", SHEETS)
def test_a_joined_sheet_says_all_that_its_parts_say(served: str, name: str) -> None:
    """Every rule of every part stands in it, in the order of the imports, and every file it names is there."""
    joined = fetched(f"{served}/static/{name}", "identity")[1].decode()
    parts = parts_of(name)
    assert len(parts) > 10
    at = 0
    for part, layer in parts:
        text = spared((CSS / part).read_text())
        at = joined.index(f"@layer {layer}{{" + ("" if "url(" in text else text + "}"), at)
    for font in re.findall(r'url\("([^"]+)"\)', joined):
        assert fetched(urljoin(f"{served}/static/css/", font), "identity")[1], font


def parts_of(sheet: str) -> list[tuple[str, str]]:
    return re.findall(r'@import url\("([^"]+)"\) layer\((\w+)\)', (CSS.parent / sheet).read_text())


ENTRANCES = ["/konto/logga-in/", "/konto/kod/", "/konto/losenord/", "/konto/losenord/skickat/", "/konto/losenord/1-x/",
             "/konto/losenord/klart/", "/konto/avslutat/", "/inbjudan/finns-inte/",
             "/konto/lank/finns-inte/"]  # fmt: skip


def test_a_page_one_signs_in_on_has_the_look_of_everything_on_it(client: Client, world: Any) -> None:
    """What the whole stylesheet says of a class, the small one says as well, where such a page has the class."""
    own = {part for part, _layer in parts_of("css/entrance.css")}
    elsewhere = "".join((CSS / part).read_text() for part, _layer in parts_of("css/samsyn.css") if part not in own)
    own_text = "".join((CSS / part).read_text() for part in own)
    pages = [client.get(path) for path in ENTRANCES]
    pages += [client.post(path, {"email": "fel", "login": "fel"}) for path in ENTRANCES[:3]]
    for page in pages:
        assert "entrance" in page.content.decode()
        for name in {
            name for one in BeautifulSoup(page.content, "html.parser").select("[class]") for name in one["class"]
        }:
            styled = re.compile(rf"\.{name}(?![\w-])")
            assert styled.search(own_text) or not styled.search(elsewhere), (page.request["PATH_INFO"], name)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("a { color: red }\n  /* why */\n  b { }", "a{color:red}b{}"),
        ('a::before { content: "/* not; a: comment */" }', 'a::before{content:"/* not; a: comment */"}'),
        ("/* first */ a :hover > b, c { }", "a :hover > b,c{}"),
        (
            "@media (min-width: 2rem) and print { a { margin: calc(1px + 2px) -1px; } }",
            "@media (min-width:2rem) and print{a{margin:calc(1px + 2px) -1px}}",
        ),
    ],
)
def test_only_comments_and_spaces_go(written: str, kept: str) -> None:
    assert spared(written) == kept


@pytest.mark.slow
def test_collecting_twice_joins_again_what_has_changed(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    (source / "css/parts").mkdir(parents=True)
    (source / "a.svg").write_text("<svg/>")
    (source / SHEETS[0]).write_text('@import url("parts/one.css") layer(base);\n')
    for colour in ("red", "blue"):
        (source / "css/parts/one.css").write_text(f'a {{ color: {colour}; background: url("../../a.svg") }}')
        storages = {**settings.STORAGES, "staticfiles": {"BACKEND": "samsyn.kit.stylesheets.OneStylesheet"}}
        with override_settings(STATICFILES_DIRS=[source], STATIC_ROOT=target, STORAGES=storages):
            call_command("collectstatic", verbosity=0, interactive=False)
            joined = (target / OneStylesheet(location=target).stored_name(SHEETS[0])).read_text()
        assert f"color:{colour};" in joined
        assert re.search(r'url\("\.\./a\.[0-9a-f]{12}\.svg"\)', joined)


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1440, "dark")])
def test_a_page_one_signs_in_on_looks_as_it_would_with_the_whole_stylesheet(
    browser: Any, live_server: Any, cast: None, width: int, scheme: str
) -> None:
    page = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme).new_page()
    for path in ENTRANCES:
        page.goto(live_server.url + path)
        page.wait_for_load_state("networkidle")
        small = page.screenshot(full_page=True, caret="hide")
        page.evaluate(
            """() => new Promise((done) => {
              const sheet = document.querySelector("link[rel=stylesheet]");
              const whole = sheet.cloneNode();
              whole.href = sheet.href.replace("entrance", "samsyn");
              whole.onload = () => (sheet.remove(), done());
              sheet.after(whole);
            })"""
        )
        page.wait_for_load_state("networkidle")
        assert page.screenshot(full_page=True, caret="hide") == small, path
    page.context.close()
