"""The demo world is what the contract says: its slugs, its people and what they may, and cases of every kind."""

from __future__ import annotations

import datetime as dt
from itertools import product
from typing import Any

import pytest
from django.test import Client

from samsyn.cases import kinds
from samsyn.cases.models import Case, State
from samsyn.demo import clock
from samsyn.demo.management.commands.demo import SIGN_INS
from samsyn.kit.sweden import stockholm_day, stockholm_today
from samsyn.tenancy.actors import memberships_of
from samsyn.tenancy.models import Company, Engagement, Firm
from tests.cases import example

PASSWORD = "samsyn-demo"
MANAGER, CONSULTANT = "ansvarig@demobyran.example", "konsult@demobyran.example"
SEVERAL = "dubbel@demokund.example"

# (firm or company, role, may approve without being an owner): what each belongs to.
PLACES = {
    MANAGER: [("demobyran", "manager", False)],
    CONSULTANT: [("demobyran", "consultant", False)],
    "egna@demobyran.example": [("demobyran", "consultant", False)],
    "konsult@rivalbyran.example": [("rivalbyran", "consultant", False)],
    "agare@demokund.example": [("demokund", "owner", False)],
    "medarbetare@demokund.example": [("demokund", "member", False)],
    "lasare@demokund.example": [("demokund", "reader", False)],
    "agare@annankund.example": [("annankund", "owner", False)],
    "agare@delad.example": [("delad", "owner", False), ("delad", "owner", False)],
    "agare@utansamtycke.example": [("utansamtycke", "owner", False)],
    SEVERAL: [("annankund", "member", False), ("demokund", "member", True), ("rivalbyran", "consultant", False)],
}

# Where each comes after signing in, and a page there that is open (200), or refused as the role is (403).
LANDS = {
    MANAGER: ("/byra/demobyran/", "installningar/", 200),
    CONSULTANT: ("/byra/demobyran/", "installningar/", 403),
    "egna@demobyran.example": ("/byra/demobyran/", "installningar/", 403),
    "konsult@rivalbyran.example": ("/byra/rivalbyran/", "installningar/", 403),
    "agare@demokund.example": ("/kund/demokund/", "arenden/nytt/", 200),
    "medarbetare@demokund.example": ("/kund/demokund/", "arenden/nytt/", 200),
    "lasare@demokund.example": ("/kund/demokund/", "arenden/nytt/", 403),
    "agare@annankund.example": ("/kund/annankund/", "arenden/nytt/", 200),
    "agare@delad.example": ("/kund/delad/", "arenden/nytt/", 200),
    "agare@utansamtycke.example": ("/kund/utansamtycke/", "samtycke/", 302),
    SEVERAL: ("/", "kund/annankund/", 200),
}


def signed_in(email: str) -> tuple[Client, Any]:
    """A client that has signed in with the demo's password, and the page it came to."""
    person = Client()
    page = person.post("/konto/logga-in/", {"login": email, "password": PASSWORD}, follow=True)
    return person, page


def text(response: Any) -> str:
    return str(response.content.decode())


@pytest.mark.parametrize("email", PLACES)
def test_everyone_signs_in_with_the_demos_password_and_holds_the_role_that_is_told(email: str, world: Any) -> None:
    person, page = signed_in(email)
    start, beside, status = LANDS[email]
    assert (page.request["PATH_INFO"], page.status_code) == (start, 200)
    assert person.get(start + beside).status_code == status
    held = memberships_of(world.user(email))
    places = [(one.engagement.company.slug if one.engagement else one.firm.slug, one.role, one.may_approve)
              for one in held]  # fmt: skip
    assert sorted(places) == PLACES[email]


def test_the_command_prints_every_sign_in() -> None:
    assert [email for email, _role in SIGN_INS] == list(PLACES)


def test_firms_and_companies_have_the_addresses_that_are_told(world: Any) -> None:
    assert set(Firm.objects.values_list("slug", flat=True)) == {"demobyran", "rivalbyran"}
    companies = set(Company.objects.values_list("slug", flat=True))
    named = {"demokund", "annankund", "delad", "utansamtycke"}
    assert named < companies
    served = Engagement.objects.unscoped(why="a test").values_list("company__slug", "firm__slug")
    assert {(company, firm) for company, firm in served if company in named} == {
        *product(["demokund", "annankund", "delad", "utansamtycke"], ["demobyran"]),
        ("delad", "rivalbyran"),
    }


def test_a_sole_traders_address_is_random_and_the_name_shows(visit: Any, world: Any) -> None:
    sole = Engagement.objects.visible_to(world.manager).get(form="sole")
    assert len(sole.company.slug) >= 8
    assert not {"enskild", "snickare", "ek"} & set(sole.company.slug.split("-"))
    assert sole.name in text(visit(MANAGER).get("/byra/demobyran/kunder/"))
    assert Company.objects.exclude(slug__in=["demokund", "annankund", "delad", "utansamtycke"]).get() == sole.company


# A client's own case is never a draft of the firm's. Nothing waits for an agreement that is in force, so none
# of demokund's does; a case that waits is utansamtycke's. For the same reason nothing ended with the consent.
NEVER = {*product([kind.slug for kind in kinds.all_kinds()], ["awaiting_consent"]), ("client_message", "draft")}
OUTCOMES = {"answered", "approved", "declined", "acknowledged", "informed", "cancelled", "retracted"}


def test_demokund_has_cases_of_every_kind_in_every_state(world: Any) -> None:
    rows = Case.objects.visible_to(world.manager).filter(engagement=world.engagements["demokund"])
    found = set(rows.values_list("kind", "state"))
    assert found == set(product([kind.slug for kind in kinds.all_kinds()], State.values)) - NEVER
    assert set(rows.filter(state="closed").values_list("outcome", flat=True)) == OUTCOMES
    assert rows.filter(restricted=True).count() == 1


def test_no_two_cases_of_demokund_ask_in_the_words_of_an_example_and_have_gone_back(world: Any) -> None:
    """Whoever looks around is to see a bakery, not the same question five times."""
    rows = Case.objects.visible_to(world.manager).filter(engagement=world.engagements["demokund"])
    assert rows.values("subject").distinct().count() == rows.count()
    for kind in ("question", "details"):
        assert not [one for one in rows.filter(kind=kind, state="with_firm") if one.request == example(kind)]


MONTHS = {month: place for place, month in enumerate(clock.MONTHS, 1)}


def test_the_words_of_a_case_and_its_dates_agree(world: Any) -> None:
    """A wage is paid in its own month, a tax after its quarter, and what was counted or paid in has been."""
    rows = Case.objects.visible_to(world.manager).filter(engagement=world.engagements["demokund"])
    asked = {case.subject: case for case in rows}
    for subject, case in asked.items():
        pay_on = dt.date.fromisoformat(case.request["pay_on"]) if case.request.get("pay_on") else None
        if subject.startswith("Löner för"):
            assert pay_on
            assert pay_on.month == MONTHS[subject.split()[-1]]
        elif subject.startswith("Momsdeklaration"):
            assert pay_on
            assert (pay_on.month - 1) // 3 + 1 == int(subject[-1]) % 4 + 1
            assert case.state == State.DRAFT or pay_on < stockholm_today() + dt.timedelta(days=14)
        elif subject.startswith(("Varulager den", "Insättningen den")):
            day, month = subject.split()[-2:]
            told = clock.last(stockholm_today(), MONTHS[month], int(day))
            assert told < stockholm_day(case.released_at)
            assert f"den {day} {month}" in str(case.request)
        elif subject.startswith("Kontoutdrag") and case.kind == "document_request":
            named = {month for month in MONTHS if month in str(case.request)}
            assert named == {subject.split()[-1]}
        if case.kind == "information":
            assert case.message.endswith("."), subject


def test_each_firm_of_the_demo_has_a_telephone_of_its_own(world: Any) -> None:
    assert len(set(Firm.objects.values_list("phone", flat=True))) == Firm.objects.count()


@pytest.mark.parametrize("today", [dt.date(2026, 1, 1) + dt.timedelta(days=9 * n) for n in range(41)])
def test_the_demos_days_hold_whenever_it_is_started(today: dt.date) -> None:
    assert abs((clock.nearest(today, 1, 25) - today).days) < 190
    assert clock.last(today, 12, 9) < today
    assert clock.month_end(today, 4) <= today - dt.timedelta(days=4)
    end, before = clock.quarter_end(today), clock.quarter_end(today, 1)
    assert before < today <= end
    assert clock.quarter_of(before) % 4 + 1 == clock.quarter_of(end)
    assert end < clock.vat_day(end) < end + dt.timedelta(days=60)


def test_every_case_of_demokund_can_be_opened_on_both_sides(visit: Any, world: Any) -> None:
    maria, elin = visit(MANAGER), visit("agare@demokund.example")
    for case in Case.objects.visible_to(world.manager).filter(engagement=world.engagements["demokund"]):
        assert maria.get(f"/byra/demobyran/arenden/{case.ref}/", follow=True).status_code == 200  # a draft is edited
        seen = 404 if case.state == State.DRAFT else 200
        assert elin.get(f"/kund/demokund/arenden/{case.ref}/").status_code == seen, case.subject


def test_without_a_consent_there_is_a_first_case_that_waits_and_no_menu_item(world: Any) -> None:
    person, page = signed_in("agare@utansamtycke.example")
    assert ">Ärenden" not in text(page)
    assert person.get("/kund/utansamtycke/arenden/").status_code == 404
    client = world.engagements["utansamtycke"]
    waiting = Case.objects.visible_to(world.manager).get(engagement=client)
    assert (waiting.state, client.consent) == ("awaiting_consent", "invited")


def test_one_company_is_a_client_of_both_firms_and_one_person_has_three_places(world: Any) -> None:
    person, page = signed_in("agare@delad.example")
    firms = [world.firm.name, world.rival.name]
    assert [firm for firm in firms if firm in text(person.get("/kund/delad/samtycke/"))] == firms
    _person, page = signed_in(SEVERAL)
    assert all(place in text(page) for place in ("Bageri Morgonglöd AB", "Kafé Humlebo HB", "Rival Ekonomi AB"))


def test_everyone_at_the_firms_sees_all_clients_but_one(world: Any) -> None:
    staff = [one for email in PLACES for one in memberships_of(world.user(email)) if one.engagement is None]
    assert [one.user.email for one in staff if one.scope != "all"] == ["egna@demobyran.example"]


def test_the_mail_is_shown_by_the_demo_alone(visit: Any, world: Any) -> None:
    """What `bin/demo` shows there is looked at in test_commands.py."""
    assert Client().get("/demo/mail/").status_code == 404
    assert visit(MANAGER).get("/demo/mail/").status_code == 404
