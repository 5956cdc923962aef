"""*Importera*: choose a file, name the columns it doesn't, look at what it would do, then let it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from samsyn.tenancy.actors import Actor
from samsyn.tenancy.errors import NotYours, Refused
from samsyn.tenancy.register import applying
from samsyn.tenancy.register.columns import COLUMNS
from samsyn.tenancy.register.models import ImportRun, StagedRow
from samsyn.web.doors import firm_page
from samsyn.web.pages import page, slug_of

SHOWN = 200
Verdict = StagedRow.Verdict
ORDER = (Verdict.FAULTY, Verdict.NEEDS_ACTION, Verdict.NEW, Verdict.CHANGED, Verdict.UNCHANGED)


@firm_page("GET", "POST")
def choose(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The file, and the imports this person has made."""
    applying.must_import(actor)
    problem = ""
    if request.method == "POST":
        try:
            uploads = request.FILES.getlist("file")
            if not uploads:
                raise Refused(_("Choose a file first."))
            run = applying.begin(actor, uploads[0])
        except NotYours:
            raise
        except Refused as refusal:
            problem = str(refusal)
        else:
            return redirect("firm_import_run", slug_of(actor), run.pk)
    runs = ImportRun.objects.visible_to(actor).order_by("-created_at")[:10]
    return page(
        request,
        "firm/import.html",
        actor,
        "firm_clients",
        status=422 if problem else 200,
        problem=problem,
        runs=list(runs),
        max_mb=applying.MOST_MB,
        columns=[label for label, _headings in COLUMNS.values()],
    )


@firm_page("GET", "POST")
def run(request: HttpRequest, actor: Actor, pk: UUID) -> HttpResponse:
    """One import: its columns, its progress, what it would do, what it did."""
    applying.must_import(actor)
    found: ImportRun | None = ImportRun.objects.visible_to(actor).filter(pk=pk).first()
    if found is None:
        raise Http404
    problem = ""
    if request.method == "POST":
        try:
            return pressed(request, actor, found)
        except NotYours:
            raise
        except Refused as refusal:
            problem = str(refusal)
    verdict = request.GET.get("visa", "")
    counts = counts_of(actor, found)
    if verdict not in Verdict.values:
        verdict = next((one for one in ORDER if counts.get(one)), Verdict.NEW)
    rows = StagedRow.objects.visible_to(actor).filter(run=found, verdict=verdict).order_by("line")[:SHOWN]
    return page(
        request,
        "firm/import_run.html",
        actor,
        "firm_clients",
        status=422 if problem else 200,
        run=found,
        problem=problem,
        views=[(one.value, one.label, counts.get(one.value, 0)) for one in ORDER],
        verdict=verdict,
        rows=list(rows),
        good=counts.get(Verdict.NEW, 0) + counts.get(Verdict.CHANGED, 0),
        shown=SHOWN,
        more=counts.get(verdict, 0) > SHOWN,
        columns=[(column, label) for column, (label, _headings) in COLUMNS.items()],
    )


def counts_of(actor: Actor, found: ImportRun) -> dict[str, int]:
    rows = StagedRow.objects.visible_to(actor).filter(run=found).values("verdict").annotate(many=Count("pk")).order_by()
    return {row["verdict"]: row["many"] for row in rows}


def pressed(request: HttpRequest, actor: Actor, found: ImportRun) -> HttpResponse:
    """Name the columns, or apply the good rows."""
    data: Any = request.POST
    if data.get("do") == "apply":
        done = applying.apply(actor, found)
        messages.success(
            request,
            _("%(added)d clients added, %(changed)d changed") % {"added": done.added, "changed": done.changed},
        )
    else:
        chosen = {index: data.get(f"column-{index}", "") for index in range(len(found.headings))}
        applying.name_columns(actor, found, chosen)
    return redirect("firm_import_run", slug_of(actor), found.pk)
