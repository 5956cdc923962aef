"""What a file is, told by its bytes. The name must say the same, or the file is refused.

Nothing is ever unpacked: of a zip only its own list of what lies in it is read. Sources: the signatures of ISO
32000 (PDF), ISO 10918 (JPEG), PNG, WebP and ISO 23008-12 (HEIC), APPNOTE.TXT for the end and the list of a zip,
ECMA-376 and OpenDocument for what lies in an office file, the WHATWG's sniffing table for HTML, and the SIE
file format, whose first label is `#FLAGGA`.
"""

from __future__ import annotations

import codecs
import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO
from xml.sax import SAXException
from xml.sax.handler import ContentHandler

from defusedxml import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

HEAD = 8192
TAIL = 65_535 + 22  # the longest comment of a zip, and its end record
LIST_MOST = 2_000_000  # bytes of a zip's own list; an honest office file has a few thousand
UNPACKED_MOST = 1_000_000_000  # what an office file may say that it unpacks to
HEIC = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"}
CONTROLS = bytes(sign for sign in range(32) if sign not in b"\t\n\x0b\x0c\r\x1a\x1b")  # 1a ends a DOS file
CONTROL = re.compile("[\0-\x08\x0e-\x19\x1c-\x1f]")
UTF16 = (b"\xff\xfe", b"\xfe\xff")
OFFICE = {
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", r"xl/workbook\d*\.xml"),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", r"word/document\d*\.xml"),
    "ods": ("application/vnd.oasis.opendocument.spreadsheet", r"content\.xml"),
    "odt": ("application/vnd.oasis.opendocument.text", r"content\.xml"),
}
# What a browser takes for HTML when a text begins with it, and what gives it away a few words in.
MARKUP_FIRST = re.compile(
    r"<(!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|svg|img|meta)[\s>/]"
    r"|<!--|<\?xml|%pdf-",
    re.I,
)
MARKUP_NEAR = re.compile(r"<(!doctype html|html|script|svg)[\s>]", re.I)
DRAWN = {"http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg"}


class TooMuchInside(ValueError):  # noqa: N818 - it says what is wrong with the file
    """The file says that it unpacks to more than anybody could open."""


@dataclass(frozen=True)
class Entry:
    """One file in a zip, as the zip's own list tells of it; `size` in bytes when unpacked."""

    name: str
    size: int


def type_of(file: BinaryIO, ending: str) -> str | None:
    """The media type when the bytes are what `ending` (lower case, no dot) says, else None.

    `file` can be sought. Raises `TooMuchInside` for a zip bomb.
    """
    media_type, is_one = TYPES.get(ending, ("", None))
    return media_type if is_one is not None and is_one(file, ending) else None


def _head(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read(HEAD)


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while chunk := file.read(1024 * 1024):
        yield chunk


# Pictures and PDF: a signature, and nothing else that the same bytes could be opened as


def _begins(*starts: bytes) -> Callable[[BinaryIO, str], bool]:
    def check(file: BinaryIO, ending: str) -> bool:
        return _head(file).startswith(starts) and not is_zip(file)

    return check


def _is_pdf(file: BinaryIO, ending: str) -> bool:
    return _head(file).lstrip(b"\xef\xbb\xbf \t\r\n\0").startswith(b"%PDF-") and not is_zip(file)


def _is_webp(file: BinaryIO, ending: str) -> bool:
    head = _head(file)
    return head[:4] == b"RIFF" and head[8:12] == b"WEBP" and not is_zip(file)


def _is_heic(file: BinaryIO, ending: str) -> bool:
    """An ISO media file whose brands say pictures in HEVC; AVIF and films have other brands."""
    head = _head(file)
    brands = head[8 : min(int.from_bytes(head[:4], "big"), 256)]
    named = {brands[at : at + 4] for at in range(0, len(brands), 4) if at != 4}
    return head[4:8] == b"ftyp" and bool(named & HEIC) and not is_zip(file)


# Zips


def _end_of_zip(file: BinaryIO) -> tuple[int, int] | None:
    """Where the zip's own list begins and its length in bytes, when the bytes end as a zip does."""
    size = file.seek(0, 2)
    file.seek(max(0, size - TAIL))
    tail = file.read(TAIL)
    at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) - at < 22:
        return None
    (length,) = struct.unpack_from("<I", tail, at + 12)
    return size - len(tail) + at - length, length


def is_zip(file: BinaryIO) -> bool:
    """Whether the bytes can be opened as a zip, whatever they begin with: a file that is two things."""
    found = _end_of_zip(file)
    if found is None:
        return False
    start, length = found
    if start < 0:
        return length == 0xFFFFFFFF  # the sign that the true length stands in a longer record
    file.seek(start)
    return length == 0 or file.read(4) == b"PK\1\2"


def entries(file: BinaryIO) -> list[Entry] | None:
    """What lies in the zip, by its own list; None when it is no zip, or its list is absurdly long."""
    start, length = _end_of_zip(file) or (-1, 0)
    if start < 0 or not 0 < length <= LIST_MOST:
        return None
    file.seek(start)
    return list(_listed(file.read(length)))


def _listed(listed: bytes) -> Iterator[Entry]:
    at = 0
    while listed[at : at + 4] == b"PK\1\2" and len(listed) - at >= 46:
        size, name, extra, comment = struct.unpack_from("<IHHH", listed, at + 24)
        yield Entry(listed[at + 46 : at + 46 + name].decode("utf-8", "replace"), size)
        at += 46 + name + extra + comment


def _is_office(file: BinaryIO, ending: str) -> bool:
    """Whether the bytes are the office format that the name says, judged by what is listed in the zip."""
    media_type, main = OFFICE[ending]
    inside = entries(file) if _head(file).startswith(b"PK\3\4") else None
    if inside is None:
        return False
    if sum(one.size for one in inside) > UNPACKED_MOST:
        raise TooMuchInside
    names = {one.name for one in inside}
    if not any(re.fullmatch(main, name) for name in names) or any("vbaProject" in name for name in names):
        return False
    if ending in ("ods", "odt"):
        # The format puts its type first, not packed, so that it can be read where it lies.
        return _head(file)[30:].startswith(b"mimetype" + media_type.encode() + b"PK")
    return "[Content_Types].xml" in names


# Texts


def is_text(file: BinaryIO) -> bool:
    """Whether all of it is text: nothing of another kind is hidden behind the first lines."""
    if _head(file).startswith(UTF16):
        return _is_utf16(file)
    return all(len(chunk.translate(None, CONTROLS)) == len(chunk) for chunk in _chunks(file)) and not is_zip(file)


def _is_utf16(file: BinaryIO) -> bool:
    decoder = codecs.getincrementaldecoder("utf-16")()
    try:
        if any(CONTROL.search(decoder.decode(chunk)) for chunk in _chunks(file)):
            return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _first_words(file: BinaryIO) -> str:
    """The beginning as text, whatever it is coded in: markup and labels are ASCII in all of them."""
    head = _head(file)
    if head.startswith(UTF16):
        return head[: len(head) // 2 * 2].decode("utf-16", "replace").lstrip()
    return head.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").lstrip()


def _is_plain(file: BinaryIO, ending: str) -> bool:
    words = _first_words(file)
    return not MARKUP_FIRST.match(words) and not MARKUP_NEAR.search(words[:512]) and is_text(file)


def _is_sie(file: BinaryIO, ending: str) -> bool:
    """SIE 1 to 4: lines of labels, the first of them #FLAGGA. Mostly code page 437: any high byte is a letter."""
    return _first_words(file).upper().startswith("#FLAGGA") and is_text(file)


class _Data(ContentHandler):
    """Refuses what a browser would draw, and run, instead of showing as data."""

    def startElementNS(self, name: Any, qname: Any, attrs: Any) -> None:  # noqa: N802 - the library's name
        space, local = name
        if space in DRAWN or (not space and local.lower() in ("html", "svg")):
            raise SAXException(f"{local} is drawn")


def _is_xml(file: BinaryIO, ending: str) -> bool:
    """An XML that can be read and is data: no HTML or SVG anywhere in it, and no entities of its own."""
    parser = DefusedExpatParser(namespaceHandling=1, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    parser.setContentHandler(_Data())
    try:
        for chunk in _chunks(file):
            parser.feed(chunk)
        parser.close()
    except (SAXException, DefusedXmlException, ValueError, LookupError):
        return False
    return True


Check = Callable[[BinaryIO, str], bool]
JPEG, PNG = _begins(b"\xff\xd8\xff"), _begins(b"\x89PNG\r\n\x1a\n")
TYPES: dict[str, tuple[str, Check]] = {
    "pdf": ("application/pdf", _is_pdf),
    "jpg": ("image/jpeg", JPEG),
    "jpeg": ("image/jpeg", JPEG),
    "png": ("image/png", PNG),
    "heic": ("image/heic", _is_heic),
    "heif": ("image/heic", _is_heic),
    "webp": ("image/webp", _is_webp),
    **{ending: (media_type, _is_office) for ending, (media_type, _main) in OFFICE.items()},
    "txt": ("text/plain", _is_plain),
    "csv": ("text/csv", _is_plain),
    "xml": ("application/xml", _is_xml),
    "se": ("application/x-sie", _is_sie),
    "si": ("application/x-sie", _is_sie),
    "sie": ("application/x-sie", _is_sie),
}
ACCEPT = ",".join(f".{ending}" for ending in TYPES)
