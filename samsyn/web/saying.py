"""What both desks do with a message: its files wait where they are seen until it is sent, and it is sent once."""

from __future__ import annotations

from django.http import HttpRequest

from samsyn.cases.files import attach, detach
from samsyn.cases.models import Case, Purpose
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.errors import Refused

TAKE_AWAY = "file.remove."


def take_files(request: HttpRequest, actor: Actor, case: Case) -> str:
    """Keep the files chosen beside a message; gives the sentences of those that could not be kept.

    They go with the next message, and stand beside it until then. `do` = `file.remove.<id>` takes one away.
    """
    problems = []
    for upload in request.FILES.getlist("file."):
        try:
            attach(actor, case, upload, purpose=Purpose.MESSAGE)
        except Refused as refusal:
            problems.append(str(refusal))
    do = request.POST.get("do", "")
    if do.startswith(TAKE_AWAY):
        try:
            detach(actor, case, do.removeprefix(TAKE_AWAY))
        except Refused as refusal:
            problems.append(str(refusal))
    return " ".join(problems)


def only_files(request: HttpRequest) -> bool:
    """Whether the button was one that minds the files, and sends nothing."""
    return request.POST.get("do", "").startswith("file.")


def device_key(actor: Actor, case: Case, form: str = "") -> str:
    """What a text is called on its writer's device: per person, case and form; the answer has no form."""
    parts = [str(actor.user.pk) if actor.user else "", case.ref, *([form] if form else [])]
    return ":".join(parts)
