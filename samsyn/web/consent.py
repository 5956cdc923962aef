"""*Samtycke*: the agreement between a firm and a company, read, answered and taken back by an owner."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from samsyn.cases import actions
from samsyn.cases.lists import waiting_for_consent
from samsyn.kit.text import clean_text
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.agreement import reading_of
from samsyn.tenancy.errors import NotYours, Refused
from samsyn.tenancy.models import Consent, Engagement, Membership
from samsyn.tenancy.roles import Right
from samsyn.web.doors import client_page
from samsyn.web.kept import put_back
from samsyn.web.pages import contact_in, page, slug_of
from samsyn.web.showing import consent_history


@client_page()
def consents(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The only agreement, or one link per firm."""
    if len(actor.memberships) == 1:
        return redirect("consent", slug_of(actor), actor.memberships[0].firm.slug)
    return page(request, "client/consents.html", actor, "client_start", held=actor.memberships)


@client_page("GET", "POST")
def consent(request: HttpRequest, actor: Actor, firm: str) -> HttpResponse:
    """Read the text; an owner approves, declines or withdraws."""
    held = next((one for one in actor.memberships if one.firm.slug == firm), None)
    if held is None:
        raise Http404
    written = put_back(request)
    problem, reason = "", request.POST.get("reason", "") or written.get("", "reason")
    if request.method == "POST":
        try:
            return answered(request, actor, held)
        except NotYours:
            raise
        except Refused as refusal:
            problem = str(refusal)
    engagement = held.engagement
    engagement.firm = held.firm
    rows = Consent.objects.visible_to(actor).select_related("text").filter(engagement=engagement)
    history = list(rows.order_by("-seq"))
    approval = next((one for one in history if one.step == Step.APPROVED), None)
    return page(
        request,
        "client/consent.html",
        actor,
        "client_start",
        status=422 if problem else 200,
        held=held,
        contacts=[contact_in(actor, engagement.pk)],
        engagement=engagement,
        reading=reading_of(held.firm, engagement, history, request.LANGUAGE_CODE),
        history=consent_history(history),
        approval=approval,
        waiting=waiting_for_consent(actor, engagement),
        problem=problem,
        reason=reason,
        ticked=bool(written.get("", "may_represent")),
        represents=actor.may(Right.REPRESENT, engagement.pk) or held.awaits_agreement,
        evidence=actor.may(Right.REPRESENT, engagement.pk),
        asked=engagement.ended_at is None and (engagement.asked_at is not None or held.awaits_agreement),
        appointed=held.awaits_agreement,
        confirms_first=held.firm.fresh_consent and not actor.fresh,
    )


def answered(request: HttpRequest, actor: Actor, held: Membership) -> HttpResponse:
    """Carry out the button that was pressed; a second press of it leads where the first did."""
    engagement, decision = held.engagement, request.POST.get("decision", "")
    appointed = held.awaits_agreement
    renewing = engagement.is_renewing and not appointed
    if decision not in STEPS:
        raise Refused(_("Choose Approve or Decline."))
    if not has_done(actor, engagement, decision):
        answer(request, actor, engagement, decision)
    messages.success(request, DONE[decision, renewing]())
    if appointed and decision == "decline":
        return redirect("start")  # what is left to see is decided there
    held.awaits_agreement = False
    if decision == "approve" and not renewing:
        return redirect("client_cases" if held.menu_is_open else "client_start", slug_of(actor))
    return redirect("consent", slug_of(actor), held.firm.slug)


def has_done(actor: Actor, engagement: Engagement, decision: str) -> bool:
    """Whether the newest step of the consent is just this one, by this person."""
    newest = Consent.objects.visible_to(actor).filter(engagement=engagement).order_by("-seq").first()
    return bool(newest and actor.user and newest.step == STEPS[decision] and newest.user_id == actor.user.pk)


def answer(request: HttpRequest, actor: Actor, engagement: Engagement, decision: str) -> None:
    reason = clean_text(request.POST.get("reason", ""))
    if len(reason) > LONGEST:
        raise Refused(_("The reason is too long. At most 500 characters fit here."))
    if decision == "approve":
        if not request.POST.get("may_represent"):
            raise Refused(_("Tick that you are authorised to represent the company, then approve."))
        actions.approve_consent(actor, engagement, text_sha256=request.POST.get("text", ""))
    elif decision == "withdraw":
        actions.withdraw_consent(actor, engagement, reason=reason)
    else:
        actions.decline_consent(actor, engagement, reason=reason)


LONGEST = 500
Step = Engagement.ConsentState
STEPS = {"approve": Step.APPROVED, "decline": Step.DECLINED, "withdraw": Step.WITHDRAWN}
# By the button, and whether a new text was asked about while an approval was in force.
DONE: dict[tuple[str, bool], Callable[[], str]] = {
    ("approve", False): lambda: _("You have approved. The cases are here."),
    ("approve", True): lambda: _("You have approved the new text."),
    ("decline", False): lambda: _("You have declined. The firm knows."),
    ("decline", True): lambda: _("You have declined, and the consent has ended. What has been sent can still be read."),
    ("withdraw", False): lambda: _("The consent is withdrawn. What has been sent can still be read."),
    ("withdraw", True): lambda: _("The consent is withdrawn. What has been sent can still be read."),
}
