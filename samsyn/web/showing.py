"""How cases look: plain values for templates, made from what the reader may see. Nothing is decided here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from samsyn.cases import kinds
from samsyn.cases.files import info_of
from samsyn.cases.kinds.base import Change, FileInfo
from samsyn.cases.models import Attachment, Case, Event, Outcome, Purpose, State
from samsyn.cases.rounds import ANSWERS, taken_back
from samsyn.cases.verbs import VERBS
from samsyn.kit.sweden import due_phrase, is_late, moment_phrase
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.models import Consent
from samsyn.tenancy.roles import Right

REF = "REF"
CONSENT_ICONS = {
    "none": "circle-dashed",
    "invited": "mail",
    "reminded": "bell",
    "approved": "shield-check",
    "declined": "circle-x",
    "expired": "clock",
    "withdrawn": "undo-2",
    "renewal": "file-text",
}


@dataclass(frozen=True)
class Turn:
    state: str
    icon: str
    word: str


@dataclass(frozen=True)
class Due:
    text: str
    late: bool


@dataclass(frozen=True)
class TurnLine:
    holder: str
    yours: bool
    turn: Turn
    since: str
    due: Due | None
    start: str
    end: str


@dataclass(frozen=True)
class Line:
    """A case in a list, whichever list."""

    url: str
    ref: str
    number: str
    kind: str
    icon: str
    subject: str
    unread: bool
    who: str
    client: str
    responsible: str
    unminded: bool
    restricted: bool
    behalf: str  # whose it is, when the reader stands in for somebody who is away
    turn: Turn
    due: Due | None
    updated: str
    since: dt.datetime
    at: dt.datetime | None


@dataclass(frozen=True)
class Happened:
    """An event in the history."""

    icon: str
    sentence: SafeString
    at: dt.datetime
    when: str
    says: list[str]
    files: list[FileInfo] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    note: str = ""


def subject_of(case: Case, actor: Actor) -> str:
    """The subject, or for the client of a retracted case only that there was one."""
    if actor.is_client and case.is_retracted:
        return _("A case the firm has retracted")
    return case.subject or _("No subject yet")


def turn_of(case: Case, actor: Actor) -> Turn:
    """Whose turn it is, in a word, an icon and a colour, as this reader sees it."""
    if case.state == State.CLOSED:
        stopped = case.outcome in (Outcome.DECLINED, Outcome.CANCELLED, Outcome.RETRACTED, Outcome.WITHDRAWN)
        icon = "circle-x" if stopped else "circle-check"
        return Turn("draft" if stopped else "closed", icon, str(Outcome(case.outcome).label))
    if case.state == State.DRAFT:
        return Turn("draft", "circle-dashed", _("Draft"))
    if case.state == State.AWAITING_CONSENT:
        return Turn("consent", "hourglass", _("Awaiting consent"))
    if case.state == State.WITH_CLIENT:
        if not actor.is_client:
            return Turn("theirs", "circle-arrow-left", _("With the client"))
        if case.only_to_read:
            return Turn("theirs", "info", _("To read"))
        if not getattr(case, "asks_me", True):
            return Turn("ours", "circle-arrow-left", _("Waiting for a colleague"))
        return Turn("yours", "ball", _("Waiting for you"))
    if actor.is_client:
        return Turn("theirs", "circle-arrow-right", _("With the firm"))
    if case.responsible_id in actor.minds or (is_unminded(case) and actor.may(Right.RUN_FIRM)):
        return Turn("yours", "ball", _("Waiting for you"))
    return Turn("ours", "circle-arrow-right", _("With the firm"))


def is_unminded(case: Case) -> bool:
    """Whether a case that is not closed is nobody's at the firm, as `cases.lists.cases_for` has found."""
    return bool(getattr(case, "unminded", False)) and case.state != State.CLOSED


def due_of(case: Case) -> Due | None:
    """How long is left, while somebody is still to answer."""
    if case.due_on is None or case.state not in (State.WITH_CLIENT, State.AWAITING_CONSENT, State.DRAFT):
        return None
    return Due(due_phrase(case.due_on), is_late(case.due_on) and case.state == State.WITH_CLIENT)


def turn_line_of(case: Case, actor: Actor) -> TurnLine:
    turn = turn_of(case, actor)
    yours = turn.state == "yours"
    firm, client = case.firm.name, case.engagement.name
    if actor.is_client:
        start, end = (_("Your company") if turn.state == "ours" else _("You")), firm
    else:
        start, end = client, (_("You") if yours else firm)
    since = moment_phrase(case.turn_since) if case.state != State.DRAFT else ""
    # What waits for a consent lies with the firm until it is given.
    holder = "firm" if case.state == State.AWAITING_CONSENT else case.holder
    return TurnLine(holder, yours, turn, since, due_of(case), start, end)


def lines_of(cases: Iterable[Case], actor: Actor, url: str) -> list[Line]:
    """Cases as lines or cards. `url` is the address of a case with `REF` where its own goes."""
    before, _ref, after = url.rpartition(REF)
    return [line_of(case, actor, f"{before}{case.ref}{after}") for case in cases]


def line_of(case: Case, actor: Actor, url: str) -> Line:
    """A case as a line or card. Names and `unread` are annotated by `cases.lists.cases_for`."""
    changed = case.changed_at(actor)
    kind = kinds.get(case.kind)
    return Line(
        url=url,
        ref=case.ref,
        number=str(case.number or ""),
        kind=str(kind.label),
        icon=kind.icon,
        subject=subject_of(case, actor),
        # A draft has only its writer's own words in it.
        unread=bool(getattr(case, "unread", False)) and case.state != State.DRAFT,
        who=case.responsible_name or "",  # type: ignore[attr-defined]
        client=case.client_name if actor.is_firm else "",  # type: ignore[attr-defined]
        responsible="–" if is_unminded(case) else short_name(case.responsible_name or ""),  # type: ignore[attr-defined]
        unminded=is_unminded(case),
        restricted=case.restricted,
        behalf=(case.responsible_name or "") if case.responsible_id in actor.stands_in_for else "",  # type: ignore[attr-defined]
        turn=turn_of(case, actor),
        due=due_of(case),
        updated=moment_phrase(changed) if changed else "",
        since=case.turn_since,
        at=changed,
    )


def short_name(name: str) -> str:
    """'Maria Sundfalk' → 'Maria S.'"""
    first, _space, last = name.rpartition(" ")
    return f"{first} {last[:1]}." if first else name


def history_of(
    events: Sequence[Event],
    attachments: Sequence[Attachment],
    url: str,
    *,
    talks: bool = False,
    answer_beside: bool = False,
) -> list[Happened]:
    """The events a reader sees, newest first, each with the files that came with it.

    Where the kind `talks`, a reply's files are read here as well. Of an answer that was taken back nothing
    more is told than that it was sent, nor of the newest one where the page has it, comment and all.
    """
    by_event: dict[Any, list[Attachment]] = {}
    for one in attachments:
        by_event.setdefault(one.event_id, []).append(one)
    silent: set[Any] = {*taken_back(events)}
    if answer_beside:
        newest = next((event.pk for event in events if event.verb in ANSWERS and event.pk not in silent), None)
        silent.add(newest)
    return [
        happened(
            event,
            [info_of(one, url) for one in by_event.get(event.pk, []) if comes_with(event, one, talks=talks)],
            silent=event.pk in silent,
        )
        for event in events
    ]


def comes_with(event: Event, one: Attachment, *, talks: bool) -> bool:
    """Whether a file is shown in the history: those of a message, of a reply, and of an amendment."""
    if one.purpose == Purpose.ANSWER:
        return talks
    return one.purpose == Purpose.MESSAGE or (one.purpose == Purpose.REQUEST and event.verb == "amend")


def latest_words(case: Case, events: Iterable[Event]) -> Event | None:
    """What the firm wrote when it last gave the case back, while it is with the client; `events` newest first."""
    if case.state != State.WITH_CLIENT:
        return None
    given = next((event for event in events if event.verb in ("ask_again", "reply")), None)
    return given if given and given.body.get("text") else None


def happened(event: Event, files: list[FileInfo], *, silent: bool = False) -> Happened:
    """An event in words; `silent` without what was said."""
    verb = VERBS[event.verb]
    said = verb.says(event) if callable(verb.says) else str(verb.says)
    before, mark, after = said.partition("%(actor)s")
    sentence = format_html("{}{}{}", before, doer_of(event), after) if mark else format_html("{}", said)
    told_elsewhere = event.verb in ("open", "write", "release", "note")
    text = "" if silent or told_elsewhere else event.body.get("text", "")
    return Happened(
        verb.icon,
        sentence,
        event.at,
        moment_phrase(event.at),
        [line for line in text.split("\n") if line],
        files,
        amendments(event),
    )


def doer_of(event: Event) -> SafeString:
    """Who did it, in bold, and for whom when that person was away."""
    name = format_html("<b>{}</b>", event.name)
    return format_html("{} {}", name, _("for %(name)s") % {"name": event.on_behalf_of}) if event.on_behalf_of else name


def amendments(event: Event) -> list[Change]:
    """What an amendment changed, in words both sides read."""
    if event.verb != "amend":
        return []
    before, after = event.body["before"], event.body["after"]
    old, new = (_with_names(event, one["request"]) for one in (before, after))
    found = kinds.get(event.body["kind"]).changes(old, new)
    if before["subject"] != after["subject"]:
        found.insert(0, Change(_("Subject"), before["subject"], after["subject"]))
    if before["message"] != after["text"]:
        found.insert(0, Change(_("Message"), before["message"], after["text"]))
    return found + readdressed(event.body.get("readdressed", {}))


def readdressed(changed: dict[str, Any]) -> list[Change]:
    """Whom the case is for since an amendment, by `cases.actions.addressing.readdress`."""
    found = []
    if "recipients" in changed:
        before, after = (", ".join(names) or _("The administrators") for names in changed["recipients"])
        found.append(Change(_("Recipients"), before, after))
    if "restricted" in changed:
        before, after = (_("Yes") if ticked else _("No") for ticked in changed["restricted"])
        found.append(Change(_("Confidential"), before, after))
    return found


def _with_names(event: Event, request: dict[str, Any]) -> dict[str, Any]:
    """A request as the event's kind reads it now, with the names of those who are named."""
    kind, names = kinds.get(event.body["kind"]), event.body["names"]
    read = kind.upgraded("request", event.body_version, request)
    return {**read, "named": [names.get(one, one) for one in read["named"]]} if read.get("named") else read


def consent_sentence(step: Consent, *, held: bool = False) -> SafeString:
    """A step of a consent in one sentence, with who did it in bold. `held`: a consent was in force before it."""
    says = {
        "invited": _("{} sent the invitation."),
        "approved": _("{} approved the consent."),
        "declined": _("{} declined the new agreement text.") if held else _("{} declined the consent."),
        "withdrawn": _("{} withdrew the consent."),
        "renewal": _("{} asked for approval of a new agreement text."),
    }
    by_the_clock = {
        "reminded": _("A reminder was sent."),
        "expired": _("Nobody answered in time, so the consent ended.") if held else _("The invitation expired."),
    }
    if step.step in by_the_clock:
        return format_html("{}", by_the_clock[step.step])
    return format_html(says[step.step], format_html("<b>{}</b>", step.name))


def in_force_before(steps: Sequence[Consent]) -> dict[Any, bool]:
    """For each step, by id, whether a consent was in force before it; `steps` are all of a client's, newest first."""
    found, held = {}, False
    for one in reversed(steps):
        found[one.pk] = held
        held = one.step == "approved" or (held and one.step in ("renewal", "reminded"))
    return found


def consent_history(steps: Iterable[Consent], *, versions: bool = False) -> list[Happened]:
    """The steps of a consent as a history, with the reasons that were given and, with `versions`, what was approved.

    `steps` are all of a client's, newest first.
    """
    steps = list(steps)
    held = in_force_before(steps)
    return [
        Happened(
            CONSENT_ICONS[one.step],
            consent_sentence(one, held=held[one.pk]),
            one.at,
            moment_phrase(one.at),
            [one.reason] * bool(one.reason),
            note=_text_approved(one) if versions else "",
        )
        for one in steps
    ]


def _text_approved(step: Consent) -> str:
    if step.text is None or step.step not in ("approved", "renewal"):
        return ""
    return _("Text version %(version)d") % {"version": step.text.version}
