"""*Bevis*: the agreement between a firm and a company, every step of it and the texts themselves, to be printed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from samsyn.tenancy.actors import Actor
from samsyn.tenancy.agreement import digest_of
from samsyn.tenancy.errors import NotYours
from samsyn.tenancy.models import CLIENT, AgreementText, Consent, Engagement, Membership
from samsyn.tenancy.roles import Right
from samsyn.web.doors import client_page, firm_page
from samsyn.web.firm_clients import find_client
from samsyn.web.pages import contact_in, page
from samsyn.web.showing import consent_sentence, in_force_before


@dataclass(frozen=True)
class StepTaken:
    """One step as it was stored: the sentence, and who acted in what role and for whom, when and from where."""

    consent: Consent
    sentence: SafeString
    role: str
    party: str


@dataclass(frozen=True)
class TextNamed:
    """A text that a step names, and whether its hash, computed now, is the one the steps have."""

    text: AgreementText
    matches: bool


@firm_page()
def firm_evidence(request: HttpRequest, actor: Actor, pk: UUID) -> HttpResponse:
    """For those at the firm who work with the client."""
    engagement = for_firm(actor, pk)
    return page(request, "firm/evidence.html", actor, "firm_clients", **evidence_of(actor, engagement))


@firm_page()
def firm_text(request: HttpRequest, actor: Actor, pk: UUID, version: int, language: str) -> HttpResponse:
    return text_file(actor, for_firm(actor, pk), version, language)


@client_page()
def client_evidence(request: HttpRequest, actor: Actor, firm: str) -> HttpResponse:
    """For the owners of the company."""
    engagement = for_owner(actor, firm)
    contacts = [contact_in(actor, engagement.pk)]
    shown = evidence_of(actor, engagement)
    return page(request, "client/evidence.html", actor, "client_start", contacts=contacts, **shown)


@client_page()
def client_text(request: HttpRequest, actor: Actor, firm: str, version: int, language: str) -> HttpResponse:
    return text_file(actor, for_owner(actor, firm), version, language)


def for_firm(actor: Actor, pk: UUID) -> Engagement:
    engagement = find_client(actor, pk)
    if not actor.may(Right.WORK):
        raise NotYours(_("Only those who work with the client see from where each step was taken."))
    return engagement


def for_owner(actor: Actor, firm: str) -> Engagement:
    held = next((one for one in actor.memberships if one.firm.slug == firm), None)
    if held is None:
        raise Http404
    if not actor.may(Right.REPRESENT, held.engagement_id):
        raise NotYours(_("Only an administrator sees from where each step was taken."))
    rows = Engagement.objects.visible_to(actor).select_related("firm", "company")
    found: Engagement = rows.get(pk=held.engagement.pk)
    return found


def steps_of(actor: Actor, engagement: Engagement) -> list[Consent]:
    """Every step, oldest first, with its text."""
    rows = Consent.objects.visible_to(actor).select_related("text").filter(engagement=engagement)
    return list(rows.order_by("seq"))


def texts_in(steps: list[Consent]) -> list[AgreementText]:
    """The texts that the steps name, each once, newest first."""
    found = {one.text.pk: one.text for one in steps if one.text}
    return sorted(found.values(), key=lambda text: (-text.version, text.language))


def evidence_of(actor: Actor, engagement: Engagement) -> dict[str, Any]:
    """What the page shows of an agreement to either side: the same to both."""
    steps = steps_of(actor, engagement)
    if not steps:
        raise Http404
    held = in_force_before(steps[::-1])
    hashes = {one.text.pk: {step.text_sha256 for step in steps if step.text == one.text} for one in steps if one.text}
    return {
        "engagement": engagement,
        "taken": [
            StepTaken(one, consent_sentence(one, held=held[one.pk]), role_in(one), party_of(one, engagement))
            for one in steps
        ],
        "texts": [TextNamed(text, hashes[text.pk] == {digest_of(text.body)}) for text in texts_in(steps)],
        "now": timezone.now(),
    }


def role_in(step: Consent) -> str:
    """The role somebody had then; the system has none."""
    return str(Membership.Role(step.role).label) if step.role else ""


def party_of(step: Consent, engagement: Engagement) -> str:
    return engagement.name if step.side == CLIENT else engagement.firm.name


def text_file(actor: Actor, engagement: Engagement, version: int, language: str) -> HttpResponse:
    """Just the bytes that were hashed, for whoever wants to do it again."""
    named = texts_in(steps_of(actor, engagement))
    text = next((one for one in named if (one.version, one.language) == (version, language)), None)
    if text is None:
        raise Http404
    response = HttpResponse(text.body.encode(), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="avtal-{text.version}-{text.language}.txt"'
    return response
