"""The client's desk: overview, cards, and a case of its own to the firm."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from samsyn.cases import actions, kinds
from samsyn.cases.actions.asking import ONLY_READS, made_by
from samsyn.cases.drafts import keep_new, new_draft
from samsyn.cases.files import ACCEPT, detach, forget_unsent, unsent, waiting_files
from samsyn.cases.kinds.base import FileInfo
from samsyn.cases.lists import (
    after,
    cases_for,
    client_groups,
    cursor_of,
    found_by,
    ordered,
    waiting_for_consent,
    with_asked,
    years_of,
)
from samsyn.cases.models import Case, Draft, Purpose, State
from samsyn.cases.people import known_staff
from samsyn.kit.fields import LineField, TextField, TickField
from samsyn.kit.rows import KindForm
from samsyn.kit.sweden import STOCKHOLM
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.appointments import Appointment
from samsyn.tenancy.errors import NotYours, Refused
from samsyn.tenancy.models import Engagement
from samsyn.tenancy.roles import Right
from samsyn.web.attaching import removed, take
from samsyn.web.doors import cases_page, client_page
from samsyn.web.kept import put_back
from samsyn.web.pages import contact_in, nav_of, page, slug_of
from samsyn.web.requests import by_script
from samsyn.web.same_company import is_offered
from samsyn.web.showing import REF, Line, lines_of

PAGE = 30
ON_START = {"yours": 6, "ours": 6, "read": 3}  # how many cards of each group the start page shows


class Letter(KindForm):
    """Subject and message of the client's own case."""

    subject = LineField(longest=120)
    message = TextField(longest=20_000)
    restricted = TickField()

    def __init__(self, *args: object, **how: object) -> None:
        super().__init__(*args, **how)  # type: ignore[arg-type]
        self.fields["subject"].label = _("Subject")
        self.fields["message"].label = _("What do you want to say?")
        self.fields["restricted"].label = _("Confidential")
        self.fields["restricted"].help_text = _("At your company only you and the administrators see the case.")


def lines(cases: list[Case], actor: Actor) -> list[Line]:
    return lines_of(cases, actor, reverse("client_case", args=[slug_of(actor), REF]))


@client_page()
def start(request: HttpRequest, actor: Actor) -> HttpResponse:
    """*Översikt*: what waits, or why there is no menu item yet."""
    twin = is_offered(request, actor)
    if not actor.open_engagement_ids:
        waiting = {one.pk: waiting_for_consent(actor, one) for one in actor.engagements if not one.has_consent}
        asking = [one for one in actor.engagements if one.awaits_answer]
        return page(request, "client/start.html", actor, "client_start", waiting=waiting, asking=asking, twin=twin,
                    appointed=appointed_at(actor))  # fmt: skip
    groups, more = client_groups(actor, cases_for(actor), late_first=True)
    few = {name: lines(groups[name][:most], actor) for name, most in ON_START.items()}
    return page(
        request,
        "client/start.html",
        actor,
        "client_start",
        few=few,
        cut=[name for name, most in ON_START.items() if more["client"] or len(groups[name]) > most],
        count={name: len(found) for name, found in groups.items()},
        may_answer=actor.may(Right.ANSWER),
        more=more,
        appointed=appointed_at(actor),
        years=years_of(actor, actor.engagement_ids),
        twin=twin,
    )


def appointed_at(actor: Actor) -> list[Appointment]:
    """New main contacts the owners can object to still; nobody else is told."""
    if not actor.owned_engagement_ids:
        return []
    rows = Appointment.objects.visible_to(actor).filter(state=Appointment.State.WAITING)
    return list(rows.filter(engagement__in=actor.owned_engagement_ids).select_related("firm"))


@client_page()
def tabs(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The menu by itself: asked for every half minute, answered with 304 while nothing has changed."""
    here = {"cases": "client_cases", "start": "client_start"}.get(request.GET.get("here", ""), "")
    nav = nav_of(actor, here)
    tag = (
        '"'
        + hashlib.sha256(f"{[(one.url, one.badge) for one in nav]}{here}{request.LANGUAGE_CODE}".encode()).hexdigest()[
            :32
        ]
        + '"'
    )
    if request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified(headers={"ETag": tag})
    answer = render(
        request,
        "client/tabs.html",
        {"nav": nav, "slug": slug_of(actor), "here_name": request.GET.get("here", "")},
    )
    answer["ETag"] = tag
    return answer


@cases_page()
def cases(request: HttpRequest, actor: Actor) -> HttpResponse:
    """*Ärenden*: cards in groups, the closed ones as lines; `q` searches everything."""
    words = request.GET.get("q", "").strip()[:200]
    rows = cases_for(actor)
    if words:
        rows = with_asked(actor, found_by(rows, actor, words))
        found = list(ordered(rows, "client_changed_at", True)[: PAGE * 2 + 1])
        shown, cut = lines(found[: PAGE * 2], actor), len(found) > PAGE * 2
        return page(request, "client/found.html", actor, "client_cases", words=words, found=shown, cut=cut)
    groups, more = client_groups(actor, rows)
    closed = list(ordered(rows.filter(state=State.CLOSED), "client_changed_at", True)[:6])
    return page(
        request,
        "client/cases.html",
        actor,
        "client_cases",
        here_name="cases",
        yours=lines(groups["yours"], actor),
        ours=lines(groups["ours"], actor),
        to_read=lines(groups["read"], actor),
        with_firm=lines(groups["firm"], actor),
        more=more,
        closed=lines(closed[:5], actor),
        more_closed=len(closed) > 5,
        may_write=writable(actor) != [],
        may_answer=actor.may(Right.ANSWER),
    )


STATES = {"hos-dig": State.WITH_CLIENT, "hos-byran": State.WITH_FIRM}


@cases_page()
def closed(request: HttpRequest, actor: Actor) -> HttpResponse:
    """All closed cases, newest first, a page at a time; `visa` asks for the open ones of one side instead."""
    asked = request.GET.get("visa", "")
    rows = cases_for(actor).filter(state=STATES.get(asked, State.CLOSED))
    rows = ordered(with_asked(actor, rows), "client_changed_at", True)
    if cursor := request.GET.get("efter"):
        rows = after(rows, "client_changed_at", True, cursor)
    found = list(rows[: PAGE + 1])
    following = cursor_of(found[PAGE - 1], "client_changed_at") if len(found) > PAGE else ""
    return page(
        request,
        "client/closed.html",
        actor,
        "client_cases",
        found=lines(found[:PAGE], actor),
        following=following,
        asked=asked if asked in STATES else "",
        years=[] if asked in STATES else years_of(actor, actor.engagement_ids),
    )


def writable(actor: Actor) -> list[Engagement]:
    """The firms this person may write to now."""
    return [
        held.engagement
        for held in actor.memberships
        if held.engagement.has_consent and held.menu_is_open and held.engagement.ended_at is None
        if actor.may(Right.ANSWER, held.engagement_id)
    ]


@cases_page("GET", "POST")
def new_case(request: HttpRequest, actor: Actor) -> HttpResponse:
    """*Skriv till byrån*. With two firms that have consent, the first question is which."""
    open_to = writable(actor)
    if not open_to:
        return refuse_to_write(request, actor)
    asked = request.POST.get("firm") or request.GET.get("firm") or ""
    written = put_back(request, fits=lambda fields: asked in ("", fields.get("firm")))
    chosen = asked or written.get("", "firm") or (open_to[0].firm.slug if len(open_to) == 1 else "")
    if not chosen:
        return page(request, "client/which_firm.html", actor, "client_cases", firms=[one.firm for one in open_to])
    engagement = next((one for one in open_to if one.firm.slug == chosen), None)
    if engagement is None:
        raise Http404
    form, letter = forms_of(actor, engagement, request.POST if request.method == "POST" else None)
    if request.method == "POST":
        return write(request, actor, engagement, form, letter)
    kept, begun = written.fields(), new_draft(actor, engagement)
    typed = begun.typed if begun else {}
    if kept is not None:
        typed = typed_in(*forms_of(actor, engagement, kept))
    return show_new(request, actor, engagement, form.again(typed), letter.again(typed), begun=begun)


def refuse_to_write(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Why this person writes to no firm now: in the desk's own frame, or with what was typed in hand."""
    if not actor.may(Right.ANSWER):
        reason = str(ONLY_READS)
    else:
        reason = _(
            "There is no consent in force, so nothing can be sent to the firm. The firm can invite your company again."
        )
    if request.method == "POST":
        raise NotYours(reason)
    return page(request, "client/refused.html", actor, "client_cases", status=403, reason=reason)


def forms_of(actor: Actor, engagement: Engagement, data: Any) -> tuple[KindForm, Letter]:
    people = [(str(one.pk), one.name) for one in known_staff(actor, engagement)]
    return kinds.get("client_message").request_form(data, people=people), Letter(data, prefix="l")


def typed_in(form: KindForm, letter: Letter) -> dict[str, Any]:
    return {**form.typed(), **letter.typed()}


def write(request: HttpRequest, actor: Actor, engagement: Engagement, form: KindForm, letter: Letter) -> HttpResponse:
    """Keep what is written and chosen; then send it, if that was the button."""
    do, once, problem = request.POST.get("do", ""), request.POST.get("once", ""), ""
    if (sent := made_by(actor, "write", once)) is not None:
        return was_sent(request, actor, engagement, sent)
    keep_new(actor, engagement, typed_in(form, letter))
    if do == "draft":
        clock = timezone.now().astimezone(STOCKHOLM).strftime("%H.%M")
        saved = _("Saved %(time)s. The firm sees nothing until you send.") % {"time": clock}
        return JsonResponse({"saved": saved, "kept": True})
    taken = take(request, actor, engagement, Purpose.REQUEST)
    try:
        if one := removed(request):
            detach(actor, engagement, one)
        elif taken.problems:
            problem = taken.problem
        elif all([form.is_valid(), letter.is_valid()]):
            case = send_new(actor, engagement, form, letter, once)
            forget_unsent(taken.made)
            return was_sent(request, actor, engagement, case)
        else:
            problem = _("Something is missing. It is marked below.")
    except NotYours:
        raise
    except Refused as refusal:
        problem = str(refusal)
    return show_new(request, actor, engagement, form, letter, problem=problem)


def was_sent(request: HttpRequest, actor: Actor, engagement: Engagement, case: Case) -> HttpResponse:
    if by_script(request):
        return JsonResponse({"saved": _("The case has been sent to the firm"), "kept": True})
    messages.success(request, _("The case has been sent to the firm"), extra_tags=key_of(actor, engagement))
    return redirect("client_case", slug_of(actor), case.ref)


def key_of(actor: Actor, engagement: Engagement) -> str:
    """What the text is called on its writer's device."""
    return f"{actor.user.pk if actor.user else ''}:new:{engagement.pk}"


def show_new(
    request: HttpRequest,
    actor: Actor,
    engagement: Engagement,
    form: KindForm,
    letter: KindForm,
    *,
    problem: str = "",
    begun: Draft | None = None,
) -> HttpResponse:
    """The form of a case to the firm."""
    return page(
        request,
        "client/new_case.html",
        actor,
        "client_cases",
        status=422 if problem else 200,
        form=form,
        files=chosen_files(actor, engagement),
        letter=letter,
        engagement=engagement,
        contacts=[contact_in(actor, engagement.pk)],
        on_case=True,
        problem=problem,
        accept=ACCEPT,
        once=request.POST.get("once") or secrets.token_hex(12),
        device=key_of(actor, engagement),
        saved_at=int(begun.saved_at.timestamp() * 1000) if begun else 0,
        max_mb=engagement.firm.max_file_mb,
    )


def chosen_files(actor: Actor, engagement: Engagement) -> list[FileInfo]:
    """What the person has chosen for a case that is not sent yet."""
    rows = unsent(actor, engagement, Purpose.REQUEST).select_related("blob").order_by("created_at")
    return waiting_files(actor, rows, Purpose.REQUEST, "")


def send_new(actor: Actor, engagement: Engagement, form: KindForm, letter: Letter, once: str) -> Case:
    """Send the client's own case with the files that wait for it: everything or nothing."""
    return actions.write_to_firm(
        actor,
        engagement,
        request=form.encoded(),
        subject=letter.cleaned_data["subject"],
        message=letter.cleaned_data["message"],
        restricted=letter.cleaned_data["restricted"],
        once=once,
    )
