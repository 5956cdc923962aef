"""A draft of the firm's: one page makes one, however often it is pressed, and no two pages overwrite each other unseen.

What cannot be stored in the case as it is typed (a subject that is too long, a day nobody can read, several
clients) is kept beside it for the person who typed it, in the same table as the client's drafts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from samsyn.cases import actions
from samsyn.cases.drafts import draft_for
from samsyn.cases.models import Case, Draft, Recipient, SendBatch, State
from samsyn.cases.verbs import press_of
from samsyn.kit.rows import storable
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.models import Engagement

# The columns of a case that its page writes.
WRITTEN = (
    "engagement_id", "subject", "message", "due_on", "period_from", "period_to", "responsible_id", "restricted",
    "request",
)  # fmt: skip


def went_to_many(actor: Actor, posted: Any) -> bool:
    """Whether this press has sent a draft to several clients already; the draft may be gone since."""
    once = press_of(actor, "send_to_many", posted.get("once")) if posted.get("do") == "send" else None
    return bool(once and SendBatch.objects.visible_to(actor).filter(once=once).exists())


def version_of(case: Case | None) -> str:
    """What a page carries to tell whether the case was written otherwise since: a digest of all that its form holds.

    Not a time: a note or a hand-over changes nothing that is written there.
    """
    if case is None:
        return ""
    named = Recipient.objects.unscoped(why="only whether they are the same").filter(case=case)
    facts = [getattr(case, name) for name in WRITTEN]
    told = [*facts, sorted(map(str, named.values_list("membership_id", flat=True)))]
    return hashlib.sha256(json.dumps(told, default=str, sort_keys=True).encode()).hexdigest()[:32]


def saved_elsewhere(actor: Actor, case: Case, posted: Any) -> bool:
    """Whether another page or person has saved the case since this page was loaded."""
    now = version_of(case)
    if posted.get("version", now) == now:
        return False
    own = newest(actor, case)
    return not (own and own.typed.get("page") and own.typed["page"] == page_in(posted))


def page_in(posted: Any) -> str:
    """The token of the page that posts, as a database can keep it."""
    return str(storable(posted.get("once", "")))[:40]


@transaction.atomic
def remember(actor: Actor, case: Case, posted: Any, clients: Sequence[Engagement], raw: dict[str, Any]) -> None:
    """Note which page saved last, and what could not be stored in the case: `raw` by the name of its form."""
    draft = draft_for(actor, case)
    several = [str(one.pk) for one in clients] if len(clients) > 1 else []
    draft.typed = {"page": page_in(posted), "version": version_of(case), "clients": several, **raw}
    draft.saved_at = timezone.now()
    draft.save()


def newest(actor: Actor, case: Case) -> Draft | None:
    """What the actor has kept beside the case, unless somebody has written it otherwise since."""
    found: Draft | None = Draft.objects.visible_to(actor).filter(case=case, typed__version=version_of(case)).first()
    return found


def kept_at(actor: Actor, case: Case | None) -> int:
    """When what stands on the page was saved, in milliseconds: what a device has kept from later is newer."""
    if case is None:
        return 0
    own = newest(actor, case)
    return int((own.saved_at if own else case.firm_changed_at).timestamp() * 1000)


@transaction.atomic
def arrange(actor: Actor, case: Case, **facts: Any) -> None:
    """Set a draft's `due_on` or `responsible` from elsewhere than its page.

    What its writers keep beside it stays, and a page that is open is told before it overwrites anything.
    """
    before = version_of(case)
    saved = actions.save_draft_case(actor, case, engagement=case.engagement, kind=case.kind, **facts)
    typed = {name: str(getattr(value, "pk", value)) for name, value in facts.items()}
    rows = Draft.objects.unscoped(why="what each writer keeps beside the draft")
    for draft in rows.filter(case=case, typed__version=before):
        draft.typed.pop("page", None)
        if "about" in draft.typed:
            draft.typed["about"].update(typed)
        draft.typed["version"] = version_of(saved)
        draft.saved_at = saved.firm_changed_at
        draft.save()


def begun(actor: Actor, kind: str, client: Engagement) -> Case | None:
    """The newest draft of this kind that the actor has begun for this client."""
    rows = Case.objects.visible_to(actor).filter(
        engagement=client, kind=kind, state=State.DRAFT, sender=actor.membership
    )
    found: Case | None = rows.order_by("-firm_changed_at").first()
    return found


def forget(actor: Actor, case: Case) -> None:
    """The case is sent as it stands."""
    Draft.objects.visible_to(actor).filter(case=case).delete()
