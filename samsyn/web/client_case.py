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
from samsyn.cases.basis import basis_digest, may_approve_now
from samsyn.cases.drafts import drop_unsent, keep_text, open_rows, send_unsent, typed_in, without_left
from samsyn.cases.files import ACCEPT, forget_unsent, info_of
from samsyn.cases.kinds.base import AnswerForm
from samsyn.cases.models import Case, Draft, Purpose, State
from samsyn.cases.verbs import VERBS, allowed, pressed_before, refuse_outdated, refuse_unless_allowed
from samsyn.kit.sweden import STOCKHOLM
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.errors import NotNow, NotYours, Outdated, Refused
from samsyn.tenancy.roles import Right
from samsyn.web.attaching import Taken, take, take_away
from samsyn.web.case_data import CaseData, find_case, note_reading, read_case
from samsyn.web.doors import cases_page
from samsyn.web.kept import Written, forget, put_back, refused
from samsyn.web.pages import page, slug_of
from samsyn.web.requests import press_in, signed_in_words, status_of, whole_page
from samsyn.web.saying import device_key, only_files, refuse_to_say, take_files
from samsyn.web.showing import history_of, latest_words, subject_of, turn_line_of
from samsyn.web.unsent import last_answer, unsent_of, waiting


def file_address(actor: Actor, ref: str) -> str:
    """The address of a file of this case, with `{id}` where its id goes."""
    return reverse("client_case", args=[slug_of(actor), ref]) + "fil/{id}/"


def answer_form(data: CaseData, posted: Any = None, *, complete: bool = True) -> AnswerForm:
    """The form the client answers with, filled with what this person has begun, or what was sent last."""
    case = data.case
    return case.kind_of.answer_form(
        case.request,
        posted,
        answer=case.kind_of.begins_with(case.answer),
        typed=None if posted else data.typed,
        review=data.review,
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
    written: Written | None = None,
) -> HttpResponse:
    """The case page, whatever brought us to it; `written` is what could not be sent, by form."""
    case, written = data.case, written or Written()
    url = file_address(actor, case.ref)
    editable = allowed("send_back", actor, case)
    member = actor.membership_in(case.engagement_id)
    deciding = member is not None and allowed("approve", actor, case) and may_approve_now(case, member)
    response = page(
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
        may_answer=case.kind != "approval" and actor.may(Right.ANSWER, case.engagement_id),
        deciding=deciding,
        digest=basis_digest(case) if deciding else "",
        told=case.kind_of.read(case.request, case.answer, data.review, data.sent_files),
        request_files=[
            info_of(one, url) for one in data.attachments if one.purpose == Purpose.REQUEST and one.event_id
        ],
        latest=latest_words(case, data.events),
        history=history_of(data.timeline, data.attachments, url, talks=case.kind_of.talks),
        people=data.people,
        approvers={str(one.pk): one.name for one in data.people},
        represents=actor.may(Right.REPRESENT, case.engagement_id),
        only_reads=not actor.may(Right.ANSWER, case.engagement_id),
        drafting=[one for one in data.drafting if editable and one.pk not in actor.membership_ids],
        may_take_back=allowed("take_back", actor, case),
        may_message=allowed("message", actor, case),
        may_reopen=allowed("reopen", actor, case),
        stays_closed=stays_closed(actor, case),
        may_confirm=allowed("acknowledge", actor, case),
        may_finish=allowed("done", actor, case),
        signed_in=signed_in_words(actor.signed_in_by),
        confirms_first=deciding and case.firm.fresh_approval and not actor.fresh,
        once=secrets.token_hex(12),
        accept=ACCEPT,
        max_mb=case.firm.max_file_mb,
        saved_at=saved_at(data),
        problem=problem or written.problem_elsewhere(forms_on(actor, case, deciding=deciding)),
        written=written,
        mine=written.elsewhere(forms_on(actor, case, deciding=deciding)),
        device=device_key(actor, case),
        message_files=[info_of(one, url) for one in waiting(actor, data, Purpose.MESSAGE)],
        unsent=unsent_of(actor, data, url, editable=editable),
    )
    return whole_page(request, response) if status == 409 else response


def stays_closed(actor: Actor, case: Case) -> bool:
    """Whether this person could write a new case, but not open this one again."""
    closed = case.state == State.CLOSED and not allowed("reopen", actor, case)
    return closed and case.engagement.has_consent and actor.may(Right.ANSWER, case.engagement_id)


def forms_on(actor: Actor, case: Case, *, deciding: bool) -> set[str]:
    """The forms of the page that have a field for words. An answer's words are always shown, field or not."""
    said = allowed("message", actor, case) or allowed("reopen", actor, case)
    return {"skicka-tillbaka", *(("meddelande", "ateroppna") if said else ()), *(("svara",) if deciding else ())}


def saved_at(data: CaseData) -> int:
    """When the draft in the form was saved, in milliseconds as scripts count; 0 when there is none."""
    return int(data.draft.saved_at.timestamp() * 1000) if data.draft and data.typed is not None else 0


def opened(actor: Actor, ref: str) -> CaseData:
    return read_case(actor, find_case(actor, ref), file_address(actor, ref))


@cases_page()
def case_page(request: HttpRequest, actor: Actor, ref: str) -> HttpResponse:
    """Read a case."""
    data, written = opened(actor, ref), put_back(request)
    kept = written.fields("skicka-tillbaka")
    if kept and not (data.draft and written.at and data.draft.saved_at > written.at):
        before = data.draft.typed if data.draft else {}
        typed = typed_in(data.case, answer_form(data, kept, complete=False), before)
        data.draft, data.typed = Draft(typed=typed, round=data.case.round), without_left(typed)
    note_reading(request, actor, data.case)
    return show(request, actor, data, written=written)


@cases_page("POST")
def send_back(request: HttpRequest, actor: Actor, ref: str) -> HttpResponse:
    """Keep what was written and chosen, then send it all back to the firm, if that was the button."""
    case = find_case(actor, ref)
    late = too_late_for(actor, case)
    if pressed_before(actor, "send_back", case, request.POST.get("once")):
        return was_sent(request, actor, case)
    taken = keep(request, actor, case)
    if late:
        return too_late(request, actor, ref, late)
    do = request.POST.get("do", "")
    take_away(request, actor, case, taken)
    data = opened(actor, ref)
    form = answer_form(data, request.POST, complete=do == "")
    if taken.problem:
        return show(request, actor, data, form, status=422, problem=taken.problem)
    if do:
        messages.success(request, _("Saved. The firm sees nothing until you send."), extra_tags=device_key(actor, case))
        return redirect("client_case", slug_of(actor), ref)
    try:
        refuse_outdated(case, request.POST.get("edition", ""))
    except Outdated as old:
        return show(request, actor, data, form, status=409, problem=str(old))
    if not form.is_valid():
        return show(request, actor, data, form, status=422, problem=_("Something is missing. It is marked below."))
    try:
        actions.send_back(
            actor,
            case,
            answer=form.encoded(),
            text=form.cleaned_data["comment"],
            **press_in(request),
        )
    except NotNow as refusal:
        return too_late(request, actor, ref, refusal)
    forget_unsent(taken.made)
    return was_sent(request, actor, case)


def was_sent(request: HttpRequest, actor: Actor, case: Case) -> HttpResponse:
    messages.success(request, _("The case has been sent to the firm"), extra_tags=device_key(actor, case))
    return redirect("client_case", slug_of(actor), case.ref)


def too_late_for(actor: Actor, case: Case) -> NotNow | None:
    """Why an answer comes too late, or None. Whoever may never answer is refused with `NotYours`."""
    try:
        refuse_unless_allowed(VERBS["send_back"], actor, case)
    except NotNow as refusal:
        return refusal
    return None


def keep(request: HttpRequest, actor: Actor, case: Case) -> Taken:
    """Save text and files as this person's draft; tells which files could not be kept."""
    taken = take(request, actor, case, Purpose.ANSWER, open_rows(case))
    data = read_case(actor, case, file_address(actor, case.ref))
    keep_text(actor, case, answer_form(data, request.POST, complete=False))
    return taken


def too_late(request: HttpRequest, actor: Actor, ref: str, refusal: Refused) -> HttpResponse:
    """Somebody was first: both texts stand side by side, with a button that adds this one as a message."""
    data = opened(actor, ref)
    last = last_answer(data)
    if last is None or data.case.state != State.WITH_FIRM:
        return show(request, actor, data, status=409, problem=str(refusal))
    url = file_address(actor, ref)
    if last.user_id == request.user.pk and unsent_of(actor, data, url, editable=False) is None:
        return was_sent(request, actor, data.case)
    clock = last.at.astimezone(STOCKHOLM).strftime("%H:%M")
    problem = _("%(name)s was first and sent the answer at %(time)s. Your text is kept below.") % {
        "name": last.name,
        "time": clock,
    }
    return show(request, actor, data, status=409, problem=problem)


@cases_page("POST")
def save_draft(request: HttpRequest, actor: Actor, ref: str) -> HttpResponse:
    """Keep the text while it is being written, or throw away what could not be answered with."""
    case = find_case(actor, ref)
    late = too_late_for(actor, case)
    if request.POST.get("do") == "drop":
        drop_unsent(actor, case)
        forget(request, "skicka-tillbaka")
        messages.success(request, _("What you had written is thrown away"), extra_tags=device_key(actor, case))
        return redirect("client_case", slug_of(actor), ref)
    data = read_case(actor, case, file_address(actor, case.ref))
    keep_text(actor, case, answer_form(data, request.POST, complete=False))
    if late:
        sentence = _("The case has gone on meanwhile. What you wrote is kept: load the page again to see it.")
        return JsonResponse({"saved": sentence, "kept": True}, status=409)
    clock = timezone.now().astimezone(STOCKHOLM).strftime("%H.%M")
    sentence = _("Saved %(time)s. The firm sees nothing until you send.") % {"time": clock}
    return JsonResponse({"saved": sentence, "kept": True})


@cases_page("POST")
def upload(request: HttpRequest, actor: Actor, ref: str) -> HttpResponse:
    """Take a file at once and give back the row's list of files."""
    case = find_case(actor, ref)
    late = too_late_for(actor, case)
    if not request.FILES:
        return JsonResponse({"saved": _("The file didn't arrive. Choose it again.")}, status=400)
    problem = take(request, actor, case, Purpose.ANSWER, open_rows(case)).problem
    row = next(iter(request.FILES)).partition(".")[2]
    data = opened(actor, ref)
    files = data.answer_files.get(row, [])
    if late:
        mine = [one for one in waiting(actor, data, Purpose.ANSWER) if one.row_id == row]
        files = [info_of(one, file_address(actor, ref)) for one in mine]
        problem = problem or _("The case has gone on meanwhile. The file is kept and not sent: load the page again.")
    context = {"files": files, "problem": problem, "row": row}
    return render(request, "kinds/files.html", context, status=409 if late else 422 if problem else 200)


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
        status = status_of(refusal)
        return show(request, actor, opened(actor, ref), status=status, written=refused(request, str(refusal)))
    return redirect("client_case", slug_of(actor), ref)


def _pressed(verb: Any, done: Any) -> Any:
    """A view for a verb that is one press."""

    @cases_page("POST")
    def view(request: HttpRequest, actor: Actor, ref: str) -> HttpResponse:
        try:
            verb(actor, find_case(actor, ref), **press_in(request))
        except NotYours:
            raise
        except Refused as refusal:
            status = status_of(refusal)
            return show(request, actor, opened(actor, ref), status=status, problem=str(refusal))
        messages.success(request, str(done))
        return redirect("client_case", slug_of(actor), ref)

    return view


def _said(verb: Any, done: Any) -> Any:
    """A view for a verb with words in `text`, and files."""

    @cases_page("POST")
    def view(request: HttpRequest, actor: Actor, ref: str) -> HttpResponse:
        case = find_case(actor, ref)
        try:
            if not pressed_before(actor, verb.verb.name, case, request.POST.get("once")):
                refuse_to_say(request, actor, case, verb)
                taken = take_files(request, actor, case)
                if taken.problem:
                    raise Refused(taken.problem)
                if only_files(request):
                    return show(request, actor, opened(actor, ref), written=refused(request))
                _say(request, actor, case, verb)
                forget_unsent(taken.made)
        except NotYours:
            raise
        except Refused as refusal:
            status = status_of(refusal)
            return show(request, actor, opened(actor, ref), status=status, written=refused(request, str(refusal)))
        form = "" if "unsent" in request.POST else "message"
        messages.success(request, str(done), extra_tags=device_key(actor, case, form))
        return redirect("client_case", slug_of(actor), ref)

    return view


def _say(request: HttpRequest, actor: Actor, case: Case, verb: Any) -> None:
    """Send the words; with `unsent` they are those of an answer that came too late, and its files go along."""
    words = {"text": request.POST.get("text", ""), "once": request.POST.get("once", "")}
    if "unsent" in request.POST:
        send_unsent(actor, case, verb, **words)
        forget(request, "skicka-tillbaka")
    else:
        verb(actor, case, **words)


acknowledge = _pressed(actions.acknowledge, gettext_lazy("The firm sees that you have read this"))
done = _pressed(actions.done, gettext_lazy("Done"))
take_back = _pressed(
    actions.take_back, gettext_lazy("The answer is yours again. Change it and send it when you are ready.")
)
message = _said(actions.message, gettext_lazy("The message has been sent to the firm"))
reopen = _said(actions.reopen, gettext_lazy("The case is open again and with the firm"))
