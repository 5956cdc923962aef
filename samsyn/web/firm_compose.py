"""Writing a case: clients, kind, fields, preview in the client's own template, send."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from samsyn.cases import actions, kinds
from samsyn.cases.files import ACCEPT, detach, info_of, unsent, waiting_files
from samsyn.cases.kinds.base import Kind
from samsyn.cases.models import Attachment, Case, Purpose, Recipient, State
from samsyn.cases.verbs import VERBS, refuse_unless_allowed
from samsyn.kit.fields import ChoiceField, DueDayField, LineField, ManyField, TextField
from samsyn.kit.periods import PeriodForm
from samsyn.kit.rows import KindForm
from samsyn.kit.sweden import stockholm_today, working_day_before
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.errors import NotNow, NotYours, Refused
from samsyn.tenancy.hindrances import addresses_of_staff, hindrances
from samsyn.tenancy.models import Engagement, Membership
from samsyn.tenancy.roles import Right, rights_of
from samsyn.web.attaching import removed, take
from samsyn.web.case_data import find_case
from samsyn.web.doors import firm_page
from samsyn.web.firm_case import file_address
from samsyn.web.kept import put_back
from samsyn.web.pages import page, slug_of
from samsyn.web.showing import Turn, TurnLine

MISSING = gettext_lazy("Something is missing. It is marked below.")
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
        return people_at(self.actor, self.clients)

    def facts(self) -> dict[str, Any]:
        """The columns as they are typed, when they can be read; nothing is lost that can be kept."""
        typed, fine = self.about.typed(), {}
        self.about.is_valid()
        cleaned = self.about.cleaned_data
        fine["subject"], fine["message"] = typed["subject"] or "", typed["message"] or ""
        for name in ("due_on", "period_from", "period_to"):
            fine[name] = dt.date.fromisoformat(cleaned[name]) if cleaned.get(name) else None
        return fine


def people_at(actor: Actor, clients: list[Engagement]) -> list[Membership]:
    """The people of the only client chosen; with several there is nobody to name."""
    if len(clients) != 1:
        return []
    rows = Membership.objects.visible_to(actor).filter(engagement=clients[0], ended_at=None)
    return list(rows.select_related("user").order_by("user__name"))


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
        }
    about = About(data, initial=initial)
    about.list_periods(clients[0].fiscal_year_ends if len(clients) == 1 else 12)
    about.fields["recipients"].choices = [(str(one.pk), one.name) for one in people]  # type: ignore[attr-defined]
    if not people:
        del about.fields["recipients"]
    staff = Membership.objects.visible_to(actor).filter(engagement=None, ended_at=None).select_related("user")
    about.fields["responsible"].choices = [(str(one.pk), one.name) for one in staff.order_by("user__name")]  # type: ignore[attr-defined]
    approvers = [(str(one.pk), one.name) for one in people if Right.APPROVE in rights_of(one)]
    stored = case.request if case and case.request else None
    return about, kind.request_form(data, initial=stored, people=approvers)


@firm_page("GET", "POST")
def new_case(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Choose clients and kind; then the form."""
    asked = request.POST if request.method == "POST" else request.GET
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
    return compose(request, actor, firm_kinds[slug], clients, None)


@firm_page("GET", "POST")
def edit_case(request: HttpRequest, actor: Actor, ref: str) -> HttpResponse:
    """A draft or a waiting case, edited in place."""
    case = find_case(actor, ref)
    if case.state not in EDITABLE or case.by_client:
        raise Http404
    asked = request.POST if request.method == "POST" else request.GET
    # A draft can be turned to other clients; a waiting case stays with its own.
    others = chosen_clients(actor, asked.getlist("kund")) if case.state == State.DRAFT else []
    return compose(request, actor, case.kind_of, others or [case.engagement], case)


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
    request: HttpRequest, actor: Actor, kind: Kind, clients: list[Engagement], case: Case | None
) -> HttpResponse:
    """The form, and what its buttons do."""
    data = request.POST if request.method == "POST" else None
    about, form = make_forms(actor, kind, clients, case, data if data is not None else put_back(request).fields())
    writing = Composing(actor, kind, clients, case, about, form)
    problem = ""
    if data is not None:
        do = data.get("do", "")
        if form.pressed() or do.startswith("client.remove."):
            return rewritten(request, writing, do)
        try:
            if do == "discard" and case is not None:
                actions.discard(actor, case)
                messages.success(request, _("The draft is gone"))
                return redirect("firm_cases", slug_of(actor))
            problem = keep(request, writing)
            if writing.case is not None and writing.case.state not in EDITABLE:
                return redirect("firm_case", slug_of(actor), writing.case.ref)  # a second press of what has left
            problem = f"{problem} {keep_files(request, writing)}".strip()
            if not problem and do != "send":
                messages.success(request, _("The draft is saved"))
                return redirect(edit_address(writing))
            if not problem:
                if response := send(request, writing):
                    return response
                problem = str(MISSING)
        except NotYours:
            raise
        except Refused as refusal:
            problem = str(refusal)
    return show(request, writing, problem=problem)


def rewritten(request: HttpRequest, writing: Composing, do: str) -> HttpResponse:
    """A row or a client more or less: everything typed and chosen is kept, and nothing is called wrong yet."""
    form, about = writing.form, writing.about
    if left := [one for one in writing.clients if do != f"client.remove.{one.pk}"]:
        writing.clients = left
    problem = keep_files(request, writing) if request.FILES else ""
    writing.about, _empty = make_forms(writing.actor, writing.kind, writing.clients, writing.case)
    writing.about.initial.update(about.typed())
    changed = form.changed() if form.pressed() else form.again(form.typed())
    return show(request, writing, problem=problem, changed=changed)


def keep(request: HttpRequest, writing: Composing) -> str:
    """Save what is written as a draft, however incomplete; gives the sentence of what hindered it."""
    actor, form = writing.actor, writing.form
    fine = form.is_valid()
    if not (fine and writing.about.is_valid()) and writing.case and writing.case.state == State.AWAITING_CONSENT:
        # It leaves by itself the moment consent is given, so nothing half-written may stand in it.
        return str(MISSING)
    with transaction.atomic():
        case = actions.save_draft_case(
            actor,
            writing.case,
            engagement=writing.clients[0],
            kind=writing.kind.slug,
            once=request.POST.get("once", ""),
            request=form.encoded() if fine else form.typed(),
            **writing.facts(),
            **responsible_in(request, writing),
        )
        if case.state in EDITABLE:
            ids = set(request.POST.getlist("recipients"))
            actions.set_recipients(actor, case, [one for one in writing.people if str(one.pk) in ids])
    case.firm, case.engagement = writing.clients[0].firm, writing.clients[0]
    writing.case = case
    return ""


def keep_files(request: HttpRequest, writing: Composing) -> str:
    """The files stay with the case whatever else is wrong; gives the sentences of those that could not be taken."""
    if writing.case is None and (refused := keep(request, writing)):
        return refused
    case: Case = writing.case  # type: ignore[assignment]
    if one := removed(request):
        detach(writing.actor, case, one)
    return take(request, writing.actor, case, Purpose.REQUEST).problem


def edit_address(writing: Composing) -> str:
    """Where the draft is written on; those it is meant for beside the first are named in the address."""
    address = reverse("firm_edit_case", args=[slug_of(writing.actor), writing.case.ref])  # type: ignore[union-attr]
    named = QueryDict(mutable=True)
    named.setlist("kund", [str(one.pk) for one in writing.clients])
    return f"{address}?{named.urlencode()}" if len(writing.clients) > 1 else address


def responsible_in(request: HttpRequest, writing: Composing) -> dict[str, Any]:
    """Who was chosen to answer for the case; of several clients each keeps its own."""
    if len(writing.clients) > 1:
        return {}
    chosen = next((one for one in staff(writing.actor) if str(one.pk) == request.POST.get("responsible")), None)
    return {"responsible": chosen} if chosen else {}


def staff(actor: Actor) -> list[Membership]:
    rows = Membership.objects.visible_to(actor).filter(engagement=None, ended_at=None)
    return list(rows.select_related("user"))


def send(request: HttpRequest, writing: Composing) -> HttpResponse | None:
    """Send to one client at once, or to several in the background; None when the forms say no."""
    if not all([writing.about.is_valid(), writing.form.is_valid()]) or writing.case is None:
        return None
    actor, case = writing.actor, writing.case
    if len(writing.clients) > 1:
        actions.send_to_many(actor, case, [one.pk for one in writing.clients], once=request.POST.get("once", ""))
        messages.success(request, _("The cases are on their way. You can go on with something else."))
        return redirect("firm_desk", slug_of(actor))
    if case.state == State.AWAITING_CONSENT:
        messages.success(request, _("The changes are saved. The case waits for the consent."))
        return redirect("firm_case", slug_of(actor), case.ref)
    actions.open_(actor, case, once=request.POST.get("once", ""))
    messages.success(
        request,
        _("The invitation is on its way. The case waits for the consent.")
        if case.state == State.AWAITING_CONSENT
        else _("The case has been sent to the client"),
    )
    return redirect("firm_case", slug_of(actor), case.ref)


def show(
    request: HttpRequest, writing: Composing, *, problem: str = "", changed: KindForm | None = None
) -> HttpResponse:
    """The page with the form and, beside it, the case as the client will read it."""
    actor, case = writing.actor, writing.case
    shown = []
    if case is not None:
        files = Attachment.objects.visible_to(actor).filter(case=case, purpose=Purpose.REQUEST)
        shown = [info_of(one, file_address(actor, case.ref)) for one in files.select_related("blob")]
    addresses = addresses_of_staff(actor.firm) if actor.firm else frozenset()
    unready = [one for one in writing.clients if not one.has_consent]
    return page(
        request,
        "firm/compose.html",
        actor,
        "firm_cases",
        status=422 if problem else 200,
        kind=writing.kind,
        clients=writing.clients,
        case=case,
        about=writing.about,
        form=changed or writing.form,
        problem=problem,
        files=shown,
        unready=unready,
        hindered=[(one, found) for one in unready if (found := hindrances(one, addresses))],
        preview=preview_of(writing, shown),
        action=edit_address(writing) if case is not None else "",
        once=request.POST.get("once") or secrets.token_hex(12),
        accept=ACCEPT,
        max_mb=actor.firm.max_file_mb if actor.firm else 25,
    )


def preview_of(writing: Composing, files: list[Any]) -> dict[str, Any] | None:
    """What the client's own template needs, from the unsaved request; None while it is incomplete."""
    form = writing.form
    request: dict[str, Any] | None = None
    if form.is_bound:
        request = form.encoded() if form.is_valid() else None
    elif writing.case is not None and writing.case.request:
        stored = writing.kind.request_form(as_posted(form), people=getattr(form, "people", ()))
        request = stored.encoded() if stored.is_valid() else None
    if request is None:
        return None
    facts = writing.facts() if writing.about.is_bound else {}
    case = Case(
        kind=writing.kind.slug,
        request=request,
        engagement=writing.clients[0],
        firm=writing.clients[0].firm,
        sender=writing.actor.membership,
        responsible=writing.actor.membership,
        state=State.WITH_CLIENT,
        subject=facts.get("subject") or (writing.case.subject if writing.case else ""),
        message=facts.get("message") or (writing.case.message if writing.case else ""),
        released_at=timezone.now(),
    )
    turn = Turn("yours", "ball", _("Waiting for you"))
    return {
        "case": case,
        "subject": case.subject,
        "line": TurnLine("client", True, turn, "", None, _("You"), case.firm.name),
        "form": writing.kind.answer_form(request),
        "approvers": dict(form.people),
        "told": writing.kind.read(request),
        "request_files": files,
    }


def as_posted(form: KindForm) -> dict[str, Any]:
    from samsyn.kit.rows import as_post

    return as_post(form)


@firm_page("GET", "POST")
def amend(request: HttpRequest, actor: Actor, ref: str) -> HttpResponse:
    """*Rätta*: change what has been sent, while nothing has come back."""
    case = find_case(actor, ref)
    try:
        refuse_unless_allowed(VERBS["amend"], actor, case)
    except NotNow as refusal:
        messages.error(request, str(refusal))
        return redirect("firm_case", slug_of(actor), ref)
    data = request.POST if request.method == "POST" else None
    about, form = make_forms(actor, case.kind_of, [case.engagement], case, data)
    for name in ("due_on", "period", "period_from", "period_to", "responsible", "recipients"):
        about.fields.pop(name, None)
    problem, pressed = "", bool(data) and (form.pressed() or bool(removed(request)))
    if data is not None:
        try:
            problem = amend_files(request, actor, case)
            if form.pressed():
                form = form.changed()
            elif not (pressed or problem) and about.is_valid() and form.is_valid():
                actions.amend(
                    actor,
                    case,
                    request=form.encoded(),
                    subject=about.cleaned_data["subject"],
                    message=about.cleaned_data["message"],
                    once=data.get("once", ""),
                )
                messages.success(request, _("The case is changed. The client sees what."))
                return redirect("firm_case", slug_of(actor), ref)
        except NotYours:
            raise
        except Refused as refusal:
            problem = str(refusal)
    if data is not None and not pressed:
        problem = problem or str(MISSING)
    waiting = unsent(actor, case, Purpose.REQUEST).select_related("blob")
    return page(
        request,
        "firm/amend.html",
        actor,
        "firm_cases",
        status=422 if problem else 200,
        case=case,
        about=about,
        form=form,
        problem=problem,
        once=secrets.token_hex(12),
        files=waiting_files(actor, waiting, Purpose.REQUEST, file_address(actor, ref)),
        accept=ACCEPT,
        max_mb=case.firm.max_file_mb,
    )


def amend_files(request: HttpRequest, actor: Actor, case: Case) -> str:
    """Keep the files that are to be added; gives the sentences of those that could not be taken."""
    if one := removed(request):
        detach(actor, case, one)
    return take(request, actor, case, Purpose.REQUEST).problem
