"""*Avtalstext*: what holds now, what a new version would change, and the versions there have been."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from samsyn.kit.differences import Paragraph, changed_paragraphs
from samsyn.kit.fields import TextField, TickField
from samsyn.tenancy import actions
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.agreement import newest_texts, text_at, tidy
from samsyn.tenancy.errors import NotYours, Refused
from samsyn.tenancy.models import AgreementText, Engagement, Firm
from samsyn.tenancy.roles import Right
from samsyn.web.doors import firm_page
from samsyn.web.kept import fill, put_back
from samsyn.web.pages import page, slug_of
from samsyn.web.requests import status_of

NAMES = {"sv": gettext_lazy("Swedish"), "en": gettext_lazy("English")}


class AgreementForm(forms.Form):
    """The text in each language, and whether those who have approved an older one must approve it."""

    sv = TextField(
        label=gettext_lazy("Agreement text in Swedish"),
        widget=forms.Textarea(attrs={"rows": 14}),
        longest=20_000,
        help_text=gettext_lazy("A line that begins with ## is a heading. An empty line begins a new paragraph."),
    )
    en = TextField(
        label=gettext_lazy("Agreement text in English"),
        widget=forms.Textarea(attrs={"rows": 14}),
        longest=20_000,
    )
    must_renew = TickField(label=gettext_lazy("Clients that have approved must approve this text"))

    def bodies(self) -> dict[str, str]:
        return {language: tidy(self.cleaned_data[language]) for language in NAMES}


@dataclass(frozen=True)
class Changes:
    """What a version changes in one language."""

    language: str
    name: str
    paragraphs: list[Paragraph]


@firm_page("GET", "POST")
def agreement(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The agreement text: look at what changes, then publish it. Managers only."""
    if not actor.may(Right.RUN_FIRM) or actor.firm is None:
        raise NotYours(_("Only a firm manager can change the agreement text."))
    now = {text.language: text for text in newest_texts(actor.firm)}
    posted = request.method == "POST"
    form = AgreementForm(request.POST if posted else None, initial={one: text.body for one, text in now.items()})
    fill(form, put_back(request))
    changes: list[Changes] = []
    problem, status = "", 200
    if posted and form.is_valid():
        changes = changes_to(now, form.bodies())
        try:
            if request.POST.get("do") == "publish" and request.POST.get("seen") == mark_of(form.bodies()):
                return published(request, actor, form)
            problem = why_not_yet(request, changes)
        except NotYours:
            raise
        except Refused as refusal:
            problem, status = str(refusal), status_of(refusal)
    if posted and status == 200 and (problem or form.errors):
        status = 422
    shown = version_asked_for(request, actor.firm)
    return page(
        request,
        "firm/agreement.html",
        actor,
        "firm_settings",
        status=status,
        form=form,
        problem=problem,
        changes=changes,
        seen=mark_of(form.bodies()) if changes else "",
        version=max(text.version for text in now.values()),
        versions=versions_of(actor),
        shown=shown,
        differences=differences_of(actor.firm, shown) if shown else [],
        **how_many(actor),
    )


def why_not_yet(request: HttpRequest, changes: list[Changes]) -> str:
    """Why what was posted is shown and not published, when it was not just to be shown."""
    if not changes:
        return _("Nothing in the text has changed.")
    if request.POST.get("do") == "publish":
        return _("The text has been changed since you looked at it. Look at what changes, then publish.")
    return ""


def published(request: HttpRequest, actor: Actor, form: AgreementForm) -> HttpResponse:
    after = request.POST.get("after", "")
    renew = bool(form.cleaned_data["must_renew"])
    number = actions.publish_agreement(
        actor, form.bodies(), after=int(after) if after.isdecimal() and len(after) < 9 else 0, must_renew=renew
    )
    said = _("Version %(version)d is published.") % {"version": number}
    if renew and (many := how_many(actor)["approved"]):
        asked = ngettext("%(num)d client is asked to approve it.", "%(num)d clients are asked to approve it.", many)
        said = f"{said} {asked % {'num': many}}"
    messages.success(request, said)
    return redirect("firm_agreement", slug_of(actor))


def changes_to(now: dict[str, AgreementText], bodies: dict[str, str]) -> list[Changes]:
    """What `bodies` change, language by language; those that are as they were are left out."""
    found = []
    for language, body in bodies.items():
        before = now[language].body if language in now else ""
        if body != before:
            found.append(Changes(language, str(NAMES[language]), changed_paragraphs(before, body)))
    return found


def mark_of(bodies: dict[str, str]) -> str:
    """What was looked at, so that nothing else is published by the same press."""
    return hashlib.sha256("\0".join(bodies[language] for language in sorted(bodies)).encode()).hexdigest()


def versions_of(actor: Actor) -> list[AgreementText]:
    """One row for each version, newest first."""
    rows = AgreementText.objects.visible_to(actor).select_related("by__user").order_by("-version", "-language")
    found = {text.version: text for text in reversed(rows)}
    return list(reversed(found.values()))


def version_asked_for(request: HttpRequest, firm: Firm) -> int:
    """The version whose changes somebody wants to see; 0 for none. The first has changed nothing."""
    asked = request.GET.get("version", "")
    number = int(asked) if asked.isdecimal() and len(asked) < 9 else 0
    return number if 1 < number <= actions.newest_version(firm) else 0


def differences_of(firm: Firm, version: int) -> list[Changes]:
    """What a version changed, against the one before it."""
    found = []
    for language, name in NAMES.items():
        old, new = (text_at(firm, number, language) for number in (version - 1, version))
        if old and new and old.body != new.body:
            found.append(Changes(language, str(name), changed_paragraphs(old.body, new.body)))
    return found


def how_many(actor: Actor) -> dict[str, Any]:
    """How many clients have approved, and how many of those are being asked anew."""
    rows = Engagement.objects.visible_to(actor).filter(consent="approved", ended_at=None, merged_into=None)
    return {"approved": rows.count(), "asked": rows.filter(asked_at__isnull=False).count()}
