"""The link an invited person finds in the mail."""

from __future__ import annotations

import re

from django.core import mail

from samsyn.kit import letters


def link_to(email: str) -> str:
    """The link in the newest letter to `email`, after the worker has run."""
    letters.sweep()
    newest = next(one for one in reversed(mail.outbox) if one.to == [email])
    found = re.search(r"/inbjudan/[\w-]+/", str(newest.body))
    assert found
    return found[0]
