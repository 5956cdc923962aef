"""Letters and the worker: one that can't be read or sent stops no other, and a name can't become a header."""

from __future__ import annotations

import datetime as dt
import json
import smtplib
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from samsyn.cases import actions as case_actions
from samsyn.cases import jobs as case_jobs
from samsyn.cases.models import Case, Event, Outbox, SendBatch
from samsyn.demo.world import write
from samsyn.kit import letters
from samsyn.kit.models import Letter
from samsyn.kit.sealing import sealed_box
from samsyn.notices import jobs
from samsyn.tenancy import actions
from samsyn.tenancy.models import Firm

GOOD = {"subject": "Hej", "text": "Text", "html": "<p>Text</p>", "sender": "Byrån"}


def letter(content: dict[str, str], *, box: Fernet | None = None, minutes_ago: int = 1) -> Letter:
    sealed = (box or sealed_box()).encrypt(json.dumps(content).encode())
    at = timezone.now() - dt.timedelta(minutes=minutes_ago)
    return Letter.objects.create(to="elin@demokund.example", template="case", body=sealed, next_try_at=at)


def test_a_letter_that_can_never_leave_stops_no_other(db: None) -> None:
    Letter.objects.all().delete()
    other_key = letter(GOOD, box=Fernet(Fernet.generate_key()), minutes_ago=9)
    hostile = letter({**GOOD, "subject": "Hej\r\nBcc: ond@rival.example"}, minutes_ago=8)
    broken = letter({"subject": "Hej"}, minutes_ago=7)
    fine = letter(GOOD)
    letters.sweep()
    for one in (other_key, hostile, broken, fine):
        one.refresh_from_db()
    assert [other_key.state, hostile.state, broken.state, fine.state] == ["failed", "failed", "waiting", "sent"]
    assert [one.to for one in mail.outbox] == [["elin@demokund.example"]]


class Refusing(BaseEmailBackend):
    """A mail server that answers every address with `code`."""

    code = 450

    def send_messages(self, email_messages: Any) -> int:
        raise smtplib.SMTPRecipientsRefused({one.to[0]: (self.code, b"no") for one in email_messages})


@pytest.mark.parametrize(("code", "state"), [(450, "waiting"), (550, "failed")])
def test_a_server_that_asks_us_to_come_again_is_asked_again(
    db: None, settings: Any, monkeypatch: Any, code: int, state: str
) -> None:
    settings.EMAIL_BACKEND = "tests.test_letters.Refusing"
    monkeypatch.setattr(Refusing, "code", code)
    refused = letter(GOOD)
    letters.sweep()
    refused.refresh_from_db()
    assert refused.state == state


def test_an_event_that_nobody_can_be_told_of_stops_no_other(world: Any) -> None:
    case = world.cases["Kontoutdrag för november"]
    strange = Event.objects.create(firm=case.firm, case=case, engagement_id=case.engagement_id, seq=900, verb="gone")
    Outbox.objects.create(firm=case.firm, event=strange, created_at=timezone.now() - dt.timedelta(days=1))
    new = write(world, world.manager, "demokund", "question", "Efter den som inte går")
    jobs.sweep()
    waiting = Outbox.objects.unscoped(why="what the sweep has left").filter(done_at=None)
    assert list(waiting.values_list("event__verb", flat=True)) == ["gone"]
    opened = Event.objects.visible_to(world.manager).get(case=new, verb="open")
    assert Letter.objects.filter(about__startswith=f"event:{opened.pk}").exists()


def test_cases_to_several_that_break_off_stop_no_others(world: Any) -> None:
    draft = write(world, world.manager, "demokund", "question", "Till flera", send=False)
    SendBatch.objects.create(
        firm=world.firm, by=world.manager.membership, draft=None, engagement_ids=["no id"], total=1, subject="Trasig"
    )
    batch = case_actions.send_to_many(world.manager, draft, [world.engagements["annankund"].pk])
    case_jobs.send_what_was_left()
    batch.refresh_from_db()
    assert (batch.finished_at is not None, batch.faults) == (True, [])
    left = SendBatch.objects.visible_to(world.manager).filter(finished_at=None)
    assert [one.subject for one in left] == ["Trasig"]


def test_information_that_cannot_be_closed_stops_no_other(world: Any) -> None:
    rows = Case.objects.unscoped(why="the test sets the scene")
    read = {"days": None, "request": {"acknowledge": False}}
    strange = write(world, world.manager, "demokund", "information", "Av en sort som inte finns", **read)
    whole = write(world, world.manager, "demokund", "information", "Som den ska", **read)
    rows.filter(pk=strange.pk).update(kind="gone", turn_since=timezone.now() - dt.timedelta(days=16))
    rows.filter(pk=whole.pk).update(turn_since=timezone.now() - dt.timedelta(days=15))
    case_jobs.close_what_was_only_to_read()
    assert dict(rows.filter(pk__in=[strange.pk, whole.pk]).values_list("pk", "state")) == {
        strange.pk: "with_client",
        whole.pk: "closed",
    }


def invited(world: Any) -> Any:
    """The mail of an invitation from demobyran as it left."""
    actions.add_staff(world.manager, name="Nils Ny", email="nils@demobyran.example", role="consultant")
    letters.sweep()
    return next(one for one in mail.outbox if one.to == ["nils@demobyran.example"])


def test_a_name_is_said_as_it_is_and_never_becomes_markup_or_a_header(world: Any) -> None:
    name = 'Ek & "Söner", <b>AB</b> <ond@rival.example>'
    Firm.objects.filter(pk=world.firm.pk).update(name=name)
    sent = invited(world)
    assert name in sent.subject
    assert name in sent.body
    html = sent.alternatives[0][0]
    assert "<b>AB" not in html
    assert "Ek &amp; " in html
    assert "&amp;amp;" not in html
    assert sent.from_email.endswith("<no-reply@127.0.0.1>")
    assert sent.message().as_string().count("no-reply@127.0.0.1") == 1


def test_a_name_with_a_line_break_becomes_one_line(visit: Any, world: Any) -> None:
    manager, page = visit("ansvarig@demobyran.example"), "/byra/demobyran/installningar/"
    firm = Firm.objects.get(pk=world.firm.pk)
    facts = {name: getattr(firm, name) for name in ("number", "max_file_mb", "max_case_mb", "due_days")}
    names = {
        "name": "Ek\r\nBcc: ond@rival.example",
        "phone": "08\n1",
        "address": "A\nB",
        "city": "C\n",
        "postcode": "1",
    }
    assert manager.post(page, {**facts, **names}).status_code == 302
    firm.refresh_from_db()
    assert (firm.name, firm.phone, firm.address, firm.city) == ("Ek Bcc: ond@rival.example", "08 1", "A B", "C")
    assert "Ek Bcc: ond@rival.example" in invited(world).subject
