"""What a case page is made of, read in as few questions to the database as it takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, Subquery
from django.http import Http404, HttpRequest

from samsyn.cases.actions.answering import answer_opened
from samsyn.cases.drafts import without_left
from samsyn.cases.files import answer_files, sent_files
from samsyn.cases.kinds.base import FileInfo
from samsyn.cases.lists import cases_for, mark_read, with_asked
from samsyn.cases.models import Attachment, Case, Draft, Event, ReadMark, Recipient
from samsyn.cases.rounds import told_review
from samsyn.tenancy.absences import is_away
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.models import Membership
from samsyn.tenancy.people import HERE


@dataclass
class CaseData:
    """One case as one reader sees it. `people` are those at the client who see it; `review` the verdicts.

    `draft` is the reader's newest, of whatever round; `typed` is its text when it is of this round.
    """

    case: Case
    events: list[Event]
    attachments: list[Attachment]
    people: list[Membership]
    staff: list[Membership]
    draft: Draft | None
    typed: dict[str, Any] | None
    answer_files: dict[str, list[FileInfo]]
    sent_files: dict[str, list[FileInfo]]
    review: dict[str, Any] | None

    @property
    def notes(self) -> list[Event]:
        return [event for event in self.events if event.verb == "note"]

    @property
    def timeline(self) -> list[Event]:
        return [event for event in self.events if event.verb != "note"]

    @property
    def drafting(self) -> list[Membership]:
        """Colleagues who have begun an answer."""
        return [member for member in self.people if getattr(member, "has_draft", False)]


def find_case(actor: Actor, ref: str) -> Case:
    """The case at this address, with the reader's own newest draft, or 404."""
    own = Draft.objects.visible_to(actor).filter(case=OuterRef("pk")).order_by("-round")
    marks = ReadMark.objects.visible_to(actor).filter(case=OuterRef("pk"))
    rows = (
        cases_for(actor)
        .defer(None)
        .select_related("firm", "engagement", "responsible__user", "sender__user")
        .annotate(
            own_typed=Subquery(own.values("typed")[:1]),
            own_dropped=Subquery(own.values("dropped")[:1]),
            own_round=Subquery(own.values("round")[:1]),
            own_saved_at=Subquery(own.values("saved_at")[:1]),
            answer_opened=answer_opened(),
            responsible_is_away=is_away("responsible"),
            read_until=Subquery(marks.values("seq")[:1]),
        )
    )
    if actor.is_client:
        rows = with_asked(actor, rows)
    case: Case | None = rows.filter(ref=ref).first()
    if case is None:
        raise Http404
    return case


def read_case(actor: Actor, case: Case, file_url: str) -> CaseData:
    """Everything the page shows of `case`. `file_url` is the address of a file, with `{id}` in it."""
    events = list(Event.objects.visible_to(actor).filter(case=case).order_by("-seq"))
    rows = Attachment.objects.visible_to(actor).filter(case=case).select_related("blob")
    attachments = list(rows.order_by("created_at", "id"))
    drafts = Draft.objects.unscoped(why="only that a colleague has begun, never what").filter(
        case=case, round=case.round, membership=OuterRef("pk")
    )
    listed = Recipient.objects.unscoped(why="the recipients of a case the reader sees").filter(
        case=case, membership=OuterRef("pk")
    )
    # The client's people and the firm's staff in one question.
    here = Q(engagement=case.engagement_id) | Q(engagement=None, firm=case.firm_id)
    people: Any = Membership.objects.visible_to(actor).filter(here, HERE)
    people = people.select_related("user").annotate(is_recipient=Exists(listed), has_draft=Exists(drafts))
    both = list(people.order_by("user__name"))
    seen = [
        member
        for member in both
        if member.engagement_id and (not case.restricted or member.is_owner or member.is_recipient)
    ]
    draft = own_draft(case)
    return CaseData(
        case,
        events,
        attachments,
        seen,
        [member for member in both if member.engagement_id is None],
        draft,
        without_left(draft.typed) or None if draft and draft.round == case.round else None,
        answer_files(actor, case, attachments, draft.dropped if draft and draft.round == case.round else (), file_url),
        sent_files(case, attachments, file_url),
        # Verdicts that are being made are the firm's alone.
        told_review(case.kind_of, events) if actor.is_client else case.review,
    )


def own_draft(case: Case) -> Draft | None:
    """The reader's newest draft, as `find_case` has annotated it."""
    if getattr(case, "own_typed", None) is None:
        return None
    found: Any = case
    return Draft(typed=found.own_typed, dropped=found.own_dropped, round=found.own_round, saved_at=found.own_saved_at)


def note_reading(request: HttpRequest, actor: Actor, case: Case) -> None:
    """Move the reader's mark: the only thing a GET writes, and not for HEAD or prefetching.

    Also for what has no dot since it is older than the reader: that it was opened must be known.
    """
    fetching_ahead = "prefetch" in request.headers.get("Sec-Purpose", "")
    if request.method == "GET" and not fetching_ahead and (case.read_until or 0) < case.seq_for(actor):  # type: ignore[attr-defined]
        mark_read(actor, case)
