"""*Kunder*: the register, a client's page with consent and hindrances, and the firm's settings."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.dates import MONTHS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from samsyn.cases import actions as cases
from samsyn.cases.lists import years_of
from samsyn.cases.models import Case, State
from samsyn.cases.models.case import OPEN_STATES
from samsyn.kit.fields import LineField, MailField, PartyNumberField
from samsyn.kit.text import like_pattern, mail_address
from samsyn.tenancy import actions
from samsyn.tenancy.actions.consent import WAITING, Step, asking_of
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.appointments import RUNNING, Appointment
from samsyn.tenancy.errors import NotYours, Refused
from samsyn.tenancy.hindrances import Hindrance, addresses_of_staff, hindered, hindrances
from samsyn.tenancy.models import Consent, Engagement, Invitation, Membership, Participant
from samsyn.tenancy.people import chosen_staff, people_of, staff_of
from samsyn.web.away import said_of
from samsyn.web.case_data import find_case
from samsyn.web.doors import firm_page
from samsyn.web.downloads import year_copy
from samsyn.web.firm_desk import for_client, open_counts
from samsyn.web.firm_filters import as_id, paged, with_
from samsyn.web.kept import Written, fill, put_back
from samsyn.web.pages import page, slug_of
from samsyn.web.requests import made_at
from samsyn.web.showing import consent_history

PAGE = 50
MISSING = Q(consent__in=("none", "invited", "reminded", "declined", "expired", "withdrawn"))
VIEWS = {
    "alla": gettext_lazy("All"),
    "samtycke": gettext_lazy("Consent missing"),
    "hinder": gettext_lazy("Can't be invited"),
    "fornyas": gettext_lazy("Asked anew"),
    "mina": gettext_lazy("Mine"),
    "avslutade": gettext_lazy("Ended"),
}
# What each view will hold, for when it is empty.
EMPTY = {
    "alla": (
        gettext_lazy("No clients yet"),
        gettext_lazy(
            "The firm's clients are listed here, with their consent. Import the register you have, or add one."
        ),
    ),
    "samtycke": (
        gettext_lazy("Every client has approved"),
        gettext_lazy("A client without a consent in force is listed here, to be invited."),
    ),
    "hinder": (
        gettext_lazy("Nothing hinders"),
        gettext_lazy("A client that can't be invited yet is listed here, with what to mend."),
    ),
    "fornyas": (
        gettext_lazy("Nobody is asked anew"),
        gettext_lazy("A client that has approved an older agreement text and is asked about a new one is listed here."),
    ),
    "mina": (
        gettext_lazy("No clients of yours"),
        gettext_lazy(
            "Clients you are responsible for are listed here. Who is responsible is chosen on the client's page."
        ),
    ),
    "avslutade": (
        gettext_lazy("No ended clients"),
        gettext_lazy("A client that has ended is listed here. Everything can still be read."),
    ),
}


class ClientForm(forms.ModelForm):  # type: ignore[type-arg]
    """What the firm knows about a client."""

    name = LineField(label=gettext_lazy("Name"), longest=120)
    number = PartyNumberField(label=gettext_lazy("Organisation number or personal number"), required=False)
    client_number = LineField(label=gettext_lazy("Your client number"), longest=40, required=False)
    address = LineField(label=gettext_lazy("Street address"), longest=200, required=False)
    postcode = LineField(label=gettext_lazy("Postcode"), longest=10, required=False)
    city = LineField(label=gettext_lazy("City"), longest=80, required=False)
    contact_name = LineField(label=gettext_lazy("Name"), longest=120, required=False)
    contact_email = MailField(label=gettext_lazy("The main contact's e-mail"), required=False)
    phone = LineField(label=gettext_lazy("Telephone"), longest=40, required=False)

    fiscal_year_ends = forms.TypedChoiceField(
        label=gettext_lazy("Closing month"), choices=list(MONTHS.items()), coerce=int, initial=12
    )

    class Meta:
        model = Engagement
        fields = (
            "name",
            "number",
            "form",
            "client_number",
            "address",
            "postcode",
            "city",
            "contact_name",
            "contact_email",
            "phone",
            "fiscal_year_ends",
            "language",
        )
        labels = {  # noqa: RUF012 - Django's own way
            "form": gettext_lazy("Form of company"),
            "language": gettext_lazy("Language"),
        }

    def __init__(self, *args: Any, **how: Any) -> None:
        super().__init__(*args, **how)
        self.fields["form"].choices = [("", _("Not chosen")), *Engagement.Form.choices]  # type: ignore[attr-defined]
        if self.instance.consent in WAITING:
            self.fields["contact_email"].help_text = _(
                "The invitation has gone to this address. If you change it, the old link dies and a new one is sent."
            )
        elif self.instance.consent != "none":
            self.fields["contact_email"].help_text = _("Those who have access keep it, whatever is written here.")

    def clean_number(self) -> str:
        return self.cleaned_data["number"] or ""

    def clean_contact_email(self) -> str:
        return mail_address(self.cleaned_data["contact_email"])

    def validate_constraints(self) -> None:
        """The database says it; here it would read past the gate."""

    def validate_unique(self) -> None:
        """As above."""


def find_client(actor: Actor, pk: UUID) -> Engagement:
    rows = Engagement.objects.visible_to(actor)
    found: Engagement | None = rows.select_related("firm", "company", "responsible__user").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@firm_page("GET", "POST", support=True)
def clients(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The register: views, search, a page at a time; one or many can be invited."""
    problem = ""
    if request.method == "POST":
        try:
            return invite(request, actor)
        except NotYours:
            raise
        except Refused as refusal:
            problem = str(refusal)
    asked = request.GET
    view = asked.get("vy") if asked.get("vy") in VIEWS else "alla"
    words = asked.get("q", "").strip()[:200]
    rows = Engagement.objects.visible_to(actor).select_related("responsible__user").filter(merged_into=None)
    rows = rows.filter(ended_at__isnull=view != "avslutade")
    if view == "samtycke":
        rows = rows.filter(MISSING)
    staff = addresses_of_staff(actor.firm)  # type: ignore[arg-type]
    if view == "hinder":
        rows = hindered(rows.filter(MISSING), staff)
    if view == "fornyas":
        rows = rows.filter(consent=Step.APPROVED, asked_at__isnull=False)
    if view == "mina":
        rows = rows.filter(responsible__in=actor.membership_ids)
    for word in words.split()[:8]:
        rows = rows.filter(search_key__contains=like_pattern(word))
    rows = rows.order_by("sort_key", "id")
    found, following, first = paged(asked, rows, "sort_key", False, PAGE)
    counts = open_counts(actor)
    shown = [(one, hinders(one, staff), counts.get(one.pk, 0)) for one in found]
    return page(
        request,
        "firm/clients.html",
        actor,
        "firm_clients",
        status=422 if problem else 200,
        problem=problem,
        rows=shown,
        empty=EMPTY[str(view)],
        first=first,
        words=words,
        view=view,
        following=following,
        views=[(name, label, with_(asked, vy=name, efter=None)) for name, label in VIEWS.items()],
    )


def hinders(engagement: Engagement, staff: frozenset[str]) -> list[Hindrance]:
    """What hinders an invitation, of a client that is still to be invited."""
    return [] if engagement.has_consent or engagement.ended_at else hindrances(engagement, staff)


def invite(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Invite the client whose own button was pressed; for the ticked ones, first show whom it reaches."""
    if not request.POST.get("one") and request.POST.get("do") != "invite":
        raise Refused(_("Choose what to do with the clients."))
    ids = [request.POST["one"]] if request.POST.get("one") else request.POST.getlist("client")[:PAGE]
    rows = Engagement.objects.visible_to(actor).select_related("firm", "company")
    chosen = list(rows.filter(pk__in=[one for one in map(as_id, ids) if one]).order_by("sort_key"))
    if not chosen:
        raise Refused(_("Tick at least one client first."))
    if not request.POST.get("one"):
        named = urlencode([("kund", str(one.pk)) for one in chosen])
        return redirect(f"{reverse('firm_invite_many', args=[slug_of(actor)])}?{named}")
    try:
        actions.invite_main_contact(actor, chosen[0], since=made_at(request))
    except NotYours:
        raise
    except Refused as refusal:
        messages.warning(request, f"{chosen[0].name}: {refusal}")
    else:
        messages.success(request, _("The invitation is on its way"))
    return redirect(request.get_full_path())


@firm_page("GET", "POST", support=True)
def client(request: HttpRequest, actor: Actor, pk: UUID) -> HttpResponse:
    """One client: facts, consent and its history, hindrances, people, cases."""
    engagement = find_client(actor, pk)
    problem = ""
    if request.method == "POST":
        try:
            return pressed(request, actor, engagement)
        except NotYours:
            raise
        except Refused as refusal:
            problem = str(refusal)
            engagement = find_client(actor, pk)
    history = Consent.objects.visible_to(actor).select_related("text").filter(engagement=engagement).order_by("-seq")
    invited = Invitation.objects.visible_to(actor).filter(engagement=engagement, state=Invitation.State.PENDING)
    written = put_back(request)
    part = Participant.objects.visible_to(actor).filter(engagement=engagement).select_related("membership__user")
    return page(
        request,
        "firm/client.html",
        actor,
        "firm_clients",
        status=422 if problem else 200,
        client=engagement,
        history=consent_history(history, versions=True),
        asking=asking_of(engagement),
        people=list(people_of(actor, engagement)),
        invited=list(invited),
        problem=problem,
        lines=for_client(actor, engagement),
        waiting=waiting_at(actor, engagement).count(),
        years=years_of(actor, [engagement.pk]),
        fiscal_year_ends=MONTHS[engagement.fiscal_year_ends],
        staff=list(staff_of(actor)),
        appointed=Appointment.objects.visible_to(actor).filter(engagement=engagement, state__in=RUNNING).first(),
        absent=said_of([engagement.responsible]).get(engagement.responsible_id, ""),
        **people_shown(engagement, [one.membership_id for one in part], written),
        reason=written.get("", "reason"),
        hindered=hinders(engagement, addresses_of_staff(engagement.firm)),
        may_delete=not cases.sent_to(actor, engagement),
        drafts=Case.objects.visible_to(actor).filter(engagement=engagement, state=State.DRAFT).count(),
        unfinished=Case.objects.visible_to(actor).filter(engagement=engagement, state__in=OPEN_STATES).count(),
    )


def people_shown(engagement: Engagement, part: list[UUID | None], written: Written) -> dict[str, Any]:
    """Who is responsible and who takes part, by id: as it is, or as it was chosen before the session ended."""
    fields = written.fields()
    if fields is None or "responsible" not in fields:
        return {"responsible": str(engagement.responsible_id), "part": set(map(str, part))}
    return {"responsible": fields.get("responsible"), "part": set(fields.getlist("part"))}


def waiting_at(actor: Actor, engagement: Engagement) -> Any:
    """The cases that wait for this client's consent."""
    return Case.objects.visible_to(actor).filter(engagement=engagement, state=State.AWAITING_CONSENT)


def pressed(request: HttpRequest, actor: Actor, engagement: Engagement) -> HttpResponse:
    """Carry out the button that was pressed on the client's page."""
    do = request.POST.get("do")
    if do == "invite":
        actions.invite_main_contact(actor, engagement, since=made_at(request))
        messages.success(request, _("The invitation is on its way"))
        if ref := request.POST.get("ref"):
            return redirect("firm_case", slug_of(actor), find_case(actor, ref).ref)
    elif do == "cancel":
        for case in waiting_at(actor, engagement):
            cases.cancel(actor, case)
        messages.success(request, _("The waiting cases are cancelled"))
    elif do == "withdraw":
        cases.withdraw_consent(actor, engagement, reason=request.POST.get("reason", "")[:500])
        messages.success(request, _("The consent is withdrawn and open cases are closed"))
    elif do == "end":
        cancelled = cases.end_client(actor, engagement)
        messages.success(request, _("The client has ended. Everything can still be read."))
        if cancelled:
            text = ngettext("%(num)d waiting case was cancelled.", "%(num)d waiting cases were cancelled.", cancelled)
            messages.warning(request, text % {"num": cancelled})
    elif do == "take_up":
        cases.take_up_client(actor, engagement)
        messages.success(request, _("The client is back, and cases can be sent again."))
    elif do == "delete":
        cases.delete_client(actor, engagement)
        messages.success(request, _("The client is deleted"))
        return redirect("firm_clients", slug_of(actor))
    elif do == "people":
        chosen = chosen_staff(actor, request.POST.get("responsible"))
        staff = {str(one.pk): one for one in staff_of(actor)}
        part = [staff[one] for one in request.POST.getlist("part") if one in staff]
        actions.set_people(actor, engagement, responsible=chosen, participants=part)
        messages.success(request, _("Saved"))
    else:
        raise Refused(_("Choose what to do."))
    return redirect("firm_client", slug_of(actor), engagement.pk)


@firm_page("GET", "POST")
def new_client(request: HttpRequest, actor: Actor) -> HttpResponse:
    return client_form(request, actor, None)


@firm_page("GET", "POST")
def edit_client(request: HttpRequest, actor: Actor, pk: UUID) -> HttpResponse:
    return client_form(request, actor, find_client(actor, pk))


def client_form(request: HttpRequest, actor: Actor, engagement: Engagement | None) -> HttpResponse:
    """Add a client, or change what the firm knows."""
    data = request.POST if request.method == "POST" else None
    shown = None if engagement is None else find_client(actor, engagement.pk)
    form = ClientForm(data, instance=shown)
    fill(form, put_back(request))
    if data is not None and form.is_valid():
        facts = dict(form.cleaned_data)
        try:
            if engagement is None:
                saved = actions.add_client(actor, **facts)
            else:
                saved = actions.change_client(actor, engagement, **facts)
        except NotYours:
            raise
        except Refused as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            messages.success(request, _("The client is saved"))
            if words := contact_words(actor, engagement, saved):
                messages.warning(request, words)
            return redirect("firm_client", slug_of(actor), saved.pk)
    return page(
        request,
        "firm/client_form.html",
        actor,
        "firm_clients",
        status=422 if data is not None else 200,
        form=form,
        client=engagement,
    )


def contact_words(actor: Actor, before: Engagement | None, after: Engagement) -> str:
    """What another address of the main contact has meant for who may come in; '' when nothing."""
    if before is None or before.contact_email == after.contact_email or before.consent == Step.NONE:
        return ""
    if before.consent in WAITING:
        if after.consent not in WAITING:
            return _("The invitation to the old address has died. Mend what hinders, then invite again.")
        sent = Invitation.objects.visible_to(actor).filter(
            engagement=after, email=after.contact_email, main_contact=True, state=Invitation.State.PENDING
        )
        shown = {"email": after.contact_email}
        words = _("The invitation to the old address has died. A new one is on its way to %(email)s.") % shown
        return words if sent.exists() else ""
    rows = Membership.objects.visible_to(actor).select_related("user")
    held = rows.filter(pk__in=[after.main_contact_id], ended_at=None).exclude(user__email=after.contact_email).first()
    if held is None:
        return ""
    return _("%(name)s still has access with %(email)s.") % {"name": held.name, "email": held.user.email}


@firm_page()
def client_year(request: HttpRequest, actor: Actor, pk: UUID, year: int) -> HttpResponseBase:
    """A client's year as a ZIP: every case that was sent in it."""
    engagement = find_client(actor, pk)
    return year_copy(request, actor, [engagement.pk], engagement.name, year)
