"""*Importera*: choose a file, name the columns it doesn't, look at what it would do, then let it."""

from __future__ import annotations

import csv
import io
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.dates import MONTHS
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from samsyn.kit.sweden import mask_party_number
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.errors import NotYours, Refused
from samsyn.tenancy.models import Engagement, Membership
from samsyn.tenancy.register import applying, receiving
from samsyn.tenancy.register.cells import armoured
from samsyn.tenancy.register.checking import MENDABLE
from samsyn.tenancy.register.columns import COLUMNS
from samsyn.tenancy.register.models import ImportRun, StagedRow
from samsyn.web.doors import firm_page
from samsyn.web.kept import put_back
from samsyn.web.pages import page, slug_of

SHOWN = 200
Verdict = StagedRow.Verdict
ORDER = (Verdict.FAULTY, Verdict.NEEDS_ACTION, Verdict.NEW, Verdict.CHANGED, Verdict.UNCHANGED)


@firm_page("GET", "POST")
def choose(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The file, and the imports this person has made."""
    receiving.must_import(actor)
    problem = ""
    if request.method == "POST":
        try:
            uploads = request.FILES.getlist("file")
            if not uploads:
                raise Refused(_("Choose a file first."))
            run = receiving.begin(actor, uploads[0], ask=bool(request.POST.get("ask")))
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
        max_mb=receiving.MOST_MB,
        columns=[label for label, _headings in COLUMNS.values()],
    )


def find_run(actor: Actor, pk: UUID) -> ImportRun:
    receiving.must_import(actor)
    found: ImportRun | None = ImportRun.objects.visible_to(actor).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@firm_page("GET", "POST")
def run(request: HttpRequest, actor: Actor, pk: UUID) -> HttpResponse:
    """One import: its columns, its progress, what it would do, what it did."""
    found = find_run(actor, pk)
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
    rows, following = part_of(actor, found, verdict, request.GET.get("efter", ""))
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
        rows=list(zip(rows, changes_of(actor, rows), strict=True)),
        following=following,
        good=counts.get(Verdict.NEW, 0) + counts.get(Verdict.CHANGED, 0),
        mendable=sum(counts.get(one, 0) for one in MENDABLE),
        columns=[(column, label) for column, (label, _headings) in COLUMNS.items()],
        chosen=chosen_in(put_back(request).fields() or request.POST, found),
        left_out=[
            heading for index, heading in enumerate(found.headings) if heading and str(index) not in found.mapping
        ],
    )


def counts_of(actor: Actor, found: ImportRun) -> dict[str, int]:
    rows = StagedRow.objects.visible_to(actor).filter(run=found).values("verdict").annotate(many=Count("pk")).order_by()
    return {row["verdict"]: row["many"] for row in rows}


def part_of(actor: Actor, found: ImportRun, verdict: str, after: str) -> tuple[list[StagedRow], int | None]:
    """The rows of one verdict behind the line `after`, and the line that the next part begins behind."""
    rows = StagedRow.objects.visible_to(actor).filter(run=found, verdict=verdict)
    if after.isdecimal() and after.isascii() and len(after) < 9:
        rows = rows.filter(line__gt=int(after))
    part = list(rows.order_by("line")[: SHOWN + 1])
    return part[:SHOWN], part[SHOWN - 1].line if len(part) > SHOWN else None


def changes_of(actor: Actor, rows: list[StagedRow]) -> list[list[tuple[Any, str, str]]]:
    """For each row what it changes, in words: (column, before, after)."""
    people: dict[str, str] = {}
    if any("responsible" in row.changes for row in rows):
        staff = Membership.objects.visible_to(actor).filter(engagement=None).select_related("user")
        people = {str(one.pk): one.user.name for one in staff}
    return [
        [
            (COLUMNS[column][0], in_words(column, before, people), in_words(column, after, people))
            for column, (before, after) in row.changes.items()
        ]
        for row in rows
    ]


def in_words(column: str, value: Any, people: dict[str, str]) -> str:
    """What the register holds in a column, as it is read on the other pages."""
    if column == "number":
        return mask_party_number(value)
    if column == "responsible":
        return people.get(value, "")
    if column == "fiscal_year_ends":
        return str(MONTHS[value])
    if column == "form":
        return str(Engagement.Form(value).label) if value else ""
    return {"sv": _("Swedish"), "en": _("English")}.get(value, "") if column == "language" else str(value)


def chosen_in(data: Any, found: ImportRun) -> list[str]:
    """The column each heading is given: as it was posted, else as we understand it."""
    return [data.get(f"column-{index}", found.mapping.get(str(index), "")) for index in range(len(found.headings))]


def pressed(request: HttpRequest, actor: Actor, found: ImportRun) -> HttpResponse:
    """Name the columns, or apply the good rows."""
    data: Any = request.POST
    if data.get("do") == "apply":
        counts = counts_of(actor, found)
        done = applying.apply(actor, found)
        messages.success(request, applied_words(done))
        left = counts.get(Verdict.NEW, 0) + counts.get(Verdict.CHANGED, 0) - done.added - done.changed
        if left:
            sentence = ngettext(
                "%(num)d row was not applied, since the register had changed meanwhile.",
                "%(num)d rows were not applied, since the register had changed meanwhile.",
                left,
            )
            messages.warning(request, sentence % {"num": left})
    else:
        receiving.name_columns(actor, found, dict(enumerate(chosen_in(data, found))))
    return redirect("firm_import_run", slug_of(actor), found.pk)


def applied_words(found: ImportRun) -> str:
    return _("Clients added: %(added)d. Clients changed: %(changed)d.") % {
        "added": found.added,
        "changed": found.changed,
    }


@firm_page()
def faults(request: HttpRequest, actor: Actor, pk: UUID) -> HttpResponse:
    """Every row that somebody has to mend, as a file: mended there, it can be chosen again as it is."""
    found = find_run(actor, pk)
    columns = [column for _index, column in sorted(found.mapping.items(), key=lambda one: int(one[0]))]
    written = io.StringIO()
    out = csv.writer(written, delimiter=";", lineterminator="\r\n")
    out.writerow([_("Line"), *(COLUMNS[column][0] for column in columns), _("What to do")])
    for row in StagedRow.objects.visible_to(actor).filter(run=found, verdict__in=MENDABLE).order_by("line"):
        typed = row.typed or {"name": row.name}
        said = " ".join(f"{one['column']}: {one['text']}" if one["column"] else one["text"] for one in row.faults)
        out.writerow([row.line, *(armoured(typed.get(column, "")) for column in columns), said])
    response = HttpResponse("\ufeff" + written.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="att-gora.csv"'
    return response
