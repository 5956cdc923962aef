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


def clean_text(text: str) -> str:
    """Several lines as they were written: newlines alike, other control characters gone, NFC."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    kept = (sign for sign in text if sign in "\n\t" or unicodedata.category(sign) not in ("Cc", "Cs"))
    return "".join(kept).strip()


def clean_name(text: str) -> str:
    """A name or title on one line: no bidirectional or other controls, single spaces, NFC."""
    text = clean_text(text).translate(_BIDI_OUT)
    return re.sub(r"\s+", " ", text).strip()


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


def swedish_sort_key(text: str) -> str:
    """A key that sorts … z å ä ö in plain byte order, alike on both databases. At most 160 characters."""
    return fold(text).translate(str.maketrans("åäæöø", "{||}}"))[:160]


def like_pattern(text: str) -> str:
    """`text` folded, for a `contains` lookup. Django escapes % and _ itself."""
    return fold(text)[:80]


def looks_like_address(text: str) -> bool:
    """Whether a name holds a link or a mail address, as names in bait do."""
    return bool(re.search(r"://|www\.|@|\b[\w-]+\.(se|com|net|org|nu|io|example)\b", text, re.IGNORECASE))


def initials(name: str) -> str:
    """One or two letters for a person's mark."""
    words = [word for word in name.split() if word[:1].isalpha()]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()
