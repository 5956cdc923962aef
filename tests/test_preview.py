"""What the firm is shown before sending is what the client opens: compared part by part, for every kind."""

from __future__ import annotations

import re
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile

from samsyn.cases import kinds
from samsyn.cases.models import Case
from samsyn.demo.world import due, pdf
from samsyn.kit.rows import as_post
from tests.cases import STORED

pytestmark = pytest.mark.django_db
MANAGER, CONSULTANT, OWNER = "ansvarig@demobyran.example", "konsult@demobyran.example", "agare@demokund.example"
NEW = "/byra/demobyran/arenden/nytt/"
MESSAGE = "  Hej Elin!\r\n\r\nDet här <b>gäller</b> årsskiftet.\r\n\r\n\u202eHälsningar\u202c  "


def field(one: str, type: str, label: str, **more: Any) -> dict[str, Any]:
    return {"id": one, "type": type, "label": label, "required": True, "choices": [], **more}


# Every field of every kind filled in, as much as the kind allows side by side.
RICH: dict[str, tuple[str, dict[str, Any]]] = {
    "question": ("question", {"questions": [
        {"id": "0a1b2c3d", "text": "Vad <i>gällde</i> köpet?", "type": "text", "choices": [], "required": True},
        {"id": "1a1b2c3d", "text": "Är varan kvar?", "type": "yes_no", "choices": [], "required": False},
        {"id": "2a1b2c3d", "text": "Vem betalade?", "type": "choice", "choices": ["Bolaget", "Jag"], "required": True},
    ]}),
    "document_request": ("document_request", {"documents": [
        {"id": "0a1b2c3d", "name": "Kontoutdrag", "note": "Hela\nmånaden", "required": True,
         "retention_class": "accounting"},
        {"id": "1a1b2c3d", "name": "Pass", "note": "", "required": False, "retention_class": "due_diligence"},
    ]}),
    "approval": ("approval", {"what": "Löner\n\nför januari", "amount": "184320.00", "pay_on": "2026-12-23",
                              "needed": "two", "named": ["agare@demokund.example", "dubbel@demokund.example"]}),
    "details": ("details", {"rows": [
        {"id": "0a1b2c3d", "label": "Lån", "facts": [{"label": "Skuld", "value": "250 000,00 kr"}], "fields": [
            field("0a1b2c3e", "amount", "Skuld enligt banken"), field("1a1b2c3e", "date", "Per den", required=False),
            field("2a1b2c3e", "choice", "Ränta", choices=["Fast", "Rörlig"]), field("3a1b2c3e", "yes_no", "Borgen"),
            field("4a1b2c3e", "whole_number", "Antal"), field("5a1b2c3e", "organisation_number", "Nummer"),
            field("6a1b2c3e", "file", "Besked"), field("7a1b2c3e", "text", "Annat", required=False),
        ]},
        {"id": "1a1b2c3d", "label": "Kassa", "facts": [], "fields": [field("0a1b2c3f", "text", "Kassa")]},
    ]}),
    "information to confirm": ("information", {"acknowledge": True}),
    "information to read": ("information", {"acknowledge": False}),
}  # fmt: skip
each_rich = pytest.mark.parametrize(("kind", "request_"), RICH.values(), ids=RICH)


def filled(world: Any, kind: str, request: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The whole form as a browser posts it; persons are named by their addresses in `RICH`."""
    if "named" in request:
        held = [world.client(email).membership_in(world.engagements["demokund"].pk) for email in request["named"]]
        request = {**request, "named": [str(one.pk) for one in held]}
    people = [(one, one) for one in request.get("named", [])]
    return {
        **as_post(kinds.get(kind).request_form(initial=request, people=people)),
        "kund": str(world.engagements["demokund"].pk),
        "typ": kind,
        "subject": "Inför  \u200fårsskiftet",
        "message": MESSAGE,
        "due_on": due(5).isoformat(),
        "responsible": str(world.manager.membership.pk),
        "once": "en sida",
        **more,
    }


def files(*names: str) -> dict[str, Any]:
    return {"file.": [SimpleUploadedFile(name, pdf(name)) for name in names]}


def stored(world: Any) -> Case:
    return STORED().filter(engagement=world.engagements["demokund"]).latest("created_at")


def paper(response: Any) -> BeautifulSoup:
    """What the firm is shown beside the form."""
    found = BeautifulSoup(response.content.decode(), "html.parser").select_one(".preview-paper")
    assert found, "no preview"
    return found


def opened(visit: Any, case: Case) -> BeautifulSoup:
    """The case as the client opens it."""
    page = visit(OWNER).get(f"/kund/demokund/arenden/{case.ref}/").content.decode()
    found = BeautifulSoup(page, "html.parser").select_one(".case-main")
    assert found, "no case"
    return found


# What is asked and said, in the order it stands: the head, whose turn, the letters, the rows and what is approved.
SHARED = (
    ".kind > span:first-child", "h1, .card-subject", ".turn-line", ".letter", ".panel[aria-labelledby=what]",
    "section:has(> .files)", "div:has(> .section-head)", "ol.wanted",
    "ol.wanted ~ .field:has(> .files)",
)  # fmt: skip


def body(page: BeautifulSoup) -> list[str]:
    """The part of a case both pages have, taken out of `page`, without what must differ: addresses and the minute."""
    for one in page.select(".timeline, .composer"):
        one.decompose()
    rows = []
    for found in [one.extract() for one in page.select(", ".join(SHARED))]:
        if found.name in ("h1", "p"):  # a page has one heading of this size
            found.name, found.attrs = "p", {}
        for link in found.select("[href], [data-upload]"):
            link.attrs.pop("data-upload", None)
            if "href" in link.attrs and link.name == "a":
                link["href"] = link["href"].partition("/fil/")[2]
        for mark in found.select("use"):
            mark["href"] = mark["href"].rpartition("#")[2]
        text = re.sub(r"\b\d\d:\d\d\b", "KLOCKSLAG", str(found))
        rows.append(re.sub(r">\s+|\s+<", lambda gap: gap[0].strip(), re.sub(r"\s+", " ", text)))
    return rows


@each_rich
def test_the_preview_of_a_draft_is_the_page_that_is_sent(
    visit: Any, world: Any, kind: str, request_: dict[str, Any]
) -> None:
    firm, form = visit(MANAGER), filled(world, kind, request_)
    kept = firm.post(NEW, {**form, **files("underlag.pdf", "bilaga.pdf"), "do": "save"}, follow=True)
    page = paper(kept)
    shown = body(page)
    assert not page.get_text(strip=True), "all of the preview is compared"
    case = stored(world)
    firm.post(f"/byra/demobyran/arenden/{case.ref}/andra/", {**form, "once": "nästa", "do": "send"})
    assert shown == body(opened(visit, case))
    assert stored(world).state == "with_client"


@each_rich
def test_the_preview_of_what_is_not_saved_is_the_page_that_is_sent(
    visit: Any, world: Any, kind: str, request_: dict[str, Any]
) -> None:
    firm, form = visit(MANAGER), filled(world, kind, request_)
    shown = body(paper(firm.post(NEW, {**form, "do": "client.remove.nobody"})))
    before = STORED().count()
    firm.post(NEW, {**form, "do": "send"})
    assert STORED().count() == before + 1
    assert shown == body(opened(visit, stored(world)))


def test_a_colleague_who_finishes_a_draft_sees_whose_letter_it_is(visit: Any, world: Any) -> None:
    form = filled(world, *RICH["question"])
    visit(CONSULTANT).post(NEW, {**form, "do": "save"})
    case = stored(world)
    address = f"/byra/demobyran/arenden/{case.ref}/andra/"
    shown = body(paper(visit(MANAGER).get(address)))
    assert any("Jonas Ekelöv" in row for row in shown)
    visit(MANAGER).post(address, {**form, "once": "nästa", "do": "send"})
    assert shown == body(opened(visit, case))


def test_what_was_emptied_is_not_shown_from_the_stored_draft(visit: Any, world: Any) -> None:
    firm, form = visit(MANAGER), filled(world, *RICH["question"])
    firm.post(NEW, {**form, "do": "save"})
    case = stored(world)
    emptied = {**form, "message": "", "subject": "", "once": "nästa", "do": "client.remove.nobody"}
    shown = paper(firm.post(f"/byra/demobyran/arenden/{case.ref}/andra/", emptied)).get_text()
    assert "årsskiftet" not in shown
    assert "Hej Elin!" not in shown


@pytest.mark.parametrize("do", ["send", "client.remove.nobody"])
def test_the_preview_is_there_when_a_page_goes_on_with_the_draft_it_has_made(visit: Any, world: Any, do: str) -> None:
    form = filled(world, *RICH["question"], due_on="2026-12-25")  # no working day, so it is not sent
    visit(MANAGER).post(NEW, {**form, "do": "draft"})
    assert any("Maria Sundfalk" in row for row in body(paper(visit(MANAGER).post(NEW, {**form, "do": do}))))
    case = stored(world)
    address = f"/byra/demobyran/arenden/{case.ref}/andra/"
    again = visit(CONSULTANT).post(address, {**form, "once": "nästa", "do": do})
    assert any("Maria Sundfalk" in row for row in body(paper(again)))
