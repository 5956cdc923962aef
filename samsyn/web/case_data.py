"""What a case page is made of, read in as few questions to the database as it takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, Subquery
from django.http import Http404, HttpRequest

from samsyn.cases.actions.answering import answer_opened
from samsyn.cases.files import answer_files, sent_files
from samsyn.cases.kinds.base import FileInfo
from samsyn.cases.lists import cases_for, mark_read, with_asked
from samsyn.cases.models import Attachment, Case, Draft, Event, Recipient
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.models import Membership


@dataclass
class CaseData:
    """One case as one reader sees it. `people` are those at the client who see it."""

    case: Case
    events: list[Event]
    attachments: list[Attachment]
    people: list[Membership]
    staff: list[Membership]
    typed: dict[str, Any] | None
    answer_files: dict[str, list[FileInfo]]
    sent_files: dict[str, list[FileInfo]]

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
    """The case at this address, with the reader's own draft, or 404."""
    own = Draft.objects.visible_to(actor).filter(case=OuterRef("pk"), round=OuterRef("round"))
    rows = (
        cases_for(actor)
        .defer(None)
        .select_related("firm", "engagement", "responsible__user", "sender__user")
        .annotate(
            own_typed=Subquery(own.values("typed")[:1]),
            own_dropped=Subquery(own.values("dropped")[:1]),
            answer_opened=answer_opened(),
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
    people: Any = Membership.objects.visible_to(actor).filter(here, ended_at=None)
    people = people.select_related("user").annotate(is_recipient=Exists(listed), has_draft=Exists(drafts))
    both = list(people.order_by("user__name"))
    seen = [
        member
        for member in both
        if member.engagement_id and (not case.restricted or member.is_owner or member.is_recipient)
    ]
    dropped = Draft(dropped=getattr(case, "own_dropped", None) or [])
    return CaseData(
        case,
        events,
        attachments,
        seen,
        [member for member in both if member.engagement_id is None],
        getattr(case, "own_typed", None),
        answer_files(case, attachments, dropped, file_url),
        sent_files(case, attachments, file_url),
    )


def note_reading(request: HttpRequest, actor: Actor, case: Case) -> None:
    """Move the reader's mark: the only thing a GET writes, and not for HEAD or prefetching."""
    fetching_ahead = "prefetch" in request.headers.get("Sec-Purpose", "")
    if request.method == "GET" and not fetching_ahead and getattr(case, "unread", False):
        mark_read(actor, case)
