"""What people write: made safe to store and to find again, without changing what it says."""

from __future__ import annotations

import re
import unicodedata

# Bidirectional controls (Unicode TR9): they can make a name read as another one.
_BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_BIDI_OUT = dict.fromkeys(map(ord, _BIDI))
_ISOLATE, _POP = "\u2068", "\u2069"
_OPENS = "\u2066\u2067\u2068"
_RIGHT = ("R", "AL", "AN")
# What Windows refuses in the name of a file, and the names it keeps for devices.
_NOT_IN_FILE_NAMES = dict.fromkeys(map(ord, '<>:"/\\|?*'), "_")
_DEVICES = re.compile(r"(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(COM|LPT)[0-9¹²³])\s*(\.|$)", re.IGNORECASE)


def clean_text(text: str) -> str:
    """Several lines as they were written: newlines alike, other control characters gone, NFC."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    if text.isprintable():  # nearly always, and a large file holds a hundred thousand cells
        return text.strip()
    kept = (sign for sign in text if sign in "\n\t" or unicodedata.category(sign) not in ("Cc", "Cs"))
    return "".join(kept).strip()


def clean_name(text: str) -> str:
    """A name or title on one line: no bidirectional or other controls, single spaces, NFC."""
    text = clean_text(text).translate(_BIDI_OUT)
    return re.sub(r"\s+", " ", text).strip()


def file_name(text: str, *, empty: str, longest: int = 200) -> str:
    """A name any system can keep a file under, as like `text` as it can be: no folders, controls or tricks.

    At most `longest` characters and 240 bytes, the ending kept; `empty` is the name of what has none.
    """
    text = clean_name(text.replace("\\", "/").rpartition("/")[2])
    text = "".join(sign for sign in text if unicodedata.category(sign) != "Cf").translate(_NOT_IN_FILE_NAMES)
    text = re.sub(r"\.{2,}", ".", text).rstrip(". ").lstrip()
    stem, dot, ending = text.rpartition(".") if "." in text else (text, "", "")
    if len(ending) > 20:  # a sentence with a full stop in it, not an ending
        stem, dot, ending = text, "", ""
    stem = stem.strip(". ") or empty
    if _DEVICES.match(stem):
        stem = f"_{stem}"
    room, most = longest - len(dot + ending), 240 - len((dot + ending).encode())
    return stem[:room].encode()[:most].decode("utf-8", "ignore").rstrip(". ") + dot + ending


def isolated(text: str) -> str:
    """`text` for a page: neither a bidirectional control nor a letter in it can turn the words around it."""
    text = str(text)
    if text.isascii() or not any(sign in _BIDI or unicodedata.bidirectional(sign) in _RIGHT for sign in text):
        return text
    return "\n".join(f"{_ISOLATE}{_balanced(line)}{_POP}" if line else line for line in text.split("\n"))


def _balanced(line: str) -> str:
    """`line` without an end of an isolation that it did not begin, and with an end for each it began."""
    depth, kept = 0, []
    for sign in line:
        if sign == _POP and not depth:
            continue
        depth += (sign in _OPENS) - (sign == _POP)
        kept.append(sign)
    return "".join(kept) + _POP * depth


def fold(text: str) -> str:
    """`text` for searching: case and composition alike, å ä ö kept apart from a and o."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", text).casefold()).strip()


def mail_address(text: str) -> str:
    """An e-mail address as it is kept and compared: capitals alike, and both forms of an international domain.

    'Kim@XN--STRAE-OQA.example' and 'kim@straße.example' are one person; ß and ss are two people's. What stands
    before the @ is the provider's to understand, so `kim+samsyn` stays apart from `kim`.
    """
    local, at, domain = unicodedata.normalize("NFC", text.strip().lower()).rpartition("@")
    return local + at + ".".join(map(_readable, domain.split("."))) if at else domain


def wire_address(address: str) -> str:
    """An address as mail servers take it: 'kim@straße.example' → 'kim@xn--strae-oqa.example'.

    Each letter of the domain is kept (IDNA 2008). Python's own way of 2003 makes ss of ß, and so would send one
    person's code to another.
    """
    local, at, domain = address.rpartition("@")
    return local + at + ".".join(map(_encoded, domain.split(".")))


def _encoded(label: str) -> str:
    return label if label.isascii() else f"xn--{label.encode('punycode').decode()}"


def _readable(label: str) -> str:
    """A part of a domain in letters, when it is the code of some and of nothing else."""
    if not label.startswith("xn--"):
        return label
    try:
        shown = label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label
    in_letters = all(sign == "-" or unicodedata.category(sign)[0] in "LMN" for sign in shown)
    same = unicodedata.normalize("NFC", shown.lower()) == shown and _encoded(shown) == label
    return shown if in_letters and same else label


def masked_address(email: str) -> str:
    """'k•••@b•••.example': enough to recognise one's own address, too little to learn another's."""
    local, _at, domain = email.partition("@")
    host, dot, top = domain.rpartition(".")
    return f"{local[:1]}•••@{host[:1]}•••{dot}{top}"


def swedish_sort_key(text: str) -> str:
    """A key that sorts … z å ä ö in plain byte order, alike on both databases. At most 160 characters."""
    return fold(text).translate(str.maketrans("åäæöø", "{||}}"))[:160]


def like_pattern(text: str) -> str:
    """`text` folded, for a `contains` lookup. Django escapes % and _ itself; no database takes a control character."""
    return fold(clean_name(text))[:80]


LONGEST_ADDRESS = 254  # of an e-mail address: what fits between the signs around it in SMTP (RFC 5321)


def looks_like_address(text: str) -> bool:
    """Whether a name holds a link or a mail address, as names in bait do."""
    return bool(re.search(r"://|www\.|@|\b[\w-]+\.(se|com|net|org|nu|io|example)\b", text, re.IGNORECASE))


def initials(name: str) -> str:
    """One or two letters for a person's mark."""
    words = [word for word in name.split() if word[:1].isalpha()]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()
