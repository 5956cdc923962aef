"""Every button that sends does it once, however often the same page is pressed: one event, and no fault said."""

from __future__ import annotations

from typing import Any

import pytest

from samsyn.cases import actions
from samsyn.cases.basis import basis_digest
from samsyn.cases.models import Case
from samsyn.demo.world import due
from samsyn.tenancy import actions as tenancy
from samsyn.tenancy.models import Invitation
from tests.cases import STORED, answer_to, events_of, fresh, in_state, kind_for, sent
from tests.pressing import press

pytestmark = pytest.mark.django_db
MANAGER, OWNER = "ansvarig@demobyran.example", "agare@demokund.example"
ANSWER = {"a-0a1b2c3d": "En degblandare", "a-1a1b2c3d": "no"}
Typed = dict[str, str]
# verb: (state, button, what is typed, the page it stands on, if it is not the case's own)
FIRM: dict[str, tuple[str, str, Typed, str]] = {
    "ask_again": ("with_firm", "Begär komplettering", {"text": "Skicka mer"}, ""),
    "reply": ("with_firm", "Skicka svaret", {"text": "Tack"}, ""),
    "finish": ("with_firm", "Skicka svaret", {"text": "Tack", "finished": "on"}, ""),
    "close": ("with_firm", "Avsluta ärendet", {}, ""),
    "cancel": ("with_client", "Makulera ärendet", {}, ""),
    "retract": ("with_client", "Återkalla ärendet", {}, ""),
    "reopen": ("closed", "Öppna igen", {"text": "En sak till"}, ""),
    "remind": ("with_client", "Påminn P", {}, ""),
    "message": ("with_client", "Skicka meddelandet till kunden", {"text": "Hej"}, ""),
    "note": ("with_client", "Spara internt", {"text": "Internt"}, ""),
    "change_due": ("with_client", "Ändra datum", {"due_on": due(40).isoformat()}, ""),
    "reassign": ("with_client", "Byt ansvarig", {"responsible": "{consultant}"}, ""),
    "amend": ("with_client", "Skicka ändringen till kunden", {"subject": "Nytt ämne"}, "ratta/"),
    "answer_for": ("with_client", "Spara svaret", {"how": "phone", "on": "2026-01-12", **ANSWER}, "svara-at/"),
}
CLIENT: dict[str, tuple[str, str, Typed]] = {
    "send_back": ("with_client", "Skicka tillbaka till byrån", ANSWER),
    "approve": ("with_client", "Godkänn", {}),
    "decline": ("with_client", "Avböj och skicka till byrån", {"a-comment": "Fel belopp"}),
    "acknowledge": ("with_client", "Jag har läst", {}),
    "done": ("with_client", "Klart", {}),
    "take_back": ("with_firm", "Ta tillbaka svaret", {}),
    "message": ("with_client", "Skicka meddelandet", {"text": "Hej"}),
    "reopen": ("closed", "Öppna igen och skicka", {"text": "En sak till"}),
}


def twice(person: Any, case: Case, address: str, words: str, typed: Typed) -> None:
    """The page is opened once and pressed twice, as by somebody who did not see that it worked."""
    page, before = person.get(address), len(events_of(case))
    told = [press(person, page, words, **typed) for _press in range(2)]
    assert [one.status_code for one in told] == [302, 302]
    assert len(events_of(case)) == before + 1


@pytest.mark.parametrize("verb", FIRM)
def test_a_button_of_the_firm_pressed_twice_acts_once(visit: Any, world: Any, verb: str) -> None:
    state, words, typed, end = FIRM[verb]
    kind, request = kind_for(verb)
    case = in_state(world, kind, state, request=request)
    consultant = str(world.consultant.membership.pk)
    typed = {name: text.format(consultant=consultant) for name, text in typed.items()}
    twice(visit(MANAGER), case, f"/byra/demobyran/arenden/{case.ref}/{end}", words, typed)


@pytest.mark.parametrize("verb", CLIENT)
def test_a_button_of_the_client_pressed_twice_acts_once(visit: Any, world: Any, verb: str) -> None:
    state, words, typed = CLIENT[verb]
    kind, request = kind_for(verb)
    case = in_state(world, kind, state, request=request)
    twice(visit(OWNER), case, f"/kund/demokund/arenden/{case.ref}/", words, typed)


def test_the_clients_own_case_pressed_twice_is_one_case(visit: Any, world: Any) -> None:
    owner, before = visit(OWNER), STORED().count()
    page = owner.get("/kund/demokund/arenden/nytt/")
    typed = {"l-subject": "En gång", "l-message": "Hej", "r-topic": "question"}
    told = [press(owner, page, "Skicka till byrån", **typed) for _press in range(2)]
    assert [one.status_code for one in told] == [302, 302]
    assert STORED().count() == before + 1


def test_a_press_is_known_by_person_and_verb(world: Any) -> None:
    """One page has one token for all its forms, and two people may by chance have the same."""
    case = sent(world, "question")
    first = actions.message(world.manager, case, text="Hej", once="sida")
    assert actions.message(world.manager, fresh(case), text="Annat", once="sida") == first
    assert actions.message(world.consultant, fresh(case), text="Hej", once="sida") != first
    assert actions.note(world.manager, fresh(case), text="Hej", once="sida") != first


def test_the_first_press_counts_also_when_the_case_has_gone_on(world: Any) -> None:
    case = sent(world, "question")
    first = actions.send_back(world.owner, case, answer=answer_to(case), once="sida")
    actions.ask_again(world.manager, fresh(case), text="Mer")
    assert actions.send_back(world.owner, fresh(case), answer=answer_to(case), once="sida") == first
    assert fresh(case).state == "with_client"


def test_one_of_two_who_approve_together_counts_once(world: Any) -> None:
    request = {"what": "Lönerna", "amount": None, "pay_on": None, "needed": "two", "named": []}
    case = sent(world, "approval", request=request)
    for _press in range(2):
        actions.approve(world.owner, fresh(case), digest=basis_digest(case), once="sida")
    assert fresh(case).state == "with_client"
    assert len(fresh(case).answer["decisions"]) == 1


# Invitations: the first link goes on working, and the history has one step


INVITING: dict[str, tuple[str, str, str, Typed]] = {
    "one of the register": (MANAGER, "/byra/demobyran/kunder/?vy=samtycke", "{client}", {}),
    "the client's page": (MANAGER, "/byra/demobyran/kunder/{client}/", "invite", {}),
    "the case that waits": (MANAGER, "/byra/demobyran/arenden/{case}/", "Bjud in igen", {}),
    "staff": (MANAGER, "/byra/demobyran/medarbetare/", "Skicka inbjudan", {"name": "Nils", "email": "n@n.example"}),
    "staff again": (MANAGER, "/byra/demobyran/medarbetare/", "Skicka igen Nils Ny", {}),
    "a colleague": (OWNER, "/kund/demokund/kollegor/", "Skicka inbjudan", {"name": "Bo", "email": "b@b.example"}),
    "a colleague again": (OWNER, "/kund/demokund/kollegor/", "Skicka igen Bo Ny", {}),
}


@pytest.mark.parametrize("where", INVITING)
def test_an_invitation_pressed_twice_is_sent_once(visit: Any, world: Any, where: str) -> None:
    email, address, words, typed = INVITING[where]
    client = world.engagements["utansamtycke"]
    waits = STORED().filter(engagement=client, state="awaiting_consent").first()
    actions.decline_consent(world.client("agare@utansamtycke.example", "utansamtycke"), client, reason="Nej")
    tenancy.add_staff(world.manager, name="Nils Ny", email="nils@demobyran.example", role="consultant")
    tenancy.add_colleague(
        world.owner, world.engagements["demokund"], name="Bo Ny", email="bo@demokund.example", role="member"
    )
    names = {"client": client.pk, "case": waits.ref}
    person = visit(email)
    page = person.get(address.format(**names))
    typed = {name: text.format(**names) for name, text in typed.items()}
    sent = Invitation.objects.unscoped(why="every link there is").filter(state="pending")
    before = set(sent.values_list("pk", flat=True))
    links = []
    for _press in range(2):
        told = press(person, page, words.format(**names), **typed)
        assert told.status_code == 302
        links.append(set(sent.values_list("pk", flat=True)) - before)
    assert len(links[0]) == 1
    assert links[1] == links[0]
