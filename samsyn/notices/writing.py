"""One letter for all events: who writes, which company it concerns, and where to go. Nothing of the case."""

from __future__ import annotations

from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from samsyn.cases.models import Case, Event
from samsyn.kit import letters
from samsyn.kit.sweden import full_date, stockholm_day
from samsyn.tenancy.actions.consent import asking_of, ended_an_agreement
from samsyn.tenancy.models import CLIENT, Company, Consent, Engagement, Firm, Membership

Step = Engagement.ConsentState


def heading_of(event: Event, side: str) -> str:
    """What the letter says first to a reader on `side`, in the language that is active."""
    verb = event.verb
    if verb == "remind":
        return _("Reminder: a case is waiting for you")
    if verb in ("open", "release", "write"):
        return _("A new case is waiting for you")
    if verb in ("ask_again", "reply") and not event.body.get("finished"):
        return _("A case has come back to you")
    if verb in ("send_back", "approve", "decline", "acknowledge"):
        return _("A client has answered")
    if verb == "reopen" and side != CLIENT:
        return _("A client has opened a case again")
    return _("A case has been updated")


def title_of(event: Event, firm: str, side: str) -> str:
    """The subject of the letter: of a new case whom it is from, else as it says first."""
    if event.verb in ("open", "release") and side == CLIENT:
        return _("New case from %(firm)s") % {"firm": firm}
    return heading_of(event, side)


def write_letter(event: Event, case: Case, reader: Membership) -> None:
    """Write to one reader, in his or her language, once for each event and person."""
    with translation.override(reader.user.language):
        heading = heading_of(event, reader.side)
        title = title_of(event, case.firm.name, reader.side)
    words = {"title": title, "heading": heading, "to_client": reader.side == CLIENT}
    _write(reader, case.firm, case.engagement, "case", f"event:{event.pk}", address_of(case, reader), **words)


def _write(
    reader: Membership, firm: Firm, client: Engagement, template: str, about: str, path: str, **words: Any
) -> None:
    """One letter from a firm about one of its clients, once for each reader of what it is `about`."""
    letters.write(
        template=template,
        to=reader.user.email,
        language=reader.user.language,
        sender=firm.sender_name,
        reply_to=firm.reply_to,
        about=f"{about}:{reader.user_id}",
        context={"firm": firm.name, "company": client.name, "address": letters.absolute(path), **words},
    )


def consent_heading(consent: Consent) -> str:
    """The subject of the letter about a step of a consent, in the language that is active."""
    ran_out = _("The consent has run out") if ended_an_agreement(consent) else _("The invitation has run out")
    return {
        Step.REMINDED: _("Reminder: an agreement is waiting for your answer"),
        Step.RENEWAL: _("A new agreement text is waiting for your answer"),
        Step.APPROVED: _("The consent has been approved"),
        Step.DECLINED: _("The consent has been declined"),
        Step.EXPIRED: ran_out,
        Step.WITHDRAWN: _("The consent has been withdrawn"),
    }[Step(consent.step)]


def consent_says(consent: Consent, *, to_client: bool) -> str:
    """What the letter says beside whom it concerns: who answered, by when an answer is wanted, what has ended."""
    engagement = consent.engagement
    if consent.step in (Step.REMINDED, Step.RENEWAL):
        asking = asking_of(engagement)
        until = full_date(stockholm_day(asking.ends_at)) if asking else ""
        if not engagement.has_consent:
            return _("The invitation runs out on %(day)s.") % {"day": until} if until else ""
        text = _(
            "What you have agreed holds until you answer. If nobody answers by %(day)s it ends, and open cases close."
        )
        return text % {"day": until} if until else ""
    if consent.step != Step.EXPIRED:
        ended = _("Open cases are closed.") if ended_an_agreement(consent) else ""
        return " ".join(filter(None, [_("The answer is from %(name)s.") % {"name": consent.name}, ended]))
    if ended_an_agreement(consent):
        return _("Nobody answered about the new agreement text in time, so open cases are closed.")
    if to_client:
        return _("Nobody answered in time. The firm can invite you again.")
    return _("Nobody answered in time. What waits for the consent stays with you until you invite again or cancel it.")


def write_of_consent(consent: Consent, reader: Membership) -> None:
    """Write to one reader of a step of a consent, once for each step and person."""
    engagement, to_client = consent.engagement, reader.side == CLIENT
    with translation.override(reader.user.language):
        words = {"heading": consent_heading(consent), "says": consent_says(consent, to_client=to_client)}
    path = f"/byra/{engagement.firm.slug}/kunder/{engagement.pk}/"
    if to_client:
        path = f"/kund/{engagement.company.slug}/samtycke/{engagement.firm.slug}/"
    asks = to_client and consent.step in (Step.REMINDED, Step.RENEWAL)
    _write(reader, engagement.firm, engagement, "consent", f"consent:{consent.pk}", path, asks=asks, **words)


def address_of(case: Case, reader: Membership) -> str:
    """Where the reader finds the case. Built here, since notices know no web addresses by name."""
    if reader.side == CLIENT:
        slug = Company.objects.values_list("slug", flat=True).get(pk=case.engagement.company_id)
        return f"/kund/{slug}/arenden/{case.ref}/"
    return f"/byra/{case.firm.slug}/arenden/{case.ref}/"
