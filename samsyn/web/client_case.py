"""A case on the client's desk: read, answer, send back. One view per verb, each finds through the actor."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from samsyn.cases import actions
from samsyn.cases.actions.answering import can_take_back
from samsyn.cases.basis import basis_digest, may_approve_now
from samsyn.cases.files import ACCEPT, attach, detach, draft_for, info_of
from samsyn.cases.kinds.base import AnswerForm
from samsyn.cases.models import Case, Purpose
from samsyn.cases.verbs import VERBS, allowed, refuse_unless_allowed
from samsyn.kit.sweden import STOCKHOLM
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.errors import NotNow, NotYours, Refused
from samsyn.tenancy.roles import Right
from samsyn.web.case_data import CaseData, find_case, note_reading, read_case
from samsyn.web.doors import cases_page
from samsyn.web.kept import put_back
from samsyn.web.pages import page, slug_of
from samsyn.web.requests import signed_in_words
from samsyn.web.showing import history_of, latest_words, subject_of, turn_line_of

PLAIN = "text/plain; charset=utf-8"


def file_address(actor: Actor, ref: str) -> str:
    """The address of a file of this case, with `{id}` where its id goes."""
    return reverse("client_case", args=[slug_of(actor), ref]) + "fil/{id}/"


def answer_form(data: CaseData, posted: Any = None, *, complete: bool = True) -> AnswerForm:
    """The form the client answers with, filled with what this person has begun, or what was sent last."""
    case = data.case
    return case.kind_of.answer_form(
        case.request,
        posted,
        answer=case.answer,
        typed=None if posted else data.typed,
        review=case.review_for_client,
        files=data.answer_files,
        complete=complete,
    )


def show(
    request: HttpRequest,
    actor: Actor,
    data: CaseData,
    form: AnswerForm | None = None,
    *,
    status: int = 200,
    problem: str = "",
    mine: str = "",
    text: str = "",
) -> HttpResponse:
    """The case page, whatever brought us to it."""
    case = data.case
    url = file_address(actor, case.ref)
    editable = allowed("send_back", actor, case) and case.kind != "approval"
    member = actor.membership_in(case.engagement_id)
    deciding = (
        case.kind == "approval"
        and member is not None
        and allowed("approve", actor, case)
        and may_approve_now(case, member)
    )
    return page(
        request,
        "client/case.html",
        actor,
        "client_cases",
        status=status,
        on_case=True,
        case=case,
        kind=case.kind_of,
        subject=subject_of(case, actor),
        line=turn_line_of(case, actor),
        form=form or answer_form(data),
        editable=editable,
        deciding=deciding,
        digest=basis_digest(case) if deciding else "",
        told=case.kind_of.read(case.request, case.answer, case.review_for_client, data.sent_files),
        request_files=[
            info_of(one, url) for one in data.attachments if one.purpose == Purpose.REQUEST and one.event_id
        ],
        latest=latest_words(case, data.events),
        history=history_of(data.timeline, data.attachments, url),
        people=data.people,
        represents=actor.may(Right.REPRESENT, case.engagement_id),
        only_reads=not actor.may(Right.ANSWER, case.engagement_id),
        drafting=[one for one in data.drafting if one.pk not in actor.membership_ids],
        may_take_back=allowed("take_back", actor, case) and can_take_back(case),
        may_message=allowed("message", actor, case),
        may_reopen=allowed("reopen", actor, case) and case.client_may_reopen,
        may_confirm=case.awaits_acknowledgement and allowed("acknowledge", actor, case),
        may_finish=case.only_to_read and allowed("done", actor, case),
        signed_in=signed_in_words(actor.signed_in_by),
        once=secrets.token_hex(12),
        accept=ACCEPT,
        max_mb=case.firm.max_file_mb,
        problem=problem,
        mine=mine,
        text=text,
    )


def opened(actor: Actor, ref: str) -> CaseData:
    return read_case(actor, find_case(actor, ref), file_address(actor, ref))


@cases_page()
def case_page(request: HttpRequest, actor: Actor, ref: str) -> HttpResponse:
    """Read a case."""
    data = opened(actor, ref)
    if (kept := put_back(request)) is not None and allowed("send_back", actor, data.case):
        data.typed = answer_form(data, kept, complete=False).typed()
        messages.info(request, _("What you had written is back. It has not been sent."))
    note_reading(request, actor, data.case)
    return show(request, actor, data)


@cases_page("POST")
def send_back(request: HttpRequest, actor: Actor, ref: str) -> HttpResponse:
    """Keep what was written and chosen, then send it all back to the firm, if that was the button."""
    case = find_case(actor, ref)
    try:
        refuse_unless_allowed(VERBS["send_back"], actor, case)
    except NotNow as refusal:
        return too_late(request, actor, case, refusal)
    problem = keep(request, actor, case)
    do = request.POST.get("do", "")
    if do.startswith("file.remove."):
        try:
            detach(actor, case, do.removeprefix("file.remove."))
        except Refused as refusal:
            problem = f"{problem} {refusal}".strip()
    data = opened(actor, ref)
    form = answer_form(data, request.POST, complete=do == "")
    if problem:
        return show(request, actor, data, form, status=422, problem=problem)
    if do:
        messages.success(request, _("Saved. The firm sees nothing until you send."))
        return redirect("client_case", slug_of(actor), ref)
    if not form.is_valid():
        return show(request, actor, data, form, status=422, problem=_("Something is missing. It is marked below."))
    try:
        actions.send_back(
            actor,
            case,
            answer=form.encoded(),
            text=form.cleaned_data["comment"],
            once=request.POST.get("once", ""),
        )
    except NotNow as refusal:
        return too_late(request, actor, case, refusal)
    messages.success(request, _("The case has been sent to the firm"))
    return redirect("client_case", slug_of(actor), ref)


def keep(request: HttpRequest, actor: Actor, case: Case) -> str:
    """Save text and files as this person's draft; gives the sentences of files that could not be kept."""
    data = read_case(actor, case, file_address(actor, case.ref))
    draft = draft_for(actor, case)
    draft.typed = answer_form(data, request.POST, complete=False).typed()
    draft.saved_at = timezone.now()
    draft.save()
    problems = []
    rows = {row for row, _label in case.kind_of.file_rows(case.request)} - case.kind_of.locked_rows(case.review)
    for name in request.FILES:
        row = name.partition(".")[2]
        for upload in request.FILES.getlist(name):
            try:
                if row not in rows:
                    raise Refused(_("The file doesn't belong to anything that is asked for."))
                attach(actor, case, upload, purpose=Purpose.ANSWER, row_id=row)
            except Refused as refusal:
                problems.append(str(refusal))
    return " ".join(problems)


def too_late(request: HttpRequest, actor: Actor, case: Case, refusal: Refused) -> HttpResponse:
    """Somebody was first: both texts side by side, and a button that adds this one as a message."""
    data = opened(actor, case.ref)
    mine = written_by(answer_form(data, request.POST, complete=False))
    last = next((event for event in data.events if event.verb == "send_back"), None)
    problem = str(refusal)
    if last and last.user_id != (actor.user.pk if actor.user else None) and case.state == "with_firm":
        clock = last.at.astimezone(STOCKHOLM).strftime("%H:%M")
        problem = _("%(name)s was first and sent the answer at %(time)s. Your text is kept below.") % {
            "name": last.name,
            "time": clock,
        }
    elif last and case.state == "with_firm" and last.once and last.once == request.POST.get("once"):
        messages.success(request, _("The case has been sent to the firm"))
        return redirect("client_case", slug_of(actor), case.ref)
    return show(request, actor, data, status=409, problem=problem, mine=mine)


def written_by(form: AnswerForm) -> str:
    """What a person has typed in a form, as text that can be read and sent as a message."""
    lines = []
    for name, value in form.typed().items():
        if isinstance(value, str) and value.strip() and name in form.fields:
            lines.append(f"{form.fields[name].label}: {value.strip()}")
    return "\n".join(lines)


@cases_page("POST")
def save_draft(request: HttpRequest, actor: Actor, ref: str) -> HttpResponse:
    """Keep the text while it is being written."""
    case = find_case(actor, ref)
    try:
        refuse_unless_allowed(VERBS["send_back"], actor, case)
    except NotNow as refusal:
        return JsonResponse({"saved": str(refusal)}, status=409)
    keep(request, actor, case)
    clock = timezone.now().astimezone(STOCKHOLM).strftime("%H.%M")
    return JsonResponse({"saved": _("Saved %(time)s. The firm sees nothing until you send.") % {"time": clock}})


@cases_page("POST")
def upload(request: HttpRequest, actor: Actor, ref: str) -> HttpResponse:
    """Take a file at once and give back the row's list of files."""
    case = find_case(actor, ref)
    try:
        refuse_unless_allowed(VERBS["send_back"], actor, case)
    except NotNow as refusal:
        return HttpResponse(str(refusal), status=409, content_type=PLAIN)
    if not request.FILES:
        return HttpResponse(_("The file didn't arrive. Choose it again."), status=400, content_type=PLAIN)
    problem = keep(request, actor, case)
    name = next(iter(request.FILES), "")
    row = name.partition(".")[2]
    data = opened(actor, ref)
    context = {"files": data.answer_files.get(row, []), "problem": problem, "row": row}
    return render(request, "kinds/files.html", context, status=422 if problem else 200)


@cases_page("POST")
def decide(request: HttpRequest, actor: Actor, ref: str) -> HttpResponse:
    """Approve or decline exactly what was shown."""
    case = find_case(actor, ref)
    digest, text = request.POST.get("digest", ""), request.POST.get("a-comment", "")
    once = request.POST.get("once", "")
    try:
        if request.POST.get("decision") == "approve":
            actions.approve(actor, case, digest=digest, once=once)
            messages.success(request, _("You have approved. The firm knows."))
        else:
            actions.decline(actor, case, digest=digest, text=text, once=once)
            messages.success(request, _("You have declined. The firm knows why."))
    except NotYours:
        raise
    except Refused as refusal:
        status = 409 if isinstance(refusal, NotNow) else 422
        return show(request, actor, opened(actor, ref), status=status, problem=str(refusal), text=text)
    return redirect("client_case", slug_of(actor), ref)


def _pressed(verb: Any, done: Any) -> Any:
    """A view for a verb that is one press, with words in `text` where it takes any."""

    @cases_page("POST")
    def view(request: HttpRequest, actor: Actor, ref: str) -> HttpResponse:
        case = find_case(actor, ref)
        text = request.POST.get("text", "")
        words = {"text": text} if verb in (actions.message, actions.reopen) else {}
        try:
            if words:
                _attach_to_message(request, actor, case, verb)
            verb(actor, case, once=request.POST.get("once", ""), **words)
        except NotYours:
            raise
        except Refused as refusal:
            status = 409 if isinstance(refusal, NotNow) else 422
            return show(request, actor, opened(actor, ref), status=status, problem=str(refusal), text=text)
        messages.success(request, str(done))
        return redirect("client_case", slug_of(actor), ref)

    return view


def _attach_to_message(request: HttpRequest, actor: Actor, case: Case, verb: Any) -> None:
    refuse_unless_allowed(verb.verb, actor, case)
    for upload in request.FILES.getlist("file."):
        attach(actor, case, upload, purpose=Purpose.MESSAGE)


acknowledge = _pressed(actions.acknowledge, gettext_lazy("The firm sees that you have read this"))
done = _pressed(actions.done, gettext_lazy("Done"))
take_back = _pressed(
    actions.take_back, gettext_lazy("The answer is yours again. Change it and send it when you are ready.")
)
message = _pressed(actions.message, gettext_lazy("The message has been sent to the firm"))
reopen = _pressed(actions.reopen, gettext_lazy("The case is open again and with the firm"))
