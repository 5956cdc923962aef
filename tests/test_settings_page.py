"""*Inställningar*: what a firm says about itself, its logo, its letters and its limits."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.conf import settings as django_settings
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from samsyn.cases import actions as cases
from samsyn.demo.world import write
from samsyn.kit import letters
from samsyn.notices import jobs
from samsyn.tenancy.models import Firm

MANAGER, OWNER = "ansvarig@demobyran.example", "agare@demokund.example"
PAGE, LOGO, CLIENT_LOGO = (
    "/byra/demobyran/installningar/",
    "/byra/demobyran/logotyp/",
    "/kund/demokund/logotyp/demobyran/",
)


def text(response: Any) -> str:
    return str(response.content.decode())


def now() -> Firm:
    return Firm.objects.get(slug="demobyran")


def facts(person: Any, **other: Any) -> dict[str, Any]:
    """What the page's own form holds, with something changed."""
    form = BeautifulSoup(text(person.get(PAGE)), "html.parser").select_one("main form")
    assert form
    texts = {one["name"]: one.text.removeprefix("\n") for one in form.select("textarea")}
    lines = {one["name"]: one.get("value", "") for one in form.select('input:not([type="file"],[type="checkbox"])')}
    return {**lines, **texts, **other}


def save(person: Any, **other: Any) -> Any:
    return person.post(PAGE, facts(person, **other), follow=True)


def picture(kind: str = "PNG", size: tuple[int, int] = (300, 100), **more: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "navy").save(out, kind, **more)
    return out.getvalue()


def upload(content: bytes, name: str = "logga.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def logos() -> list[Path]:
    return list((Path(django_settings.VAR) / "logos").glob("*"))


# What the firm says about itself


def test_each_fact_is_saved_and_shown_again(visit: Any, world: Any) -> None:
    manager = visit(MANAGER)
    new = {
        "name": "Fyrklang Råd AB", "number": "559999-0289", "address": "Nygatan 1", "postcode": "222 33",
        "city": "Lund", "phone": "046-55 55 55", "sender": "Fyrklang", "reply_to": "svar@fyrklang.example",
        "max_file_mb": "10", "max_case_mb": "50", "due_days": "5",
    }  # fmt: skip
    page = save(manager, **new)
    assert "Inställningarna är sparade" in text(page)
    for value in new.values():
        assert value in text(page)
    firm = now()
    assert (firm.number, firm.max_file_mb, firm.max_case_mb, firm.due_days) == ("5599990289", 10, 50, 5)
    client = text(visit(OWNER).get("/kund/demokund/"))
    assert "Fyrklang Råd AB" in client
    assert "046-55" in client
    wanted = world.cases["Kvitton som saknas för december"]
    assert "högst 10 MB per fil" in text(visit(OWNER).get(f"/kund/demokund/arenden/{wanted.ref}/"))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": ""}, "Detta fält måste fyllas i."),
        ({"name": "x" * 121}, "Högst 120 tecken"),
        ({"number": "559999-0288"}, "Numret stämmer inte."),
        ({"reply_to": "svar"}, "Fyll i en giltig e-postadress."),
        ({"sender": "www.bete.example"}, "Skriv ett namn utan länkar eller adresser."),
        ({"max_file_mb": "26"}, "Skriv ett tal från 1 till 25."),
        ({"max_file_mb": "0"}, "Skriv ett tal från 1 till 25."),
        ({"max_file_mb": "många"}, "Fyll i ett heltal."),
        ({"max_case_mb": "1001"}, "Skriv ett tal från 1 till 1000."),
        ({"max_file_mb": "20", "max_case_mb": "10"}, "Ett ärende måste rymma den största filen."),
        ({"due_days": "91"}, "Skriv ett tal från 1 till 90."),
    ],
)
def test_what_will_not_do_is_said_at_the_field_and_nothing_is_saved(
    visit: Any, world: Any, wrong: dict[str, str], sentence: str
) -> None:
    manager, before = visit(MANAGER), now()
    page = save(manager, **{"city": "Kvarskriven", **wrong})
    assert page.status_code == 422
    assert sentence in text(page)
    assert "Kvarskriven" in text(page)
    assert vars(now()) | {"_state": None} == vars(before) | {"_state": None}


def test_only_a_manager_of_this_firm_changes_it(visit: Any, world: Any) -> None:
    new = facts(visit(MANAGER), name="Kapad AB")
    consultant = visit("konsult@demobyran.example").post(PAGE, new)
    assert consultant.status_code == 403
    assert "Bara en byråansvarig" in text(consultant)
    assert visit("ansvarig@rivalbyran.example").post(PAGE, new).status_code == 404
    assert now().name != "Kapad AB"


def test_the_days_to_answer_are_suggested_in_a_new_case(visit: Any, world: Any) -> None:
    manager = visit(MANAGER)
    address = f"/byra/demobyran/arenden/nytt/?kund={world.engagements['demokund'].pk}&typ=question"

    def suggested() -> str:
        found = text(manager.get(address)).partition('name="due_on" value="')[2][:10]
        assert found
        return found

    save(manager, due_days="5")
    soon = suggested()
    save(manager, due_days="60")
    assert soon < suggested()


# Sender


def newest_letter_to(email: str) -> Any:
    jobs.sweep()
    letters.sweep()
    return next(one for one in reversed(mail.outbox) if one.to == [email])


def test_letters_come_from_the_sender_and_are_answered_to_the_firm(visit: Any, world: Any) -> None:
    case = write(world, world.manager, "demokund", "question", "Före")
    plain = newest_letter_to(OWNER)
    assert plain.from_email == '"Fyrklang Redovisning AB" <no-reply@127.0.0.1>'
    assert not plain.reply_to
    save(visit(MANAGER), sender="Fyrklang", reply_to="svar@fyrklang.example")
    cases.remind(world.manager, case)
    letter = newest_letter_to(OWNER)
    assert letter.from_email == '"Fyrklang" <no-reply@127.0.0.1>'
    assert letter.message()["Reply-To"] == "svar@fyrklang.example"
    visit(MANAGER).post(
        "/byra/demobyran/medarbetare/",
        {"name": "Nils Ny", "email": "nils@demobyran.example", "role": "consultant", "scope": "all"},
    )
    assert newest_letter_to("nils@demobyran.example").message()["Reply-To"] == "svar@fyrklang.example"


# The logo


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_logo_is_shown_to_the_firm_and_its_clients(visit: Any, world: Any, kind: str) -> None:
    manager, owner = visit(MANAGER), visit(OWNER)
    assert CLIENT_LOGO not in text(owner.get("/kund/demokund/"))
    assert manager.get(LOGO).status_code == owner.get(CLIENT_LOGO).status_code == 404
    page = save(manager, picture=upload(picture(kind)))
    assert LOGO in text(page)
    for address in ("", "arenden/", "samtycke/demobyran/", "kollegor/"):
        assert f'src="{CLIENT_LOGO}?v=' in text(owner.get(f"/kund/demokund/{address}"))
    served = owner.get(CLIENT_LOGO)
    assert (served.status_code, served.headers["Content-Type"]) == (200, "image/png")
    assert served.headers["X-Content-Type-Options"] == "nosniff"
    assert served.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert served.headers["Cache-Control"] == "private, max-age=86400"
    with Image.open(io.BytesIO(served.content)) as shown:
        assert shown.size == (300, 100)
    assert manager.get(LOGO).content == served.content


def test_nobody_else_sees_the_logo(visit: Any, client: Any, world: Any) -> None:
    save(visit(MANAGER), picture=upload(picture()))
    assert client.get(LOGO).status_code == client.get(CLIENT_LOGO).status_code == 302
    assert visit("konsult@rivalbyran.example").get(LOGO).status_code == 404
    assert visit("agare@annankund.example").get(CLIENT_LOGO).status_code == 404
    assert visit(OWNER).get("/kund/demokund/logotyp/rivalbyran/").status_code == 404
    assert visit("agare@delad.example").get("/kund/delad/logotyp/demobyran/").status_code == 200
    assert visit("agare@delad.example").get("/kund/delad/logotyp/rivalbyran/").status_code == 404


def test_a_company_of_two_firms_sees_the_logo_of_the_firm_whose_page_it_is(visit: Any, world: Any) -> None:
    save(visit(MANAGER), picture=upload(picture()))
    owner, logo = visit("agare@delad.example"), "/kund/delad/logotyp/demobyran/"
    assert logo not in text(owner.get("/kund/delad/"))
    assert logo in text(owner.get("/kund/delad/samtycke/demobyran/"))
    assert logo not in text(owner.get("/kund/delad/samtycke/rivalbyran/"))
    assert logo in text(owner.get(f"/kund/delad/arenden/{world.cases['Körjournal för kvartal 4'].ref}/"))
    assert logo not in text(owner.get(f"/kund/delad/arenden/{world.cases['Fråga från en annan byrå'].ref}/"))


def test_a_new_logo_has_a_new_address_and_the_old_file_goes(
    visit: Any, world: Any, django_capture_on_commit_callbacks: Any
) -> None:
    manager, before = visit(MANAGER), set(logos())
    save(manager, picture=upload(picture()))
    (first,) = set(logos()) - before
    assert first.stat().st_mode & 0o777 == 0o600
    assert first.parent.stat().st_mode & 0o077 == 0
    address = text(manager.get(PAGE)).partition(LOGO)[2][:11]
    with django_capture_on_commit_callbacks(execute=True):
        save(manager, picture=upload(picture(size=(50, 50))))
    assert text(manager.get(PAGE)).partition(LOGO)[2][:11] != address
    assert not first.exists()
    with django_capture_on_commit_callbacks(execute=True):
        save(manager, remove_logo="on")
    assert set(logos()) == before
    assert manager.get(LOGO).status_code == visit(OWNER).get(CLIENT_LOGO).status_code == 404
    assert CLIENT_LOGO not in text(visit(OWNER).get("/kund/demokund/"))


def test_saving_without_a_new_picture_keeps_the_logo(visit: Any, world: Any) -> None:
    manager = visit(MANAGER)
    save(manager, picture=upload(picture()))
    key = now().logo
    save(manager, city="Täby")
    assert now().logo == key


def test_nothing_of_the_file_but_the_picture_is_kept_and_a_big_one_is_made_small(visit: Any, world: Any) -> None:
    manager = visit(MANAGER)
    exif = Image.Exif()
    exif[0x9286] = "hemlig plats"
    hostile = picture("JPEG", (2000, 1000), exif=exif, comment=b"<script>alert(1)</script>") + b"<?php evil(); ?>"
    assert "Inställningarna är sparade" in text(save(manager, picture=upload(hostile, "logga.jpg")))
    content = manager.get(LOGO).content
    for word in (b"hemlig", b"script", b"php", b"JFIF"):
        assert word not in content
    with Image.open(io.BytesIO(content)) as shown:
        assert shown.size == (320, 160)
        assert not shown.getexif()
    assert len(content) < 500_000


def bomb() -> bytes:
    """A PNG that says it is 50,000 × 50,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    size = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", size)
        + chunk(b"IDAT", zlib.compress(b"\0" * 10_000))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"", "tom.png", "Välj en bild i PNG, JPEG eller WEBP."),
        (
            b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
            "logga.svg",
            "Välj en bild i PNG, JPEG eller WEBP.",
        ),
        (b"<html><script>alert(1)</script>", "logga.png", "Välj en bild i PNG, JPEG eller WEBP."),
        (picture("GIF"), "logga.gif", "Välj en bild i PNG, JPEG eller WEBP."),
        (picture("BMP"), "logga.png", "Välj en bild i PNG, JPEG eller WEBP."),
        (picture()[:60], "halv.png", "Välj en bild i PNG, JPEG eller WEBP."),
        (picture() + b"0" * 500_000, "stor.png", "Högst 500 kB går att använda."),
        (picture(size=(4000, 2500)), "bred.png", "Bilden har för många bildpunkter."),
        (bomb(), "bomb.png", "Bilden har för många bildpunkter."),
    ],
    ids=["empty", "svg", "html", "gif", "bmp", "cut", "big", "wide", "bomb"],
)
def test_what_is_no_small_picture_is_refused_and_the_rest_of_the_page_is_kept(
    visit: Any, world: Any, content: bytes, name: str, sentence: str
) -> None:
    manager, before = visit(MANAGER), logos()
    page = save(manager, picture=upload(content, name), city="Kvarskriven")
    assert page.status_code == 422
    assert sentence in text(page)
    assert "Kvarskriven" in text(page)
    assert logos() == before
    assert now().logo == ""


def test_no_letter_holds_or_fetches_the_logo(visit: Any, world: Any) -> None:
    save(visit(MANAGER), picture=upload(picture()))
    cases.remind(world.manager, world.cases["Vad gällde inköpet den 9 december?"])
    letter = newest_letter_to(OWNER)
    assert "<img" not in letter.alternatives[0][0]
    assert "logotyp" not in letter.message().as_string()
    assert not letter.attachments
