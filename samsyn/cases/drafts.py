"""What somebody has begun to answer and not sent: kept as it is written, and never dropped without being shown.

A draft belongs to one person and one round. What in it has no field any more, since the firm changed what it
asks or the case went on without it, stands under `left` in the draft until it is sent as a message or thrown
away by its writer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from samsyn.cases.files import forget, unsent
from samsyn.cases.kinds.base import AnswerForm, FileInfo, Part, Told
from samsyn.cases.models import Case, Draft, Event, Purpose, State
from samsyn.kit.rows import getlist
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.models import Engagement

LEFT = "left"
TOUCHED = "touched"


@dataclass(frozen=True)
class Left:
    """A text without a field: what it answered, and what it says."""

    label: str
    text: str


@dataclass(frozen=True)
class Beside:
    """One thing asked for, with what was sent and what the reader had written in its place."""

    title: str
    theirs: list[str] = field(default_factory=list)
    mine: list[str] = field(default_factory=list)


# Keeping


def draft_for(actor: Actor, case: Case) -> Draft:
    """The actor's draft of this round, made when there is none; what is left of earlier rounds goes into it.

    Locked until the transaction ends, so that a sending in another tab can't take it away before it is saved.
    """
    drafts: Any = Draft.objects.visible_to(actor).locked()
    member = actor.membership_in(case.engagement_id)
    draft, made = drafts.get_or_create(
        firm_id=case.firm_id,
        case=case,
        membership=member,
        round=case.round,
        defaults={"engagement_id": case.engagement_id},
    )
    if made:
        older = drafts.filter(case=case, membership=member, round__lt=case.round)
        left = [one for each in older.order_by("round") for one in everything_in(case, each.typed)]
        if left:
            draft.typed = {LEFT: [vars(one) for one in left]}
            draft.save(update_fields=["typed"])
        older.delete()
    return draft  # type: ignore[no-any-return]


def new_draft(actor: Actor, engagement: Engagement) -> Draft | None:
    """What the actor has begun to write to this firm, and not sent."""
    found: Draft | None = Draft.objects.visible_to(actor).filter(case=None, engagement=engagement).first()
    return found


def keep_new(actor: Actor, engagement: Engagement, typed: dict[str, Any]) -> None:
    """Keep what the actor is writing to this firm: one draft per person and firm, gone when the case is sent."""
    drafts: Any = Draft.objects.visible_to(actor)
    drafts.update_or_create(
        firm_id=engagement.firm_id,
        engagement=engagement,
        membership=actor.membership_in(engagement.pk),
        case=None,
        defaults={"typed": typed, "saved_at": timezone.now()},
    )


@transaction.atomic
def keep_text(actor: Actor, case: Case, form: AnswerForm) -> Draft | None:
    """Save what stands in the bound `form` as the actor's draft of this round; None when just that has been sent.

    With `touched` among the posted fields only the fields it names are saved: another tab's stay as they are.
    """
    if case.state != State.WITH_CLIENT and form.is_valid() and form.encoded() == case.answer:
        return None
    draft = draft_for(actor, case)
    draft.typed = typed_in(case, form, draft.typed)
    draft.saved_at = timezone.now()
    draft.save()
    return draft


def typed_in(case: Case, form: AnswerForm, before: Mapping[str, Any]) -> dict[str, Any]:
    """The text of a draft: what is posted in `form`, and what was in it `before` and has no field now."""
    typed = form.typed()
    if TOUCHED in form.data:
        touched = {name.removeprefix(f"{form.prefix}-") for name in getlist(form.data, TOUCHED)}
        base = without_left(before) or {name: form.initial.get(name, "") for name in form.fields}
        typed = {**base, **{name: typed[name] for name in touched & set(typed)}}
    left = left_over(case, form, before, form.data)
    return {**without_left(typed), LEFT: [vars(one) for one in left]} if left else without_left(typed)


def without_left(typed: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in typed.items() if name != LEFT}


def left_over(case: Case, form: AnswerForm, typed: Mapping[str, Any], posted: Any = None) -> list[Left]:
    """What was written for something that `form` no longer has a place for, each once.

    `typed` is an older draft; `posted` may come from a page that is older than what is asked now.
    """
    found = [Left(one["label"], one["text"]) for one in typed.get(LEFT, [])]
    prefix = f"{form.prefix}-"
    strays = {
        name: text for name, text in typed.items() if name != LEFT and is_text(text) and not fits(form, name, text)
    }
    others = {name.removeprefix(prefix): posted[name] for name in posted or () if name.startswith(prefix)}
    others = {name: text for name, text in others.items() if is_text(text) and not fits(form, name, text)}
    if not strays and not others:
        return found
    labels = former_labels(case)
    found += [Left(labels.get(name, ""), said(None, text)) for name, text in strays.items()]
    found += [Left(labels[name], said(None, text)) for name, text in others.items() if name in labels]
    return list(dict.fromkeys(found))


def everything_in(case: Case, typed: Mapping[str, Any]) -> list[Left]:
    """All that is written in a draft, as texts without fields."""
    found = [Left(one["label"], one["text"]) for one in typed.get(LEFT, [])]
    texts = {name: text for name, text in typed.items() if name != LEFT and is_text(text)}
    labels = former_labels(case) if texts else {}
    return found + [Left(labels.get(name, ""), said(None, text)) for name, text in texts.items()]


def is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip()) and value not in ("on", "off")


def fits(form: AnswerForm, name: str, value: str) -> bool:
    """Whether `form` has a field that can show `value`."""
    wanted = form.fields.get(name)
    if wanted is None:
        return False
    choices = getattr(wanted, "choices", None)
    return choices is None or value in [str(choice) for choice, _label in choices]


def former_labels(case: Case) -> dict[str, str]:
    """What each field was called, in what is asked now and in every version before an amendment."""
    rows = Event.objects.unscoped(why="how a question of this case was put before").filter(case=case, verb="amend")
    versions = [event.body["before"]["request"] for event in rows.order_by("seq")] + [case.request]
    kind = case.kind_of
    named = [kind.answer_form(request).fields.items() for request in versions]
    return {name: str(one.label) for fields in named for name, one in fields}


# Showing


def said(wanted: forms.Field | None, value: Any) -> str:
    """A typed value in words: a choice by its label, a tick as nothing."""
    if not is_text(value):
        return ""
    labels = {str(choice): str(label) for choice, label in getattr(wanted, "choices", None) or ()}
    if wanted is None:
        labels = {"yes": _("Yes"), "no": _("No")}
    return labels.get(value, str(value)).strip()


def beside(form: AnswerForm, told: Iterable[Told], comment: str, files: Mapping[str, list[FileInfo]]) -> list[Beside]:
    """What stands in `form` beside what was sent (`told`, `comment`); `files` are the waiting ones, by row.

    Only what the reader had written something for.
    """
    sent = {one.id: one for one in told}
    rows = [Beside(part.title, told_lines(sent.get(part.id)), written_lines(part, files)) for part in form.parts]
    mine = [said(None, form["comment"].value()), *[one.name for one in files.get("", [])]]
    rows.append(
        Beside(str(form.fields["comment"].label), [comment] if comment else [], [line for line in mine if line])
    )
    return [row for row in rows if row.mine]


def told_lines(one: Told | None) -> list[str]:
    if one is None:
        return []
    lines = [f"{label}: {text}" if label else text for label, text in one.values if text]
    if one.is_missing:
        lines.append(not_there(one.explanation))
    return [*lines, *[file.name for file in one.every_file]]


def written_lines(part: Part, files: Mapping[str, list[FileInfo]]) -> list[str]:
    lines = []
    for one in part.fields:
        text = said(one.field, one.value())
        if text:
            lines.append(text if one.label == part.title else f"{one.label}: {text}")
    if part.explanation is not None and (why := said(None, part.explanation.value())):
        lines.append(not_there(why) if part.is_missing else why)
    return [*lines, *[file.name for slot in part.slots for file in files.get(slot.id, ())]]


def not_there(why: str) -> str:
    """That a document does not exist, and why."""
    return _("Doesn't exist: %(why)s") % {"why": why}


def as_message(rows: Iterable[Beside]) -> str:
    """The reader's own words as one text, to be sent as a message."""
    lines = []
    for row in rows:
        own = "\n".join(row.mine)
        lines.append(f"{row.title}: {own}" if row.title else own)
    return "\n".join(lines)


# Sending or dropping what could not be answered with


def waiting_answers(actor: Actor, case: Case) -> Any:
    """The actor's own files that were chosen for an answer and have not been sent."""
    return unsent(actor, case, Purpose.ANSWER)


def strays(actor: Actor, case: Case) -> Any:
    """Those of them that no row takes now."""
    rows = waiting_answers(actor, case)
    if case.state != State.WITH_CLIENT:
        return rows
    return rows.exclude(row_id__in=open_rows(case))


def open_rows(case: Case) -> list[str]:
    kind = case.kind_of
    locked = kind.locked_rows(case.request, case.review)
    return [row for row, _label in kind.file_rows(case.request) if row not in locked]


@transaction.atomic
def send_unsent(actor: Actor, case: Case, verb: Callable[..., Event], *, text: str, once: str = "") -> Event:
    """Send what could not be answered with as a message or with a reopening, and the files chosen for it."""
    strays(actor, case).update(purpose=Purpose.MESSAGE, row_id="")
    event = verb(actor, case, text=text, once=once)
    forget_unsent(actor, case)
    return event


@transaction.atomic
def drop_unsent(actor: Actor, case: Case) -> None:
    """Throw away what could not be answered with, and the files chosen for it."""
    forget(strays(actor, case))
    forget_unsent(actor, case)


def forget_unsent(actor: Actor, case: Case) -> None:
    """Of the actor's drafts only what has a field now is left."""
    drafts = Draft.objects.visible_to(actor).filter(case=case)
    if case.state != State.WITH_CLIENT:
        drafts.delete()
        return
    drafts.exclude(round=case.round).delete()
    for draft in drafts:
        draft.typed = without_left(draft.typed)
        draft.save(update_fields=["typed"])
