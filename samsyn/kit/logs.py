"""Logs tell where something broke, never what it was about: no text of a case, no number, no way in."""

from __future__ import annotations

import logging
import re
import time
import traceback
from typing import Any

# What follows opens a door to whoever reads the line.
WAY_IN = re.compile(r"(/inbjudan/|/konto/losenord/|/konto/lank/)[^\s/?'\"]+")


class Discreet(logging.Formatter):
    """A line, and of an exception its kind and where it happened: its words may quote a row or a form.

    Its time is UTC and says so, so that the lines of several machines can be laid side by side.
    """

    converter = time.gmtime  # type: ignore[assignment]
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = None  # another handler may have told it in full
        line = super().format(record)
        record.exc_text = None
        return WAY_IN.sub(r"\1…", line)

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the library's name
        return where(ei[1])


def where(error: BaseException | None) -> str:
    """The kind of `error` and of those behind it, each with the places it passed, innermost last."""
    told = []
    while error is not None:
        frames = traceback.extract_tb(error.__traceback__)
        places = [f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        told.append("\n".join([type(error).__qualname__, *places]))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\nbecause of ".join(told)
