"""Files and copies, served only through the gate; originals always as attachments."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string

from samsyn.cases.files import tidy_name
from samsyn.cases.models import AccessLog, Attachment, Case
from samsyn.cases.store import open_blob
from samsyn.tenancy.actors import Actor
from samsyn.web.case_data import CaseData, find_case, read_case
from samsyn.web.doors import cases_page, firm_page
from samsyn.web.showing import history_of, subject_of, turn_of


def _file(request: HttpRequest, actor: Actor, ref: str, file_id: UUID) -> HttpResponseBase:
    rows = Attachment.objects.visible_to(actor).select_related("blob", "case")
    found = rows.filter(case__ref=ref, pk=file_id).first()
    if found is None:
        raise Http404
    _log(actor, found.case, found)
    response = FileResponse(open_blob(found.blob), as_attachment=True, filename=found.name, content_type=found.type)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _log(actor: Actor, case: Case, attachment: Attachment | None) -> None:
    AccessLog.objects.create(
        firm_id=case.firm_id,
        case=case,
        attachment=attachment,
        what="file" if attachment else "copy",
        side=actor.side,
        user_id=actor.user.pk if actor.user else None,
        name=actor.name,
    )


client_file = cases_page()(_file)
firm_file = firm_page()(_file)


def _copy(request: HttpRequest, actor: Actor, ref: str) -> HttpResponseBase:
    """A ZIP of one case that opens without the program: a page, the history, the original files, a list of hashes."""
    case = find_case(actor, ref)
    if actor.is_client and case.is_retracted:
        raise Http404
    _log(actor, case, None)
    return _zip([(actor, case)], f"{case.number or case.ref}.zip")


client_copy = cases_page()(_copy)
firm_copy = firm_page()(_copy)


def zip_of_cases(actor: Actor, cases: Iterable[Case], name: str) -> HttpResponseBase:
    """A ZIP of many cases, a folder for each."""
    return _zip([(actor, case) for case in cases], name, folders=True)


def _zip(cases: list[tuple[Actor, Case]], name: str, *, folders: bool = False) -> HttpResponseBase:
    spool = tempfile.TemporaryFile()  # noqa: SIM115 - FileResponse closes it
    with zipfile.ZipFile(spool, "w", zipfile.ZIP_DEFLATED) as packed:
        for actor, case in cases:
            data = read_case(actor, case, "files/{id}")
            folder = f"{tidy_name(str(case.number or case.ref))}/" if folders else ""
            _pack(packed, folder, actor, data)
    spool.seek(0)
    return FileResponse(spool, as_attachment=True, filename=name, content_type="application/zip")


def _pack(packed: zipfile.ZipFile, folder: str, actor: Actor, data: CaseData) -> None:
    case, hashes, places = data.case, [], {}
    labels = dict(case.kind_of.file_rows(case.request))
    taken: set[str] = set()
    for one in data.attachments:
        if one.event_id is None:
            continue
        row = tidy_name(labels.get(one.row_id, "")) if one.row_id else ""
        path = _free(f"files/{row}/{one.name}" if row else f"files/{one.name}", taken)
        places[str(one.pk)] = path
        with packed.open(folder + path, "w") as target, open_blob(one.blob) as source:
            while chunk := source.read(1024 * 1024):
                target.write(chunk)
        hashes.append(f"{one.blob.sha256}  {path}")
    page = render_to_string("copy/case.html", _shown(actor, data, places))
    packed.writestr(f"{folder}case.html", page)
    packed.writestr(f"{folder}sha256.txt", "\n".join(hashes) + "\n")


def _free(path: str, taken: set[str]) -> str:
    """`path`, or the same with a number where another file has it."""
    stem, dot, ending = path.rpartition(".")
    number, found = 1, path
    while found.casefold() in taken:
        number += 1
        found = f"{stem} ({number}).{ending}" if dot else f"{path} ({number})"
    taken.add(found.casefold())
    return found


def _shown(actor: Actor, data: CaseData, places: dict[str, str]) -> dict[str, Any]:
    case = data.case
    return {
        "case": case,
        "subject": subject_of(case, actor),
        "turn": turn_of(case, actor),
        "told": case.kind_of.read(
            case.request,
            case.answer,
            data.review,
            data.sent_files,
        ),
        "history": history_of(data.timeline, data.attachments, "files/{id}", talks=case.kind_of.talks),
        "places": places,
    }
