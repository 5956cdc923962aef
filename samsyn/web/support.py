"""*Support*: a manager lets somebody from outside read for some hours, and ends it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from samsyn.kit.fields import LineField, MailField
from samsyn.tenancy import actions
from samsyn.tenancy.actions.support import HOURS
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.errors import NotYours, Refused
from samsyn.tenancy.roles import Right
from samsyn.tenancy.support import SupportWindow
from samsyn.web.doors import firm_page
from samsyn.web.kept import fill, put_back
from samsyn.web.pages import page, slug_of

SHOWN = 20


class LetIn(forms.Form):
    email = MailField(
        label=gettext_lazy("E-mail address of the person who helps you"),
        help_text=gettext_lazy("You get it from whoever runs Samsyn."),
    )
    reason = LineField(label=gettext_lazy("Why"), longest=160)
    hours = forms.TypedChoiceField(
        label=gettext_lazy("For how long"),
        coerce=int,
        choices=[(one, ngettext_lazy("%(num)d hour", "%(num)d hours", one) % {"num": one}) for one in HOURS],
    )


@firm_page("GET", "POST")
def windows(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Who is let in, and who has been. Managers only."""
    if not actor.may(Right.RUN_FIRM):
        raise NotYours(_("Only a firm manager can let support in."))
    if "end" in request.POST:
        actions.end_window(actor, _chosen(actor, request.POST["end"]))
        messages.success(request, _("Support can't read here any more"))
        return redirect("firm_support", slug_of(actor))
    posted = request.method == "POST"
    form = LetIn(request.POST if posted else None)
    fill(form, put_back(request))
    if posted and form.is_valid() and _opened(request, actor, form):
        return redirect("firm_support", slug_of(actor))
    rows = SupportWindow.objects.visible_to(actor).select_related("opened_by__user").order_by("-opened_at", "-id")
    found = list(rows[:SHOWN])
    return page(
        request,
        "firm/support.html",
        actor,
        "firm_settings",
        status=422 if posted else 200,
        form=form,
        there=[one for one in found if one.is_open],
        before=[one for one in found if not one.is_open],
    )


def _opened(request: HttpRequest, actor: Actor, form: forms.Form) -> bool:
    try:
        window = actions.open_window(actor, **form.cleaned_data)
    except Refused as refusal:
        form.add_error(refusal.field or None, str(refusal))
        return False
    messages.success(request, _("%(name)s can read here now") % {"name": window.name})
    return True


def _chosen(actor: Actor, pk: Any) -> SupportWindow:
    """The window a form names, or 404 for whatever else was posted."""
    found = next((one for one in SupportWindow.objects.visible_to(actor) if str(one.pk) == pk), None)
    if found is None:
        raise Http404
    return found
