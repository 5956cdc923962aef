"""The register and a client's page: inviting one or many, what waits for a consent, and how a client ends."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.utils import timezone

from samsyn.cases import actions as cases
from samsyn.cases.models import Case
from samsyn.demo.world import write
from samsyn.tenancy import actions as tenancy
from samsyn.tenancy.models import Consent, Engagement, Invitation

pytestmark = pytest.mark.django_db
MANAGER, REGISTER = "ansvarig@demobyran.example", "/byra/demobyran/kunder/"


def page(person: Any, address: str, **how: Any) -> str:
    return str(person.get(address, **how).content.decode())


def read_again(client: Engagement) -> Engagement:
    return Engagement.objects.unscoped(why="the test looks at what is stored").get(pk=client.pk)


def add(world: Any, name: str, **facts: str) -> Engagement:
    given = {"contact_name": "Kim Kontakt", "contact_email": "kim@kontakt.example", "address": "Gatan 1"}
    given |= {"postcode": "111 22", "city": "Stockholm", **facts}
    return tenancy.add_client(world.manager, name=name, **given)


@pytest.fixture
def declined(world: Any) -> Engagement:
    """A client that has declined while a case waits."""
    client = world.engagements["utansamtycke"]
    cases.decline_consent(world.client("agare@utansamtycke.example", "utansamtycke"), client, reason="Vi vill inte.")
    return client


def test_one_is_invited_from_its_own_row(visit: Any, world: Any) -> None:
    ready, other = add(world, "Redo AB"), add(world, "Annan AB")
    firm = visit(MANAGER)
    assert f'name="one" value="{ready.pk}"' in page(firm, REGISTER)
    shown = firm.post(REGISTER, {"one": str(ready.pk), "client": [str(other.pk)]}, follow=True).content.decode()
    assert "Inbjudan är på väg" in shown.partition('class="toasts"')[2]
    assert [read_again(one).consent for one in (ready, other)] == ["invited", "none"]


@pytest.mark.parametrize("asked", [{}, {"do": "invite"}, {"do": ""}, {"one": "x"}])
def test_nothing_ticked_or_pressed_invites_nobody_and_says_so(visit: Any, world: Any, asked: dict[str, str]) -> None:
    answer = visit(MANAGER).post(REGISTER, asked)
    assert answer.status_code == 422
    assert 'class="error"' in answer.content.decode()


def test_another_firms_client_is_not_invited(visit: Any, world: Any) -> None:
    theirs = world.engagements["delad@rival"]
    before = Consent.objects.unscoped(why="the test counts").filter(engagement=theirs).count()
    assert visit(MANAGER).post(REGISTER, {"one": str(theirs.pk)}).status_code == 422
    assert Consent.objects.unscoped(why="the test counts").filter(engagement=theirs).count() == before


def test_the_view_of_what_hinders_holds_those_that_cannot_be_invited(visit: Any, world: Any) -> None:
    add(world, "Redo AB")
    faults: list[dict[str, str]] = [
        {"contact_name": ""},
        {"contact_email": ""},
        {"city": ""},
        {"contact_email": "konsult@demobyran.example"},
    ]
    for count, fault in enumerate(faults):
        add(world, f"Hindrad {count} AB", **fault)
    shown = page(visit(MANAGER), f"{REGISTER}?vy=hinder")
    assert set(re.findall(r"<b>(.*?)</b>", shown)) == {f"Hindrad {count} AB" for count in range(4)}


@pytest.mark.parametrize(
    ("view", "words"),
    [("alla", "Inga kunder än"), ("samtycke", "Alla kunder har godkänt"), ("hinder", "Inget hindrar")],
)
def test_an_empty_register_says_what_will_be_in_it(visit: Any, world: Any, view: str, words: str) -> None:
    assert words in page(visit("egna@demobyran.example"), f"{REGISTER}?vy={view}")
    assert "Inga kunder passar" in page(visit("egna@demobyran.example"), f"{REGISTER}?vy={view}&q=zzz")


def test_the_client_page_tells_the_consent_with_who_and_when(visit: Any, world: Any) -> None:
    shown = page(visit(MANAGER), f"{REGISTER}{world.engagements['demokund'].pk}/")
    told = shown.partition('aria-labelledby="s"')[2].partition("</section>")[0]
    assert "Godkänt" in told
    assert "<b>Elin Bergqvist</b> godkände samtycket." in told
    assert "<b>Maria Sundfalk</b> skickade inbjudan." in told
    assert "Textversion 1" in told
    assert f"kopia/{timezone.localdate().year}/" in shown


def test_a_case_that_waits_for_one_who_declined_offers_inviting_again_and_comes_back(
    visit: Any, world: Any, declined: Engagement
) -> None:
    case, firm = world.cases["Uppgifter för nyanställda"], visit(MANAGER)
    address = f"/byra/demobyran/arenden/{case.ref}/"
    shown = page(firm, address)
    assert "Kunden har avböjt samtycket." in shown
    assert "Makulera ärendet" in shown
    answer = firm.post(f"{REGISTER}{declined.pk}/", {"do": "invite", "ref": case.ref})
    assert answer.headers["Location"] == address
    assert read_again(declined).consent == "invited"
    assert "Kunden har avböjt samtycket." not in page(firm, address)


def test_what_waits_for_one_who_declined_is_shown_on_the_client_and_can_be_cancelled(
    visit: Any, world: Any, declined: Engagement
) -> None:
    write(world, world.manager, "utansamtycke", "information", "Också väntande")
    address, firm = f"{REGISTER}{declined.pk}/", visit(MANAGER)
    shown = page(firm, address)
    assert "2 ärenden väntar på samtycke." in shown
    assert "Bjud in igen" in shown
    assert "Vi vill inte." in shown
    firm.post(address, {"do": "cancel"})
    left = Case.objects.unscoped(why="the test looks at what is stored").filter(engagement=declined)
    assert set(left.values_list("state", "outcome")) == {("closed", "cancelled")}


def test_a_withdrawn_consent_keeps_the_reason_that_was_written(visit: Any, world: Any) -> None:
    client = world.engagements["annankund"]
    visit(MANAGER).post(f"{REGISTER}{client.pk}/", {"do": "withdraw", "reason": "De har bytt byrå."})
    assert "De har bytt byrå." in page(visit(MANAGER), f"{REGISTER}{client.pk}/")


def test_a_client_can_be_deleted_only_while_nothing_has_been_sent(visit: Any, world: Any) -> None:
    fresh, firm = add(world, "Ny AB"), visit(MANAGER)
    assert "Ta bort kunden" in page(firm, f"{REGISTER}{fresh.pk}/")
    assert "Ta bort kunden" not in page(firm, f"{REGISTER}{world.engagements['demokund'].pk}/")
    refused = firm.post(f"{REGISTER}{world.engagements['demokund'].pk}/", {"do": "delete"})
    assert refused.status_code == 422
    assert "Något har skickats till den här kunden" in refused.content.decode()
    firm.post(f"{REGISTER}{fresh.pk}/", {"do": "delete"})
    assert firm.get(f"{REGISTER}{fresh.pk}/").status_code == 404


def test_an_ended_client_says_since_when_and_takes_nothing_new(visit: Any, world: Any) -> None:
    client, firm = world.engagements["annankund"], visit(MANAGER)
    firm.post(f"{REGISTER}{client.pk}/", {"do": "end"})
    shown = page(firm, f"{REGISTER}{client.pk}/")
    assert "Kunden avslutades" in shown
    assert f"nytt/?kund={client.pk}" not in shown
    assert client.name in page(firm, f"{REGISTER}?vy=avslutade")


def test_an_invited_person_is_shown_with_how_long_the_link_lives(visit: Any, world: Any) -> None:
    fresh = add(world, "Ny AB")
    Engagement.objects.visible_to(world.manager).filter(pk=fresh.pk).update(consent="none")
    visit(MANAGER).post(f"{REGISTER}{fresh.pk}/", {"do": "invite"})
    assert "Inbjuden, till" in page(visit(MANAGER), f"{REGISTER}{fresh.pk}/")
    rows = Invitation.objects.unscoped(why="the test lets the link run out").filter(engagement=fresh)
    rows.update(expires_at=timezone.now())
    assert "Länken har gått ut" in page(visit(MANAGER), f"{REGISTER}{fresh.pk}/")


def test_a_clients_open_cases_stand_before_those_that_rest(visit: Any, world: Any) -> None:
    client = world.engagements["annankund"]
    old = write(world, world.manager, "annankund", "question", "Öppet sedan länge")
    for number in range(30):
        cases.cancel(world.manager, write(world, world.manager, "annankund", "question", f"Avslutat {number}"))
    shown = visit(MANAGER).get(f"{REGISTER}{client.pk}/").content.decode()
    assert 0 < shown.index(old.subject) < shown.index("Avslutat 29")


def test_a_client_without_any_year_offers_no_copy(visit: Any, world: Any) -> None:
    firm = visit(MANAGER)
    for client, offered in ((world.engagements["demokund"], True), (add(world, "Ny AB"), False)):
        assert ("<dt>Kopia</dt>" in page(firm, f"{REGISTER}{client.pk}/")) is offered


def test_a_consent_has_one_history_on_both_sides_and_its_reason_turns_nothing_around(visit: Any, world: Any) -> None:
    client = world.engagements["utansamtycke"]
    cases.decline_consent(world.client("agare@utansamtycke.example", "utansamtycke"), client, reason="\u202eomvänt")
    firm = visit(MANAGER).get(f"{REGISTER}{client.pk}/").content.decode()
    theirs = visit("agare@utansamtycke.example").get("/kund/utansamtycke/samtycke/demobyran/").content.decode()
    for shown in (firm, theirs):
        assert "<b>Ulla Utter</b> avböjde samtycket." in shown
        assert "\u2068\u202eomvänt" in shown
    approved = visit(MANAGER).get(f"{REGISTER}{world.engagements['demokund'].pk}/").content.decode()
    assert "Textversion 1" in approved
