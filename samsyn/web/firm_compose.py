"""Writing a case: clients, kind, fields, preview in the client's own template, send."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.forms import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from samsyn.cases import actions, kinds
from samsyn.cases.actions.addressing import NAME_SOMEBODY
from samsyn.cases.actions.asking import SAYS_NOTHING, made_by, says_nothing
from samsyn.cases.files import ACCEPT, detach, info_of, unsent, waiting_files
from samsyn.cases.kinds.base import Change, FileInfo, Kind
from samsyn.cases.models import Attachment, Case, Purpose, Recipient, State
from samsyn.cases.verbs import VERBS, pressed_before, refuse_unless_allowed
from samsyn.kit.fields import ChoiceField, DueDayField, LineField, ManyField, TextField, TickField
from samsyn.kit.periods import PeriodForm
from samsyn.kit.rows import KindForm, as_post
from samsyn.kit.sweden import STOCKHOLM, stockholm_today, working_day_before
from samsyn.kit.text import clean_name, clean_text
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.errors import NotNow, NotYours, Refused
from samsyn.tenancy.hindrances import addresses_of_staff, hindrances
from samsyn.tenancy.models import CLIENT, Engagement, Membership
from samsyn.tenancy.people import people_of, staff_named, staff_of
from samsyn.tenancy.roles import Right, rights_of
from samsyn.web.attaching import removed, take
from samsyn.web.case_data import find_case
from samsyn.web.doors import firm_page
from samsyn.web.firm_case import MISSING, file_address, opened
from samsyn.web.firm_case import show as show_case
from samsyn.web.firm_changes import changes_in
from samsyn.web.firm_drafts import (
    begun,
    forget,
    kept_at,
    newest,
    remember,
    saved_elsewhere,
    version_of,
    went_to_many,
)
from samsyn.web.kept import put_back
from samsyn.web.pages import page, slug_of
from samsyn.web.requests import by_script
from samsyn.web.saying import device_key
from samsyn.web.showing import turn_line_of

CHANGED = gettext_lazy(
    "The case was changed elsewhere meanwhile. What stands here isn't sent. Send again to replace it."
)
EDITABLE = (State.DRAFT, State.AWAITING_CONSENT)


class About(PeriodForm):
    """What every case has, whatever its kind."""

    subject = LineField(
        label=gettext_lazy("Subject"),
        longest=120,
        help_text=gettext_lazy("Is only shown in Samsyn, never in e-mail."),
    )
    message = TextField(label=gettext_lazy("Message"), longest=20_000, required=False)
    due_on = DueDayField(label=gettext_lazy("Answer by"), required=False)
    responsible = ChoiceField(label=gettext_lazy("Responsible"), choices=[])
    recipients = ManyField(
        label=gettext_lazy("Recipients"),
        required=False,
        choices=[],
        help_text=gettext_lazy("Those who are told and reminded. Nobody ticked means the administrators."),
    )
    restricted = TickField(
        label=gettext_lazy("Confidential"),
        help_text=gettext_lazy("At the client only the recipients and the administrators see that the case exists."),
    )
    # Asked only of one who opens a restricted case that has been sent.
    widen = TickField(label=gettext_lazy("Yes, let everyone at the company see it"))
    was_restricted = False

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("restricted"):
            if "recipients" in self.fields and not cleaned.get("recipients") and "recipients" not in self.errors:
                self.add_error("recipients", str(NAME_SOMEBODY))
        elif self.was_restricted and not cleaned.get("widen"):
            self.add_error("widen", _("Everyone at the company will see the case and all that is written in it."))
        return cleaned

    def show_again(self, typed: Mapping[str, Any]) -> None:
        """Show in an unbound form what was typed before, without finding fault with it yet."""
        self.initial.update(typed)
        self._bound_fields_cache.clear()  # type: ignore[attr-defined]  # each remembers what it first began with


@dataclass
class Composing:
    """Everything about the case that is being written."""

    actor: Actor
    kind: Kind
    clients: list[Engagement]
    case: Case | None
    about: About
    form: KindForm

    @property
    def people(self) -> list[Membership]:
        """Those who can be named: of the only client."""
        return people_at(self.actor, self.clients)

    def facts(self) -> dict[str, Any]:
        """The columns as they are typed, when they can be read; nothing is lost that can be kept."""
        typed, fine = self.about.typed(), {}
        self.about.is_valid()
        cleaned = self.about.cleaned_data
        fine["subject"], fine["message"] = typed["subject"] or "", typed["message"] or ""
        for name in ("due_on", "period_from", "period_to"):
            fine[name] = dt.date.fromisoformat(cleaned[name]) if cleaned.get(name) else None
        fine["restricted"] = bool(typed["restricted"])
        return fine


def people_at(actor: Actor, clients: list[Engagement]) -> list[Membership]:
    """The people of the only client chosen; with several there is nobody to name."""
    if len(clients) != 1:
        return []
    return list(people_of(actor, clients[0]))


def make_forms(
    actor: Actor, kind: Kind, clients: list[Engagement], case: Case | None, data: Any = None
) -> tuple[About, KindForm]:
    people = people_at(actor, clients)
    due = working_day_before(stockholm_today() + dt.timedelta(days=actor.firm.due_days if actor.firm else 10))
    initial: dict[str, Any] = {"due_on": due.isoformat(), "responsible": str(actor.membership.pk)}
    if case is not None:
        chosen = Recipient.objects.visible_to(actor).filter(case=case).values_list("membership", flat=True)
        initial = {
            "subject": case.subject,
            "message": case.message,
            "due_on": case.due_on and case.due_on.isoformat(),
            "period_from": case.period_from and case.period_from.isoformat(),
            "period_to": case.period_to and case.period_to.isoformat(),
            "responsible": str(case.responsible_id),
            "recipients": [str(one) for one in chosen],
            "restricted": case.restricted,
        }
    about = About(data, initial=initial)
    about.list_periods(clients[0].fiscal_year_ends if len(clients) == 1 else 12)
    about.fields["recipients"].choices = [(str(one.pk), one.name) for one in people]  # type: ignore[attr-defined]
    if not people:
        del about.fields["recipients"]
    about.fields["responsible"].choices = [(str(one.pk), one.name) for one in staff_of(actor)]  # type: ignore[attr-defined]
    approvers = [(str(one.pk), one.name) for one in people if Right.APPROVE in rights_of(one)]
    stored = case.request if case and case.request else None
    return about, kind.request_form(data, initial=stored, people=approvers)


@firm_page("GET", "POST")
def new_case(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Choose clients and kind; then the form. A page that has made its draft already goes on with that."""
    once, here = request.POST.get("once", ""), request.GET
    kept = put_back(
        request, fits=lambda form: all(form.getlist(one) == here.getlist(one) for one in ("kund", "typ"))
    ).fields()
    if went_to_many(actor, request.POST):
        return on_their_way(request, actor)
    if case := made_by(actor, "save", once):
        return edit(request, actor, case)
    asked = request.POST if request.method == "POST" else kept or request.GET
    clients = chosen_clients(actor, asked.getlist("kund"))
    slug = asked.get("typ", "")
    firm_kinds = {kind.slug: kind for kind in kinds.for_firm()}
    if slug not in firm_kinds or not clients:
        rows = Engagement.objects.visible_to(actor).filter(ended_at=None, merged_into=None).order_by("sort_key", "id")
        return page(
            request,
            "firm/new_case.html",
            actor,
            "firm_cases",
            kinds=firm_kinds.values(),
            rows=sorted(rows[:2000], key=lambda one: one not in clients),
            chosen={one.pk for one in clients},
            kind=slug,
            tried="valt" in asked,
        )
    return compose(request, actor, firm_kinds[slug], clients, None, kept)


@firm_page("GET", "POST")
def edit_case(request: HttpRequest, actor: Actor, ref: str) -> HttpResponse:
    """A draft or a waiting case, edited in place."""
    if went_to_many(actor, request.POST):
        return on_their_way(request, actor)
    return edit(request, actor, find_case(actor, ref))


def edit(request: HttpRequest, actor: Actor, case: Case) -> HttpResponse:
    if case.by_client:
        raise Http404
    if case.state not in EDITABLE:
        return gone_on(request, actor, case)
    kept = put_back(request).fields()
    asked = request.POST if request.method == "POST" else kept or request.GET
    beside = newest(actor, case)
    ids = asked.getlist("kund") or (beside.typed.get("clients", []) if beside else [])
    # A draft can be turned to other clients; a waiting case stays with its own.
    others = chosen_clients(actor, ids) if case.state == State.DRAFT else []
    return compose(request, actor, case.kind_of, others or [case.engagement], case, kept)


def gone_on(request: HttpRequest, actor: Actor, case: Case) -> HttpResponse:
    """The case has been sent meanwhile: what was changed in the form is shown, to be copied or sent as a change."""
    if request.method == "GET" or pressed_before(actor, "open", case, request.POST.get("once")):
        return redirect("firm_case", slug_of(actor), case.ref)
    sentence = _("The case has been sent meanwhile, so this wasn't saved. Use Amend to change what the client reads.")
    if by_script(request):
        return JsonResponse({"saved": sentence}, status=409)
    about, form = make_forms(actor, case.kind_of, [case.engagement], case, request.POST)
    mine = [f"{one.label}: {one.after}" for one in changes_in(case, about, form) if one.after]
    return show_case(request, actor, opened(actor, case.ref), status=409, problem=sentence, mine=mine)


def chosen_clients(actor: Actor, ids: list[str]) -> list[Engagement]:
    """The clients named in the address or the form, of those the actor works with."""
    wanted = []
    for one in ids[:500]:
        try:
            wanted.append(UUID(one))
        except ValueError:
            continue
    rows = Engagement.objects.visible_to(actor).filter(pk__in=wanted, ended_at=None)
    return list(rows.select_related("firm", "company").order_by("sort_key", "id"))


def compose(
    request: HttpRequest, actor: Actor, kind: Kind, clients: list[Engagement], case: Case | None, kept: Any = None
) -> HttpResponse:
    """The form, and what its buttons do."""
    data = request.POST if request.method == "POST" else None
    about, form = make_forms(actor, kind, clients, case, data)
    writing = Composing(actor, kind, clients, case, about, form)
    if data is None:
        restore(writing, kept)
        return show(request, writing)
    try:
        return pressed(request, writing, data.get("do", ""))
    except NotYours:
        raise
    except Refused as refusal:
        if by_script(request):
            return JsonResponse({"saved": str(refusal)}, status=422)
        return show(request, writing, problem=str(refusal))


def pressed(request: HttpRequest, writing: Composing, do: str) -> HttpResponse:
    """Carry out the button that was pressed; `draft` is what the page itself saves while one writes."""
    actor, case = writing.actor, writing.case
    if do == "discard" and case is not None:
        actions.discard(actor, case)
        messages.success(request, _("The draft is gone"), extra_tags=keys_of(writing))
        return redirect("firm_cases", slug_of(actor))
    rewriting = writing.form.pressed() or do.startswith("client.remove.")
    clashes = case is not None and not rewriting and saved_elsewhere(actor, case, request.POST)
    if case is not None and clashes and (found := changes_in(case, writing.about, writing.form, writing.clients)):
        return clashing(request, writing, found)
    problem = keep(request, writing) if request.FILES or not rewriting else ""
    if rewriting:
        return rewritten(request, writing, do, problem)
    if writing.case is not None and writing.case.state not in EDITABLE:
        return gone_on(request, actor, writing.case)
    if do == "draft":
        return saved_by_itself(writing)
    if do == "send" and not problem:
        if response := send(request, writing):
            return response
        problem = str(MISSING)
    if problem:
        return show(request, writing, problem=problem)
    messages.success(request, _("The draft is saved"), extra_tags=keys_of(writing))
    return redirect(address_of(writing))


def saved_by_itself(writing: Composing) -> HttpResponse:
    clock = timezone.now().astimezone(STOCKHOLM).strftime("%H.%M")
    told = {
        "saved": _("Saved %(time)s. The client sees nothing until you send.") % {"time": clock},
        "kept": True,
        "at": address_of(writing),
        "version": version_of(writing.case),
        "key": key_of(writing),
    }
    return JsonResponse(told)


def clashing(request: HttpRequest, writing: Composing, found: list[Change]) -> HttpResponse:
    """Somebody else, or another tab, has saved the case: nothing is overwritten before both have been seen."""
    problem = _("The case was saved elsewhere meanwhile. What stands here isn't saved. Save again to replace it.")
    if by_script(request):
        return JsonResponse({"saved": problem}, status=409)
    problem = " ".join(filter(None, [problem, attach_files(request, writing)]))
    return show(request, writing, problem=problem, status=409, clash=found)


def address_of(writing: Composing) -> str:
    """Where the draft is written on, with its clients when they are several."""
    address = reverse("firm_edit_case", args=[slug_of(writing.actor), writing.case.ref if writing.case else ""])
    many = len(writing.clients) > 1
    return f"{address}?{urlencode([('kund', one.pk) for one in writing.clients])}" if many else address


def key_of(writing: Composing) -> str:
    """What the text is called on its writer's device."""
    if writing.case is not None:
        return device_key(writing.actor, writing.case, "compose")
    person = writing.actor.user.pk if writing.actor.user else ""
    return f"{person}:new:{writing.kind.slug}:{','.join(str(one.pk) for one in writing.clients)}"


def keys_of(writing: Composing) -> str:
    """Both names of it: the first save may have come from a page without a case."""
    case, writing.case = writing.case, None
    before, writing.case = key_of(writing), case
    return f"{before} {key_of(writing)}"


def restore(writing: Composing, kept: Any) -> None:
    """Show what was written before the session ended, or what could not be stored in the case as it was typed."""
    beside = newest(writing.actor, writing.case) if writing.case else None
    about: dict[str, Any] = beside.typed.get("about", {}) if beside else {}
    request: dict[str, Any] | None = beside.typed.get("request") if beside else None
    if kept is not None:
        posted_about, posted_form = make_forms(writing.actor, writing.kind, writing.clients, writing.case, kept)
        about, request = posted_about.typed(), posted_form.typed()
    writing.about.show_again(about)
    if request is not None:
        writing.form = writing.form.again(request)


def rewritten(request: HttpRequest, writing: Composing, do: str, problem: str) -> HttpResponse:
    """A row or a client more or less: everything typed is kept, and nothing is called wrong yet."""
    form, about = writing.form, writing.about
    if left := [one for one in writing.clients if do != f"client.remove.{one.pk}"]:
        writing.clients = left
    writing.about, _empty = make_forms(writing.actor, writing.kind, writing.clients, writing.case)
    writing.about.show_again(about.typed())
    changed = form.changed() if form.pressed() else form.again(form.typed())
    return show(request, writing, changed=changed, problem=problem)


def keep(request: HttpRequest, writing: Composing) -> str:
    """Save what is written, however incomplete, and its files; gives why a file could not be kept."""
    actor, form, about, case = writing.actor, writing.form, writing.about, writing.case
    fine, clear = form.is_valid(), about.is_valid()
    raw = {} if clear else {"about": about.typed()}
    waits = case is not None and case.state == State.AWAITING_CONSENT
    if case and waits and (not (fine and clear) or told_nothing(request, about, case)):
        # It leaves by itself the moment consent is given, so nothing half-written may stand in it.
        remember(actor, case, request.POST, writing.clients, {"about": about.typed(), "request": form.typed()})
        problem = attach_files(request, writing)
        raise Refused(" ".join(filter(None, [str(MISSING), problem])))
    case = save(request, writing, form.encoded() if fine else form.typed())
    case.firm, case.engagement = writing.clients[0].firm, writing.clients[0]
    writing.case = case
    remember(actor, case, request.POST, writing.clients, raw)
    return attach_files(request, writing)


def told_nothing(request: HttpRequest, about: About, case: Case) -> bool:
    """Whether there is nothing to read in what is written, though it is there to be read; then said at the field."""
    as_typed = Case(pk=case.pk, kind=case.kind, message=clean_text(about.typed()["message"] or ""))
    if request.FILES or not says_nothing(as_typed):
        return False
    about.add_error("message", str(SAYS_NOTHING))
    return True


@transaction.atomic
def save(request: HttpRequest, writing: Composing, asked: dict[str, Any]) -> Case:
    actor = writing.actor
    case = actions.save_draft_case(
        actor,
        writing.case,
        engagement=writing.clients[0],
        kind=writing.kind.slug,
        once=request.POST.get("once", ""),
        request=asked,
        **writing.facts(),
        **responsible_in(request, writing),
    )
    if case.state in EDITABLE:
        ids = set(request.POST.getlist("recipients"))
        actions.set_recipients(actor, case, [one for one in writing.people if str(one.pk) in ids])
    return case


def attach_files(request: HttpRequest, writing: Composing) -> str:
    """Keep the files chosen; take away the one whose button was pressed. Gives why one could not be kept."""
    if writing.case is None:
        return ""
    if one := removed(request):
        detach(writing.actor, writing.case, one)
    return take(request, writing.actor, writing.case, Purpose.REQUEST).problem


def responsible_in(request: HttpRequest, writing: Composing) -> dict[str, Any]:
    """Who was chosen to answer for the case; of several clients each keeps its own."""
    if len(writing.clients) > 1:
        return {}
    chosen = staff_named(writing.actor, request.POST.get("responsible"))
    return {"responsible": chosen} if chosen else {}


def send(request: HttpRequest, writing: Composing) -> HttpResponse | None:
    """Send to one client at once, or to several in the background; None when the forms say no."""
    if not all([writing.about.is_valid(), writing.form.is_valid()]) or writing.case is None:
        return None
    if told_nothing(request, writing.about, writing.case):
        return None
    actor, case = writing.actor, writing.case
    if len(writing.clients) > 1:
        actions.send_to_many(actor, case, [one.pk for one in writing.clients], once=request.POST.get("once", ""))
        return on_their_way(request, actor, keys_of(writing))
    if case.state == State.AWAITING_CONSENT:
        said = _("The changes are saved. The case waits for the consent.")
    else:
        actions.open_(actor, case, once=request.POST.get("once", ""))
        forget(actor, case)
        said = (
            _("The invitation is on its way. The case waits for the consent.")
            if case.state == State.AWAITING_CONSENT
            else _("The case has been sent to the client")
        )
    messages.success(request, said, extra_tags=keys_of(writing))
    return redirect("firm_case", slug_of(actor), case.ref)


def on_their_way(request: HttpRequest, actor: Actor, keys: str = "") -> HttpResponse:
    messages.success(request, _("The cases are on their way. You can go on with something else."), extra_tags=keys)
    return redirect("firm_desk", slug_of(actor))


def show(
    request: HttpRequest,
    writing: Composing,
    *,
    problem: str = "",
    changed: KindForm | None = None,
    status: int = 422,
    clash: Sequence[Change] = (),
) -> HttpResponse:
    """The page with the form and, beside it, the case as the client will read it; `status` when there is a problem."""
    actor, case = writing.actor, writing.case
    shown = []
    if case is not None:
        shown = asked_files(actor, case)
    addresses = addresses_of_staff(actor.firm) if actor.firm else frozenset()
    unready = [one for one in writing.clients if not one.has_consent]
    fresh = case is None and request.method == "GET" and len(writing.clients) == 1
    return page(
        request,
        "firm/compose.html",
        actor,
        "firm_cases",
        status=status if problem else 200,
        kind=writing.kind,
        clients=writing.clients,
        case=case,
        about=writing.about,
        form=changed or writing.form,
        problem=problem,
        clash=clash,
        begun=begun(actor, writing.kind.slug, writing.clients[0]) if fresh else None,
        files=shown,
        unready=unready,
        hindered=[(one, found) for one in unready if (found := hindrances(one, addresses))],
        preview=preview_of(writing, shown),
        accept=ACCEPT,
        max_mb=actor.firm.max_file_mb if actor.firm else 25,
        once=request.POST.get("once") or secrets.token_hex(12),
        version=version_of(case),
        action=address_of(writing) if case else request.get_full_path(),
        device=key_of(writing),
        saved_at=kept_at(actor, case),
    )


def asked_files(actor: Actor, case: Case, **which: Any) -> list[FileInfo]:
    """The files of the request, in the order they were put there."""
    rows = Attachment.objects.visible_to(actor).filter(case=case, purpose=Purpose.REQUEST, **which)
    url = file_address(actor, case.ref)
    return [info_of(one, url) for one in rows.select_related("blob").order_by("created_at", "id")]


def preview_of(writing: Composing, files: list[Any]) -> dict[str, Any] | None:
    """What the client's own template needs, from the unsaved request; None while it is incomplete."""
    request = whole_request(writing)
    if request is None:
        return None
    case = as_sent(writing, request)
    return {
        "case": case,
        "subject": case.subject,
        "line": turn_line_of(case, Actor(side=CLIENT)),
        "form": writing.kind.answer_form(request),
        "approvers": {str(one.pk): one.name for one in writing.people},
        "request_files": files,
    }


def whole_request(writing: Composing) -> dict[str, Any] | None:
    """What is asked as it would be stored, or None while something is missing in it."""
    form = writing.form
    if not form.is_bound:
        if writing.case is None or not writing.case.request:
            return None
        form = writing.kind.request_form(as_post(form), people=form.people)
    return form.encoded() if form.is_valid() else None


def as_sent(writing: Composing, request: dict[str, Any]) -> Case:
    """The case as it would stand with the client if it were sent now, stored nowhere."""
    client, now, typed = writing.clients[0], timezone.now(), writing.about.typed()
    only_to_read = writing.kind.only_to_read(request)
    return Case(
        kind=writing.kind.slug,
        request=request,
        engagement=client,
        firm=client.firm,
        sender=writing.case.sender if writing.case else writing.actor.membership,
        state=State.WITH_CLIENT,
        restricted=bool(typed["restricted"]),
        subject=clean_name(typed["subject"] or ""),
        message=clean_text(typed["message"] or ""),
        due_on=None if only_to_read else day_in(typed["due_on"]),
        only_to_read=only_to_read,
        turn_since=now,
        released_at=now,
    )


def day_in(typed: Any) -> dt.date | None:
    """The due date that is written, when it can be read as one."""
    try:
        day = DueDayField(required=False).clean(typed)
    except ValidationError:
        return None
    return dt.date.fromisoformat(day) if day else None


@firm_page("GET", "POST")
def amend(request: HttpRequest, actor: Actor, ref: str) -> HttpResponse:
    """*Rätta*: change what has been sent, while nothing has come back."""
    case = find_case(actor, ref)
    data = request.POST if request.method == "POST" else None
    about, form = amend_forms(actor, case, data)
    version = str(case.request_version)
    if data is not None and pressed_before(actor, "amend", case, data.get("once")):
        return redirect("firm_case", slug_of(actor), ref)
    problem, clash = "", []
    try:
        refuse_unless_allowed(VERBS["amend"], actor, case)
        if data is None:
            form = amend_again(actor, case, about, form, put_back(request).fields())
        else:
            problem = amend_files(request, actor, case)
        if data is not None and form.pressed():
            form = form.changed()
        elif data is not None and not removed(request) and not problem:
            clash = changes_in(case, about, form) if data.get("version", version) != version else []
            problem = str(CHANGED if clash else MISSING)
            if not clash and about.is_valid() and form.is_valid() and not told_nothing(request, about, case):
                amend_as_written(actor, case, about, form, data.get("once", ""))
                done = _("The case is changed. The client sees what.")
                messages.success(request, done, extra_tags=device_key(actor, case, "amend"))
                return redirect("firm_case", slug_of(actor), ref)
    except NotNow as refusal:
        if data is None:
            messages.error(request, str(refusal))
            return redirect("firm_case", slug_of(actor), ref)
        mine = [f"{one.label}: {one.after}" for one in changes_in(case, about, form) if one.after]
        return show_case(request, actor, opened(actor, ref), status=409, problem=str(refusal), mine=mine)
    except NotYours:
        raise
    except Refused as refusal:
        problem = str(refusal)
    waiting = unsent(actor, case, Purpose.REQUEST).select_related("blob")
    return page(
        request,
        "firm/amend.html",
        actor,
        "firm_cases",
        status=(409 if clash else 422) if problem else 200,
        case=case,
        kind=case.kind_of,
        about=about,
        form=form,
        problem=problem,
        clash=clash,
        sent=asked_files(actor, case, event__isnull=False),
        once=request.POST.get("once") or secrets.token_hex(12),
        version=version,
        device=device_key(actor, case, "amend"),
        files=waiting_files(actor, waiting, Purpose.REQUEST, file_address(actor, ref)),
        accept=ACCEPT,
        max_mb=case.firm.max_file_mb,
    )


def amend_files(request: HttpRequest, actor: Actor, case: Case) -> str:
    """Keep the files that are to be added; gives the sentences of those that could not be taken."""
    if one := removed(request):
        detach(actor, case, one)
    return take(request, actor, case, Purpose.REQUEST).problem


def amend_forms(actor: Actor, case: Case, data: Any) -> tuple[About, KindForm]:
    about, form = make_forms(actor, case.kind_of, [case.engagement], case, data)
    for name in ("due_on", "period", "period_from", "period_to", "responsible"):
        about.fields.pop(name, None)
    about.was_restricted = case.restricted
    return about, form


def amend_again(actor: Actor, case: Case, about: About, form: KindForm, kept: Any) -> KindForm:
    """The forms as they were filled in before the session ended."""
    if kept is None:
        return form
    posted_about, posted_form = amend_forms(actor, case, kept)
    about.show_again(posted_about.typed())
    return form.again(posted_form.typed())


def amend_as_written(actor: Actor, case: Case, about: About, form: KindForm, once: str) -> None:
    words = {name: about.cleaned_data[name] for name in ("subject", "message", "restricted")}
    named = about.cleaned_data.get("recipients")
    people = None if named is None else [one for one in people_at(actor, [case.engagement]) if str(one.pk) in named]
    actions.amend(actor, case, request=form.encoded(), recipients=people, once=once, **words)
