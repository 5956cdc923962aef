"""What nobody needs any more, taken away seven days after it stopped being needed. Daily.

In this order, so that a crash anywhere leaves only what the next run finds: unsent files that nobody
sees any more, then blobs that no attachment has needed for seven days, row before bytes, then bytes that no row names.
A sent file is never touched, nor one that any attachment still uses.
"""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from samsyn.cases.files import forget
from samsyn.cases.models import Attachment, Blob, Outcome, Purpose, State
from samsyn.cases.retention import after_the_client_ended
from samsyn.cases.store import place_of
from samsyn.tenancy.actors import systems
from samsyn.tenancy.models import FIRM, Engagement, Firm, Membership
from samsyn.tenancy.walls.standing import behind, in_firm

GRACE = dt.timedelta(days=7)
AT_A_TIME = 1000
KEY, FOLDER = re.compile(r"[0-9a-f]{32}"), re.compile(r"[0-9a-f]{32}/[0-9a-f]{2}")


def sweep() -> None:
    """Everything that is done with files once a day."""
    before = timezone.now() - GRACE
    after_the_client_ended()
    forget_what_cannot_be_sent(before)
    take_unused_blobs(before)
    take_unnamed_bytes(before)


def forget_what_cannot_be_sent(before: dt.datetime) -> None:
    """Unsent files that nobody sees any more. One that its writer still sees is the writer's to send or throw away."""
    for system in systems():
        with behind(system):
            _forget_in(system.firm, before)


def _forget_in(firm: Firm | None, before: dt.datetime) -> None:
    every = Attachment.objects.unscoped(why="the worker serves every firm")
    rows = every.filter(firm=firm, event=None, created_at__lt=before)
    retracted = Q(case__outcome=Outcome.RETRACTED, case__closed_at__lt=before)
    amending_is_over = (
        Q(purpose=Purpose.REQUEST, case__released_at__isnull=False, case__turn_since__lt=before)
        & ~Q(case__state=State.WITH_CLIENT, case__round=1)
    )  # fmt: skip
    withdrawn = (
        Q(case=None, engagement__consent_at__lt=before) & ~Q(engagement__consent=Engagement.ConsentState.APPROVED)
    )  # fmt: skip
    shared = Q(side=FIRM, purpose=Purpose.REQUEST, case__released_at=None)
    gone = rows.filter(retracted | amending_is_over | withdrawn | (~Exists(_writers(before)) & ~shared))
    forget(gone[:AT_A_TIME])


def _writers(before: dt.datetime) -> Any:
    """The writer of a file, while he or she is still at the firm or one of its clients, or left since `before`."""
    rows = Membership.objects.unscoped(why="is the writer of an unsent file still here")
    here = Q(ended_at=None) | Q(ended_at__gte=before)
    return rows.filter(here, user=OuterRef("user_id"), firm=OuterRef("firm"))


def take_unused_blobs(before: dt.datetime) -> None:
    """Bytes that no attachment uses: marked the first time they are seen so, taken when seven days have passed."""
    for system in systems():
        with behind(system):
            taken = _unused_for_long(system.firm, before)
        for pk in taken:
            with behind(system):
                place = _take(pk)
            if place is not None:
                place.unlink(missing_ok=True)  # after the row has gone for good


def _unused_for_long(firm: Firm | None, before: dt.datetime) -> list[Any]:
    rows = Blob.objects.unscoped(why="the worker serves every firm").filter(firm=firm)
    unused = rows.filter(~Exists(_users(OuterRef("pk"))))
    rows.filter(Exists(_users(OuterRef("pk"))), unused_since__isnull=False).update(unused_since=None)
    unused.filter(unused_since=None).update(unused_since=timezone.now())
    return list(unused.filter(unused_since__lt=before).values_list("pk", flat=True)[:AT_A_TIME])


def _users(blob: Any) -> Any:
    return Attachment.objects.unscoped(why="does anything still use the bytes").filter(blob=blob)


def _take(pk: Any) -> Path | None:
    """Take the row, and give where its bytes lie. The lock keeps out an upload that is about to use them again."""
    rows = Blob.objects.unscoped(why="the worker serves every firm").filter(pk=pk)
    with transaction.atomic():
        blob = rows.select_for_update().first()
        if blob is None or _users(pk).exists():
            return None
        rows.delete()
    return place_of(blob.firm_id.hex, blob.storage_key)


def take_unnamed_bytes(before: dt.datetime) -> None:
    """Bytes on disk without a row: laid just before a crash, or left when their row went."""
    rows = Blob.objects.unscoped(why="the worker serves every firm")
    for files in _old_files(before):
        with in_firm(UUID(files[0].parent.parent.name)):
            named = set(rows.filter(storage_key__in=[one.name for one in files]).values_list("storage_key", flat=True))
        for one in files:
            if one.name not in named:
                one.unlink(missing_ok=True)


def _old_files(before: dt.datetime) -> Iterator[list[Path]]:
    """The files older than `before` that this house has laid, some hundred at a time."""
    root = Path(settings.SAMSYN_FILES)
    for folder in root.glob("*/*"):
        if not FOLDER.fullmatch(folder.relative_to(root).as_posix()):
            continue
        with os.scandir(folder) as found:
            old = [
                Path(one.path) for one in found if KEY.fullmatch(one.name) and one.stat().st_mtime < before.timestamp()
            ]
        for start in range(0, len(old), 500):
            yield old[start : start + 500]
