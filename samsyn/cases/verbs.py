"""The one way a case changes: `@action` does the same steps every time, so that no verb can forget one.

begin transaction → read the case again, locked, through the actor → side, person and right allowed, else
`NotYours` → state and consent allowed, else `NotNow` → the body → set state, save → write exactly one
`Event` holding what the body returned → attach the actor's files → hand the event to the outbox.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from samsyn.cases import retention
from samsyn.cases.files import files_in
from samsyn.cases.models import Attachment, Audience, Case, Event, Outbox, Purpose, ReadMark, State
from samsyn.kit.queue import enqueue
from samsyn.kit.text import fold, swedish_sort_key
from samsyn.tenancy.actors import PERSON, STAND_IN, SYSTEM, Actor, ActorKind
from samsyn.tenancy.errors import NotNow, NotYours
from samsyn.tenancy.roles import Right

Run = Callable[..., "Event"]

ANYONE = (PERSON, STAND_IN)
ANYONE_OR_SYSTEM = (PERSON, STAND_IN, SYSTEM)
ONCE = re.compile(r"[A-Za-z0-9-]{1,32}")
TELL_EVENT = "samsyn.notices.jobs.tell"


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


VERBS: dict[str, Verb] = {}


@dataclass
class Happening:
    """What a body may hand back beside the event's JSON: another state or audience than declared."""

    body: dict[str, Any] = field(default_factory=dict)
    audience: Audience | None = None


Body = Callable[..., dict[str, Any] | Happening]


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
) -> Callable[[Body], Run]:
    """Make a verb of a plain function `(actor, case, **words) -> body`.

    `says` is the lazy sentence of the history with `%(actor)s`, or a function `(event) -> str`;
    `tells` names who hears of it ("client", "firm", "" for nobody); `takes` which of the actor's waiting
    files go with the event, with `takes_everyones` those of all at the firm, who share a case that is not
    sent yet. The wrapped verb also accepts `once`, the token of the form it came from: a
    second press with the same token gives back the first event.
    """
    sides = (side,) if isinstance(side, str) else side
    rights = (right,) if isinstance(right, Right) else right

    def wrap(body: Body) -> Run:
        name = body.__name__.rstrip("_")
        verb = Verb(name, says, icon, audience, tells, sides, rights, tuple(when), tuple(by), needs_consent)
        VERBS[name] = verb

        @functools.wraps(body)
        def run(actor: Actor, case: Case, **words: Any) -> Event:
            once = token(words.pop("once", ""))
            with transaction.atomic():
                fresh = locked(actor, case)
                if once and (first := pressed_before(fresh, once)):
                    return first
                refuse_unless_allowed(verb, actor, fresh)
                happening = body(actor, fresh, **words)
                if isinstance(happening, dict):
                    happening = Happening(happening)
                if then is not None:
                    move(fresh, then)
                event = _write(verb, actor, fresh, happening, once)
                if takes is not None:
                    _attach(event, actor, fresh, takes, everyones=takes_everyones)
            _copy_back(fresh, case)
            return event

        run.verb = verb  # type: ignore[attr-defined]
        return run

    return wrap


def locked(actor: Actor, case: Case) -> Case:
    """The case as it is now, locked for this transaction and read through the actor; else `NotYours`."""
    rows = Case.objects.visible_to(actor).select_related("firm", "engagement", "responsible__user")
    fresh: Case | None = rows.select_for_update(of=("self",)).filter(pk=case.pk).first()
    if fresh is None:
        raise NotYours(_("You can't open this case."))
    return fresh


def refuse_unless_allowed(verb: Verb, actor: Actor, case: Case) -> None:
    """Raise `NotYours` for the wrong person, `NotNow` for the wrong moment."""
    if actor.side not in verb.sides or actor.kind not in verb.by:
        raise NotYours(_("Only the other side can do this."))
    if not any(actor.may(right, case.engagement_id) for right in verb.rights):
        raise NotYours(_("Your role doesn't let you do this."))
    if case.state not in verb.when:
        raise NotNow(_("The case has moved on since you opened it, so this can't be done any more."))
    if verb.needs_consent and not case.engagement.has_consent:
        raise NotNow(_("There is no consent in force, so the case can only be read."))


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
    case.search_key = fold(f"{case.subject} {case.number or ''}")
    case.sort_key = swedish_sort_key(case.subject)


def token(once: Any) -> str | None:
    """The token of a press as it is stored; what no form of ours has made counts as none."""
    return once if isinstance(once, str) and ONCE.fullmatch(once) else None


def pressed_before(case: Case, once: Any) -> Event | None:
    """The event that the same press of the same form has made already."""
    rows = Event.objects.unscoped(why="the same press by the same person")
    first: Event | None = rows.filter(case=case, once=token(once)).first() if token(once) else None
    return first


def _write(verb: Verb, actor: Actor, case: Case, happening: Happening, once: str | None) -> Event:
    now = timezone.now()
    audience = happening.audience or verb.audience
    before = case.seq_for(actor)
    case.seq += 1
    if audience != Audience.FIRM and case.is_sent:
        case.client_seq, case.client_changed_at = case.seq, now
    if audience != Audience.CLIENT:
        case.firm_seq, case.firm_changed_at = case.seq, now
    if verb.name in ("send_back", "approve", "decline", "answer_for"):
        case.answered_seq = case.seq
    index_for_lists(case)
    case.save()
    held = actor.membership_in(case.engagement_id)
    event = Event.objects.create(
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
        name=actor.name,
        role=held.role if held else "",
        round=case.round,
        body=happening.body,
        once=once,
    )
    _read_by_its_writer(actor, case, before)
    if verb.tells:
        Outbox.objects.create(firm_id=case.firm_id, event=event)
        enqueue(TELL_EVENT, str(event.pk))
    return event


def _read_by_its_writer(actor: Actor, case: Case, before: int) -> None:
    """What one has done oneself is no news: whoever had read all up to `before` has read this too."""
    if (member := actor.membership_in(case.engagement_id)) is None:
        return
    if before:
        marks = ReadMark.objects.visible_to(actor).filter(case=case, membership=member, seq__gte=before)
        marks.update(seq=case.seq_for(actor))
    else:
        mark = ReadMark(firm_id=case.firm_id, case=case, membership=member, seq=case.seq_for(actor))
        ReadMark.objects.bulk_create([mark], ignore_conflicts=True)


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


__all__ = ["ANYONE", "ANYONE_OR_SYSTEM", "VERBS", "Happening", "State", "Verb", "action", "allowed", "move"]
