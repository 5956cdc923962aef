"""One-time codes from an app, recovery codes, and proving once more who one is."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from samsyn.kit import letters
from samsyn.tenancy import factors
from samsyn.tenancy.models import User
from samsyn.tenancy.security import SecurityLog
from tests.factors import CODES, RECOVERY, STEP, is_in, put_on, recovery_codes, secret_on, shown_by_app, signed_in
from tests.passkeys import Passkey, add, asked
from tests.pressing import press, soup

pytestmark = pytest.mark.django_db
OWNER, MEMBER, MANAGER = "agare@demokund.example", "medarbetare@demokund.example", "ansvarig@demobyran.example"
CONFIRM, FILE = "/konto/bekrafta/", "/konto/aterstallningskoder/fil/"
WRONG = "000000"


def text(response: Any) -> str:
    return " ".join(soup(response).get_text(" ", strip=True).split())


def told() -> list[tuple[str, str]]:
    rows = SecurityLog.objects.unscoped(why="the test reads it").filter(firm__slug="demobyran").order_by("-at", "-id")
    return [(row.what, row.words) for row in rows]


def newest_letter() -> Any:
    letters.sweep()
    return mail.outbox[-1]


def later(minutes: float) -> Any:
    return time_machine.travel(timezone.now() + dt.timedelta(minutes=minutes))


def by_code_in_mail(email: str = OWNER) -> Client:
    person = Client(HTTP_HOST="localhost")
    person.post("/konto/kod/", {"email": email})
    code = re.search(r"^\d{6}$", newest_letter().body, re.M)
    assert code
    person.post("/konto/kod/svar/", {"code": code[0]})
    return person


# On, and asked for


def test_codes_are_put_on_with_an_app_and_asked_for_after_the_password(world: Any) -> None:
    owner = signed_in(OWNER)
    secret = put_on(owner)
    assert newest_letter().subject == "Din inloggning har ändrats"
    assert told()[0] == ("factor_on", "Engångskoder från en app")
    person = signed_in(OWNER)
    assert not is_in(person)
    page = person.get(STEP)
    assert "Ett steg till" in text(page)
    code = shown_by_app(secret)
    assert press(person, page, "Logga in", code=f"{code[:3]} {code[3:]}").headers["Location"] == "/"
    assert is_in(person)
    assert told()[0] == ("signed_in", "Med lösenord, med en engångskod från en app")


def test_they_are_asked_for_after_a_code_by_mail_too_and_the_page_one_wanted_follows(world: Any) -> None:
    secret = put_on(signed_in(OWNER))
    person = by_code_in_mail()
    assert not is_in(person)
    person.post(STEP, {"code": shown_by_app(secret)})
    assert is_in(person)
    other = Client(HTTP_HOST="localhost")
    other.post("/konto/logga-in/", {"login": OWNER, "password": "samsyn-demo", "next": "/kund/demokund/arenden/"})
    with later(1):
        told_on = other.post(STEP, {"code": shown_by_app(secret)})
        assert told_on.headers["Location"] == "/kund/demokund/arenden/"


def test_a_code_is_used_once_and_none_before_it_is_any_good_afterwards(world: Any) -> None:
    secret = put_on(signed_in(OWNER))
    now, before = shown_by_app(secret), shown_by_app(secret, -1)
    signed_in(OWNER).post(STEP, {"code": now})
    for code in (now, before):
        person = signed_in(OWNER)
        assert "Koden stämmer inte." in text(person.post(STEP, {"code": code}))
        assert not is_in(person)


@pytest.mark.parametrize(("steps", "good"), [(-2, False), (1, True), (2, False)])
def test_a_clock_may_be_one_step_wrong_and_no_more(world: Any, steps: int, good: bool) -> None:
    secret, person = put_on(signed_in(OWNER)), signed_in(OWNER)
    person.post(STEP, {"code": shown_by_app(secret, steps)})
    assert is_in(person) is good


def test_the_code_the_app_showed_first_is_used_up_by_it(world: Any) -> None:
    owner = signed_in(OWNER)
    secret = secret_on(owner.post(CODES, {"do": "begin"}))
    first = shown_by_app(secret)
    owner.post(CODES, {"code": first})
    person = signed_in(OWNER)
    person.post(STEP, {"code": first})
    assert not is_in(person)


def test_a_wrong_first_code_puts_nothing_on(world: Any) -> None:
    owner = signed_in(OWNER)
    page = owner.post(CODES, {"do": "begin"})
    secret = secret_on(page)
    refused = press(owner, page, "Slå på engångskoder", code=WRONG)
    assert (refused.status_code, "Koden stämmer inte. Vänta på nästa" in text(refused)) == (422, True)
    assert secret_on(refused) == secret, "the app has it already"
    assert not Authenticator.objects.exists()
    assert owner.post(CODES, {"code": ""}).status_code == 422
    assert signed_in(MEMBER).post(CODES, {"code": shown_by_app(secret)}).status_code == 200
    assert not Authenticator.objects.exists()


def test_five_wrong_codes_and_the_right_one_must_wait(world: Any) -> None:
    secret = put_on(signed_in(OWNER))
    for _try in range(5):
        signed_in(OWNER).post(STEP, {"code": WRONG})
    assert signed_in(OWNER).post(STEP, {"code": shown_by_app(secret)}).status_code == 429
    assert told()[:5] == [("failed", "Med en engångskod från en app")] * 5
    with later(6):
        person = signed_in(OWNER)
        person.post(STEP, {"code": shown_by_app(secret)})
        assert is_in(person)


def test_the_second_step_is_nowhere_without_the_first(world: Any) -> None:
    put_on(signed_in(OWNER))
    for answer in (Client().get(STEP), Client().post(STEP, {"code": WRONG})):
        assert answer.headers["Location"] == "/konto/logga-in/"
    person = signed_in(OWNER)
    page = person.get(STEP)
    assert press(person, page, "Logga in som någon annan").headers["Location"] == "/konto/logga-in/"
    assert person.get(STEP).status_code == 302


def test_a_passkey_does_for_the_second_step(world: Any) -> None:
    owner = signed_in(OWNER)
    key = add(owner)
    put_on(owner)
    person = signed_in(OWNER)
    person.post(STEP, {"credential": key.signed(asked(person, STEP))})
    assert is_in(person)
    member_key, other = add(signed_in(MEMBER)), signed_in(OWNER)
    refused = other.post(STEP, {"credential": member_key.signed(asked(other, STEP))})
    assert (refused.status_code, is_in(other)) == (422, False)


def test_what_was_signed_in_elsewhere_ends_when_they_are_put_on_and_off(world: Any) -> None:
    before, owner = signed_in(OWNER), signed_in(OWNER)
    assert (is_in(before), is_in(owner)) == (True, True)
    secret = put_on(owner)
    assert (is_in(before), is_in(owner)) == (False, True)
    again = signed_in(OWNER)
    again.post(STEP, {"code": shown_by_app(secret)})
    assert is_in(again)
    press(owner, owner.get(CODES), "Stäng av engångskoder")
    assert (is_in(again), is_in(owner), is_in(signed_in(OWNER))) == (False, True, True)
    assert not Authenticator.objects.exists(), "recovery codes go with the last of them"
    assert "Du behöver inte längre en engångskod" in newest_letter().body
    assert told()[1] == ("factor_off", "Engångskoder från en app")


def test_secrets_do_not_stand_in_the_database(world: Any) -> None:
    owner = signed_in(OWNER)
    secret = secret_on(owner.post(CODES, {"do": "begin"}))
    assert secret not in str(dict(owner.session.items()))
    owner.post(CODES, {"code": shown_by_app(secret)})
    (code, *_rest) = recovery_codes(owner)
    kept = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in kept
    assert code.replace(" ", "") not in kept


# Recovery codes


def test_recovery_codes_are_shown_once_and_each_opens_once(world: Any) -> None:
    owner = signed_in(OWNER)
    put_on(owner)
    codes = recovery_codes(owner)
    assert len(set(codes)) == 10
    file = owner.get(FILE)
    assert (file.headers["Content-Disposition"], "no-store" in file.headers["Cache-Control"]) == (
        'attachment; filename="samsyn-koder.txt"', True,
    )  # fmt: skip
    assert all(code in file.content.decode() for code in codes)
    assert press(owner, owner.get(RECOVERY), "Jag har sparat dem").headers["Location"] == "/konto/"
    assert (recovery_codes(owner), owner.get(FILE).status_code) == ([], 404)
    assert "10 återställningskoder är kvar." in text(owner.get(RECOVERY))
    person = signed_in(OWNER)
    person.post(STEP, {"code": codes[0]})
    assert is_in(person)
    assert told()[0] == ("signed_in", "Med lösenord, med en återställningskod")
    assert "9 är kvar" in newest_letter().body
    again = signed_in(OWNER)
    again.post(STEP, {"code": codes[0]})
    assert not is_in(again)


def test_they_are_shown_nowhere_but_where_they_were_made_and_not_for_long(world: Any) -> None:
    owner = signed_in(OWNER)
    secret = put_on(owner)
    other = signed_in(OWNER)
    other.post(STEP, {"code": shown_by_app(secret)})
    assert recovery_codes(other) == []
    with later(11):
        assert recovery_codes(owner) == []


def test_new_ones_end_the_old(world: Any) -> None:
    owner = signed_in(OWNER)
    put_on(owner)
    old = recovery_codes(owner)
    press(owner, owner.get(RECOVERY), "Jag har sparat dem")
    press(owner, owner.get(RECOVERY), "Skapa nya återställningskoder")
    new = recovery_codes(owner)
    assert not set(old) & set(new)
    assert told()[0] == ("factor_on", "Nya återställningskoder")
    assert "De gamla öppnar inget mer." in newest_letter().body
    for code, good in ((old[0], False), (new[0], True)):
        person = signed_in(OWNER)
        person.post(STEP, {"code": code})
        assert is_in(person) is good


def test_whoever_has_nothing_to_recover_gets_none(world: Any) -> None:
    owner = signed_in(OWNER)
    assert "Återställningskoder är för den som har" in text(owner.get(RECOVERY))
    assert owner.post(RECOVERY, {"do": "renew"}).status_code == 409
    assert not Authenticator.objects.exists()


# Proving once more who one is


def test_after_a_while_one_confirms_with_the_password_and_comes_back(world: Any) -> None:
    owner = signed_in(OWNER)
    owner.get("/konto/")
    with later(16):
        assert owner.get(CODES).headers["Location"] == f"{CONFIRM}?next={CODES}"
        page = owner.get(f"{CONFIRM}?next={CODES}")
        wrong = press(owner, page, "Bekräfta", password="fel")
        assert (wrong.status_code, "Lösenordet stämmer inte." in text(wrong)) == (422, True)
        assert owner.get(CODES).status_code == 302
        assert press(owner, wrong, "Bekräfta", password="samsyn-demo").headers["Location"] == CODES
        assert owner.get(CODES).status_code == 200
        assert told()[0] == ("failed", "Med lösenord")
        with later(16):
            assert owner.get(CODES).status_code == 302


def test_one_without_a_password_confirms_with_a_code_by_mail(world: Any) -> None:
    user = User.objects.get(email=OWNER)
    user.set_unusable_password()
    user.save()
    owner = by_code_in_mail()
    owner.get("/konto/")
    with later(16):
        page = owner.get(f"{CONFIRM}?next={CODES}")
        assert "Lösenord" not in text(page)
        page = press(owner, page, "Skicka en kod med mejl")
        letter = newest_letter()
        digits = re.search(r"^\d{6}$", letter.body, re.M)
        assert (letter.to, letter.subject, bool(digits)) == (
            [OWNER], "Din kod för att bekräfta att det är du", True,
        )  # fmt: skip
        assert digits
        assert digits[0] not in str(dict(owner.session.items()))
        elsewhere = by_code_in_mail()
        assert elsewhere.post(CONFIRM, {"part": "mailed", "mailed": digits[0]}).status_code == 422
        wrong = press(owner, page, "Bekräfta", mailed=f"{(int(digits[0]) + 1) % 1_000_000:06d}")
        assert wrong.status_code == 422
        right = press(owner, wrong, "Bekräfta", mailed=f"{digits[0][:3]} {digits[0][3:]}")
        assert right.headers["Location"] == CODES
        assert owner.post(CONFIRM, {"part": "mailed", "mailed": digits[0]}).status_code == 422, "it is used up"


def test_the_mailed_code_dies_after_ten_minutes_and_after_five_tries(world: Any) -> None:
    owner = signed_in(OWNER)
    owner.post(CONFIRM, {"part": "mail"})
    found = re.search(r"^\d{6}$", newest_letter().body, re.M)
    assert found
    with later(10.1):
        assert owner.post(CONFIRM, {"part": "mailed", "mailed": found[0]}).status_code == 422
    with later(20):
        owner.post(CONFIRM, {"part": "mail"})
        found = re.search(r"^\d{6}$", newest_letter().body, re.M)
        assert found
        for _try in range(5):
            owner.post(CONFIRM, {"part": "mailed", "mailed": "00000x"})
        assert owner.post(CONFIRM, {"part": "mailed", "mailed": found[0]}).status_code == 429


def test_whoever_has_codes_on_confirms_with_one_and_not_with_less(world: Any) -> None:
    owner = signed_in(OWNER)
    secret = put_on(owner)
    with later(16):
        page = owner.get(f"{CONFIRM}?next={CODES}")
        assert "Lösenord" not in text(page)
        assert "med mejl" not in text(page)
        for less in ({"part": "password", "password": "samsyn-demo"}, {"part": "mail"}):
            owner.post(CONFIRM, less)
            assert owner.get(CODES).status_code == 302
        assert press(owner, page, "Bekräfta", code=shown_by_app(secret)).headers["Location"] == CODES
        assert owner.get(CODES).status_code == 200


def test_a_passkey_confirms_and_somebody_elses_does_not(world: Any) -> None:
    owner, theirs = signed_in(OWNER), add(signed_in(MEMBER))
    key = add(owner)
    with later(16):
        refused = owner.post(CONFIRM, {"credential": theirs.signed(asked(owner, CONFIRM)), "next": CODES})
        assert refused.status_code == 422
        assert owner.get(CODES).status_code == 302
        told_on = owner.post(CONFIRM, {"credential": key.signed(asked(owner, CONFIRM)), "next": CODES})
        assert told_on.headers["Location"] == CODES
        assert owner.get(CODES).status_code == 200


def test_there_is_a_limit_to_tries_and_no_way_out_of_samsyn(world: Any) -> None:
    owner = signed_in(OWNER)
    told_on = owner.post(CONFIRM, {"part": "password", "password": "samsyn-demo", "next": "https://annan.example/"})
    assert told_on.headers["Location"] == "/konto/"
    for _try in range(5):
        owner.post(CONFIRM, {"part": "password", "password": "fel"})
    assert owner.post(CONFIRM, {"part": "password", "password": "samsyn-demo"}).status_code == 429


# Whoever has lost everything, and a key of the house that is changed


def test_the_operator_helps_one_who_has_lost_everything(world: Any, capsys: Any) -> None:
    owner = signed_in(OWNER)
    add(owner, Passkey())
    put_on(owner)
    waiting = signed_in(OWNER)
    assert waiting.get(STEP).status_code == 200
    call_command("person", "reset-factors", OWNER.upper())
    assert "3" in capsys.readouterr().out
    assert not is_in(owner)
    assert not Authenticator.objects.exists()
    assert told()[0] == ("factor_off", "Alla togs bort av den som driver Samsyn")
    assert "Den som driver Samsyn har tagit bort" in newest_letter().body
    assert is_in(signed_in(OWNER))
    assert waiting.get(STEP).headers["Location"] == "/konto/logga-in/", "who stood at the second step begins anew"
    with pytest.raises(CommandError, match="Nobody"):
        call_command("person", "reset-factors", "ingen@nagonstans.example")


def test_codes_live_on_when_the_key_of_the_house_is_changed_and_forgotten(world: Any, settings: Any) -> None:
    secret = put_on(signed_in(OWNER))
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another-key-" + "y" * 40, [settings.SECRET_KEY]
    factors.reseal()
    settings.SECRET_KEY_FALLBACKS = []
    person = signed_in(OWNER)
    person.post(STEP, {"code": shown_by_app(secret)})
    assert is_in(person)


def test_codes_sealed_with_a_key_that_is_gone_are_wrong_and_no_fault(world: Any, settings: Any) -> None:
    secret = put_on(signed_in(OWNER))
    settings.SECRET_KEY = "another-key-" + "y" * 40
    factors.reseal()
    person = signed_in(OWNER)
    assert person.post(STEP, {"code": shown_by_app(secret)}).status_code == 422
    assert not is_in(person)
