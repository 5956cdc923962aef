"""The firm's desk: what waits for me, and the table of all cases."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from samsyn.cases import actions, kinds
from samsyn.cases.lists import after, cases_for, cursor_of, found_by, ordered, waiting
from samsyn.cases.models import Case, SendBatch, State
from samsyn.cases.models.case import OPEN_STATES
from samsyn.kit.fields import DueDayField
from samsyn.kit.sweden import stockholm_today
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.errors import Refused
from samsyn.tenancy.models import Engagement, Membership
from samsyn.web.doors import firm_page
from samsyn.web.pages import page, slug_of
from samsyn.web.showing import Line, line_of

PAGE = 25
VIEWS: dict[str, tuple[Any, Callable[[Actor, Any], Any]]] = {
    "oppna": (gettext_lazy("Open"), lambda actor, rows: rows.filter(state__in=OPEN_STATES)),
    "mina": (gettext_lazy("Waiting for you"), waiting),
    "forsenade": (
        gettext_lazy("Late"),
        lambda actor, rows: rows.filter(state=State.WITH_CLIENT, due_on__lt=stockholm_today()),
    ),
    "samtycke": (
        gettext_lazy("Awaiting consent"),
        lambda actor, rows: rows.filter(state=State.AWAITING_CONSENT),
    ),
    "utkast": (gettext_lazy("Drafts"), lambda actor, rows: rows.filter(state=State.DRAFT)),
    "avslutade": (gettext_lazy("Closed"), lambda actor, rows: rows.filter(state=State.CLOSED)),
    "alla": (gettext_lazy("All"), lambda actor, rows: rows),
}
SORTS = {
    "uppdaterat": "firm_changed_at",
    "nr": "number",
    "arende": "sort_key",
    "senast": "due_on",
}


def lines(cases: list[Case], actor: Actor) -> list[Line]:
    slug = slug_of(actor)
    return [line_of(case, actor, reverse("firm_case", args=[slug, case.ref])) for case in cases]


@firm_page()
def desk(request: HttpRequest, actor: Actor) -> HttpResponse:
    """*Mitt skrivbord*: oldest first what waits for me, what is late at clients, what is being sent."""
    rows = cases_for(actor)
    mine = list(waiting(actor, rows).order_by("turn_since", "id")[:30])
    late = rows.filter(state=State.WITH_CLIENT, due_on__lt=stockholm_today(), responsible=actor.membership)
    running = SendBatch.objects.visible_to(actor).filter(finished_at=None)
    faulty = SendBatch.objects.visible_to(actor).exclude(finished_at=None).exclude(faults=[])
    return page(
        request,
        "firm/desk.html",
        actor,
        "firm_desk",
        mine=lines(mine, actor),
        late=lines(list(late.order_by("due_on", "id")[:30]), actor),
        batches=[*running.order_by("created_at"), *faulty.order_by("-created_at")[:3]],
        today=stockholm_today(),
    )


@firm_page("GET", "POST")
def cases(request: HttpRequest, actor: Actor) -> HttpResponse:
    """*Ärenden*: the table. Everything that narrows or sorts it stands in the address."""
    problem = ""
    if request.method == "POST":
        try:
            return in_bulk(request, actor)
        except Refused as refusal:
            problem = str(refusal)
    asked = request.GET
    view = asked.get("vy") if asked.get("vy") in VIEWS else "oppna"
    words = asked.get("q", "").strip()[:200]
    rows = narrowed(actor, asked, cases_for(actor))
    rows = found_by(rows, actor, words) if words else rows
    rows = VIEWS[str(view)][1](actor, rows)
    name = asked.get("sortera", "-uppdaterat")
    descending, column = name.startswith("-"), SORTS.get(name.lstrip("-"), "firm_changed_at")
    rows = ordered(rows, column, descending)
    if cursor := asked.get("efter"):
        rows = after(rows, column, descending, cursor)
    found = list(rows[: PAGE + 1])
    following = cursor_of(found[PAGE - 1], column) if len(found) > PAGE else ""
    return page(
        request,
        "firm/cases.html",
        actor,
        "firm_cases",
        status=422 if problem else 200,
        problem=problem,
        lines=lines(found[:PAGE], actor),
        words=words,
        view=view,
        views=[(slug, label, with_(asked, vy=slug, efter=None)) for slug, (label, _rows) in VIEWS.items()],
        sorts={
            key: (
                with_(asked, sortera=("" if name == "-" + key else "-") + key, efter=None),
                ("descending" if descending else "ascending") if name.lstrip("-") == key else "",
            )
            for key in SORTS
        },
        kinds=kinds.all_kinds(),
        kind=asked.get("typ", ""),
        staff=staff_of(actor),
        responsible=asked.get("ansvarig", ""),
        unread=asked.get("olast", ""),
        following=with_(asked, efter=following) if following else "",
        clear=reverse("firm_cases", args=[slug_of(actor)]),
        narrow=bool(words or asked.get("typ") or asked.get("ansvarig") or asked.get("olast")),
    )


def narrowed(actor: Actor, asked: QueryDict, rows: Any) -> Any:
    """The filters of the address: kind, responsible, client, unread. Nonsense in one is as if it weren't there."""
    if asked.get("typ") in [kind.slug for kind in kinds.all_kinds()]:
        rows = rows.filter(kind=asked["typ"])
    for name, column in (("ansvarig", "responsible"), ("kund", "engagement")):
        try:
            if asked.get(name):
                rows = rows.filter(**{column: UUID(str(asked[name]))})
        except ValueError:
            continue
    return rows.filter(unread=True) if asked.get("olast") else rows


def with_(asked: QueryDict, **changes: str | None) -> str:
    """The address's query with some of it changed; None takes away."""
    query = asked.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value:
            query[name] = value
    return "?" + query.urlencode()


def staff_of(actor: Actor) -> list[tuple[str, str]]:
    rows = Membership.objects.visible_to(actor).filter(engagement=None, ended_at=None).select_related("user")
    return [(str(one.pk), one.name) for one in rows.order_by("user__name")]


def in_bulk(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Remind, change date or responsible for the ticked rows; says how many, and why some could not."""
    refs = request.POST.getlist("ref")[:PAGE]
    if not refs:
        raise Refused(_("Tick at least one case first."))
    verb = bulk_verb(request, actor)
    done, refusals = 0, []
    for case in Case.objects.visible_to(actor).select_related("firm", "engagement").filter(ref__in=refs):
        try:
            verb(case)
            done += 1
        except Refused as refusal:
            refusals.append(f"{case.number or '–'}: {refusal}")
    if done:
        messages.success(
            request, ngettext("%(count)d case", "%(count)d cases", done) % {"count": done} + ": " + _("done")
        )
    for text in refusals[:5]:
        messages.warning(request, text)
    return redirect(request.get_full_path())


def bulk_verb(request: HttpRequest, actor: Actor) -> Callable[[Case], Any]:
    what = request.POST.get("do")
    if what == "remind":
        return lambda case: actions.remind(actor, case)
    if what == "date":
        try:
            day = DueDayField().clean(request.POST.get("due_on"))
        except forms.ValidationError as error:
            raise Refused(error.messages[0]) from error
        return lambda case: actions.change_due(actor, case, due_on=dt.date.fromisoformat(day or ""))
    if what == "responsible":
        rows = Membership.objects.visible_to(actor).filter(engagement=None, ended_at=None).select_related("user")
        chosen = next((one for one in rows if str(one.pk) == request.POST.get("responsible")), None)
        if chosen is None:
            raise Refused(_("Choose who is to be responsible."))
        return lambda case: actions.reassign(actor, case, responsible=chosen)
    raise Refused(_("Choose what to do with the cases."))


def for_client(actor: Actor, engagement: Engagement) -> list[Line]:
    """The newest cases of one client, for its page."""
    rows = cases_for(actor).filter(engagement=engagement).order_by("-firm_changed_at", "-id")[:20]
    return lines(list(rows), actor)


def open_counts(actor: Actor) -> dict[Any, int]:
    """How many open cases each client has."""
    rows = Case.objects.visible_to(actor).filter(state__in=OPEN_STATES).values("engagement")
    return {row["engagement"]: row["many"] for row in rows.annotate(many=Count("pk")).order_by()}
