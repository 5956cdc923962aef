"""Mail: written inside the transaction, sent by the worker alone, the same layout for every letter.

No letter holds anything from a case. Addresses in letters come from the setting, never from a request.
"""

from __future__ import annotations

import datetime as dt
import json
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urljoin

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation

from samsyn.kit.models import Letter
from samsyn.kit.queue import each, enqueue
from samsyn.kit.sealing import sealed_box
from samsyn.kit.text import clean_name, wire_address

SEND = "samsyn.kit.letters.send"
KEEP = dt.timedelta(hours=24)
STUCK = dt.timedelta(minutes=2)
NOTED = dt.timedelta(days=400)  # that a letter was written, to whom and when, is known as long as the security log
LANGUAGES = ("sv", "en")


def present_language() -> str:
    """The language of the page that is being answered, as one of ours."""
    language = (translation.get_language() or "sv")[:2]
    return language if language in LANGUAGES else "sv"


def absolute(path: str) -> str:
    """`path` as an address in a letter."""
    return urljoin(settings.SAMSYN_URL + "/", path.lstrip("/"))


def write(
    *,
    template: str,
    to: str,
    language: str,
    context: dict[str, Any],
    about: str | None = None,
    sender: str = "",
    reply_to: str = "",
) -> Letter | None:
    """Write one letter in the reader's language and queue it; None when `about` was written already.

    `template` names templates/letters/<template>.html and .txt, each with a `subject` block. `sender` is
    the name shown before the address, a firm's say, and `reply_to` the address that replies go to.
    """
    with translation.override(language if language in LANGUAGES else "sv"):
        shown = {**context, "language": language, "sender": sender}
        written = render_to_string(f"letters/{template}.txt", shown)
        subject, _newline, text = str(written).strip().partition("\n")
        subject = clean_name(subject)
        html = render_to_string(f"letters/{template}.html", {**shown, "subject": subject})
    sealed = sealed_box().encrypt(
        json.dumps({"subject": subject, "text": text, "html": html, "sender": sender, "reply_to": reply_to}).encode()
    )
    try:
        with transaction.atomic():
            letter = Letter.objects.create(to=to, template=template, body=sealed, about=about)
    except IntegrityError:
        return None
    enqueue(SEND, str(letter.pk))
    return letter


def rehearse(**letter: Any) -> None:
    """Do the work of `write` and leave nothing, where the time taken must not tell whether anybody was written to."""
    with rehearsal():
        write(**letter)


@contextmanager
def rehearsal() -> Iterator[None]:
    """Whatever is written inside is taken back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def send(letter_id: str) -> None:
    """Send one letter. Run by the worker; a fault is tried again with growing pauses for 24 hours."""
    with transaction.atomic():
        rows = Letter.objects.select_for_update().filter(pk=letter_id, state=Letter.State.WAITING)
        letter = rows.filter(next_try_at__lte=timezone.now()).first()
        if letter is None:
            return
        # Claimed before acting: a second worker finds it in the future.
        letter.tries += 1
        letter.next_try_at = timezone.now() + dt.timedelta(minutes=min(2**letter.tries, 120))
        letter.save(update_fields=["tries", "next_try_at"])
    try:
        _mail(letter.to, json.loads(sealed_box().decrypt(bytes(letter.body)))).send()
    except (InvalidToken, ValueError):
        # Sealed with a key that is gone, or with something in it that no mail can hold: it never leaves.
        _finish(letter, Letter.State.FAILED)
    except (OSError, smtplib.SMTPException) as fault:
        if _is_final(fault):
            _finish(letter, Letter.State.FAILED)
    else:
        _finish(letter, Letter.State.SENT)


def _is_final(fault: Exception) -> bool:
    """Whether the mail server has refused the address for good; 4xx is a server that asks us to come again."""
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _words in fault.recipients.values())
    return isinstance(fault, smtplib.SMTPSenderRefused) and fault.smtp_code >= 500


def sweep() -> None:
    """Send what waits, and erase what could not be sent for a day. Each minute."""
    now = timezone.now()
    waiting = Letter.objects.filter(state=Letter.State.WAITING)
    for letter in waiting.filter(created_at__lt=now - KEEP):
        _finish(letter, Letter.State.EXPIRED)
    ready = waiting.filter(next_try_at__lte=now).order_by("next_try_at").values_list("pk", flat=True)
    each(send, [str(letter_id) for letter_id in ready[:500]])


def forget() -> None:
    """Take away what is left of letters that left, or could not, long ago. Each day."""
    Letter.objects.exclude(state=Letter.State.WAITING).filter(created_at__lt=timezone.now() - NOTED).delete()


def is_stuck() -> bool:
    """Whether a letter has waited untouched for more than two minutes: nothing leaves the queue."""
    overdue = timezone.now() - STUCK
    return Letter.objects.filter(state=Letter.State.WAITING, next_try_at__lt=overdue).exists()


def _mail(to: str, content: dict[str, str]) -> EmailMultiAlternatives:
    sender = settings.DEFAULT_FROM_EMAIL
    if content["sender"]:
        address = sender.rpartition("<")[2].rstrip(">")
        name = clean_name(content["sender"]).replace('"', "").replace("\\", "")
        sender = f'"{name}" <{address}>'
    replies = [wire_address(content["reply_to"])] if content.get("reply_to") else None
    mail = EmailMultiAlternatives(content["subject"], content["text"], sender, [wire_address(to)], reply_to=replies)
    mail.attach_alternative(content["html"], "text/html")
    return mail


def _finish(letter: Letter, state: Letter.State) -> None:
    letter.state, letter.body, letter.sent_at = state, b"", timezone.now()
    letter.save(update_fields=["state", "body", "sent_at"])
