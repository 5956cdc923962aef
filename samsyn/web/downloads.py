"""Files and copies, served only through the gate; originals always as attachments."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from samsyn.cases.files import tidy_name
from samsyn.cases.lists import in_year
from samsyn.cases.models import AccessLog, Attachment, Case, Outcome
from samsyn.cases.store import open_blob
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.models import Engagement
from samsyn.tenancy.security import SecurityLog, record
from samsyn.web.copies import copy_of_case, copy_of_year
from samsyn.web.doors import cases_page, firm_page

YEARS = range(2000, 3000)  # the database can't hold every year that an address can
log = logging.getLogger("samsyn.files")


def locked_in(response: HttpResponseBase) -> HttpResponseBase:
    """Nothing in it is run or sniffed, wherever it is opened."""
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _file(request: HttpRequest, actor: Actor, ref: str, file_id: UUID) -> HttpResponseBase:
    """An original, as it came."""
    rows = Attachment.objects.visible_to(actor).select_related("blob", "case")
    found = rows.filter(case__ref=ref, pk=file_id).first()
    if found is None:
        raise Http404
    try:
        source = open_blob(found.blob)
    except FileNotFoundError:
        log.error("The bytes of blob %s are not where they should be.", found.blob_id)
        return render(request, "file_lost.html", {"name": found.name}, status=410)
    if request.method == "GET":
        _log(actor, [found.case_id], found)
    return locked_in(FileResponse(source, as_attachment=True, filename=found.name, content_type=found.type))


def _log(actor: Actor, case_ids: Iterable[Any], attachment: Attachment | None = None) -> None:
    """Write who fetched what: one file, or a copy of each case."""
    rows = Case.objects.visible_to(actor).filter(pk__in=list(case_ids))
    if actor.is_client:
        rows = rows.exclude(outcome=Outcome.RETRACTED)
    AccessLog.objects.bulk_create(
        [
            AccessLog(
                firm_id=firm_id,
                case_id=pk,
                attachment=attachment,
                what="file" if attachment else "copy",
                side=actor.side,
                user_id=actor.user.pk if actor.user else None,
                name=actor.name,
            )
            for pk, firm_id in rows.values_list("pk", "firm")
        ]
    )


client_file = cases_page()(_file)
firm_file = firm_page()(_file)


def _copy(request: HttpRequest, actor: Actor, ref: str) -> HttpResponseBase:
    """A ZIP of one case."""
    case = Case.objects.visible_to(actor).filter(ref=ref).first()
    if case is None or (actor.is_client and case.is_retracted):
        raise Http404
    about = f"case:{case.number or '–'}"
    return _zip(request, actor, [case.pk], str(case.number or case.ref), about, copy_of_case(actor, case))


client_copy = cases_page()(_copy)
firm_copy = firm_page()(_copy)


@cases_page()
def client_year(request: HttpRequest, actor: Actor, year: int) -> HttpResponseBase:
    """What a company has of a year, with every firm it works with; also when the consent is withdrawn."""
    return year_copy(request, actor, actor.engagement_ids, actor.engagements[0].name, year)


def year_copy(request: HttpRequest, actor: Actor, engagements: Sequence[Any], name: str, year: int) -> HttpResponseBase:
    """A ZIP of every case of a year; 404 when there is none."""
    pks = list(in_year(actor, engagements, year).values_list("pk", flat=True)) if year in YEARS else []
    if not pks:
        raise Http404
    title = _("%(name)s, cases of %(year)d") % {"name": name, "year": year}
    about = f"year:{year}"
    return _zip(request, actor, pks, f"{name} {year}", about, copy_of_year(actor, pks, title))


def took_copy(actor: Actor, pks: list[Any], about: str) -> None:
    """Tell each firm whose cases are in the copy, of its own client only."""
    cases = Case.objects.visible_to(actor).filter(pk__in=pks)
    clients = Engagement.objects.visible_to(actor).filter(pk__in=cases.values("engagement")).select_related("firm")
    for client in clients:
        record(SecurityLog.What.COPY, client.firm, name=actor.name, user=actor.user, actor=actor, engagement=client,
               about=about)  # fmt: skip


def _zip(
    request: HttpRequest, actor: Actor, pks: list[Any], name: str, about: str, parts: Iterator[bytes]
) -> HttpResponseBase:
    """The copy leaves while it is made; asked only for its head, nothing is made and nobody has read anything."""
    response: HttpResponseBase
    if request.method == "GET":
        _log(actor, pks)
        took_copy(actor, pks, about)
        response = StreamingHttpResponse(parts, content_type="application/zip")
    else:
        response = HttpResponse(content_type="application/zip")
    response["Content-Disposition"] = content_disposition_header(True, tidy_name(f"{name}.zip")) or "attachment"
    return locked_in(response)
