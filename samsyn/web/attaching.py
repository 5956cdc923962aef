"""Files that come with a form: each that can be taken waits as its sender's own until the form can be sent.

Whatever else is wrong with the form, they are there when it is shown again.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from django.http import HttpRequest
from django.utils.translation import gettext as _

from samsyn.cases.files import Place, attach, detach
from samsyn.cases.models import Attachment, Case, Purpose
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.errors import Refused

REMOVE = "file.remove."


@dataclass
class Taken:
    """What became of the files of one form: those that wait now, and the sentences of those that were refused."""

    made: list[Attachment] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def problem(self) -> str:
        return " ".join(self.problems)


def take(
    request: HttpRequest, actor: Actor, place: Place, purpose: Purpose, rows: Collection[str] | None = None
) -> Taken:
    """Attach every file of the form that can be, named `file.<row>` or `photo.<row>`; the others get a sentence.

    With `rows` a file stays at its row, and one of another row is refused; without, it belongs to no row.
    """
    taken = Taken()
    for name in request.FILES:
        row = name.partition(".")[2]
        for upload in request.FILES.getlist(name):
            try:
                if rows is not None and row not in rows:
                    raise Refused(_("The file doesn't belong to anything that is asked for."))
                at = row if rows is not None else ""
                taken.made.append(attach(actor, place, upload, purpose=purpose, row_id=at))
            except Refused as refusal:
                taken.problems.append(str(refusal))
    return taken


def removed(request: HttpRequest) -> str:
    """The id of the file whose *take away* was pressed, or ''."""
    do = request.POST.get("do", "")
    return do.removeprefix(REMOVE) if do.startswith(REMOVE) else ""


def take_away(request: HttpRequest, actor: Actor, case: Case, taken: Taken) -> None:
    """Take away the file whose button was pressed; one that is gone already gets a sentence among those of `taken`."""
    if one := removed(request):
        try:
            detach(actor, case, one)
        except Refused as refusal:
            taken.problems.append(str(refusal))
