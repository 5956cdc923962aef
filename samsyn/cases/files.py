"""Files: checked, hashed and laid on disk before any row names them; original bytes, never changed.

The type comes from the content. What is not on the list, or is something else than its name says, is
refused with a sentence, before anything is stored.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import secrets
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

import filetype
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Sum
from django.utils.translation import gettext as _

from samsyn.cases.kinds.base import FileInfo
from samsyn.cases.models import Attachment, Audience, Blob, Case, Draft, Purpose
from samsyn.kit.sweden import keep_accounting_until, stockholm_today
from samsyn.kit.text import clean_name
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.errors import NotNow, Refused
from samsyn.tenancy.models import Engagement, Firm

# Content type -> the endings it may have.
BINARY: dict[str, tuple[str, ...]] = {
    "application/pdf": ("pdf",),
    "image/jpeg": ("jpg", "jpeg"),
    "image/png": ("png",),
    "image/heic": ("heic", "heif"),
    "image/webp": ("webp",),
}
OFFICE: dict[str, str] = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odt": "application/vnd.oasis.opendocument.text",
}
PLAIN: dict[str, str] = {
    "txt": "text/plain",
    "csv": "text/csv",
    "xml": "application/xml",
    "se": "application/x-sie",
    "si": "application/x-sie",
    "sie": "application/x-sie",
}
ACCEPT = ",".join(f".{ending}" for ending in [*(e for many in BINARY.values() for e in many), *OFFICE, *PLAIN])


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
        shown = {"name": name, "size": f"{megabytes:.0f}", "limit": limits.file_mb}
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
        draft = draft_for(actor, case)
        draft.dropped = sorted({*draft.dropped, attachment_id})
        draft.save()
        return
    raise NotNow(_("The file isn't part of your answer any more."))


def draft_for(actor: Actor, case: Case) -> Draft:
    """The actor's draft of this round, made when there is none."""
    member = actor.membership_in(case.engagement_id)
    drafts: Any = Draft.objects.visible_to(actor)
    draft, _made = drafts.get_or_create(
        firm_id=case.firm_id,
        case=case,
        membership=member,
        round=case.round,
        defaults={"engagement_id": case.engagement_id},
    )
    return draft  # type: ignore[no-any-return]


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
    """A file's own name, without folders, controls or tricks; at most 200 characters with its ending kept."""
    name = clean_name(name.replace("\\", "/").rpartition("/")[2]).strip(". ") or _("file")
    stem, dot, ending = name.rpartition(".")
    if len(name) > 200 and dot:
        return f"{stem[: 199 - len(ending)]}.{ending}"
    return name[:200]


def type_of(upload: UploadedFile[Any], name: str) -> str:
    """The type told by the content, or a refusal with what can be sent."""
    ending = name.rpartition(".")[2].lower()
    upload.seek(0)
    head = upload.read(8192)
    guessed = filetype.guess_mime(head) or ""
    if guessed in BINARY and ending in BINARY[guessed]:
        return guessed
    if ending in OFFICE and _is_office(upload, ending):
        return OFFICE[ending]
    if ending in PLAIN and not guessed and b"\0" not in head:
        return PLAIN[ending]
    known = ending in ACCEPT.replace(".", "").split(",")
    sentence = (
        _("%(name)s is not what its name says. Open it and save it again, or send it as a PDF.")
        if known
        else _("%(name)s can't be sent. Send a PDF, a picture, a spreadsheet, a document, text, XML or SIE.")
    )
    raise Refused(sentence % {"name": name})


def _is_office(upload: UploadedFile[Any], ending: str) -> bool:
    """Whether the bytes are the office format that the name says, judged by what lies in the zip."""
    wanted = {"xlsx": "xl/workbook.xml", "docx": "word/document.xml"}
    try:
        upload.seek(0)
        with zipfile.ZipFile(upload.file) as packed:  # type: ignore[arg-type]
            names = set(packed.namelist())
            if ending in wanted:
                return wanted[ending] in names and "[Content_Types].xml" in names
            return "mimetype" in names and packed.read("mimetype").decode() == OFFICE[ending]
    except (zipfile.BadZipFile, UnicodeDecodeError, KeyError, RuntimeError):
        return False


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
