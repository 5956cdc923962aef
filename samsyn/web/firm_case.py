"""A case on the firm's desk: the shared work to the left, what is the firm's own to the right."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.forms import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from samsyn.cases import actions
from samsyn.cases.basis import can_be_settled
from samsyn.cases.drafts import as_message, beside, draft_for, open_rows
from samsyn.cases.files import ACCEPT, forget_unsent, info_of, unsent
from samsyn.cases.kinds.base import AnswerForm
from samsyn.cases.models import AccessLog, Case, Draft, Purpose, State
from samsyn.cases.verbs import VERBS, allowed, pressed_before, refuse_outdated, refuse_unless_allowed
from samsyn.kit.fields import ChoiceField, DayField, DueDayField
from samsyn.kit.rows import KindForm, storable
from samsyn.kit.sweden import stockholm_today
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.errors import NotNow, NotYours, Outdated, Refused
from samsyn.tenancy.people import chosen_staff
from samsyn.web.attaching import Taken, take, take_away
from samsyn.web.away import said_of
from samsyn.web.case_data import CaseData, find_case, note_reading, read_case
from samsyn.web.doors import firm_page
from samsyn.web.kept import Written, fill, form_of, put_back, refused
from samsyn.web.pages import page, slug_of
from samsyn.web.requests import press_in, status_of, whole_page
from samsyn.web.saying import device_key, only_files, refuse_to_say, take_files
from samsyn.web.showing import history_of, is_unminded, subject_of, turn_line_of
from samsyn.web.unsent import waiting

MISSING = gettext_lazy("Something is missing. It is marked below.")
BUTTONS = (
    "ask_again",
    "reply",
    "close",
    "cancel",
    "retract",
    "reopen",
    "remind",
    "amend",
    "answer_for",
    "message",
    "note",
)


def file_address(actor: Actor, ref: str) -> str:
    return reverse("firm_case", args=[slug_of(actor), ref]) + "fil/{id}/"


def opened(actor: Actor, ref: str) -> CaseData:
    return read_case(actor, find_case(actor, ref), file_address(actor, ref))


def show(
    request: HttpRequest,
    actor: Actor,
    data: CaseData,
    *,
    status: int = 200,
    problem: str = "",
    written: Written | None = None,
    review: KindForm | None = None,
    mine: Sequence[str] = (),
) -> HttpResponse:
    """The case page, whatever brought us to it; `written` is what could not be sent, by form, `mine` other words."""
    case, kind, written = data.case, data.case.kind_of, written or Written()
    url = file_address(actor, case.ref)
    can = {name: allowed(name, actor, case) for name in BUTTONS}
    judging = case.state == State.WITH_FIRM and case.answer is not None and not actor.is_support
    told = kind.read(case.request, case.answer, case.review, data.sent_files)
    verdicts = review or (kind.review_form(case.request, initial=case.review) if judging else None)
    if verdicts is not None and not verdicts.is_bound:
        show_reasons(verdicts, written)
    there = forms_on(can, judging=verdicts is not None)
    again = (data.draft.typed if data.draft else {}).get("text", "")
    openings = (
        list(
            AccessLog.objects.visible_to(actor)
            .filter(case=case, side="client", what="opened")
            .values_list("name", flat=True)
        )
        if case.is_retracted
        else []
    )
    response = page(
        request,
        "firm/case.html",
        actor,
        "firm_cases",
        status=status,
        case=case,
        kind=kind,
        subject=subject_of(case, actor),
        line=turn_line_of(case, actor),
        told=told,
        verdicts=verdicts,
        form=kind.answer_form(case.request, answer=case.answer, review=case.review, files=data.answer_files),
        editable=False,
        request_files=[info_of(one, url) for one in data.attachments if one.purpose == Purpose.REQUEST],
        history=history_of(
            data.timeline, data.attachments, url, talks=kind.talks, answer_beside=bool(case.answer and told)
        ),
        notes=data.notes,
        unminded=is_unminded(case),
        absent=said_of([case.responsible]).get(case.responsible_id, "") if case.responsible_is_away else "",  # type: ignore[attr-defined]
        people=data.people,
        can=can,
        staff=[(str(one.pk), one.name) for one in data.staff],
        decisions=kind.decisions(case.answer),
        unsettled=case.state == State.WITH_CLIENT and case.kind == "approval" and not can_be_settled(case, data.people),
        deciding=False,
        approvers={str(one.pk): one.name for one in data.people},
        for_firm=True,
        once=secrets.token_hex(12),
        problem=problem or written.problem_elsewhere(there),
        written=written,
        mine=[*mine, *written.elsewhere(there), *(reasons_too_late(case, written) if verdicts else ())],
        again=again,
        device=device_key(actor, case),
        message_files=[info_of(one, url) for one in waiting(actor, data, Purpose.MESSAGE)],
        accept=ACCEPT,
        max_mb=case.firm.max_file_mb,
        openings=sorted(set(openings)),
        returned=len(kind.returned_rows(case.review)),
    )
    return whole_page(request, response) if status == 409 else response


def show_reasons(verdicts: KindForm, written: Written) -> None:
    """Show in the unbound form the reasons that were written in it before, of whichever of its buttons."""
    for fields in filter(None, map(written.fields, ("granska", AGAIN))):
        for name in verdicts.fields:
            if name.startswith("reason-") and verdicts.add_prefix(name) in fields:
                verdicts.initial[name] = fields[verdicts.add_prefix(name)]


def forms_on(can: dict[str, bool], *, judging: bool) -> set[str]:
    """The forms of the page, by their names in its addresses."""
    asked = {
        "meddelande": can["message"],
        "svara": can["reply"] and not judging,
        AGAIN: judging or can["ask_again"],
        "granska": judging,
        "ateroppna": can["reopen"],
        "anteckning": True,
        "datum": True,
        "ansvarig": True,
    }
    return {name for name, shown in asked.items() if shown}


def reasons_too_late(case: Case, written: Written) -> list[str]:
    """What was written of rows that a colleague has accepted meanwhile: they have no field for it."""
    names = [f"v-reason-{row}" for row in sorted(case.kind_of.accepted_rows(case.review))]
    texts = [written.get(form, name).strip() for form in ("granska", AGAIN) for name in names]
    return [text for text in texts if text]


def show_newer(request: HttpRequest, actor: Actor, ref: str, form: str, old: Outdated) -> HttpResponse:
    """The case as it is now, with what was written on the older page in its `form`."""
    written = Written({form: request.POST})
    return show(request, actor, opened(actor, ref), status=409, problem=str(old), written=written)


@firm_page(support=True)
def case_page(request: HttpRequest, actor: Actor, ref: str) -> HttpResponse:
    """Read a case. A draft or a waiting one opens in its form."""
    data = opened(actor, ref)
    if data.case.state == State.DRAFT:
        return redirect("firm_edit_case", slug_of(actor), ref)
    note_reading(request, actor, data.case)
    return show(request, actor, data, written=put_back(request))


@firm_page("POST")
def act(request: HttpRequest, actor: Actor, ref: str, verb: str) -> HttpResponse:
    """Carry out one verb with the words of its form."""
    if verb not in WORDS:
        raise Http404
    case = find_case(actor, ref)
    run, _words, done = WORDS[verb]
    try:
        if not pressed_before(actor, run.verb.name, case, request.POST.get("once")):
            refuse_to_say(request, actor, case, run)
            taken = take_files(request, actor, case) if run in WITH_FILES else Taken()
            if taken.problem:
                raise Refused(taken.problem)
            if only_files(request):
                return show(request, actor, opened(actor, ref), written=refused(request))
            carry_out(request, actor, case, verb)
            forget_unsent(taken.made)
    except NotYours:
        raise
    except Outdated as old:
        return show_newer(request, actor, ref, form_of(request.path), old)
    except BadReview as bad:
        problem, written = str(bad), refused(request)
        return show(request, actor, opened(actor, ref), status=422, problem=problem, written=written, review=bad.form)
    except Refused as refusal:
        status = status_of(refusal)
        return show(request, actor, opened(actor, ref), status=status, written=refused(request, str(refusal)))
    # A review is closed from the form that asks again, with the words that stand in it.
    form = AGAIN if run is actions.close and "text" in request.POST else verb
    messages.success(request, done(), extra_tags=device_key(actor, case, form))
    return redirect("firm_case", slug_of(actor), ref)


def carry_out(request: HttpRequest, actor: Actor, case: Case, verb: str) -> None:
    """The verb itself, with the verdicts that stand beside it."""
    run, words, _done = WORDS[verb]
    if run is actions.ask_again:
        judge(request, actor, case)
    run(actor, case, **press_in(request), **words(request, actor))
    if run in (actions.ask_again, actions.reply, actions.close):
        Draft.objects.visible_to(actor).filter(case=case).delete()


class BadReview(Refused):
    """The verdicts could not be saved as they are; the form says where."""

    def __init__(self, form: KindForm) -> None:
        super().__init__(_("Say what needs to be done again, so the client can mend it."))
        self.form = form


def judge(request: HttpRequest, actor: Actor, case: Case) -> None:
    """Save the verdicts that stand in the form, when there are any and they have changed."""
    edition = request.POST.get("edition", "")
    refuse_outdated(case, edition)
    form = case.kind_of.review_form(case.request, request.POST, initial=case.review)
    if form is None:
        return
    if not form.is_valid():
        raise BadReview(form)
    verdicts = form.encoded()
    if verdicts != (case.review or {"rows": []}):
        actions.review(actor, case, verdicts=verdicts, edition=edition)


@firm_page("POST")
def review(request: HttpRequest, actor: Actor, ref: str) -> HttpResponse:
    """Save verdicts without telling anybody, and what has been begun to the client."""
    case = find_case(actor, ref)
    if request.POST.get("do") == "drop":
        Draft.objects.visible_to(actor).filter(case=case).delete()
        return redirect("firm_case", slug_of(actor), ref)
    try:
        refuse_unless_allowed(VERBS["review"], actor, case)
        refuse_outdated(case, request.POST.get("edition", ""))
        keep_message(actor, case, request.POST.get("text", ""))
        judge(request, actor, case)
    except NotYours:
        raise
    except Outdated as old:
        return show_newer(request, actor, ref, AGAIN, old)
    except BadReview as bad:
        problem, written = str(bad), refused(request)
        return show(request, actor, opened(actor, ref), status=422, problem=problem, written=written, review=bad.form)
    except Refused as refusal:
        return show(request, actor, opened(actor, ref), status=409, written=refused(request, str(refusal)))
    messages.success(request, _("Saved. The client doesn't know yet."), extra_tags=device_key(actor, case, AGAIN))
    row = request.POST.get("do", "").split(".")[1:2]
    return redirect(reverse("firm_case", args=[slug_of(actor), ref]) + (f"#part-{row[0]}" if row else ""))


@transaction.atomic
def keep_message(actor: Actor, case: Case, text: str) -> None:
    """Keep what is begun to the client while rows are judged one by one, each with a page of its own."""
    if text.strip() or Draft.objects.visible_to(actor).filter(case=case, round=case.round).exists():
        draft = draft_for(actor, case)
        draft.typed, draft.saved_at = {"text": storable(text)}, timezone.now()
        draft.save()


class ToldBy(forms.Form):
    """How and when the client said it."""

    use_required_attribute = False
    how = ChoiceField(
        label=gettext_lazy("How"),
        choices=[("phone", gettext_lazy("By telephone")), ("meeting", gettext_lazy("At a meeting"))],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Say whether it was by telephone or at a meeting.")},
    )
    on = DayField(label=gettext_lazy("Day"))

    def clean_on(self) -> dt.date:
        day = dt.date.fromisoformat(self.cleaned_data["on"])
        if day > stockholm_today():
            raise ValidationError(_("The day can't be in the future."))
        return day


@firm_page("GET", "POST")
def answer_for(request: HttpRequest, actor: Actor, ref: str) -> HttpResponse:
    """*Svara åt kunden*: write down what was said by telephone or at a meeting."""
    case = find_case(actor, ref)
    try:
        if request.method == "POST":
            return write_down(request, actor, case)
        refuse_unless_allowed(VERBS["answer_for"], actor, case)
    except NotNow as refusal:
        return told_too_late(request, actor, case, refusal)
    told_by, kept = ToldBy(initial={"on": stockholm_today().isoformat()}), put_back(request)
    fill(told_by, kept)
    data = opened(actor, ref)
    return show_told(request, actor, data, told_form(data, kept=kept), told_by)


def write_down(request: HttpRequest, actor: Actor, case: Case) -> HttpResponse:
    """Keep the files, then store the answer when that was the button and nothing is wrong."""
    if pressed_before(actor, "answer_for", case, request.POST.get("once")):
        return was_told(request, actor, case)
    refuse_unless_allowed(VERBS["answer_for"], actor, case)
    taken, do = take(request, actor, case, Purpose.ANSWER, open_rows(case)), request.POST.get("do", "")
    take_away(request, actor, case, taken)
    data, told_by = opened(actor, case.ref), ToldBy(request.POST)
    form, problem = told_form(data, request.POST, complete=not do), taken.problem
    status = 200 if do and not problem else 422
    if not do and not problem:
        try:
            refuse_outdated(case, request.POST.get("edition", ""))
            if all([told_by.is_valid(), form.is_valid()]):
                words = {"answer": form.encoded(), "text": form.cleaned_data["comment"], **press_in(request)}
                actions.answer_for(actor, case, **words, **told_by.cleaned_data)
                forget_unsent(taken.made)
                return was_told(request, actor, case)
            problem = str(MISSING)
        except Outdated as old:
            problem, status = str(old), 409
        except (NotYours, NotNow):
            raise
        except Refused as refusal:
            problem = str(refusal)
    if do:
        told_by = ToldBy(initial={name: request.POST.get(name) for name in told_by.fields})
    return show_told(request, actor, data, form, told_by, problem=problem, status=status)


def told_too_late(request: HttpRequest, actor: Actor, case: Case, refusal: NotNow) -> HttpResponse:
    """The client has answered meanwhile: the words can be copied, and the files wait beside the next message."""
    mine = []
    if request.method == "POST":
        if allowed("message", actor, case):
            take(request, actor, case, Purpose.MESSAGE)
            unsent(actor, case, Purpose.ANSWER).update(purpose=Purpose.MESSAGE, row_id="")
        form = case.kind_of.answer_form(case.request, request.POST, answer=case.answer, complete=False)
        mine = [as_message(beside(form, [], "", {}))]
    return show(request, actor, opened(actor, case.ref), status=409, problem=str(refusal), mine=mine)


def show_told(
    request: HttpRequest,
    actor: Actor,
    data: CaseData,
    form: AnswerForm,
    told_by: ToldBy,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    """The client's form, for the firm to fill in."""
    response = page(
        request,
        "firm/answer_for.html",
        actor,
        "firm_cases",
        status=status,
        case=data.case,
        kind=data.case.kind_of,
        form=form,
        told_by=told_by,
        device=told_key(actor, data.case),
        editable=True,
        problem=problem,
        once=secrets.token_hex(12),
        max_mb=data.case.firm.max_file_mb,
        accept=ACCEPT,
        told=[],
        request_files=[],
        mine=[] if status == 200 else asked_no_more(form, request.POST),
    )
    return whole_page(request, response) if status == 409 else response


def asked_no_more(form: AnswerForm, posted: Mapping[str, str]) -> list[str]:
    """What was written for questions that an amendment has taken away since."""
    names = [name for name in posted if name.startswith("a-") and name.removeprefix("a-") not in form.fields]
    return [text for name in names if (text := posted[name].strip())]


def told_form(data: CaseData, posted: Any = None, *, kept: Written | None = None, complete: bool = True) -> AnswerForm:
    """The client's form as the firm fills it in, or as it was filled in before the session ended."""
    case = data.case
    begun = case.kind_of.begins_with(case.answer)
    how: dict[str, Any] = {"answer": begun, "review": case.review, "files": data.answer_files}
    if kept is not None and (fields := kept.fields()) is not None:
        how["typed"] = case.kind_of.answer_form(case.request, fields, complete=False, **how).typed()
    return case.kind_of.answer_form(case.request, posted, complete=complete, **how)


def was_told(request: HttpRequest, actor: Actor, case: Case) -> HttpResponse:
    messages.success(request, _("The answer is written down. The client sees it."), extra_tags=told_key(actor, case))
    return redirect("firm_case", slug_of(actor), case.ref)


def told_key(actor: Actor, case: Case) -> str:
    return device_key(actor, case, "answer_for")


def _text(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    return {"text": request.POST.get("text", "")}


def _nothing(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    return {}


def _reply(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    return {**_text(request, actor), "finished": bool(request.POST.get("finished"))}


def _due(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    try:
        day = DueDayField(required=False).clean(request.POST.get("due_on"))
    except ValidationError as error:
        raise Refused(error.messages[0]) from error
    return {"due_on": dt.date.fromisoformat(day) if day else None}


def _responsible(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    return {"responsible": chosen_staff(actor, request.POST.get("responsible"))}


AGAIN = "begar-komplettering"
WITH_FILES = (actions.message, actions.reply, actions.ask_again, actions.reopen)
Words = Callable[[HttpRequest, Actor], dict[str, Any]]
WORDS: dict[str, tuple[Any, Words, Callable[[], str]]] = {
    AGAIN: (actions.ask_again, _text, lambda: _("The case has been sent back to the client")),
    "svara": (actions.reply, _reply, lambda: _("Your reply has been sent")),
    "meddelande": (actions.message, _text, lambda: _("The message has been sent to the client")),
    "anteckning": (actions.note, _text, lambda: _("The note is saved. Only the firm sees it.")),
    "avsluta": (actions.close, _text, lambda: _("The case is closed")),
    "makulera": (actions.cancel, _text, lambda: _("The case is cancelled")),
    "aterkalla": (
        actions.retract,
        _nothing,
        lambda: _("The case is retracted. The client sees nothing of it."),
    ),
    "ateroppna": (actions.reopen, _text, lambda: _("The case is open again")),
    "paminn": (actions.remind, _nothing, lambda: _("A reminder is on its way")),
    "datum": (actions.change_due, _due, lambda: _("The date is changed")),
    "ansvarig": (actions.reassign, _responsible, lambda: _("Somebody else is responsible now")),
}
