"""What a firm demands: a second factor at its own door and nowhere else, and a fresh proof before what binds."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from samsyn.cases.basis import basis_digest
from samsyn.cases.models import Event
from samsyn.kit import letters
from samsyn.tenancy.models import Engagement, Firm, NewAddress, User
from samsyn.tenancy.security import SecurityLog
from tests.factors import CODES, PASSWORD, RECOVERY, STEP, put_on, recovery_codes, secret_on, shown_by_app, signed_in
from tests.passkeys import add, asked, sign_in
from tests.pressing import press, soup
from tests.support import HELPER, let_in

pytestmark = pytest.mark.django_db
OWNER, SHARED, BOTH = "agare@demokund.example", "agare@delad.example", "dubbel@demokund.example"
MANAGER, CONSULTANT = "ansvarig@demobyran.example", "konsult@demobyran.example"
DEMANDED, CONFIRM, SETTINGS = "/konto/byran-kraver/", "/konto/bekrafta/", "/byra/demobyran/installningar/"
CASES, DESK = "/kund/demokund/arenden/", "/byra/demobyran/"


def text(response: Any) -> str:
    return " ".join(soup(response).get_text(" ", strip=True).split())


def demand(*names: str) -> None:
    Firm.objects.filter(slug="demobyran").update(**dict.fromkeys(names, True))


def led(response: Any) -> tuple[str, str]:
    """Where an answer leads, and where it says to go on to."""
    path, _query, following = response.headers["Location"].partition("?next=")
    return path, following


def later(minutes: float) -> Any:
    return time_machine.travel(timezone.now() + dt.timedelta(minutes=minutes))


# A second factor


def test_staff_without_one_are_led_to_get_one_and_come_back(world: Any) -> None:
    demand("second_factor_staff")
    person = signed_in(CONSULTANT)
    assert led(person.get(DESK + "arenden/?vy=alla")) == (DEMANDED, "/byra/demobyran/arenden/%3Fvy%3Dalla")
    page = person.get(DEMANDED, {"next": DESK})
    assert "Fyrklang Redovisning AB kräver ett andra steg" in text(page)
    codes = soup(page).find("a", string="Slå på engångskoder")["href"]
    begun = press(person, person.get(codes), "Börja")
    put = press(person, begun, "Slå på engångskoder", code=shown_by_app(secret_on(begun)))
    assert led(put) == (RECOVERY, DESK)
    assert press(person, person.get(put.headers["Location"]), "Jag har sparat dem").headers["Location"] == DESK
    assert person.get(DESK).status_code == 200
    assert person.get(DEMANDED).headers["Location"] == "/"


def test_one_who_has_one_shows_it_once_in_each_sign_in(world: Any) -> None:
    owner = signed_in(CONSULTANT)
    key = add(owner)
    demand("second_factor_staff")
    assert owner.get(DESK).status_code == 200, "it was added in this session"
    again = signed_in(CONSULTANT)
    assert led(again.get(DESK)) == (DEMANDED, DESK)
    page = again.get(DEMANDED, {"next": DESK})
    assert "Använd en passnyckel" in text(page)
    assert "Slå på engångskoder" not in text(page), "whoever has one must show it, and not get another"
    shown = again.post(DEMANDED, {"credential": key.signed(asked(again, DEMANDED)), "next": DESK})
    assert shown.headers["Location"] == DESK
    assert again.get(DESK).status_code == 200
    third = Client(HTTP_HOST="localhost")
    sign_in(third, key)
    assert third.get(DESK).status_code == 200, "a passkey alone is two"


def test_one_who_has_one_cannot_go_round_it_by_getting_another(world: Any) -> None:
    add(signed_in(CONSULTANT))
    demand("second_factor_staff")
    person = signed_in(CONSULTANT)
    for path in (CODES, "/konto/passnycklar/ny/"):
        assert led(person.get(path)) == (DEMANDED, path)
    assert led(person.post(CODES, {"do": "begin"}))[0] == DEMANDED
    assert led(person.post(RECOVERY, {"do": "renew"}))[0] == DEMANDED
    assert led(person.post(CONFIRM, {"part": "password", "password": "samsyn-demo", "next": CODES})) == (CODES, "")
    assert led(person.get(CODES))[0] == DEMANDED, "the password alone doesn't let one add another"


def test_a_wrong_code_or_somebody_elses_key_opens_nothing(world: Any) -> None:
    put_on(signed_in(OWNER))
    theirs = add(signed_in(CONSULTANT))
    mine = add(signed_in(MANAGER))
    demand("second_factor_staff")
    person = signed_in(MANAGER)
    refused = person.post(DEMANDED, {"credential": theirs.signed(asked(person, DEMANDED))})
    assert (refused.status_code, led(person.get(DESK))[0]) == (422, DEMANDED)
    assert person.post(DEMANDED, {"part": "code", "code": "000000"}).status_code == 200, "a way this person has not"
    assert person.post(DEMANDED, {"part": "password", "password": "samsyn-demo"}).status_code == 200
    assert led(person.get(DESK))[0] == DEMANDED
    person.post(DEMANDED, {"credential": mine.signed(asked(person, DEMANDED))})
    assert person.get(DESK).status_code == 200


def test_what_was_written_when_it_was_demanded_is_kept_and_put_back(world: Any) -> None:
    person, case = signed_in(OWNER), world.cases["Kontoutdrag för november"]
    here = f"{CASES}{case.ref}/"
    person.get(here)
    demand("second_factor_clients")
    told = person.post(f"{here}meddelande/", {"text": "Skrivet innan det krävdes"})
    assert led(told) == (DEMANDED, here)
    script = person.post(f"{here}utkast/", {"text": "x"}, headers={"X-Samsyn": "script"})
    assert (script.status_code, "kräver ett andra steg" in script.json()["saved"]) == (401, True)
    htmx = person.post(f"{here}meddelande/", {"text": "Skrivet innan det krävdes"}, headers={"HX-Request": "true"})
    assert htmx.headers["HX-Redirect"].startswith(DEMANDED)
    put_on(person)
    assert "Skrivet innan det krävdes" in text(person.get(here))
    assert not Event.objects.visible_to(world.manager).filter(case=case, verb="message").exists()


def test_a_page_that_asks_by_itself_is_answered_and_leads_nowhere(world: Any) -> None:
    person = signed_in(OWNER)
    demand("second_factor_clients")
    assert person.get("/kund/demokund/flikar/", headers={"X-Samsyn": "script"}).status_code == 401


def test_other_places_are_as_they_were(world: Any) -> None:
    demand("second_factor_staff", "second_factor_clients")
    person = signed_in(BOTH)
    assert led(person.get(CASES))[0] == DEMANDED
    assert person.get("/byra/rivalbyran/").status_code == 200
    chooser = person.get("/")
    assert chooser.status_code == 200
    shut = soup(chooser).find("a", href="/kund/demokund/")
    assert shut.select_one(".badge") is None, "what waits there is not told either"
    assert "Gå någon annanstans" in text(person.get(DEMANDED))
    assert person.get("/konto/").status_code == 200


def test_at_a_company_of_two_firms_only_the_one_that_demands_it_is_shut(world: Any) -> None:
    demand("second_factor_clients")
    person = signed_in(SHARED)
    page = person.get("/kund/delad/arenden/")
    assert page.status_code == 200
    assert "Fyrklang Redovisning AB kräver ett andra steg." in text(page)
    for case in world.cases.values():
        if case.engagement.company.slug == "delad" and case.is_sent:
            answer = person.get(f"/kund/delad/arenden/{case.ref}/")
            shut = case.firm_id == world.firm.pk
            assert (answer.status_code == 302) is shut
            assert (case.subject in text(page)) is not shut or not case.is_open
    assert led(person.get("/kund/delad/samtycke/demobyran/"))[0] == DEMANDED
    put_on(person)
    after = person.get("/kund/delad/arenden/")
    assert "kräver ett andra steg" not in text(after)


@pytest.mark.parametrize("email", ["agare@annankund.example", "konsult@rivalbyran.example"])
def test_a_stranger_learns_nothing_of_it(world: Any, email: str) -> None:
    demand("second_factor_staff", "second_factor_clients")
    person = signed_in(email)
    for path in (DESK, CASES, "/kund/finns-inte/", "/byra/finns-inte/"):
        assert person.get(path).status_code == 404
    page = person.get(DEMANDED, {"next": DESK}, follow=True)
    assert email.startswith("agare") or "Fyrklang" not in text(page)


def test_taking_ones_own_away_shuts_the_door_again(world: Any) -> None:
    demand("second_factor_staff")
    person = signed_in(CONSULTANT)
    secret = put_on(person)
    assert person.get(DESK).status_code == 200
    press(person, person.get(CODES), "Stäng av engångskoder")
    assert led(person.get(DESK))[0] == DEMANDED
    assert secret


def test_one_who_has_lost_the_key_comes_in_with_a_recovery_code(world: Any) -> None:
    demand("second_factor_staff")
    person = signed_in(CONSULTANT)
    add(person)
    codes = recovery_codes(person)
    assert len(codes) == 10, "made by itself, since the door would be shut without the key"
    again = signed_in(CONSULTANT)
    again.post(DEMANDED, {"part": "code", "code": codes[0], "next": DESK})
    assert again.get(DESK).status_code == 200


def test_somebody_removed_finds_nothing_behind_the_door(world: Any) -> None:
    demand("second_factor_clients")
    person = signed_in(OWNER)
    put_on(person)
    held = world.owner.memberships[0]
    held.ended_at = timezone.now()
    held.save(update_fields=["ended_at"])
    assert person.get(CASES).status_code == 404


# Who may demand it


def facts(person: Any, **other: Any) -> dict[str, Any]:
    form = soup(person.get(SETTINGS)).select_one("main form")
    texts = {one["name"]: one.text.removeprefix("\n") for one in form.select("textarea")}
    lines = {one["name"]: one.get("value", "") for one in form.select('input:not([type="file"],[type="checkbox"])')}
    return {**lines, **texts, **other}


def test_a_manager_demands_only_what_he_or_she_has(world: Any) -> None:
    person = signed_in(MANAGER)
    refused = person.post(SETTINGS, facts(person, second_factor_staff="on", phone="08-99 99 99"))
    assert refused.status_code == 422
    assert "Lägg först till en passnyckel eller engångskoder" in text(refused)
    assert "08-99 99 99" in refused.content.decode()
    assert not Firm.objects.get(slug="demobyran").second_factor_staff
    put_on(person)
    saved = person.post(SETTINGS, facts(person, second_factor_staff="on", fresh_approval="on"))
    assert saved.status_code == 302
    firm = Firm.objects.get(slug="demobyran")
    assert (firm.second_factor_staff, firm.second_factor_clients, firm.fresh_approval) == (True, False, True)
    rows = SecurityLog.objects.visible_to(world.manager).filter(what="demand")
    assert {(row.name, row.words) for row in rows} == {
        ("Maria Sundfalk", "Medarbetare behöver ett andra steg"),
        ("Maria Sundfalk", "Godkännanden kräver en ny bekräftelse"),
    }
    assert person.get(DESK).status_code == 200
    assert led(signed_in(CONSULTANT).get(DESK))[0] == DEMANDED


def test_a_consultant_demands_nothing(world: Any) -> None:
    person = signed_in(CONSULTANT)
    assert person.post(SETTINGS, {"fresh_approval": "on"}).status_code == 403
    assert not Firm.objects.get(slug="demobyran").fresh_approval


# A fresh proof


def approval(world: Any) -> tuple[Any, str]:
    case = world.cases["Löner för januari"]
    return case, f"{CASES}{case.ref}/"


def decided(world: Any, case: Any) -> list[str]:
    rows = Event.objects.visible_to(world.manager).filter(case=case, verb__in=("approve", "decline"))
    return list(rows.values_list("verb", flat=True))


def test_an_approval_waits_for_a_fresh_proof_and_one_comes_back_to_it(world: Any) -> None:
    demand("fresh_approval")
    person, (case, here) = signed_in(OWNER), approval(world)
    person.get(here)
    with later(16):
        page = person.get(here)
        assert "Först bekräftar du att det är du." in text(page)
        asked_for = press(person, page, "approve")
        assert led(asked_for) == (CONFIRM, here)
        assert decided(world, case) == []
        confirm = person.get(asked_for.headers["Location"])
        done = press(person, confirm, "Bekräfta", password="samsyn-demo")
        assert done.headers["Location"] == here
        page = person.get(here)
        assert "Först bekräftar du" not in text(page)
        assert press(person, page, "approve").status_code == 302
        assert decided(world, case) == ["approve"]
        event = Event.objects.visible_to(world.manager).get(case=case, verb="approve")
        assert event.body["signed_in_by"] == "password"


def test_the_reason_for_declining_is_kept_meanwhile(world: Any) -> None:
    demand("fresh_approval")
    person, (case, here) = signed_in(OWNER), approval(world)
    person.get(here)
    with later(16):
        press(person, person.get(here), "decline", **{"a-comment": "Fel belopp på rad två"})
        assert decided(world, case) == []
        person.post(CONFIRM, {"part": "password", "password": "samsyn-demo"})
        page = person.get(here)
        assert "Fel belopp på rad två" in text(page)
        press(person, page, "decline")
        assert decided(world, case) == ["decline"]
        by_htmx = person.post(f"{here}svara/", {"decision": "approve"}, headers={"HX-Request": "true"})
        assert by_htmx.status_code < 500


def test_whoever_has_just_signed_in_approves_at_once_and_without_the_demand_anybody_does(world: Any) -> None:
    person, (case, here) = signed_in(OWNER), approval(world)
    person.get(here)
    with later(16):
        assert "Först bekräftar du" not in text(person.get(here))
    demand("fresh_approval")
    with later(14):
        person.post(f"{here}svara/", {"decision": "approve", "digest": basis_digest(case)})
    assert decided(world, case) == ["approve"]


def test_a_person_without_the_right_is_refused_and_not_asked_to_confirm(world: Any) -> None:
    demand("fresh_approval", "fresh_consent")
    person, (case, here) = signed_in("medarbetare@demokund.example"), approval(world)
    person.get(CASES)
    with later(16):
        assert person.post(f"{here}svara/", {"decision": "approve", "digest": basis_digest(case)}).status_code == 403
        assert person.post("/kund/demokund/samtycke/demobyran/", {"decision": "withdraw"}).status_code == 403


@pytest.mark.parametrize("decision", ["approve", "decline"])
def test_consent_is_answered_with_a_fresh_proof(world: Any, decision: str) -> None:
    demand("fresh_consent")
    here, email = "/kund/utansamtycke/samtycke/demobyran/", "agare@utansamtycke.example"
    person = signed_in(email)
    person.get(here)
    state = world.engagements["utansamtycke"]
    with later(16):
        page = person.get(here)
        assert "Först bekräftar du att det är du." in text(page)
        assert led(press(person, page, decision, may_represent="on")) == (CONFIRM, here)
        state.refresh_from_db()
        assert state.awaits_answer
        person.post(CONFIRM, {"part": "mail"})
        letters.sweep()
        code = re.search(r"^\d{6}$", mail.outbox[-1].body, re.M)
        assert code
        person.post(CONFIRM, {"part": "mailed", "mailed": code[0], "next": here})
        page = person.get(here)
        ticked = soup(page).select_one("[name=may_represent]")
        assert ticked.has_attr("checked"), "the tick is kept"
        press(person, page, decision)
        state.refresh_from_db()
        assert state.consent == {"approve": "approved", "decline": "declined"}[decision]


def test_consent_is_withdrawn_with_a_fresh_proof_and_the_reason_is_kept(world: Any) -> None:
    demand("fresh_consent")
    here, person = "/kund/demokund/samtycke/demobyran/", signed_in(OWNER)
    person.get(here)
    with later(16):
        press(person, person.get(here), "withdraw", reason="Vi byter byrå")
        assert Engagement.objects.visible_to(world.manager).get(pk=world.engagements["demokund"].pk).has_consent
        person.post(CONFIRM, {"part": "password", "password": "samsyn-demo"})
        page = person.get(here)
        assert "Vi byter byrå" in text(page)
        press(person, page, "withdraw")
        assert not Engagement.objects.visible_to(world.manager).get(pk=world.engagements["demokund"].pk).has_consent


def test_the_second_step_of_a_sign_in_opens_the_door_of_a_firm_as_well(world: Any) -> None:
    secret = put_on(signed_in(CONSULTANT))
    demand("second_factor_staff")
    person = signed_in(CONSULTANT)
    person.post(STEP, {"code": shown_by_app(secret)})
    assert person.get(DESK).status_code == 200


def test_support_with_a_passkey_shows_it_before_adding_another(world: Any) -> None:
    """Whoever reads the mail of a support login must not get round the door of a firm that demands a second factor."""
    let_in(world)
    helper = User.objects.get(email=HELPER)
    helper.set_password(PASSWORD)
    helper.save()
    add(signed_in(HELPER))
    demand("second_factor_staff")
    other = signed_in(HELPER)
    assert led(other.post(CODES, {"do": "begin"}))[0] == DEMANDED
    assert "Använd en passnyckel" in text(other.get(DEMANDED))
    assert other.get(DESK).status_code == 403


def test_a_new_address_takes_the_second_factor_that_a_firm_demands(world: Any) -> None:
    add(signed_in(CONSULTANT))
    demand("second_factor_staff")
    thief = signed_in(CONSULTANT)
    told = thief.post("/konto/", {"part": "address", "email": "tjuv@annat.example"})
    assert led(told)[0] == DEMANDED
    assert not NewAddress.objects.exists()
