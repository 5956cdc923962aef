"""A copy opens without the program, holds what its reader may see and nothing else, and proves its files."""

from __future__ import annotations

import io
import logging
import os
import re
import subprocess
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from samsyn.cases import actions
from samsyn.cases.files import attach
from samsyn.cases.models import AccessLog, Attachment, Case, Purpose
from samsyn.cases.store import place_of
from samsyn.demo.world import answer, pdf, upload, write
from samsyn.tenancy.models import User
from tests.walls import questions_in

OWNER, MEMBER, READER = "agare@demokund.example", "medarbetare@demokund.example", "lasare@demokund.example"
MANAGER = "ansvarig@demobyran.example"
DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}


def year() -> int:
    return timezone.localdate().year


def years_path(world: Any, side: str) -> str:
    client = f"/kund/demokund/kopia/{year()}/"
    return client if side == "client" else f"/byra/demobyran/kunder/{world.engagements['demokund'].pk}/kopia/{year()}/"


def case_path(case: Case, side: str, end: str = "kopia/") -> str:
    return f"/{'kund/demokund' if side == 'client' else 'byra/demobyran'}/arenden/{case.ref}/{end}"


def fetched(person: Any, path: str) -> zipfile.ZipFile:
    response = person.get(path)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/zip"
    assert response.headers["Content-Disposition"].startswith("attachment")
    return zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))


def unpacked(copy: zipfile.ZipFile, folder: Path) -> Path:
    """Unpack it, run its list of hashes, and follow every link of every page."""
    assert copy.testzip() is None
    copy.extractall(folder)
    for listed in folder.rglob("sha256.txt"):
        done = subprocess.run(["sha256sum", "--strict", "-c", "sha256.txt"], cwd=listed.parent, capture_output=True)
        assert done.returncode == 0, done
    for page in folder.rglob("*.html"):
        soup = BeautifulSoup(page.read_text(), "html.parser")
        assert soup.html["lang"] == "sv"
        assert soup.title.text.strip()
        assert soup.find_all(["script", "img", "link", "iframe", "form"]) == []
        assert all((page.parent / unquote(a["href"])).is_file() for a in soup.find_all("a"))
    return folder


def words(page: Path | bytes) -> str:
    text = page.decode() if isinstance(page, bytes) else page.read_text()
    return re.sub(r"\s+", " ", BeautifulSoup(text, "html.parser").get_text(" "))


def whole_case(world: Any) -> Case:
    """A case with something of everything: messages, files on both sides, a replaced one, notes, an earlier answer."""
    maria, elin = world.manager, world.owner
    case = write(world, maria, "demokund", "document_request", "Allt på en gång", "Hej!", file="lista.pdf")
    answer(elin, case)
    first, second = (one["id"] for one in case.request["documents"])
    verdicts = [
        {"id": first, "verdict": "accepted", "reason": ""},
        {"id": second, "verdict": "returned", "reason": "Suddig"},
    ]
    case.refresh_from_db()
    actions.review(maria, case, verdicts={"rows": verdicts})
    actions.note(maria, case, text="Hemlig tanke")
    actions.ask_again(maria, case, text="Ta om den andra")
    fresh = Case.objects.visible_to(elin).select_related("firm", "engagement").get(pk=case.pk)
    made = attach(elin, fresh, upload("ny bild.pdf"), purpose=Purpose.ANSWER, row_id=second)
    rows = [
        fresh.answer["rows"][0],
        {"id": second, "missing": False, "explanation": "", "files": [str(made.pk)]},
    ]
    actions.send_back(elin, fresh, answer={"rows": rows, "comment": "Nu då?"})
    attach(elin, fresh, upload("extra.pdf"), purpose=Purpose.MESSAGE)
    actions.message(elin, fresh, text="En sak till <b>här</b>")
    attach(elin, fresh, upload("osänd.pdf"), purpose=Purpose.MESSAGE)
    return fresh


@pytest.mark.parametrize("side", ["client", "firm"])
def test_a_copy_of_a_case_opens_by_itself_and_its_hashes_hold(
    visit: Any, world: Any, tmp_path: Path, side: str
) -> None:
    case = whole_case(world)
    copy = fetched(visit(OWNER if side == "client" else MANAGER), case_path(case, side))
    folder = unpacked(copy, tmp_path)
    files = {one.relative_to(folder).as_posix() for one in (folder / "filer").rglob("*") if one.is_file()}
    assert files == {
        "filer/från byrån/lista.pdf",
        "filer/01 Kontoutdrag, december/Kontoutdrag, december.pdf",
        "filer/02 Kvitto drivmedel 4 december/ny bild.pdf",
        "filer/02 Kvitto drivmedel 4 december/ersatta/Kvitto drivmedel 4 december.pdf",
        "filer/meddelanden/extra.pdf",
    }
    assert (folder / "filer/från byrån/lista.pdf").read_bytes() == pdf("lista.pdf")
    said = words(folder / "arende.html")
    for wanted in (
        "Allt på en gång", "Hej!", "Fyrklang Redovisning AB", "Bageri Morgonglöd AB", "Nu då?", "Ta om den andra",
        "En sak till <b>här</b>", "ny bild.pdf", "Här kommer det vi har.", "Tidigare svar", "Godtaget",
    ):  # fmt: skip
        assert wanted in said, wanted
    assert "osänd.pdf" not in said


def test_notes_stand_in_a_page_of_their_own_in_the_firms_copy_alone(visit: Any, world: Any, tmp_path: Path) -> None:
    case = whole_case(world)
    ours = unpacked(fetched(visit(MANAGER), case_path(case, "firm")), tmp_path / "firm")
    theirs = unpacked(fetched(visit(OWNER), case_path(case, "client")), tmp_path / "client")
    assert "Hemlig tanke" in words(ours / "bara-byran.html")
    assert "Kunden har aldrig sett det som står här" in words(ours / "bara-byran.html")
    assert not (theirs / "bara-byran.html").exists()
    taken = re.compile(r"Kopian togs \S+ \S+ av [^.]*\.")
    assert taken.sub("", words(ours / "arende.html")) == taken.sub("", words(theirs / "arende.html"))
    for one in theirs.rglob("*"):
        if one.is_file():
            assert b"Hemlig tanke" not in one.read_bytes()


def test_every_byte_of_a_clients_copy_is_the_same_with_and_without_what_is_the_firms(visit: Any, world: Any) -> None:
    case, elin = world.cases["Kontoutdrag för november"], visit(OWNER)

    def content() -> dict[str, bytes]:
        found = {}
        for path in (case_path(case, "client"), years_path(world, "client")):
            copy = fetched(elin, path)
            found.update({path + info.filename: copy.read(info) for info in copy.infolist()})
        return found

    with time_machine.travel(timezone.now(), tick=False):
        before = content()
        row = case.request["documents"][0]["id"]
        actions.note(world.manager, case, text="Hemlig tanke")
        actions.review(
            world.manager, case, verdicts={"rows": [{"id": row, "verdict": "returned", "reason": "Hemligt skäl"}]}
        )
        attach(world.manager, case, upload("osänd.pdf"), purpose=Purpose.MESSAGE)
        assert content() == before
    firms = fetched(visit(MANAGER), case_path(case, "firm"))
    assert "Hemligt skäl" not in firms.read("arende.html").decode()


def test_a_year_has_an_index_and_of_a_retracted_case_the_client_gets_one_line(
    visit: Any, world: Any, tmp_path: Path
) -> None:
    case = whole_case(world)
    actions.retract(world.manager, case)
    theirs = unpacked(fetched(visit(OWNER), years_path(world, "client")), tmp_path / "client")
    ours = unpacked(fetched(visit(MANAGER), years_path(world, "firm")), tmp_path / "firm")
    assert "Ett ärende som byrån har återkallat" in words(theirs / "index.html")
    assert "Allt på en gång" not in words(theirs / "index.html")
    assert list(theirs.glob(f"{case.number}*")) == []
    assert "Allt på en gång" in words(ours / "index.html")
    assert (ours / f"{case.number} Allt på en gång" / "bara-byran.html").is_file()
    sent = Case.objects.visible_to(world.owner).exclude(outcome="retracted")
    assert len(list(theirs.glob("*/arende.html"))) == sent.count()
    assert visit(OWNER).get(case_path(case, "client")).status_code == 404
    assert not AccessLog.objects.visible_to(world.manager).filter(case=case, side="client", what="copy").exists()


def test_a_company_with_two_firms_has_a_folder_for_each(visit: Any, world: Any, tmp_path: Path) -> None:
    folder = unpacked(fetched(visit("agare@delad.example"), f"/kund/delad/kopia/{year()}/"), tmp_path)
    assert len(list((folder / "Fyrklang Redovisning AB").glob("*/arende.html"))) == 1
    assert len(list((folder / "Rival Ekonomi AB").glob("*/arende.html"))) == 1
    assert "Fyrklang Redovisning AB" in words(folder / "index.html")


def test_after_a_withdrawal_everybody_at_the_client_can_still_take_out_what_they_see(visit: Any, world: Any) -> None:
    visit(OWNER).post("/kund/demokund/samtycke/demobyran/", {"decision": "withdraw"})
    for email, restricted in ((OWNER, True), (MEMBER, False), (READER, False)):
        person = visit(email)
        assert f"/kund/demokund/kopia/{year()}/" in person.get("/kund/demokund/").content.decode()
        assert f"/kund/demokund/kopia/{year()}/" in person.get("/kund/demokund/arenden/avslutade/").content.decode()
        copy = fetched(person, years_path(world, "client"))
        assert any("Ägarens lön" in name for name in copy.namelist()) is restricted
        assert ("Ägarens lön" in copy.read("index.html").decode()) is restricted


@pytest.mark.parametrize("wrong", [1, 1999, 2001, 9999, 10**9])
def test_a_year_without_cases_is_not_there(visit: Any, world: Any, wrong: int) -> None:
    assert visit(OWNER).get(f"/kund/demokund/kopia/{wrong}/").status_code == 404
    client = world.engagements["demokund"].pk
    assert visit(MANAGER).get(f"/byra/demobyran/kunder/{client}/kopia/{wrong}/").status_code == 404


def test_a_case_belongs_to_the_swedish_year_it_was_sent_in(visit: Any, world: Any) -> None:
    case = world.cases["Kontoutdrag för november"]
    rows = Case.objects.unscoped(why="sent as the year turned").filter(pk=case.pk)
    rows.update(created_at="2019-06-01T00:00Z", released_at="2020-12-31T23:30Z")
    assert visit(OWNER).get("/kund/demokund/kopia/2020/").status_code == 404
    copy = fetched(visit(OWNER), "/kund/demokund/kopia/2021/")
    assert "Kontoutdrag för november" in copy.read("index.html").decode()
    assert "kopia/2021/" in visit(OWNER).get("/kund/demokund/arenden/avslutade/").content.decode()


HOSTILE = [
    "../../etc/passwd",
    "CON",
    "a/b\\c:d*e?f",
    "...",
    "Kvitto.",
    "x" * 120,
    "Ä" * 120,
    "\u202eexe.fdp",
    "🍞 " * 40,
]


@pytest.mark.slow
def test_names_are_safe_on_every_system_and_each_is_there_once(visit: Any, world: Any, tmp_path: Path) -> None:
    for subject in [*HOSTILE, "samma", "SAMMA"]:
        rows = [
            {"id": f"{n}a1b2c3d", "name": name, "note": "", "required": False, "retention_class": "other"}
            for n, name in enumerate([subject, subject.upper(), "con", "lpt1.txt"])
        ]
        case = write(world, world.manager, "demokund", "document_request", subject, request={"documents": rows})
        given = []
        for row in rows:
            made = [
                attach(world.owner, case, upload(name, pdf(f"{name}{row['id']}")), purpose=Purpose.ANSWER,
                       row_id=row["id"])
                for name in ("Kvitto.pdf", "KVITTO.PDF", "kvitto.pdf", "nul.pdf", "å" * 150 + ".pdf")
            ]  # fmt: skip
            given.append({"id": row["id"], "missing": False, "explanation": "", "files": [str(one.pk) for one in made]})
        actions.send_back(world.owner, case, answer={"rows": given, "comment": ""})
    for side, email in (("client", OWNER), ("firm", MANAGER)):
        copy = fetched(visit(email), years_path(world, side))
        names = copy.namelist()
        assert len({name.casefold() for name in names}) == len(names)
        for name in names:
            assert ".." not in name
            assert not name.startswith("/")
            assert len(name) < 200
            assert not re.search(r'[<>:"|?*\\\x00-\x1f\u202e]', name)
            for part in name.split("/"):
                assert part.split(".")[0].strip().casefold() not in DEVICES
                assert part == part.strip(". ")
                assert len(part.encode()) < 250
        unpacked(copy, tmp_path / side)


def test_an_approval_is_proven_by_the_basis_in_the_copy(visit: Any, world: Any, tmp_path: Path) -> None:
    from samsyn.cases.basis import basis_digest

    case = world.cases["Löner för januari"]
    digest = basis_digest(case)
    actions.approve(world.owner, case, digest=digest)
    folder = unpacked(fetched(visit(OWNER), case_path(case, "client")), tmp_path)
    listed = (folder / "sha256.txt").read_text()
    assert f"{digest}  filer/underlag/underlag 1.json" in listed
    said = words(folder / "arende.html")
    assert digest in said
    assert "Elin Bergqvist godkände." in said
    assert "184 320,00 kr" in said.replace("\xa0", " ")


def test_a_copy_speaks_the_readers_language(visit: Any, world: Any) -> None:
    User.objects.filter(email=OWNER).update(language="en")
    copy = fetched(visit(OWNER), years_path(world, "client"))
    for name in copy.namelist():
        if name.endswith(".html"):
            page = copy.read(name).decode()
            assert '<html lang="en">' in page
            assert "Copy taken" in page
            assert "Kopian togs" not in page


def lose(case: Case) -> Attachment:
    """The bytes of the case's first file are gone from the disk."""
    one = Attachment.objects.unscoped(why="lost").filter(case=case).select_related("blob").order_by("created_at")[0]
    place = place_of(one.firm_id.hex, one.blob.storage_key)
    place.rename(place.with_suffix(".elsewhere"))
    return one


@pytest.mark.usefixtures("own_disk")
@pytest.mark.parametrize("side", ["client", "firm"])
def test_a_file_whose_bytes_are_lost_is_said_on_a_page_and_in_the_log(
    visit: Any, world: Any, tmp_path: Path, side: str, caplog: Any
) -> None:
    case = write(world, world.manager, "demokund", "information", "Förlorad", file="borta.pdf")
    attach(world.manager, case, upload("kvar.pdf"), purpose=Purpose.MESSAGE)
    actions.message(world.manager, case, text="Hej")
    one, person = lose(case), visit(OWNER if side == "client" else MANAGER)
    with caplog.at_level(logging.ERROR, "samsyn.files"):
        answered = person.get(case_path(case, side, f"fil/{one.pk}/"))
        assert answered.status_code == 410
        assert "borta.pdf" in answered.content.decode()
        folder = unpacked(fetched(person, case_path(case, side)), tmp_path)
    assert [record.getMessage() for record in caplog.records] == [
        f"The bytes of blob {one.blob_id} are not where they should be."
    ] * 2
    assert "Filen gick inte att hitta när kopian togs" in words(folder / "arende.html")
    assert (folder / "filer/meddelanden/kvar.pdf").read_bytes() == pdf("kvar.pdf")
    assert not AccessLog.objects.visible_to(world.manager).filter(attachment=one).exists()


@pytest.mark.parametrize("side", ["client", "firm"])
def test_only_a_real_reading_is_logged_and_nothing_is_kept_or_run(visit: Any, world: Any, side: str) -> None:
    case = world.cases["Löner för januari"]
    one = Attachment.objects.visible_to(world.owner).get(case=case)
    person = visit(OWNER if side == "client" else MANAGER)
    logged = AccessLog.objects.visible_to(world.manager).filter(case=case, side=side).exclude(what="opened")
    for path in (case_path(case, side, f"fil/{one.pk}/"), case_path(case, side), years_path(world, side)):
        before = logged.count()
        for response in (person.head(path), person.get(path)):
            assert response.status_code == 200
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
            assert response.headers["Content-Disposition"].startswith("attachment")
            assert "no-store" in response.headers["Cache-Control"]
        assert logged.count() == before + 1
    assert b"".join(person.head(case_path(case, side, f"fil/{one.pk}/")).streaming_content) == b""
    assert person.head(case_path(case, side)).content == b""
    assert {what for (what,) in logged.values_list("what")} == {"file", "copy"}


def test_files_of_a_retracted_case_are_gone_for_the_client_at_once(visit: Any, world: Any) -> None:
    case = whole_case(world)
    files = list(Attachment.objects.visible_to(world.owner).filter(case=case))
    actions.retract(world.manager, case)
    for one in files:
        assert visit(OWNER).get(case_path(case, "client", f"fil/{one.pk}/")).status_code == 404
    assert visit(MANAGER).get(case_path(case, "firm", f"fil/{files[0].pk}/")).status_code == 200


@pytest.mark.usefixtures("own_disk")
def test_a_copy_is_never_whole_in_memory(visit: Any, world: Any) -> None:
    case = write(world, world.manager, "demokund", "information", "Stora filer", send=False)
    for n in range(3):
        attach(world.manager, case, upload(f"{n}.pdf", pdf() + os.urandom(20_000_000)), purpose=Purpose.REQUEST)
    actions.open_(world.manager, case)
    elin, size = visit(OWNER), 0
    tracemalloc.start()
    for part in elin.get(case_path(case, "client")).streaming_content:
        size += len(part)
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size > 60_000_000
    assert most < 6_000_000


@pytest.mark.parametrize("side", ["client", "firm"])
def test_a_year_asks_the_database_as_little_for_forty_cases_as_for_four(visit: Any, world: Any, side: str) -> None:
    person, counts = visit(OWNER if side == "client" else MANAGER), []
    person.get("/")  # the first page of a sign-in notes where it is
    for many in (2, 20):
        for n in range(many):
            write(world, world.manager, "demokund", "question", f"Nr {n}")
        with CaptureQueriesContext(connection) as asked:
            fetched(person, years_path(world, side))
        counts.append(len(questions_in(asked)))
    assert counts[0] == counts[1]
    assert counts[1] <= 12, counts
