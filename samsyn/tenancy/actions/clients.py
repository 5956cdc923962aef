"""The firm's register of clients."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from samsyn.kit.sweden import PartyNumber, format_party_number, parse_party_number
from samsyn.kit.text import fold, swedish_sort_key
from samsyn.tenancy import appointments
from samsyn.tenancy.actions.consent import WAITING, locked_client, record_consent
from samsyn.tenancy.actions.people import end_links, move_invitation
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.errors import NotNow, NotYours, Refused
from samsyn.tenancy.inviting import InviteRow
from samsyn.tenancy.models import Company, Engagement, Membership, Participant, Slug
from samsyn.tenancy.register.models import StagedRow
from samsyn.tenancy.roles import Right
from samsyn.tenancy.slugs import new_company, random_slug, slug_with_tail

FACTS = (
    "number",
    "name",
    "form",
    "address",
    "postcode",
    "city",
    "client_number",
    "fiscal_year_ends",
    "language",
    "contact_name",
    "contact_email",
    "phone",
)
SENT = gettext_lazy("Something has been sent to this client, so it can be ended but not deleted.")
PRIVATE_FORMS = (Engagement.Form.SOLE, Engagement.Form.PERSON)


def _must_work(actor: Actor) -> None:
    if not actor.is_firm or not actor.may(Right.WORK):
        raise NotYours(_("Only the firm keeps its register."))


def index_engagement(engagement: Engagement) -> None:
    """Keep what a client is sorted on and found by. The one place that says so."""
    engagement.sort_key = swedish_sort_key(engagement.name)
    number = engagement.number
    findable = "" if is_personal(engagement) else f"{number} {format_party_number(number)}"
    engagement.search_key = fold(f"{engagement.name} {findable} {engagement.client_number}")[:400]


def is_personal(engagement: Engagement) -> bool:
    """Whether the number is a person's: then it stands in no address, and masked in lists."""
    return len(engagement.number) == 12


def has_private_address(engagement: Engagement) -> bool:
    """Whether the name is a person's, so that it should not be read in an address."""
    return is_personal(engagement) or engagement.form in PRIVATE_FORMS


def slug_for(engagement: Engagement) -> str:
    """A new slug: readable for companies, random for sole traders and private persons."""
    return random_slug() if has_private_address(engagement) else slug_with_tail(engagement.name)


def free_company(engagement: Engagement) -> Company:
    """A directory entry under a slug nobody has had."""
    slug = slug_for(engagement)
    while Slug.objects.filter(value=slug).exists():
        slug = slug_for(engagement)
    return new_company(slug)


@transaction.atomic
def add_client(actor: Actor, *, slug: str = "", **facts: Any) -> Engagement:
    """Put a client in the firm's register. `facts` are Engagement's own columns, already cleaned."""
    _must_work(actor)
    engagement = Engagement(firm=actor.firm, **facts)
    if engagement.responsible is None and actor.memberships:
        engagement.responsible = actor.membership
    index_engagement(engagement)
    engagement.company = new_company(slug) if slug else free_company(engagement)
    _save(engagement)
    return engagement


@transaction.atomic
def change_client(actor: Actor, engagement: Engagement, **facts: Any) -> Engagement:
    """Change what the firm knows about a client. A main contact who has not answered is asked at a new address."""
    _must_work(actor)
    fresh = locked_client(actor, engagement)
    _must_stay_the_same_company(fresh, facts.get("number", fresh.number))
    moved = facts.get("contact_email", fresh.contact_email) != fresh.contact_email
    for name, value in facts.items():
        setattr(fresh, name, value)
    index_engagement(fresh)
    _save(fresh)
    if moved:
        move_invitation(actor, fresh)
    return fresh


def _must_stay_the_same_company(engagement: Engagement, number: str) -> None:
    """An agreement is with the company that has the number: another number is another party."""
    if engagement.has_consent and engagement.number and number != engagement.number:
        text = _("The client has approved with this number. Another number is another client: add that one.")
        raise Refused(text, field="number")


def _save(engagement: Engagement) -> None:
    try:
        with transaction.atomic():
            engagement.save()
    except IntegrityError as error:
        raise Refused(_("Another client already has this number."), field="number") from error


@transaction.atomic
def end_client(actor: Actor, engagement: Engagement) -> Engagement:
    """The client leaves: nothing new can be sent, no link opens anything more, everything stays readable."""
    _must_work(actor)
    fresh = locked_client(actor, engagement)
    if fresh.ended_at is not None:
        raise NotNow(_("The client has already ended."))
    end_links(Q(engagement=fresh))
    appointments.put_out(actor, fresh)
    if fresh.consent in WAITING:
        record_consent(actor, fresh, Engagement.ConsentState.EXPIRED)
    fresh.ended_at = timezone.now()
    fresh.save(update_fields=["ended_at"])
    return fresh


@transaction.atomic
def take_up_client(actor: Actor, engagement: Engagement) -> Engagement:
    """An ended client comes back. A consent that was in force still is; a dead invitation is sent anew by hand."""
    _must_work(actor)
    fresh = locked_client(actor, engagement)
    if fresh.ended_at is None:
        raise NotNow(_("The client hasn't ended."))
    fresh.ended_at = None
    fresh.save(update_fields=["ended_at"])
    return fresh


@transaction.atomic
def delete_client(actor: Actor, engagement: Engagement) -> None:
    """Remove a client nothing has been sent to. `cases.actions.delete_client` has first seen to its cases."""
    _must_work(actor)
    fresh = locked_client(actor, engagement)
    merged = Engagement.objects.visible_to(actor).filter(merged_into=fresh)
    if fresh.consent != Engagement.ConsentState.NONE or merged.exists():
        raise NotNow(str(SENT))
    Participant.objects.visible_to(actor).filter(engagement=fresh).delete()
    StagedRow.objects.unscoped(why="colleagues' imports of this client, too").filter(engagement=fresh).delete()
    InviteRow.objects.unscoped(why="nothing was sent by them").filter(engagement=fresh).delete()
    Engagement.objects.visible_to(actor).filter(pk=fresh.pk).delete()


@transaction.atomic
def set_people(
    actor: Actor, engagement: Engagement, *, responsible: Membership, participants: list[Membership]
) -> None:
    """Who at the firm answers for the client, and who takes part."""
    fresh = change_client(actor, engagement, responsible=responsible)
    # Whoever gives a client away may no longer see it a line below.
    Participant.objects.unscoped(why="the client was found through the actor").filter(engagement=fresh).delete()
    others = {member.pk: member for member in participants if member.pk != responsible.pk}
    Participant.objects.bulk_create(
        [Participant(firm=actor.firm, engagement=engagement, membership=member) for member in others.values()]
    )


def valid_number(text: str) -> PartyNumber | None:
    """The number in `text`, or None when the field is empty. Raises ValueError when it is neither kind."""
    return parse_party_number(text) if text.strip() else None
