"""What both desks do with a message: its files wait where they are seen until it is sent, and it is sent once."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from samsyn.cases.models import Case, Purpose
from samsyn.cases.verbs import allowed, refuse_unless_allowed
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.errors import NotNow
from samsyn.web.attaching import Taken, take, take_away

WITH_MESSAGES = ("message", "reply", "ask_again", "reopen")


def take_files(request: HttpRequest, actor: Actor, case: Case) -> Taken:
    """Keep the files chosen beside a message; tells which could not be kept.

    They go with the next message, and stand beside it until then. `do` = `file.remove.<id>` takes one away.
    """
    taken = take(request, actor, case, Purpose.MESSAGE)
    take_away(request, actor, case, taken)
    return taken


def refuse_to_say(request: HttpRequest, actor: Actor, case: Case, run: Any) -> None:
    """As `refuse_unless_allowed`; what comes at the wrong moment leaves its files beside the next message."""
    try:
        refuse_unless_allowed(run.verb, actor, case)
    except NotNow:
        if any(allowed(verb, actor, case) for verb in WITH_MESSAGES):
            take(request, actor, case, Purpose.MESSAGE)
        raise


def only_files(request: HttpRequest) -> bool:
    """Whether the button was one that minds the files, and sends nothing."""
    return request.POST.get("do", "").startswith("file.")


def device_key(actor: Actor, case: Case, form: str = "") -> str:
    """What a text is called on its writer's device: per person, case and form; the answer has no form."""
    parts = [str(actor.user.pk) if actor.user else "", case.ref, *([form] if form else [])]
    return ":".join(parts)
