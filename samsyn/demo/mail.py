"""/demo/mail/: what has been sent, newest first. Only with SAMSYN_DEMO=1."""

from __future__ import annotations

import email
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from samsyn.web.doors import public_page


def letters() -> list[EmailMessage]:
    """Every letter in the mail folder, newest first."""
    folder = Path(settings.VAR) / "mail"
    found = sorted(folder.glob("*.log"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    texts = [part for path in found[:200] for part in path.read_bytes().split(b"\n" + b"-" * 79 + b"\n")]
    parsed = [email.message_from_bytes(text.strip(), policy=default) for text in texts if text.strip()]
    return [one for one in parsed if isinstance(one, EmailMessage)]


@public_page()
def mail(request: HttpRequest) -> HttpResponse:
    """The list, with the plain text of each."""
    if not settings.SAMSYN_DEMO:
        raise Http404
    shown = []
    for one in letters():
        body = one.get_body(preferencelist=("plain",))
        shown.append({"to": one["to"], "subject": one["subject"], "text": body.get_content() if body else ""})
    return render(request, "demo/mail.html", {"letters": shown})
