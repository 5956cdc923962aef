"""*Inställningar*: name, number, address, phone, logo, sender, file limits, days to answer."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from samsyn.kit.fields import LineField, MailField, PartyNumberField, PersonNameField, TextField, TickField
from samsyn.kit.pictures import PictureField
from samsyn.tenancy import actions
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.demands import DEMANDS
from samsyn.tenancy.errors import NotYours, Refused
from samsyn.tenancy.models import Firm
from samsyn.tenancy.roles import Right
from samsyn.web.doors import firm_page
from samsyn.web.kept import fill, put_back
from samsyn.web.pages import page, slug_of
from samsyn.web.providers import told_to_managers

# The least and the most a firm can choose.
LIMITS = {"max_file_mb": (1, 25), "max_case_mb": (1, 1000), "due_days": (1, 90)}


class FirmForm(forms.ModelForm):  # type: ignore[type-arg]
    name = LineField(label=gettext_lazy("Name"), longest=120)
    number = PartyNumberField(label=gettext_lazy("Organisation number"))
    address = LineField(label=gettext_lazy("Street address"), longest=200, required=False)
    postcode = LineField(label=gettext_lazy("Postcode"), longest=10, required=False)
    city = LineField(label=gettext_lazy("City"), longest=80, required=False)
    phone = LineField(label=gettext_lazy("Telephone"), longest=40, required=False)
    sender = PersonNameField(
        label=gettext_lazy("Sender name in e-mails"),
        required=False,
        help_text=gettext_lazy("The firm's name when left out."),
    )
    reply_to = MailField(
        label=gettext_lazy("Address for replies"),
        required=False,
        help_text=gettext_lazy("Replies to e-mails go here."),
    )
    picture = PictureField(
        label=gettext_lazy("Logo"),
        required=False,
        most_bytes=500_000,
        help_text=gettext_lazy("PNG, JPEG or WEBP, at most 500 kB. It stands at the top of the client's pages."),
    )
    remove_logo = TickField(label=gettext_lazy("Remove the logo"))
    data_contact = MailField(
        label=gettext_lazy("Address for questions about personal data"),
        required=False,
        help_text=gettext_lazy("The address for replies when left out."),
    )
    data_sv = TextField(
        label=gettext_lazy("Of your own, in Swedish"),
        longest=5_000,
        required=False,
        help_text=gettext_lazy("Stands on the page about personal data, as plain text."),
    )
    data_en = TextField(label=gettext_lazy("Of your own, in English"), longest=5_000, required=False)

    class Meta:
        model = Firm
        fields = (
            "name",
            "number",
            "address",
            "postcode",
            "city",
            "phone",
            "sender",
            "reply_to",
            "max_file_mb",
            "max_case_mb",
            "due_days",
            *DEMANDS,
            "data_contact",
            "data_sv",
            "data_en",
        )
        labels = {  # noqa: RUF012 - Django's own way
            "max_file_mb": gettext_lazy("Largest file, MB"),
            "max_case_mb": gettext_lazy("Largest case, MB"),
            "due_days": gettext_lazy("Suggested days to answer"),
            "second_factor_staff": gettext_lazy("Staff need a second step"),
            "second_factor_clients": gettext_lazy("The clients' people need a second step"),
            "fresh_approval": gettext_lazy("Confirm before approving or declining what you ask to have approved"),
            "fresh_consent": gettext_lazy("Confirm before giving, declining or withdrawing the consent"),
        }
        help_texts = {  # noqa: RUF012 - Django's own way
            "second_factor_staff": gettext_lazy("A passkey or a one-time code, before anything of the firm is shown."),
            "second_factor_clients": gettext_lazy(
                "The same for those who answer for your clients. What they do with other firms is as before."
            ),
            "fresh_approval": gettext_lazy("Whoever signed in more than fifteen minutes ago shows again who it is."),
        }

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name, (least, most) in LIMITS.items():
            value = cleaned.get(name)
            if isinstance(value, int) and not least <= value <= most:
                text = _("Write a number from %(least)d to %(most)d.")
                self.add_error(name, ValidationError(text, params={"least": least, "most": most}))
        if (cleaned.get("max_case_mb") or 0) < (cleaned.get("max_file_mb") or 0) and not self.errors:
            self.add_error("max_case_mb", _("A case must have room for the largest file."))
        return cleaned


@firm_page("GET", "POST")
def settings(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The firm's own page about itself: managers only."""
    if not actor.may(Right.RUN_FIRM) or actor.firm is None:
        raise NotYours(_("Only a firm manager can change the settings."))
    firm = Firm.objects.get(pk=actor.firm.pk)
    post, files = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = FirmForm(post, files, instance=firm)
    fill(form, put_back(request))
    if request.method == "POST" and form.is_valid():
        facts = dict(form.cleaned_data)
        try:
            actions.change_firm(actor, logo=facts.pop("picture"), **facts)
        except NotYours:
            raise
        except Refused as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            messages.success(request, _("The settings are saved"))
            return redirect("firm_settings", slug_of(actor))
    status = 422 if request.method == "POST" else 200
    return page(request, "firm/settings.html", actor, "firm_settings", status=status, form=form, logo=actor.firm.logo,
                providers=told_to_managers(actor))  # fmt: skip
