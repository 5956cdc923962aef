"""Whatever people write is shown as text, on every page, in every letter and copy, and every answer is locked down."""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import Any

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from samsyn.cases import actions
from samsyn.cases.models import Attachment, Case
from samsyn.demo.world import pdf, write
from samsyn.kit import letters
from samsyn.notices import jobs
from samsyn.tenancy import actions as tenancy
from samsyn.tenancy.models import Engagement, Firm, User
from samsyn.tenancy.register import receiving
from samsyn.web.doors import routes
from tests.test_doors import CASE, FIRM_CASE, address

MANAGER, OWNER, MEMBER = "ansvarig@demobyran.example", "agare@demokund.example", "medarbetare@demokund.example"
BAD = "\"'><img src=x onerror=alert(1)>"
RAW = "<img src=x"
ROW, FIELD, CHOICE = "0a1b2c3d", "0a1b2c3e", "1a1b2c3d"

REQUESTS: dict[str, dict[str, Any]] = {
    "question": {
        "questions": [
            {"id": ROW, "text": BAD, "type": "text", "choices": [], "required": True},
            {"id": CHOICE, "text": BAD, "type": "choice", "choices": [BAD, "Nej"], "required": False},
        ]
    },
    "document_request": {
        "documents": [{"id": ROW, "name": BAD, "note": BAD, "required": True, "retention_class": "accounting"}]
    },
    "details": {
        "rows": [
            {
                "id": ROW,
                "label": BAD,
                "facts": [{"label": BAD, "value": BAD}],
                "fields": [{"id": FIELD, "type": "text", "label": BAD, "required": True, "choices": []}],
            }
        ]
    },
    "approval": {"what": BAD, "amount": None, "pay_on": None, "needed": "one", "named": []},
    "information": {"acknowledge": True},
}
ANSWERS: dict[str, dict[str, Any]] = {
    "question": {
        "answers": [{"id": ROW, "value": BAD}, {"id": CHOICE, "value": BAD}], "comment": BAD, "files": [],
    },
    "document_request": {
        "rows": [{"id": ROW, "missing": True, "explanation": BAD, "files": []}], "comment": BAD,
    },
    "details": {"rows": [{"id": ROW, "values": {FIELD: BAD}, "files": {}}], "comment": BAD},
    "information": {"comment": BAD, "files": []},
}  # fmt: skip


@pytest.fixture
def hostile(world: Any) -> Any:
    """The world with the same hostile words everywhere somebody can write any."""
    User.objects.update(name=BAD)
    Firm.objects.update(name=BAD, phone=BAD[:40], address=BAD, city=BAD)
    rows = Engagement.objects.unscoped(why="hostile everywhere")
    rows.update(name=BAD, contact_name=BAD, address=BAD, city=BAD, phone=BAD[:40], client_number=BAD[:40])
    for name in ("demokund", "utansamtycke"):
        world.engagements[name] = rows.select_related("company", "firm").get(pk=world.engagements[name].pk)
    tenancy.publish_agreement(world.manager, {"sv": f"## {BAD}\n\n{BAD}", "en": BAD}, after=1)
    world.made = {}
    for kind, request in REQUESTS.items():
        case = write(world, world.manager, "demokund", kind, BAD, BAD, request=request, file=BAD + ".pdf")
        sent = write(world, world.manager, "demokund", kind, BAD, BAD, request=request)
        actions.message(world.owner, case, text=BAD)
        actions.note(world.manager, case, text=BAD)
        if kind in ANSWERS:
            actions.send_back(world.owner, sent, answer=ANSWERS[kind], text=BAD)
        world.made[kind] = (case, sent)
    judged = world.made["document_request"][1]
    verdict = {"id": ROW, "verdict": "returned", "reason": BAD}
    actions.review(world.manager, judged, verdicts={"rows": [verdict]})
    actions.ask_again(world.manager, judged, text=BAD)
    changed = world.made["details"][0]
    actions.amend(world.manager, changed, request=REQUESTS["details"], subject=BAD + " 2", message=BAD)
    write(world, world.manager, "utansamtycke", "question", BAD, BAD, request=REQUESTS["question"])
    return world


def text(response: Any) -> str:
    return str(response.content.decode())


def pages_of(world: Any, start: str, case: Case) -> list[str]:
    """Every page below `start` that a GET reads, with this case where the address names one."""
    here, base = world.cases["Kontoutdrag för november"].ref, {"/kund/": CASE, "/byra/": FIRM_CASE}[start]
    found = []
    for route, view in routes():
        if not route.startswith(start) or "GET" not in view.methods or "import" in route or "uuid:file" in route:
            continue
        if case is not world.first and not route.startswith(base):
            continue
        found.append(address(world, route).replace(here, case.ref))
    return found


def is_tame(html: str) -> bool:
    return RAW not in html


@pytest.mark.parametrize(("email", "start"), [(MANAGER, "/byra/"), (OWNER, "/kund/"), (MEMBER, "/kund/")])
def test_nothing_that_is_written_becomes_markup_on_any_page(visit: Any, hostile: Any, email: str, start: str) -> None:
    person, shown = visit(email), 0
    cases = [case for pair in hostile.made.values() for case in pair]
    hostile.first = cases[0]
    for case in cases:
        for path in pages_of(hostile, start, case):
            answer_ = person.get(path)
            if answer_.streaming:
                continue
            html = text(answer_)
            assert is_tame(html), path
            shown += "&lt;img src=x" in html
    assert shown > 10
    odd = {
        "q": BAD,
        "vy": BAD,
        "sortera": BAD,
        "kund": BAD,
        "typ": BAD,
        "efter": BAD,
        "here": BAD,
        "firm": BAD,
        "visa": BAD,
    }
    for path in pages_of(hostile, start, hostile.first):
        answer_ = person.get(path, odd)
        assert answer_.streaming or is_tame(text(answer_)), path


def test_what_is_refused_is_shown_again_as_text(visit: Any, client: Client, hostile: Any) -> None:
    manager, owner = visit(MANAGER), visit(OWNER)
    case = hostile.made["question"][0]
    here, firm = f"/kund/demokund/arenden/{case.ref}/", f"/byra/demobyran/arenden/{case.ref}/"
    tried = [
        owner.post(here + "skicka-tillbaka/", {f"a-{ROW}": "", "a-comment": BAD, f"a-{CHOICE}": BAD}),
        owner.post(here + "meddelande/", {"text": BAD * 1_000}),
        owner.post("/kund/demokund/arenden/nytt/", {"l-subject": "", "l-message": BAD, "r-topic": BAD, "r-to": BAD}),
        owner.post("/kund/demokund/kollegor/", {"name": BAD, "email": BAD, "role": BAD}),
        owner.post("/konto/", {"part": "about", "name": BAD * 9, "language": BAD}),
        owner.post("/konto/", {"part": "address", "email": BAD}),
        manager.post(firm + "gor/svara/", {"text": BAD}),
        manager.post("/byra/demobyran/kunder/ny/", {"name": BAD, "number": BAD, "contact_email": BAD}),
        manager.post("/byra/demobyran/medarbetare/", {"name": BAD, "email": BAD}),
        manager.post("/byra/demobyran/arenden/", {"do": "date", "due_on": BAD, "ref": case.ref}),
        client.post("/konto/logga-in/", {"login": BAD, "password": BAD, "next": BAD}),
        client.post("/konto/losenord/", {"email": BAD}),
    ]
    for page in tried:
        assert page.status_code in (200, 403, 409, 422), page.request["PATH_INFO"]
        assert is_tame(text(page)), page.request["PATH_INFO"]
    for path in ("/konto/logga-in/?next=", "/kund/", "/byra/demobyran/", "/inbjudan/", "/konto/losenord/"):
        assert is_tame(text(client.get(path + BAD.replace("/", ""))))
        assert is_tame(text(manager.get(path + BAD.replace("/", ""))))


def test_an_import_shows_what_a_file_says_as_text(visit: Any, hostile: Any) -> None:
    rows = (
        f"Namn;Adress;{BAD.replace(chr(34), '')}\n{BAD.replace(chr(34), '')};x;y\n=cmd;{BAD.replace(chr(34), '')};z\n"
    )
    upload = SimpleUploadedFile(BAD + ".csv", rows.encode())
    manager = visit(MANAGER)
    place = manager.post("/byra/demobyran/kunder/import/", {"file": upload}).headers["Location"]
    assert is_tame(text(manager.get(place)))
    manager.post(place, {"column-0": "name", "column-1": "address", "column-2": BAD})
    receiving.check(place.rstrip("/").rpartition("/")[2])
    for verdict in ("", "?visa=faulty", "?visa=new", f"?visa={BAD}"):
        assert is_tame(text(manager.get(place + verdict)))
    assert is_tame(text(manager.get("/byra/demobyran/kunder/import/")))


def test_letters_and_copies_say_it_as_text(visit: Any, hostile: Any) -> None:
    mail.outbox.clear()
    jobs.sweep()
    letters.sweep()
    assert len(mail.outbox) > 5
    for one in mail.outbox:
        assert is_tame(str(one.alternatives[0][0]))
        assert "\n" not in one.subject
        assert one.message()["From"].count("@") == 1
    for case in hostile.made["question"]:
        sent = visit(OWNER).get(f"/kund/demokund/arenden/{case.ref}/kopia/")
        packed = zipfile.ZipFile(io.BytesIO(b"".join(sent.streaming_content)))
        assert is_tame(packed.read("arende.html").decode())
        for name in packed.namelist():
            assert not re.search(r"\.\.|^/|[\\<>:\"|?*]", name), name


NAMES = [
    "a\tb; filename=c.html;.pdf",
    "..\\..\\boot.pdf",
    "/etc/passwd.pdf",
    'x"; filename="y.html.pdf',
    "\u202efdp.pdf",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_file_name_stays_inside_its_header(visit: Any, world: Any, name: str) -> None:
    case, owner = world.cases["Kvitton som saknas för december"], visit(OWNER)
    row = case.request["documents"][0]["id"]
    upload = SimpleUploadedFile("x.pdf", pdf())
    upload.name = name
    owner.post(f"/kund/demokund/arenden/{case.ref}/filer/", {f"file.{row}": upload})
    file = Attachment.objects.visible_to(world.owner).get(case=case, side="client", event=None)
    sent = owner.get(f"/kund/demokund/arenden/{case.ref}/fil/{file.pk}/")
    disposition = sent.headers["Content-Disposition"]
    assert re.fullmatch(r"attachment; filename(=\"[^\"\r\n]*\"|\*=utf-8''[\w.%~-]+)", disposition), disposition
    assert "%E2%80%AE" not in disposition
    assert "Set-Cookie" not in sent.headers


# What every answer carries

LOCKED = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
POLICY = {
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "font-src 'self'",
    "connect-src 'self'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'", "object-src 'none'",
}  # fmt: skip
SCRIPTED = re.compile(
    r"<script(?![^>]*\ssrc=)|\son[a-z]+\s*=|\sstyle\s*=|javascript:|<style|\b(src|href)=\"(data|blob):", re.I
)


def filled(world: Any, route: str) -> str:
    """A route with something in every place of it."""
    return "/konto/losenord/1-x/" if "uidb36" in route else address(world, route).replace("<str:token>", "x")


def check_locked(response: Any, path: str) -> None:
    for name, value in LOCKED.items():
        assert response.headers[name] == value, (path, name)
    unused = response.headers["Permissions-Policy"]
    assert all(f"{name}=()" in unused for name in ("camera", "microphone", "geolocation", "payment")), path
    policy = {part.strip() for part in response.headers["Content-Security-Policy"].split(";")}
    assert policy in (POLICY, {"default-src 'none'", "sandbox"}), path
    assert "no-store" in response.headers["Cache-Control"], path
    if "html" in response.headers.get("Content-Type", "") and not response.streaming:
        assert not SCRIPTED.search(response.content.decode()), path


def test_every_answer_is_locked_down_and_runs_no_script_of_its_own(visit: Any, client: Client, world: Any) -> None:
    for person in (visit(MANAGER), visit(OWNER), client):
        for route, _view in routes():
            path = filled(world, route)
            if "/demo/" not in path:
                check_locked(person.get(path), path)
                check_locked(person.post(path), path)
        for path in ("/finns-inte/", "/kund/%00/", "/konto"):
            check_locked(person.get(path), path)
    check_locked(client.get("/health/", headers={"Host": "evil.example"}), "a strange host")


ELSEWHERE: list[dict[str, str]] = [
    {}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"},
]  # fmt: skip


def test_no_form_is_taken_from_elsewhere(world: Any) -> None:
    """Every POST wants the token of a page of ours, signing in as well; a refused one changes nothing."""
    for email in (None, MANAGER, OWNER):
        person = Client(enforce_csrf_checks=True)
        if email:
            person.force_login(User.objects.get(email=email))
        for route, view in routes():
            path = filled(world, route)
            if "POST" not in view.methods:
                continue
            for headers in (
                {},
                {"Sec-Fetch-Site": "cross-site"},
                {"Origin": "https://evil.example"},
                {"Origin": "null"},
            ):
                refused = person.post(path, {"text": "hej", "decision": "approve"}, headers=headers)
                assert refused.status_code == 403, (path, headers)


def test_what_a_page_says_in_json_is_not_a_page(visit: Any, world: Any) -> None:
    case = world.cases["Vad gällde inköpet den 9 december?"]
    saved = visit(OWNER).post(f"/kund/demokund/arenden/{case.ref}/utkast/", {"a-comment": BAD})
    assert saved.headers["Content-Type"].startswith("application/json")
    assert RAW not in json.dumps(saved.json())
