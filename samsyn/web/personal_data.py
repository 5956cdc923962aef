"""*Personuppgifter*: who is responsible, what is kept about people, why and how long, and what one can ask for.

How long is said by the very numbers that sweep it away: none is written here.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from samsyn.cases.retention import DUE_DILIGENCE_YEARS
from samsyn.cases.sweeping import GRACE
from samsyn.kit.letters import KEEP, NOTED
from samsyn.kit.sweden import ACCOUNTING_YEARS, format_party_number
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.models import Firm
from samsyn.tenancy.register import receiving
from samsyn.tenancy.security import KEPT
from samsyn.tenancy.waiting import LIVES as INVITATION
from samsyn.web import sessions
from samsyn.web.cookies import COOKIES, WAITING
from samsyn.web.doors import client_page, firm_page
from samsyn.web.pages import page

# What a page keeps on the device until the server has it: `DAY` in static/js/device.js.
ON_THE_DEVICE = dt.timedelta(hours=24)


@dataclass(frozen=True)
class Keeping:
    """One sort of data: what it is, why it is kept, how long."""

    what: str
    holds: str
    why: str
    how_long: str


@client_page()
def for_client(request: HttpRequest, actor: Actor, firm: str) -> HttpResponse:
    """The page of one firm the company is a client of."""
    held = next((one for one in actor.memberships if one.firm.slug == firm), None)
    if held is None:
        raise Http404
    return show(request, actor, held.firm.pk, "client/personal_data.html", "client_start")


@firm_page()
def for_firm(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The same page for whoever works at the firm."""
    return show(request, actor, actor.membership.firm_id, "firm/personal_data.html", "firm_settings")


def show(request: HttpRequest, actor: Actor, firm_id: Any, template: str, here: str) -> HttpResponse:
    firm = Firm.objects.get(pk=firm_id)
    words, language = firm.own_words(request.LANGUAGE_CODE)
    return page(
        request,
        template,
        actor,
        here,
        firm=firm,
        number=format_party_number(firm.number),
        questions_to=firm.data_contact or firm.reply_to,
        operator=settings.SAMSYN_OPERATOR,
        own_words=words,
        own_language=language,
        keepings=keepings(),
        cookies=[(one.name, one.what, lasting(one.lives)) for one in COOKIES],
        on_the_device=lasting(ON_THE_DEVICE),
    )


def lasting(time: dt.timedelta) -> str:
    """How long that is, in whole days where it is some, else in hours or minutes."""
    minutes = int(time.total_seconds()) // 60
    days, hours = minutes // (24 * 60), minutes // 60
    if minutes % (24 * 60) == 0 and days > 1:
        return ngettext("%(num)d day", "%(num)d days", days) % {"num": days}
    if minutes % 60 == 0:
        return ngettext("%(num)d hour", "%(num)d hours", hours) % {"num": hours}
    return ngettext("%(num)d minute", "%(num)d minutes", minutes) % {"num": minutes}


def keepings() -> list[Keeping]:
    """Everything that is kept about people, in the order one meets it."""
    return [*of_people(), *of_work(), *of_traces()]


def of_people() -> list[Keeping]:
    return [
        Keeping(
            _("Your login"),
            _(
                "Name, e-mail address, language and role. A password is kept only in a form that can't be read, of a "
                "passkey only the half that is no secret, and what makes one-time codes is encrypted."
            ),
            _("So that the right person comes in, and the others see who has done what."),
            _(
                "As long as you have access to a company or a firm here. Afterwards until you ask for it to be "
                "deleted. Your name stays in the history of cases you have taken part in."
            ),
        ),
        Keeping(
            _("The client register"),
            _("The company's name, number and address, and its main contact with e-mail and telephone."),
            _("So that the firm knows whom it works for. A sole trader's number is a personal identity number."),
            _(
                "As long as the firm has the client in its register. A register read from a file is deleted after "
                "%(time)s."
            )
            % {"time": lasting(receiving.KEPT)},
        ),
        Keeping(
            _("Invitations and consent"),
            _("Who was invited, and who approved or declined: name, role, time, network address and text version."),
            _("So that both sides can show what was agreed, by whom and when."),
            _(
                "The link in an invitation lives for %(time)s. "
                "The history stays as long as the client is in the register."
            )
            % {"time": lasting(INVITATION)},
        ),
    ]


def of_work() -> list[Keeping]:
    return [
        Keeping(
            _("Cases"),
            _(
                "What is asked and answered, messages, approvals, the firm's own notes, and a history with names and "
                "times."
            ),
            _("So that the firm can do its work for the company, and both sides can see afterwards what was said."),
            _("A case that has been sent is never deleted by itself. The firm decides how long it keeps its cases."),
        ),
        Keeping(
            _("Files"),
            _("The files both sides attach, unchanged."),
            _(
                "Vouchers are accounting records under the Bookkeeping Act. What shows who the client is falls under "
                "the Money Laundering Act."
            ),
            _(
                "Accounting material up to and including 31 December of the year that comes %(years)s years after the "
                "calendar year in which the fiscal year ended. Client due diligence %(after)s years after the client "
                "has ended. Other files stay as long as their case."
            )
            % {"years": ACCOUNTING_YEARS, "after": DUE_DILIGENCE_YEARS},
        ),
        Keeping(
            _("What you haven't sent"),
            _("Drafts and chosen files, on the server and on your device."),
            _("So that nothing you write is lost."),
            _(
                "Until you send it or throw it away. A file nobody can send any more is deleted after %(file)s. Text "
                "that came in after the sign-in ended is kept for %(form)s. Text on the device is deleted when you "
                "sign out, and after %(device)s."
            )
            % {"file": lasting(GRACE), "form": lasting(WAITING.lives), "device": lasting(ON_THE_DEVICE)},
        ),
    ]


def of_traces() -> list[Keeping]:
    staff, client = sessions.STAFF, sessions.CLIENT
    return [
        Keeping(
            _("E-mails"),
            _("To whom and when an e-mail was sent. Never anything of what a case holds."),
            _("So that you hear when something waits for you."),
            _("The text is deleted when the e-mail has left, at the latest after %(text)s. The rest after %(rest)s.")
            % {"text": lasting(KEEP), "rest": lasting(NOTED)},
        ),
        Keeping(
            _("Where you are signed in"),
            _("Network address, browser and time. You see them yourself on My account."),
            _("So that you can see that it is only you, and sign out a device you have lost."),
            _(
                "As long as the sign-in lasts: at most %(client)s at a client, or %(client_idle)s without anything "
                "done. At the firm at most %(staff)s, or %(staff_idle)s."
            )
            % {
                "client": lasting(client[0]),
                "client_idle": lasting(client[1]),
                "staff": lasting(staff[0]),
                "staff_idle": lasting(staff[1]),
            },
        ),
        Keeping(
            _("Who is away at the firm"),
            _("From when, until when, and who answers meanwhile. Never why."),
            _("So that somebody answers."),
            _("%(time)s after the last day.") % {"time": lasting(KEPT)},
        ),
        Keeping(
            _("The security log"),
            _("Sign-ins, failed ones too, changes of access, and copies taken: name, time and network address."),
            _("So that the firm's managers can find out if somebody has been in who shouldn't have been."),
            _("%(time)s.") % {"time": lasting(KEPT)},
        ),
        Keeping(
            _("Who has read"),
            _("Who has opened a case or fetched a file, and when."),
            _("So that the firm can see who has read a case that was sent to the wrong one."),
            _("As long as the case."),
        ),
    ]
