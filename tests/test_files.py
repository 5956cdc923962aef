"""Files go in and come out as they were: every type that can be sent, and everything that only says it is one."""

from __future__ import annotations

import hashlib
import re
import tracemalloc
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from samsyn.cases.models import Attachment, Blob, Case
from samsyn.demo.world import pdf
from tests.files import FORGED, REAL, UNKNOWN, bomb, packed, posted

OWNER = "agare@demokund.example"


def text(response: Any) -> str:
    return str(response.content.decode())


def asked(world: Any) -> tuple[Case, str, str]:
    """A case that waits for documents: the case, its address, and the first row."""
    case = world.cases["Kvitton som saknas för december"]
    return case, f"/kund/demokund/arenden/{case.ref}/", case.request["documents"][0]["id"]


def send(person: Any, path: str, row: str, name: str, content: bytes) -> Any:
    """Choose one file, as the page does at once."""
    return person.post(path + "filer/", {f"file.{row}": SimpleUploadedFile(name, content)})


def waiting(world: Any, case: Case) -> list[Attachment]:
    rows = Attachment.objects.visible_to(world.owner).filter(case=case, side="client", event=None)
    return list(rows.select_related("blob").order_by("created_at"))


@pytest.mark.parametrize("name", REAL)
def test_a_real_file_of_each_type_comes_back_as_it_was(visit: Any, world: Any, name: str) -> None:
    make, media_type = REAL[name]
    content = make()
    case, path, row = asked(world)
    owner = visit(OWNER)
    page = send(owner, path, row, name, content)
    assert page.status_code == 200, text(page)
    address = re.search(rf'href="({path}fil/[^"]+)"', text(page))
    assert address
    fetched = owner.get(address[1])
    assert b"".join(fetched.streaming_content) == content
    kept = waiting(world, case)[0]
    assert (kept.name, kept.type, kept.blob.size) == (name, media_type, len(content))
    assert kept.blob.sha256 == hashlib.sha256(content).hexdigest()
    assert fetched.headers["Content-Type"] == media_type


@pytest.mark.parametrize("name", FORGED)
def test_a_file_that_is_something_else_than_its_name_says_is_refused(visit: Any, world: Any, name: str) -> None:
    case, path, row = asked(world)
    page = send(visit(OWNER), path, row, name, FORGED[name]())
    assert page.status_code == 422
    assert f"{name} är inte det som namnet säger" in text(page)
    assert waiting(world, case) == []


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_type_that_is_not_taken_is_refused_with_those_that_are(visit: Any, world: Any, name: str) -> None:
    case, path, row = asked(world)
    page = send(visit(OWNER), path, row, name, UNKNOWN[name]())
    assert page.status_code == 422
    assert f"{name} går inte att skicka" in text(page)
    assert waiting(world, case) == []


@pytest.mark.parametrize(("megabytes", "status"), [(200, 200), (1_001, 422)])
def test_nothing_is_unpacked_to_find_out_what_a_file_is(visit: Any, world: Any, megabytes: int, status: int) -> None:
    case, path, row = asked(world)
    owner, content = visit(OWNER), bomb(megabytes)
    owner.get(path)
    tracemalloc.start()
    page = send(owner, path, row, "bomb.xlsx", content)
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert page.status_code == status
    assert ("bomb.xlsx innehåller mycket mer än vad storleken säger" in text(page)) is (status == 422)
    assert most < 20_000_000
    assert len(waiting(world, case)) == (status == 200)


def test_a_zip_whose_list_never_ends_is_refused_unread(visit: Any, world: Any) -> None:
    _case, path, row = asked(world)
    many = {f"{n:06d}": "" for n in range(45_000)}
    page = send(visit(OWNER), path, row, "lista.xlsx", packed({"xl/workbook.xml": "", **many}))
    assert "lista.xlsx är inte det som namnet säger" in text(page)


NAMES = [
    ("../../etc/kvitto.pdf", "kvitto.pdf"),
    ("C:\\Users\\Elin\\kvitto.pdf", "kvitto.pdf"),
    ("kvitto\0.pdf", "kvitto.pdf"),
    ("kvitto\u202efdp.pdf", "kvittofdp.pdf"),
    ("kvitto\u200b.pdf", "kvitto.pdf"),
    ("å" * 300 + ".pdf", "å" * 118 + ".pdf"),
    ("k" * 300 + ".pdf", "k" * 196 + ".pdf"),
    (".....pdf", "fil.pdf"),
    ("CON.pdf", "_CON.pdf"),
    ("lpt1.2026.pdf", "_lpt1.2026.pdf"),
    ("kvitto. .pdf", "kvitto.pdf"),
    ("a&quot;b.pdf", "a_b.pdf"),
    ('a\\"; filename=b.pdf', "a_; filename=b.pdf"),
    ("a<b>c|d?e*f.pdf", "a_b_c_d_e_f.pdf"),
    ("kvitto 🍞.pdf", "kvitto 🍞.pdf"),
    ("e\u0301t\u00e9.pdf", "\u00e9t\u00e9.pdf"),
]


@pytest.mark.parametrize(("sent", "kept"), NAMES, ids=[kept for _sent, kept in NAMES])
def test_a_hostile_name_is_made_harmless_and_served_as_it_is_shown(
    visit: Any, world: Any, sent: str, kept: str
) -> None:
    case, path, row = asked(world)
    owner = visit(OWNER)
    page = owner.post(path + "filer/", **posted(sent, pdf(), f"file.{row}"))
    assert page.status_code == 200, text(page)
    (one,) = waiting(world, case)
    assert one.name == kept
    served = owner.get(f"{path}fil/{one.pk}/").headers["Content-Disposition"]
    assert served.startswith("attachment; filename")
    assert "\r" not in served
    assert "\n" not in served


@pytest.mark.parametrize("name", ["a\r\nX-Evil: 1.pdf", "a\nb.pdf"])
def test_a_name_with_a_line_in_it_reaches_no_header(visit: Any, world: Any, name: str) -> None:
    from samsyn.cases.files import tidy_name

    assert "\n" not in tidy_name(name)
    assert "\r" not in tidy_name(name)
    case, path, row = asked(world)
    visit(OWNER).post(path + "filer/", **posted(name, pdf(), f"file.{row}"))
    assert all("\n" not in one.name for one in waiting(world, case))


@pytest.mark.parametrize("name", ["...", "..", ""])
def test_a_file_without_a_name_is_not_lost_without_a_word(visit: Any, world: Any, name: str) -> None:
    case, path, row = asked(world)
    page = visit(OWNER).post(path + "filer/", **posted(name, pdf(), f"file.{row}"))
    assert page.status_code in (400, 422)
    assert "Filen kom inte fram" in text(page) or "går inte att skicka" in text(page)
    assert waiting(world, case) == []


def test_an_empty_file_gets_a_sentence(visit: Any, world: Any) -> None:
    case, path, row = asked(world)
    page = visit(OWNER).post(path + "filer/", **posted("tom.pdf", b"", f"file.{row}"))
    assert page.status_code == 422
    assert "tom.pdf är tom. Välj en annan fil." in text(page)
    assert waiting(world, case) == []


def test_a_file_too_big_and_a_case_too_big_are_refused_with_their_limits(visit: Any, world: Any) -> None:
    world.firm.max_file_mb, world.firm.max_case_mb = 1, 2
    world.firm.save()
    case, path, row = asked(world)
    owner = visit(OWNER)
    assert "stor.pdf är 1,2 MB. Högst 1 MB går att skicka." in text(
        send(owner, path, row, "stor.pdf", pdf() + b"%" * 1_200_000)
    )
    for number in (1, 2):
        assert send(owner, path, row, f"{number}.pdf", pdf() + b"%" * 900_000 + b"%d" % number).status_code == 200
    full = send(owner, path, row, "3.pdf", pdf() + b"%" * 900_000)
    assert full.status_code == 422
    assert "tillsammans mer än 2 MB" in text(full)
    assert [one.name for one in waiting(world, case)] == ["1.pdf", "2.pdf"]


def test_two_files_of_the_same_name_are_both_kept(visit: Any, world: Any) -> None:
    case, path, row = asked(world)
    owner = visit(OWNER)
    for title in ("den ena", "den andra"):
        send(owner, path, row, "kvitto.pdf", pdf(title))
    assert [one.name for one in waiting(world, case)] == ["kvitto.pdf", "kvitto.pdf"]
    assert len({one.blob.sha256 for one in waiting(world, case)}) == 2


def test_the_bytes_lie_outside_every_public_folder_and_are_nobody_elses_to_read(visit: Any, world: Any) -> None:
    from samsyn.cases.store import place_of

    case, path, row = asked(world)
    send(visit(OWNER), path, row, "kvitto.pdf", pdf())
    (one,) = waiting(world, case)
    place = place_of(one.firm_id.hex, one.blob.storage_key)
    assert place.stat().st_mode & 0o077 == 0
    assert "static" not in place.parts
    assert Blob.objects.visible_to(world.owner).count() == 0
