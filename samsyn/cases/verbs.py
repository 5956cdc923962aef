"""The one way a case changes: `@action` does the same steps every time, so that no verb can forget one.

begin transaction → read the case again, locked, through the actor → side, person and right allowed, else
`NotYours` → state and consent allowed, else `NotNow` → the body → set state, save → write exactly one
`Event` holding what the body returned → attach the actor's files → hand the event to the outbox → give
the case its number when this was its first release.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from samsyn.cases import retention
from samsyn.cases.files import files_in
from samsyn.cases.models import Attachment, Audience, Case, Counter, Event, Outbox, Purpose, ReadMark, State
from samsyn.kit.queue import enqueue
from samsyn.kit.text import clean_text, fold, swedish_sort_key
from samsyn.tenancy.actors import PERSON, STAND_IN, SYSTEM, Actor, ActorKind, system_for
from samsyn.tenancy.errors import NotNow, NotYours, Outdated, Refused
from samsyn.tenancy.models import Engagement
from samsyn.tenancy.roles import Right
from samsyn.tenancy.walls.standing import behind

Run = Callable[..., "Event"]

ANYONE = (PERSON, STAND_IN)
ANYONE_OR_SYSTEM = (PERSON, STAND_IN, SYSTEM)
TELL_EVENT = "samsyn.notices.jobs.tell"
LONGEST = 20_000

# What a verb asks of the case beside its state: raises `NotNow` or `NotYours` with the sentence.
Fits = Callable[[Actor, Case], None]


@dataclass(frozen=True)
class Verb:
    """What is declared beside a verb: who may, when, and how the history and the notices speak of it."""

    name: str
    says: Any
    icon: str
    audience: Audience
    tells: str
    sides: tuple[str, ...]
    rights: Collection[Right]
    when: Collection[str]
    by: Collection[ActorKind]
    needs_consent: bool
    fits: Fits | None
    same_edition: bool


VERBS: dict[str, Verb] = {}
Body = Callable[..., dict[str, Any]]


def action(
    *,
    side: str | tuple[str, ...],
    when: Collection[str],
    says: Any,
    icon: str,
    right: Right | tuple[Right, ...],
    then: str | None = None,
    by: Collection[ActorKind] = ANYONE,
    audience: Audience = Audience.BOTH,
    tells: str = "",
    takes: Purpose | None = None,
    takes_everyones: bool = False,
    needs_consent: bool = True,
    fits: Fits | None = None,
    same_edition: bool = False,
) -> Callable[[Body], Run]:
    """Make a verb of a plain function `(actor, case, **words) -> body`.

    `says` is the lazy sentence of the history with `%(actor)s`, or a function `(event) -> str`;
    `tells` names who hears of it ("client", "firm", "other" for the other side, "" for nobody); `takes`
    which of the actor's waiting files go with the event, with `takes_everyones` those of all at the firm,
    who share a case that is not sent yet; `fits` what the case itself must be, so that a button is shown
    exactly when the verb would work. The wrapped verb also accepts `once`, the token of the form it came
    from: a second press of the same verb with the same token gives back the first event; and `edition`, the
    `Case.edition` of its page: with `same_edition` another one is refused, since what is pressed is about
    what the page showed.
    """
    sides = (side,) if isinstance(side, str) else side
    rights = (right,) if isinstance(right, Right) else right

    def wrap(body: Body) -> Run:
        name = body.__name__.rstrip("_")
        verb = Verb(
            name, says, icon, audience, tells, sides, rights, tuple(when), tuple(by), needs_consent, fits, same_edition
        )
        VERBS[name] = verb

        @functools.wraps(body)
        def run(actor: Actor, case: Case, **words: Any) -> Event:
            token, edition = words.pop("once", None), words.pop("edition", "")
            with behind(actor), transaction.atomic():
                fresh = locked(actor, case)
                if first := pressed_before(actor, name, fresh, token):
                    _copy_back(fresh, case)
                    return first
                acting = actor.for_the_absent(fresh.responsible)
                refuse_unless_allowed(verb, acting, fresh)
                if verb.same_edition:
                    refuse_outdated(fresh, edition)
                said = body(acting, fresh, **words)
                if then is not None:
                    move(fresh, then)
                event = _write(verb, acting, fresh, said, press_of(acting, name, token))
                if takes is not None:
                    _attach(event, acting, fresh, takes, everyones=takes_everyones)
                if verb.tells and fresh.is_sent:
                    _hand_over(event)
                _give_number(fresh)
            _copy_back(fresh, case)
            return event

        run.verb = verb  # type: ignore[attr-defined]
        return run

    return wrap


def locked(actor: Actor, case: Case) -> Case:
    """The case as it is now, locked for this transaction and read through the actor; else `NotYours`.

    Its client is locked first, as everybody does who needs both: so a consent can't be given or withdrawn in
    the middle of a verb, and two verbs never wait for each other.
    """
    clients = Engagement.objects.unscoped(why="a lock, and nothing is read")
    clients.locked().filter(pk=case.engagement_id).values_list("pk").first()
    rows = Case.objects.visible_to(actor).select_related("firm", "engagement", "responsible__user")
    fresh: Case | None = rows.locked().filter(pk=case.pk).first()
    if fresh is None:
        raise NotYours(_("You can't open this case."))
    return fresh


def refuse_unless_allowed(verb: Verb, actor: Actor, case: Case) -> None:
    """Raise `NotYours` for the wrong person, `NotNow` for the wrong moment."""
    if actor.side not in verb.sides or actor.kind not in verb.by:
        raise NotYours(_("Only the other side can do this."))
    if not any(actor.may(right, case.engagement_id) for right in verb.rights):
        raise NotYours(_("Your role doesn't let you do this."))
    if case.state not in verb.when and case.state in (State.DRAFT, State.AWAITING_CONSENT):
        raise NotNow(_("The case hasn't been sent to the client yet, so this can't be done."))
    if case.state not in verb.when:
        raise NotNow(_("The case has moved on since you opened it, so this can't be done any more."))
    if verb.needs_consent and not case.engagement.has_consent:
        raise NotNow(_("There is no consent in force, so the case can only be read."))
    if verb.fits is not None:
        verb.fits(actor, case)


def refuse_outdated(case: Case, edition: str) -> None:
    """Raise `Outdated` when the page that says its `edition` shows an earlier one than the case has now."""
    if edition and edition != case.edition:
        raise Outdated(_("The case has changed since you opened it. Read what is new, then press again."))


def allowed(verb_name: str, actor: Actor, case: Case) -> bool:
    """Whether a button for the verb belongs on the page. The verb itself asks again."""
    try:
        refuse_unless_allowed(VERBS[verb_name], actor, case)
    except (NotYours, NotNow):
        return False
    return True


def move(case: Case, state: str) -> None:
    """Hand the ball over, and start the clock of whose turn it is."""
    if case.state != state:
        case.state = state
        case.turn_since = timezone.now()


def index_for_lists(case: Case) -> None:
    """Keep what the case is found by, sorted on and counted as. Notes and messages are never in it."""
    case.only_to_read = case.kind_of.only_to_read(case.request)
    case.search_key = fold(f"{case.number or ''} {case.subject}")[:200]  # folding can make a text longer
    case.sort_key = swedish_sort_key(case.subject)


def written(text: str, missing: str = "") -> str:
    """What somebody wrote in a verb's own box, tidied. Refused when too long, or with `missing` when empty."""
    text = clean_text(text)
    if missing and not text:
        raise Refused(missing)
    if len(text) > LONGEST:
        raise Refused(_("The text is too long. At most 20,000 characters can be sent; attach a file instead."))
    return text


def press_of(actor: Actor, name: str, token: Any) -> str | None:
    """What is kept of a form's token: alike only when the same person presses the same verb of the same form."""
    if not token:
        return None
    who = actor.user.pk if actor.user else ""
    return hashlib.sha256(f"{name}:{who}:{token}".encode(errors="replace")).hexdigest()[:32]


def pressed_before(actor: Actor, name: str, case: Case, token: Any) -> Event | None:
    """The event that the same press has made already."""
    rows = Event.objects.unscoped(why="the same press by the same person")
    once = press_of(actor, name, token)
    first: Event | None = rows.filter(case=case, once=once).first() if once else None
    return first


def _write(verb: Verb, actor: Actor, case: Case, said: dict[str, Any], once: str | None) -> Event:
    """Save the case and write its event."""
    now = timezone.now()
    audience = _audience_of(verb, case)
    held = actor.membership_in(case.engagement_id)
    up_to_date = held is not None and ReadMark.is_up_to_date(held, case, actor)
    case.seq += 1
    if audience != Audience.FIRM and case.is_sent:
        case.client_seq, case.client_changed_at = case.seq, now
    if audience != Audience.CLIENT:
        case.firm_seq, case.firm_changed_at = case.seq, now
    if verb.name in ("send_back", "answer_for"):
        # What the firm has written down itself is not the client's to take back.
        case.answered_seq = case.seq if verb.name == "send_back" else 0
    index_for_lists(case)
    case.save()
    if held is not None and up_to_date:
        # What one has done oneself is never unread; what others did before it still is.
        ReadMark.advance(held, case, case.seq_for(actor))
    event: Event = Event.objects.create(
        firm_id=case.firm_id,
        case=case,
        engagement_id=case.engagement_id,
        seq=case.seq,
        verb=verb.name,
        audience=audience,
        at=now,
        side=actor.side,
        actor_kind=actor.kind.value,
        user_id=actor.user.pk if actor.user else None,
        membership_id=held.pk if held else None,
        # The system has no name: its sentences name nobody, whatever language the worker speaks.
        name=actor.name if actor.user else "",
        role=held.role if held else "",
        on_behalf_of=actor.on_behalf_of,
        round=case.round,
        body=said,
        body_version=case.kind_of.version,
        once=once,
    )
    return event


def _audience_of(verb: Verb, case: Case) -> Audience:
    """What happened before the client got the case is the firm's alone, except that it was written."""
    if not case.is_sent and verb.audience == Audience.BOTH and verb.name != "open":
        return Audience.FIRM
    return verb.audience


def _hand_over(event: Event) -> None:
    Outbox.objects.create(firm_id=event.firm_id, event=event)
    enqueue(TELL_EVENT, str(event.pk))


def _give_number(case: Case) -> None:
    """At the first release, as the last write: every case of the firm waits for the one counter."""
    if case.number is None and case.is_sent:
        with behind(system_for(case.firm)):  # the counter is nobody's to read
            case.number = Counter.next(case.firm)
        index_for_lists(case)
        case.save(update_fields=["number", "search_key"])


def _attach(event: Event, actor: Actor, case: Case, purpose: Purpose, *, everyones: bool) -> None:
    """The waiting files become part of the event: of an answer exactly those it names, else all of this purpose."""
    rows = Attachment.objects.unscoped(why="unsent files of the actor's side, under the case's lock")
    waiting = rows.filter(case=case, event=None, side=actor.side, purpose=purpose)
    if purpose == Purpose.ANSWER:
        waiting = waiting.filter(pk__in=list(files_in(event.body.get("answer"))))
    if not everyones:
        waiting = waiting.filter(user_id=actor.user.pk if actor.user else None)
    taken = [retention.say(one, case, case.engagement) for one in waiting]
    for one in taken:
        one.event, one.round = event, event.round
    rows.bulk_update(taken, ["event", "round", "retention_class", "keep_until"])


def _copy_back(fresh: Case, case: Case) -> None:
    """Let the caller's instance show what is stored, without another read."""
    for column in Case._meta.concrete_fields:
        setattr(case, column.attname, getattr(fresh, column.attname))


__all__ = ["ANYONE", "ANYONE_OR_SYSTEM", "VERBS", "State", "Verb", "action", "allowed", "move", "press_of", "written"]
