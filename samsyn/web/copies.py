"""A copy to keep: a case, or a client's year, as a zip that opens without the program.

Each case is a folder that is whole by itself: a page to read, the original files in folders named by row, and a
list of hashes. The page holds what both sides know, on both sides; what is the firm's alone lies in a page of its
own, in the firm's copy, so that the rest can be handed on. The names in the zip are safe on every system.
"""

from __future__ import annotations

import datetime as dt
import functools
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from samsyn.cases.files import files_in, info_of, sent_files
from samsyn.cases.kinds.base import FileInfo, Told
from samsyn.cases.models import Attachment, Audience, Case, Event, Purpose
from samsyn.cases.rounds import ANSWERS, taken_back, told_review
from samsyn.cases.store import open_blob
from samsyn.kit.sweden import STOCKHOLM
from samsyn.kit.text import file_name
from samsyn.kit.zips import CHUNK, Zip, hash_list
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.models import FIRM, Membership
from samsyn.tenancy.walls.standing import behind
from samsyn.web.showing import Happened, happened, history_of, subject_of

PAGE, FIRM_PAGE, INDEX, HASHES = "arende.html", "bara-byran.html", "index.html", "sha256.txt"
AT_A_TIME = 50
UNPACKED = ("text/", "application/xml", "application/x-sie")  # all else that is taken is packed by what it is
NOT_IN_FOLDERS = str.maketrans("/\\", "--", '<>:"|?*')
log = logging.getLogger("samsyn.files")


@dataclass
class Copied:
    """A case with what its reader may see of it, oldest first.

    `people` are the names of those who were to approve; `places` says where each file lies, None if it is lost.
    """

    case: Case
    events: list[Event] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    people: dict[str, str] = field(default_factory=dict)
    places: dict[str, str | None] = field(default_factory=dict)

    @property
    def both(self) -> list[Event]:
        return [event for event in self.events if event.audience != Audience.FIRM]

    @property
    def firms_own(self) -> list[Event]:
        return [event for event in self.events if event.audience == Audience.FIRM]


@dataclass(frozen=True)
class Answered:
    """What was answered in an earlier round."""

    by: str
    at: dt.datetime
    told: list[Told]
    comment: str


@dataclass(frozen=True)
class Row:
    """A case in the index of a year; without an address only a line is left of it."""

    number: str
    subject: str
    kind: str
    state: str
    sent: dt.datetime | None
    closed: dt.datetime | None
    address: str


# Reading


def copied(actor: Actor, pks: Sequence[Any]) -> Iterator[Copied]:
    """Each case of `pks`, in their order, read some at a time: as many questions for fifty cases as for one."""
    for start in range(0, len(pks), AT_A_TIME):
        some = pks[start : start + AT_A_TIME]
        with behind(actor):  # the copy leaves after the page's own transaction, and slowly
            found = _read(actor, some)
        yield from (found[pk] for pk in some if pk in found)


def _read(actor: Actor, some: Sequence[Any]) -> dict[Any, Copied]:
    rows = Case.objects.visible_to(actor).filter(pk__in=some)
    rows = rows.select_related("firm", "engagement", "responsible__user", "sender__user")
    found = {case.pk: Copied(case) for case in rows}
    _name_approvers(actor, found.values())
    for event in Event.objects.visible_to(actor).filter(case__in=some).order_by("case", "seq"):
        found[event.case_id].events.append(event)
    files = Attachment.objects.visible_to(actor).filter(case__in=some, event__isnull=False)
    for one in files.select_related("blob").order_by("created_at", "id"):
        found[one.case_id].attachments.append(one)  # type: ignore[index] # a sent file has a case
    return found


def _name_approvers(actor: Actor, several: Iterable[Copied]) -> None:
    asked = [(one, named) for one in several if (named := one.case.request.get("named"))]
    if not asked:
        return
    rows = Membership.objects.visible_to(actor).filter(pk__in={pk for _one, named in asked for pk in named})
    names = {str(member.pk): member.name for member in rows.select_related("user")}
    for one, _named in asked:
        one.people = names


# Writing


def copy_of_case(actor: Actor, case: Case) -> Iterator[bytes]:
    """The zip of one case, as bytes that can leave."""
    packed, language = Zip(), translation.get_language()
    for one in copied(actor, [case.pk]):
        yield from _pack(packed, "", actor, one, language)
    yield packed.end()


def copy_of_year(actor: Actor, pks: Sequence[Any], title: str) -> Iterator[bytes]:
    """The zip of many cases: a folder for each, below one for each firm when there are several, and an index."""
    packed, language, now = Zip(), translation.get_language(), _now()
    groups: dict[str, list[Row]] = {}
    taken: set[str] = set()
    several = len(actor.firm_ids) > 1
    for one in copied(actor, pks):
        with translation.override(language):
            row, folder = _row(actor, one.case, several, taken)
        groups.setdefault(one.case.firm.name, []).append(row)
        if folder:
            yield from _pack(packed, folder, actor, one, language)
    with translation.override(language):
        page = render_to_string("copy/index.html", {**_every_page(actor), "title": title, "groups": groups})
    yield from packed.text(INDEX, page, at=now)
    yield from packed.text(HASHES, hash_list(packed.hashes), at=now)
    yield packed.end()


def _row(actor: Actor, case: Case, several: bool, taken: set[str]) -> tuple[Row, str]:
    """The line of a case in the index, and its folder; none for what the firm has retracted from the reader."""
    gone = actor.is_client and case.is_retracted
    above = f"{_part(case.firm.name, 30)}/" if several else ""
    folder = "" if gone else free(f"{above}{_part(f'{case.number or case.ref[:8]} {case.subject}', 45)}", taken) + "/"
    row = Row(
        str(case.number or "–"),
        subject_of(case, actor),
        "" if gone else str(case.kind_of.label),
        state_of(case),
        case.released_at,
        case.closed_at,
        quote(folder + PAGE) if folder else "",
    )
    return row, folder


def _pack(packed: Zip, folder: str, actor: Actor, one: Copied, language: str | None) -> Iterator[bytes]:
    now = _now()
    with translation.override(language):
        planned = places_of(one)
    for attachment, path in planned:
        yield from _original(packed, folder, one, attachment, path)
    for number, basis in enumerate(bases_of(one), 1):
        yield from packed.text(f"{folder}filer/underlag/underlag {number}.json", basis, at=now)
    with translation.override(language):
        page = render_to_string("copy/case.html", {**_every_page(actor), **shown(actor, one)})
        own = render_to_string("copy/firm.html", {**_every_page(actor), **shown_to_firm(one)}) if one.firms_own else ""
    yield from packed.text(folder + PAGE, page, at=now)
    if own:
        yield from packed.text(folder + FIRM_PAGE, own, at=now)
    yield from packed.text(folder + HASHES, hash_list(packed.hashes, folder), at=now)


def _original(packed: Zip, folder: str, one: Copied, attachment: Attachment, path: str) -> Iterator[bytes]:
    """The bytes as they came. Lost ones are said in the log and on the page, and the rest of the copy goes on."""
    pk = str(attachment.pk)
    try:
        source = open_blob(attachment.blob)
    except FileNotFoundError:
        log.error("The bytes of blob %s are not where they should be.", attachment.blob_id)
        one.places[pk] = None
        return
    about: dict[str, Any] = {
        "size": attachment.blob.size,
        "at": timezone.localtime(attachment.created_at, STOCKHOLM),
        "packed": not attachment.type.startswith(UNPACKED),
        # The hash of the day it came, so that the list tells when the bytes have changed since.
        "sha256": attachment.blob.sha256,
    }
    with source:
        yield from packed.file(folder + path, iter(lambda: source.read(CHUNK), b""), **about)
    one.places[pk] = path


def _now() -> dt.datetime:
    return timezone.localtime(timezone.now(), STOCKHOLM)


# Names


def places_of(one: Copied) -> list[tuple[Attachment, str]]:
    """Each file with its path in the case's folder: unique, whatever the case of its letters."""
    taken: set[str] = set()
    folders = {row: f"{n:02d} {_part(str(label), 40)}" for n, (row, label) in enumerate(_rows(one.case), 1)}
    standing = files_in(one.case.answer)
    found = []
    for attachment in one.attachments:
        folder = _folder(attachment, folders)
        replaced = attachment.purpose == Purpose.ANSWER and str(attachment.pk) not in standing
        if replaced and not one.case.kind_of.talks:
            folder = "/".join((folder, _("replaced")))
        name = file_name(attachment.name, empty=_("file"), longest=60)
        found.append((attachment, free(f"filer/{folder}/{name}", taken)))
    return found


def _rows(case: Case) -> list[tuple[str, str]]:
    return [(row, label) for row, label in case.kind_of.file_rows(case.request) if row]


def _folder(attachment: Attachment, folders: dict[str, str]) -> str:
    if attachment.purpose == Purpose.MESSAGE:
        return str(_("messages"))
    if attachment.purpose == Purpose.REQUEST:
        return str(_("from the firm") if attachment.side == FIRM else _("from the client"))
    return folders.get(attachment.row_id, str(_("answer")))


def _part(text: str, longest: int) -> str:
    """`text` as the name of a folder."""
    text = text.translate(NOT_IN_FOLDERS)
    return file_name(text, empty=_("case"), longest=longest).strip(". ")


def free(path: str, taken: set[str]) -> str:
    """`path`, or the same with a number where another has it, by small letters and large alike."""
    above, slash, name = path.rpartition("/")
    stem, dot, ending = name.rpartition(".") if "." in name else (name, "", "")
    number, found = 1, path
    while found.casefold() in taken:
        number += 1
        found = f"{above}{slash}{stem} ({number}){dot}{ending}"
    taken.add(found.casefold())
    return found


# What the pages show


@functools.cache
def styles() -> str:
    """The colours and sizes of the program and the few rules of a copy, to stand in the page itself."""
    folder = Path(settings.BASE_DIR) / "static" / "css"
    return "".join((folder / name).read_text() for name in ("tokens.css", "copy.css"))


def _every_page(actor: Actor) -> dict[str, Any]:
    return {
        "language": (translation.get_language() or "sv")[:2],
        "styles": styles(),
        "taken_at": timezone.now(),
        "taken_by": actor.name,
    }


def state_of(case: Case) -> str:
    """Where the case is or how it has ended, in words that are true on both sides."""
    return str(case.get_outcome_display() or case.get_state_display())


def bases_of(one: Copied) -> list[str]:
    """The exact text of each approval or refusal, once each: its SHA-256 is the one frozen with the decision."""
    return list(dict.fromkeys(event.body["basis"] for event in one.events if event.body.get("basis")))


def shown(actor: Actor, one: Copied) -> dict[str, Any]:
    """What both sides know of the case."""
    case, kind, newest_first = one.case, one.case.kind_of, one.both[::-1]
    gone = taken_back(newest_first)
    answers = [event for event in one.both if event.verb in ANSWERS and event.pk not in gone]
    return {
        "case": case,
        "subject": subject_of(case, actor),
        "state": state_of(case),
        "basis": kind.shown(case.request, one.people) if case.kind == "approval" else None,  # type: ignore[attr-defined]
        "told": kind.read(
            case.request, case.answer, told_review(kind, newest_first), sent_files(case, one.attachments, "")
        ),
        "asks": {} if case.answer else asked_fields(case),
        # Where one talks, each reply stands in the history and nowhere else.
        "comment": "" if kind.talks else (case.answer or {}).get("comment", ""),
        "request_files": [info_of(each, "") for each in one.attachments if each.purpose == Purpose.REQUEST],
        "decided": [(happened(each, []), each.body) for each in one.both if each.verb in ("approve", "decline")],
        "earlier": [] if kind.talks else [_answered(case, event, one.attachments) for event in answers[:-1]],
        "history": history_of(newest_first, one.attachments, "", talks=kind.talks)[::-1],
        "link": functools.partial(_link, one.places),
    }


def asked_fields(case: Case) -> dict[str, list[str]]:
    """What is to be filled in at each row, while nothing is."""
    parts = case.kind_of.answer_form(case.request).parts
    return {
        part.id: [
            *(str(one.label) for one in part.fields if one.label != part.title),
            *(s.label for s in part.slots if s.label),
        ]
        for part in parts
    }


def shown_to_firm(one: Copied) -> dict[str, Any]:
    """What is the firm's alone: notes, and verdicts while they were being made."""
    return {"case": one.case, "subject": one.case.subject, "history": [_own(event) for event in one.firms_own]}


def _own(event: Event) -> Happened:
    seen = happened(event, [])
    return Happened(
        seen.icon, seen.sentence, seen.at, seen.when, [line for line in event.body.get("text", "").split("\n") if line]
    )


def _answered(case: Case, event: Event, attachments: Iterable[Attachment]) -> Answered:
    answer = event.half(case.kind_of, "answer")
    named = files_in(answer)
    files: dict[str, list[FileInfo]] = {}
    for one in attachments:
        if (row := named.get(str(one.pk))) is not None:
            files.setdefault(row, []).append(info_of(one, ""))
    return Answered(
        event.name, event.at, case.kind_of.read(case.request, answer, None, files), answer.get("comment", "")
    )


def _link(places: dict[str, str | None], one: FileInfo) -> str:
    """The address of a file from the case's page; '' when its bytes are lost."""
    path = places.get(one.id)
    return quote(path) if path else ""
