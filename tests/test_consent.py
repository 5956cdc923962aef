"""Consent: who is told, which text was read, and what stands on the pages when it has been withdrawn."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail

from samsyn.kit import letters
from samsyn.notices import jobs
from samsyn.tenancy import actions as tenancy
from samsyn.tenancy.models import Consent, Engagement

NEW_OWNER = "agare@utansamtycke.example"
ASKED = "/kund/utansamtycke/samtycke/demobyran/"
AGREED = "/kund/demokund/samtycke/demobyran/"
OWNER, MANAGER = "agare@demokund.example", "ansvarig@demobyran.example"


def text(response: Any) -> str:
    return str(response.content.decode())


def read(person: Any, path: str = ASKED) -> str:
    """The hash of the text that the page shows."""
    found = re.search(r'name="text" value="([0-9a-f]{64})"', text(person.get(path)))
    assert found
    return found[1]


def told() -> list[tuple[str, str]]:
    """(address, subject) of each letter, after the worker's two sweeps."""
    mail.outbox.clear()
    jobs.sweep()
    letters.sweep()
    return sorted((one.to[0], one.subject) for one in mail.outbox)


def newest(world: Any, name: str) -> Consent:
    rows = Consent.objects.visible_to(world.manager).filter(engagement=world.engagements[name])
    found: Consent = rows.select_related("text").latest("seq")
    return found


def test_an_approval_keeps_the_text_that_was_read_and_tells_the_firm(visit: Any, world: Any) -> None:
    told()
    owner = visit(NEW_OWNER)
    sha = read(owner)
    done = owner.post(ASKED, {"decision": "approve", "may_represent": "on", "text": sha})
    assert done.headers["Location"] == "/kund/utansamtycke/arenden/"
    step = newest(world, "utansamtycke")
    assert (step.step, step.text_sha256, step.name, step.role) == ("approved", sha, "Ulla Utter", "owner")
    assert step.address
    subjects = told()
    assert (MANAGER, "Samtycket är godkänt") in subjects
    assert (NEW_OWNER, "Samtycket är godkänt") not in subjects


def test_a_text_that_was_changed_while_it_was_read_cannot_be_approved(visit: Any, world: Any) -> None:
    owner = visit(NEW_OWNER)
    sha = read(owner)
    tenancy.publish_agreement(world.manager, {"sv": "## Nytt\n\nEn annan text."}, after=1)
    late = owner.post(ASKED, {"decision": "approve", "may_represent": "on", "text": sha})
    assert late.status_code == 422
    assert "Byrån har ändrat avtalstexten sedan du läste den." in text(late)
    assert "En annan text." in text(late)
    assert newest(world, "utansamtycke").step == "invited"
    assert owner.post(ASKED, {"decision": "approve", "may_represent": "on", "text": read(owner)}).status_code == 302


@pytest.mark.parametrize("posted", [{}, {"decision": "ja"}])
def test_nothing_is_answered_by_a_button_nobody_pressed(visit: Any, world: Any, posted: dict[str, str]) -> None:
    page = visit(NEW_OWNER).post(ASKED, posted)
    assert page.status_code == 422
    assert "Välj Godkänn eller Avböj." in text(page)
    assert newest(world, "utansamtycke").step == "invited"


def test_a_decline_tells_the_firm_and_leaves_the_case_waiting(visit: Any, world: Any) -> None:
    told()
    assert visit(NEW_OWNER).post(ASKED, {"decision": "decline"}).status_code == 302
    assert told() == [(MANAGER, "Samtycket är avböjt")]
    waiting = world.cases["Uppgifter för nyanställda"]
    waiting.refresh_from_db()
    assert waiting.state == "awaiting_consent"


def test_a_withdrawal_by_the_firm_tells_every_owner_and_nobody_else(world: Any, visit: Any) -> None:
    told()
    client = f"/byra/demobyran/kunder/{world.engagements['demokund'].pk}/"
    assert visit(MANAGER).post(client, {"do": "withdraw"}).status_code == 302
    assert told() == [(OWNER, "Samtycket är återkallat")]


def test_the_letter_says_who_and_never_why(world: Any, visit: Any) -> None:
    told()
    visit(OWNER).post(AGREED, {"decision": "withdraw", "reason": "Vi har bytt revisor"})
    assert told() == [(MANAGER, "Samtycket är återkallat")]
    assert "Elin Bergqvist" in str(mail.outbox[0].body)
    assert "bytt revisor" not in f"{mail.outbox[0].body}{mail.outbox[0].alternatives}"


def test_since_when_and_by_whom_it_is_withdrawn_stands_until_it_is_approved_anew(world: Any, visit: Any) -> None:
    owner = visit(OWNER)
    owner.post(AGREED, {"decision": "withdraw"})
    engagement = Engagement.objects.visible_to(world.manager).get(pk=world.engagements["demokund"].pk)
    assert engagement.withdrawn_at == newest(world, "demokund").at
    assert engagement.withdrawn_by == "Elin Bergqvist, Bageri Morgonglöd AB"
    engagement.firm = world.firm
    tenancy.invite_main_contact(world.manager, engagement)
    again = Engagement.objects.visible_to(world.manager).get(pk=engagement.pk)
    assert again.withdrawn_by == "Elin Bergqvist, Bageri Morgonglöd AB"
    owner.post(AGREED, {"decision": "approve", "may_represent": "on", "text": read(owner, AGREED)})
    again.refresh_from_db()
    assert (again.consent, again.withdrawn_at, again.withdrawn_by) == ("approved", None, "")
