"""The firm's desk: what waits for me, and the table of all cases."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from samsyn.cases import actions
from samsyn.cases.lists import cases_for, found_by, minding, ordered, waiting
from samsyn.cases.models import Case, SendBatch, State
from samsyn.cases.models.case import OPEN_STATES
from samsyn.kit.fields import DueDayField
from samsyn.kit.sweden import stockholm_today
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.errors import Refused
from samsyn.tenancy.models import Engagement
from samsyn.tenancy.people import chosen_staff, staff_of
from samsyn.web import firm_drafts
from samsyn.web.away import of_desk
from samsyn.web.doors import firm_page
from samsyn.web.firm_filters import filters_of, narrowed, paged, with_
from samsyn.web.firm_news import news
from samsyn.web.pages import page, slug_of
from samsyn.web.showing import REF, Line, lines_of

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
# What each view will hold, for when it is empty.
EMPTY = {
    "oppna": (
        gettext_lazy("No open cases"),
        gettext_lazy("A case is here from when it is sent until it is closed. Begin with a client and a kind."),
    ),
    "mina": (
        gettext_lazy("Nothing waits for you"),
        gettext_lazy("What clients answer and write comes here, when you are responsible."),
    ),
    "forsenade": (
        gettext_lazy("No client is late"),
        gettext_lazy("A case comes here the day after its date, so that you can remind the client."),
    ),
    "samtycke": (
        gettext_lazy("No case waits for consent"),
        gettext_lazy("A case to a client who hasn't approved yet waits here. It is sent by itself when they approve."),
    ),
    "utkast": (
        gettext_lazy("No drafts"),
        gettext_lazy("A case you save before you send it stays here. Begin with a client and a kind."),
    ),
    "avslutade": (
        gettext_lazy("No closed cases"),
        gettext_lazy("A case comes here when it is closed. It can still be read, and opened again."),
    ),
    "alla": (gettext_lazy("No cases yet"), gettext_lazy("Every case is listed here. Begin with a client and a kind.")),
}
SORTS = {
    "uppdaterat": "firm_changed_at",
    "nr": "number",
    "arende": "sort_key",
    "senast": "due_on",
}


def lines(cases: list[Case], actor: Actor) -> list[Line]:
    return lines_of(cases, actor, reverse("firm_case", args=[slug_of(actor), REF]))


@firm_page(support=True)
def desk(request: HttpRequest, actor: Actor) -> HttpResponse:
    """*Mitt skrivbord*: oldest first what waits for me, what is late at clients, what is being sent."""
    rows = cases_for(actor)
    mine = list(waiting(actor, rows).order_by("turn_since", "id")[: PAGE + 1])
    late = rows.filter(Q(*minding(actor), _connector=Q.OR), state=State.WITH_CLIENT, due_on__lt=stockholm_today())
    late = list(late.order_by("due_on", "id")[: PAGE + 1])
    return page(
        request,
        "firm/desk.html",
        actor,
        "firm_desk",
        mine=lines(mine[:PAGE], actor),
        late=lines(late[:PAGE], actor),
        more_of_mine=len(mine) > PAGE,
        more_late=len(late) > PAGE,
        once=secrets.token_hex(12),
        batches=batches(actor),
        news=news(actor),
        away=of_desk(actor),
        today=stockholm_today(),
    )


def batches(actor: Actor) -> list[SendBatch]:
    """What is being sent to several, and of each draft the newest sending that could not reach everyone."""
    rows = SendBatch.objects.visible_to(actor).select_related("draft").order_by("-created_at")
    newest = {one.draft_id: one for one in reversed(list(rows.filter(draft__state=State.DRAFT)[:20]))}
    return [one for one in newest.values() if one.finished_at is None or one.faults]


@firm_page("GET", "POST", support=True)
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
    found, following, first = paged(asked, rows, column, descending, PAGE)
    staff = [(str(pk), name) for pk, name in staff_of(actor).values_list("pk", "user__name")]
    filters = filters_of(actor, asked, staff)
    return page(
        request,
        "firm/cases.html",
        actor,
        "firm_cases",
        status=422 if problem else 200,
        problem=problem,
        lines=lines(found, actor),
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
        filters=filters,
        staff=staff,
        following=following,
        first=first,
        clear=f"?vy={view}",
        narrow=len([one for one in filters if one.value]),
        everywhere=with_(asked, vy="alla", efter=None) if view != "alla" else "",
        empty=EMPTY[str(view)],
        kept=[(name, value) for name, value in asked.items() if name not in ("q", "efter")],
        once=secrets.token_hex(12),
        ticked=set(request.POST.getlist("ref")),
        posted=request.POST,
    )


def in_bulk(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Remind, change date or responsible for the ticked rows; says how many, and why some could not."""
    refs = request.POST.getlist("ref")[:PAGE]
    if not refs:
        raise Refused(_("Tick at least one case first."))
    verb, said = bulk_verb(request, actor)
    done, refusals = 0, []
    for case in Case.objects.visible_to(actor).select_related("firm", "engagement").filter(ref__in=refs):
        try:
            verb(case)
            done += 1
        except Refused as refusal:
            refusals.append(f"{case.number or '–'} {case.subject}: {refusal}")
    if done:
        messages.success(request, said(done))
    for text in refusals[:5]:
        messages.warning(request, text)
    return redirect(request.get_full_path())


Bulk = tuple[Callable[[Case], Any], Callable[[int], str]]


def bulk_verb(request: HttpRequest, actor: Actor) -> Bulk:
    """What to do with each case, and how to say that it has been done to so many."""
    found: dict[str, Callable[[HttpRequest, Actor], Bulk]] = {
        "remind": reminding,
        "date": changing_date,
        "responsible": reassigning,
    }
    if (what := request.POST.get("do", "")) not in found:
        raise Refused(_("Choose what to do with the cases."))
    return found[what](request, actor)


def reminding(request: HttpRequest, actor: Actor) -> Bulk:
    once = request.POST.get("once", "")

    def said(count: int) -> str:
        return ngettext("%(count)d reminder is on its way", "%(count)d reminders are on their way", count) % {
            "count": count
        }

    return lambda case: actions.remind(actor, case, once=once), said


def changing_date(request: HttpRequest, actor: Actor) -> Bulk:
    once = request.POST.get("once", "")
    try:
        day = dt.date.fromisoformat(DueDayField().clean(request.POST.get("due_on")) or "")
    except forms.ValidationError as error:
        raise Refused(error.messages[0]) from error

    def said(count: int) -> str:
        return ngettext("The date is changed in %(count)d case", "The date is changed in %(count)d cases", count) % {
            "count": count
        }

    return lambda case: arrange(actions.change_due, actor, case, once, due_on=day), said


def reassigning(request: HttpRequest, actor: Actor) -> Bulk:
    once = request.POST.get("once", "")
    chosen = chosen_staff(actor, request.POST.get("responsible"))

    def said(count: int) -> str:
        how = {"name": chosen.name, "count": count}
        return ngettext("%(name)s is responsible now", "%(name)s is responsible for %(count)d cases now", count) % how

    return lambda case: arrange(actions.reassign, actor, case, once, responsible=chosen), said


def arrange(run: Any, actor: Actor, case: Case, once: str, **facts: Any) -> None:
    """The verb `run`; a draft has no events and is changed in place, by the same rule of what fits it."""
    if case.state != State.DRAFT:
        run(actor, case, once=once, **facts)
        return
    if run.verb.fits is not None:
        run.verb.fits(actor, case)
    firm_drafts.arrange(actor, case, **facts)


def for_client(actor: Actor, engagement: Engagement) -> list[Line]:
    """The cases of one client, for its page: those that are open first, then the closed, the newest of each first."""
    rows = cases_for(actor).filter(engagement=engagement).annotate(rests=Q(state=State.CLOSED))
    return lines(list(rows.order_by("rests", "-firm_changed_at", "-id")[:PAGE]), actor)


def open_counts(actor: Actor) -> dict[Any, int]:
    """How many open cases each client has."""
    rows = Case.objects.visible_to(actor).filter(state__in=OPEN_STATES).values("engagement")
    return {row["engagement"]: row["many"] for row in rows.annotate(many=Count("pk")).order_by()}
