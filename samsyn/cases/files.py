"""Files of a case: taken in, taken away, and which of them an answer may speak of.

The type comes from the content. What is not on the list, or is something else than its name says, is
refused with a sentence, before anything is stored. Until it is sent a file is its writer's own: nobody else
can send it, take it away or, on the other side, see it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Sum
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from samsyn.cases import filetypes, retention, store
from samsyn.cases.filetypes import ACCEPT as ACCEPT
from samsyn.cases.kinds.base import FileInfo
from samsyn.cases.models import AccessLog, Attachment, Audience, Case, Purpose, State
from samsyn.kit.text import file_name
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.errors import NotNow, Refused
from samsyn.tenancy.models import Engagement, Firm
from samsyn.tenancy.walls.standing import in_firm

EDITABLE = (State.DRAFT, State.AWAITING_CONSENT)
Place = Case | Engagement

# Taking in


def attach(
    actor: Actor,
    place: Place,
    upload: UploadedFile[Any],
    *,
    purpose: Purpose,
    row_id: str = "",
    audience: str = "both",
) -> Attachment:
    """Check one uploaded file, lay its bytes on disk, and note it as the actor's unsent file of `place`.

    `place` is a case, or the engagement in which a client is writing a case of its own. The same bytes
    under the same name a second time are the file that is waiting there already.
    """
    name = tidy_name(upload.name or "")
    _refuse_size(place.firm, upload, name)
    media_type = type_of(upload, name)
    laid = store.lay(place.firm_id, upload)
    try:
        with transaction.atomic():
            place = _locked(place)
            _refuse_too_much(place.firm, _unsent_or_in(actor, place), laid.size)
            blob = store.blob_of(laid)
            waits = unsent(actor, place, purpose).filter(row_id=row_id, blob=blob, name=name).first()
            if waits is not None:
                return waits  # type: ignore[no-any-return]
            case, engagement = (place, place.engagement) if isinstance(place, Case) else (None, place)
            made = Attachment(
                firm_id=place.firm_id,
                engagement=engagement,
                case=case,
                blob=blob,
                purpose=purpose,
                row_id=row_id,
                round=case.round if case else 1,
                side=actor.side,
                user_id=_person(actor),
                audience=Audience(audience),
                name=name,
                type=media_type,
            )
            retention.say(made, case, engagement).save()
            return made
    except Refused:
        laid.erase()
        raise


def _person(actor: Actor) -> UUID | None:
    return actor.user.pk if actor.user else None


def _locked(place: Place) -> Place:
    """The place as it is now, one file at a time: two at once could pass a limit that neither passes alone."""
    why = "the lock of a place the actor has already found"
    beside = ["firm"]
    if isinstance(place, Case):  # the client before its case, as every verb has it
        Engagement.objects.unscoped(why=why).locked().filter(pk=place.engagement_id).values_list("pk").first()
        beside.append("engagement")
    found: Place = type(place).objects.unscoped(why=why).locked().select_related(*beside).get(pk=place.pk)
    return found


def _refuse_size(firm: Firm, upload: UploadedFile[Any], name: str) -> None:
    if not upload.size:
        raise Refused(_("%(name)s is empty. Choose another file.") % {"name": name})
    megabytes = upload.size / 1_000_000
    if megabytes > firm.max_file_mb:
        shown = {"name": name, "size": number_format(megabytes, 1), "limit": firm.max_file_mb}
        raise Refused(_("%(name)s is %(size)s MB. The limit is %(limit)s MB.") % shown)


def _unsent_or_in(actor: Actor, place: Place) -> Any:
    """The files that count towards the limit of this place: everybody's in a case."""
    if isinstance(place, Case):
        return Attachment.objects.unscoped(why="the limit counts everybody's files").filter(case=place)
    return unsent(actor, place, Purpose.REQUEST)


def _refuse_too_much(firm: Firm, rows: Any, more: int) -> None:
    size = int(rows.aggregate(total=Sum("blob__size"))["total"] or 0)
    if size + more > firm.max_case_mb * 1_000_000:
        raise Refused(
            _("The case's files are more than %(limit)s MB together. Write a new case for the rest.")
            % {"limit": firm.max_case_mb}
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


def follow(case: Case) -> None:
    """The files of a case that is being written go with it: to another client, to another period."""
    rows = Attachment.objects.unscoped(why="all files of a case that nobody has been sent")
    kept = [retention.say(one, case, case.engagement) for one in rows.filter(case=case)]
    for one in kept:
        one.engagement = case.engagement
    rows.bulk_update(kept, ["engagement", "retention_class", "keep_until"])


# What waits


def unsent(actor: Actor, place: Place, purpose: str) -> Any:
    """The actor's own files of `place` that no event has taken yet. Like the text of a draft they follow into
    the next round."""
    rows = Attachment.objects.visible_to(actor).filter(
        event=None, side=actor.side, user_id=_person(actor), purpose=purpose
    )
    return rows.filter(case=place) if isinstance(place, Case) else rows.filter(case=None, engagement=place)


def is_own(actor: Actor, one: Attachment) -> bool:
    return one.side == actor.side and one.user_id == _person(actor)


# Taking away


def detach(actor: Actor, place: Place, attachment_id: str) -> None:
    """Take a file away: the actor's own unsent one, one of a case the firm has not sent, or, of one that was
    sent, only the reference in the new answer."""
    with transaction.atomic():
        _detach(actor, _locked(place), attachment_id)


def _detach(actor: Actor, place: Place, attachment_id: str) -> None:
    gone = NotNow(_("The file isn't part of your answer any more."))
    rows = Attachment.objects.visible_to(actor)
    rows = rows.filter(case=place) if isinstance(place, Case) else rows.filter(case=None, engagement=place)
    pk = _uuid(attachment_id)
    one = rows.filter(pk=pk).first() if pk else None
    if one is None:
        raise gone
    if one.event_id is None and is_own(actor, one):
        return forget([one])
    if not isinstance(place, Case):
        raise gone
    if one.purpose == Purpose.REQUEST and actor.is_firm and place.state in EDITABLE:
        return forget([one])
    if one.purpose != Purpose.ANSWER or place.state != State.WITH_CLIENT or str(one.pk) not in files_in(place.answer):
        raise gone
    if one.row_id in place.kind_of.locked_rows(place.request, place.review):
        raise NotNow(_("The firm has already accepted this, so it can't be changed."))
    from samsyn.cases.drafts import draft_for

    draft = draft_for(actor, place)
    draft.dropped = sorted({*draft.dropped, str(one.pk)})
    draft.save()


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def forget(attachments: Iterable[Attachment]) -> None:
    """Take away unsent files. Who looked at them stays in the log; the bytes go when nothing else needs them."""
    gone = list(attachments)
    ids = [one.pk for one in gone]
    with transaction.atomic():
        for firm in {one.firm_id for one in gone}:
            with in_firm(firm):  # the log is not a client's to read
                logged = AccessLog.objects.unscoped(why="the log outlives a file that was never sent")
                logged.filter(attachment__in=ids).update(attachment=None)
        Attachment.objects.unscoped(why="files the caller has found to be unsent").filter(pk__in=ids).delete()


def forget_unsent(attachments: Iterable[Attachment]) -> None:
    """Of files that were just attached, those that no event took: the press was a repeated one."""
    if ids := [one.pk for one in attachments]:
        rows = Attachment.objects.unscoped(why="files this request has attached itself")
        forget(rows.filter(pk__in=ids, event=None))


# What an answer speaks of


def files_in(answer: Mapping[str, Any] | None) -> dict[str, str]:
    """The files a stored answer names, each with the row it stands at ("" for the answer as a whole).

    A row's files are a list, or lists by slot where each of its fields has files of its own.
    """
    answer = answer or {}
    parts = [{"id": "", "files": answer.get("files", [])}, *answer.get("rows", [])]
    lists = [(part["id"], part.get("files", [])) for part in parts]
    slots = [pair for row, files in lists for pair in (files.items() if isinstance(files, dict) else [(row, files)])]
    return {str(one): str(at) for at, files in slots for one in files}


def refuse_strange_files(actor: Actor, case: Case, answer: Mapping[str, Any]) -> None:
    """An answer may name only the actor's own unsent files of this case, at the row they were chosen for,
    and those that stand in the answer already. Raises `NotNow` for any other. Under the case's lock."""
    standing, named = files_in(case.answer), files_in(answer)
    fresh = {one: row for one, row in named.items() if standing.get(one) != row}
    ids = [pk for pk in map(_uuid, fresh) if pk is not None]
    own = {str(one.pk): one.row_id for one in unsent(actor, case, Purpose.ANSWER).filter(pk__in=ids)} if ids else {}
    rows = {row for row, _label in case.kind_of.file_rows(case.request)}
    if own != fresh or not set(fresh.values()) <= rows:
        raise NotNow(_("A file is no longer part of your answer. Look through your files and send again."))


def answer_files(
    actor: Actor, case: Case, attachments: list[Attachment], dropped: Iterable[str], url: str
) -> dict[str, list[FileInfo]]:
    """The files an answer of this round by this actor would hold, per row; `old:<row>` are those of a returned row.

    `attachments` are those the actor sees, oldest first. `url` is the address of a file with `{id}` in it.
    """
    dropped, standing = set(dropped), {} if case.kind_of.talks else files_in(case.answer)
    returned = case.kind_of.returned_rows(case.review)
    found: dict[str, list[FileInfo]] = {}
    for one in attachments:
        row, pk = one.row_id, str(one.pk)
        waits = one.event_id is None and is_own(actor, one)
        if one.purpose != Purpose.ANSWER or not (waits or pk in standing):
            continue
        if pk in standing and row in returned:
            row = f"old:{row}"
        elif pk in dropped:
            continue
        found.setdefault(row, []).append(info_of(one, url))
    return found


def sent_files(case: Case, attachments: list[Attachment], url: str) -> dict[str, list[FileInfo]]:
    """The files of the answer as it was last sent, per row."""
    standing = files_in(case.answer)
    found: dict[str, list[FileInfo]] = {}
    for one in attachments:
        if one.purpose == Purpose.ANSWER and one.event_id is not None and str(one.pk) in standing:
            found.setdefault(one.row_id, []).append(info_of(one, url))
    return found


def waiting_files(actor: Actor, attachments: Iterable[Attachment], purpose: str, url: str) -> list[FileInfo]:
    """The actor's own unsent files of this purpose, out of those already read."""
    return [
        info_of(one, url)
        for one in attachments
        if one.purpose == purpose and one.event_id is None and is_own(actor, one)
    ]


def info_of(attachment: Attachment, url: str) -> FileInfo:
    return FileInfo(
        str(attachment.pk),
        attachment.name,
        attachment.blob.size,
        attachment.type,
        attachment.round,
        url.format(id=attachment.pk),
    )
