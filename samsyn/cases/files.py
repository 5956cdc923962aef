"""Files: checked, hashed and laid on disk before any row names them; original bytes, never changed.

The type comes from the content. What is not on the list, or is something else than its name says, is
refused with a sentence, before anything is stored.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Sum
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from samsyn.cases import filetypes
from samsyn.cases.filetypes import ACCEPT as ACCEPT
from samsyn.cases.kinds.base import FileInfo
from samsyn.cases.models import Attachment, Audience, Blob, Case, Draft, Purpose
from samsyn.kit.sweden import keep_accounting_until, stockholm_today
from samsyn.kit.text import file_name
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.errors import NotNow, Refused
from samsyn.tenancy.models import Engagement, Firm


@dataclass(frozen=True)
class Limits:
    """Megabytes for one file and for one case, as the firm has set them."""

    file_mb: int
    case_mb: int

    @classmethod
    def of(cls, firm: Firm) -> Limits:
        return cls(firm.max_file_mb, firm.max_case_mb)


def attach(
    actor: Actor,
    case: Case,
    upload: UploadedFile[Any],
    *,
    purpose: Purpose,
    row_id: str = "",
    audience: str = "both",
) -> Attachment:
    """Check one uploaded file, lay its bytes on disk, and note it as the actor's unsent file of this case."""
    limits = Limits.of(case.firm)
    name = tidy_name(upload.name or "")
    megabytes = (upload.size or 0) / 1_000_000
    if not upload.size:
        raise Refused(_("%(name)s is empty. Choose another file.") % {"name": name})
    if megabytes > limits.file_mb:
        shown = {"name": name, "size": number_format(megabytes, 1), "limit": limits.file_mb}
        raise Refused(_("%(name)s is %(size)s MB. The limit is %(limit)s MB.") % shown)
    if megabytes + size_of_case(case) / 1_000_000 > limits.case_mb:
        raise Refused(
            _("The case's files are more than %(limit)s MB together. Write a new case for the rest.")
            % {"limit": limits.case_mb}
        )
    kind = type_of(upload, name)
    blob = store(case.firm, upload)
    retention = case.kind_of.retention(case.request, row_id) if actor.is_client else "accounting"
    return Attachment.objects.create(
        firm=case.firm,
        case=case,
        blob=blob,
        purpose=purpose,
        row_id=row_id,
        round=case.round,
        side=actor.side,
        user_id=actor.user.pk if actor.user else None,
        audience=Audience(audience),
        name=name,
        type=kind,
        retention_class=retention,
        keep_until=keep_until(retention, case.period_to, case.engagement),
    )


def keep_until(retention: str, period_to: dt.date | None, engagement: Engagement) -> dt.date | None:
    """The last day a file must be kept; None where no fixed day can be said."""
    if retention != "accounting":
        return None
    return keep_accounting_until(period_to or stockholm_today(), engagement.fiscal_year_ends)


def size_of_case(case: Case) -> int:
    rows = Attachment.objects.unscoped(why="the limit counts everybody's files").filter(case=case)
    return int(rows.aggregate(total=Sum("blob__size"))["total"] or 0)


def detach(actor: Actor, case: Case, attachment_id: str) -> None:
    """Take away the actor's own unsent file; of a sent one only the reference in the new answer goes."""
    try:
        UUID(attachment_id)
    except ValueError as error:
        raise NotNow(_("The file isn't part of your answer any more.")) from error
    mine = Attachment.objects.visible_to(actor).filter(
        case=case, side=actor.side, event=None, user_id=actor.user.pk if actor.user else None
    )
    found = mine.filter(pk=attachment_id).first()
    if found is not None:
        mine.filter(pk=found.pk).delete()
        return
    if Attachment.objects.visible_to(actor).filter(case=case, side=actor.side, pk=attachment_id).exists():
        from samsyn.cases.drafts import draft_for

        draft = draft_for(actor, case)
        draft.dropped = sorted({*draft.dropped, attachment_id})
        draft.save()
        return
    raise NotNow(_("The file isn't part of your answer any more."))


def answer_files(case: Case, attachments: list[Attachment], draft: Draft | None, url: str) -> dict[str, list[FileInfo]]:
    """The files an answer of this round would hold, per row; `old:<row>` are those of a returned row.

    `attachments` are those the actor sees, oldest first. `url` is the address of a file with `{id}` in it.
    """
    dropped = set(draft.dropped) if draft else set()
    returned = case.kind_of.returned_rows(case.review)
    kept = {one for part in [case.answer or {}, *(case.answer or {}).get("rows", [])] for one in part.get("files", [])}
    found: dict[str, list[FileInfo]] = {}
    for one in attachments:
        if one.purpose != Purpose.ANSWER:
            continue
        row, pk = one.row_id, str(one.pk)
        if one.event_id is not None and (pk not in kept or row in returned):
            row = f"old:{row}" if pk in kept else ""
            if not row:
                continue
        elif pk in dropped:
            continue
        found.setdefault(row, []).append(info_of(one, url))
    return found


def sent_files(case: Case, attachments: list[Attachment], url: str) -> dict[str, list[FileInfo]]:
    """The files of the answer as it was last sent, per row."""
    kept = {one for part in [case.answer or {}, *(case.answer or {}).get("rows", [])] for one in part.get("files", [])}
    found: dict[str, list[FileInfo]] = {}
    for one in attachments:
        if one.purpose == Purpose.ANSWER and one.event_id is not None and str(one.pk) in kept:
            found.setdefault(one.row_id, []).append(info_of(one, url))
    return found


def info_of(attachment: Attachment, url: str) -> FileInfo:
    return FileInfo(
        str(attachment.pk),
        attachment.name,
        attachment.blob.size,
        attachment.type,
        attachment.round,
        url.format(id=attachment.pk),
    )


def tidy_name(name: str) -> str:
    """A file's own name, which any system can keep it under."""
    return file_name(name, empty=_("file"))


def type_of(upload: UploadedFile[Any], name: str) -> str:
    """The type told by the content, or a refusal with what can be sent."""
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    try:
        found = filetypes.type_of(upload, ending)  # type: ignore[arg-type]
    except filetypes.TooMuchInside as bomb:
        raise Refused(
            _("%(name)s holds far more than its size says, so it can't be sent. Send it as a PDF.") % {"name": name}
        ) from bomb
    if found is not None:
        return found
    sentence = (
        _("%(name)s is not what its name says. Open it and save it again, or send it as a PDF.")
        if ending in filetypes.TYPES
        else _("%(name)s can't be sent. Send a PDF, a picture, a spreadsheet, a document, text, XML or SIE.")
    )
    raise Refused(sentence % {"name": name})


def store(firm: Firm, upload: UploadedFile[Any]) -> Blob:
    """Lay the bytes under a random name in the firm's folder, hash them on the way, then note the blob."""
    key = secrets.token_hex(16)
    path = place_of(firm.pk.hex, key)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    sha, size = hashlib.sha256(), 0
    upload.seek(0)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        for chunk in upload.chunks():
            sha.update(chunk)
            size += len(chunk)
            target.write(chunk)
        target.flush()
        os.fsync(target.fileno())
    return Blob.objects.create(firm=firm, sha256=sha.hexdigest(), size=size, storage_key=key)


def place_of(firm_hex: str, key: str) -> Path:
    """Where a blob's bytes lie: below SAMSYN_VAR, outside any public folder."""
    return Path(settings.SAMSYN_FILES) / firm_hex / key[:2] / key


def open_blob(blob: Blob) -> BinaryIO:
    return place_of(blob.firm_id.hex, blob.storage_key).open("rb")
