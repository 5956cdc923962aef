"""The person's own page, signing in and out, and a forgotten password: nothing here tells who has an account."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
import time_machine
from allauth.account import urls as library_urls
from django.core import mail
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from samsyn.cases import actions as cases
from samsyn.kit import letters
from samsyn.kit.models import Letter
from samsyn.notices import jobs
from samsyn.tenancy.models import NewAddress, User

OWNER, MEMBER = "agare@demokund.example", "medarbetare@demokund.example"
NEW, PASSWORD, BETTER = "elin@nytt.example", "samsyn-demo", "en-helt-annan-fras-9"
ACCOUNT, SIGN_IN, FORGOT = "/konto/", "/konto/logga-in/", "/konto/losenord/"


@pytest.fixture(autouse=True)
def _the_letters_of_the_cast_have_left(db: None) -> None:
    jobs.sweep()
    sent()
    mail.outbox.clear()


def text(response: Any) -> str:
    return str(response.content.decode())


def sent() -> list[Any]:
    """The letters that leave when the worker has run."""
    mail.outbox.clear()
    letters.sweep()
    return list(mail.outbox)


def signed_in(email: str = OWNER, password: str = PASSWORD) -> Client:
    person = Client()
    person.post(SIGN_IN, {"login": email, "password": password})
    return person


def is_in(person: Client) -> bool:
    return bool(person.get(ACCOUNT).status_code == 200)


def ask(person: Client, email: str = NEW) -> Any:
    return person.post(ACCOUNT, {"part": "address", "email": email}, follow=True)


def code_in_letter() -> str:
    (letter,) = sent()
    assert letter.to == [NEW]
    found = re.search(r"\b\d{6}\b", letter.body)
    assert found
    return found[0]


def give(person: Client, code: str) -> Any:
    return person.post(ACCOUNT, {"part": "code", "code": code}, follow=True)


def about(**other: str) -> dict[str, str]:
    return {"part": "about", "name": "Elin Bergqvist", "language": "sv", "keys_on": "on", **other}


# Name, language, shortcuts


def test_a_new_name_stands_on_the_pages_at_once(visit: Any, world: Any) -> None:
    owner = visit(OWNER)
    assert "Sparat" in text(owner.post(ACCOUNT, about(name="  Elin   Berg "), follow=True))
    assert "Hej Elin" in text(owner.get("/kund/demokund/"))
    assert User.objects.get(email=OWNER).name == "Elin Berg"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "Detta fält måste fyllas i."),
        ("www.bete.example", "Skriv ett namn utan länkar eller adresser."),
        ("x" * 121, "Texten är för lång."),
    ],
)
def test_a_name_that_will_not_do_is_said_and_the_old_one_stays(
    visit: Any, world: Any, name: str, sentence: str
) -> None:
    page = visit(OWNER).post(ACCOUNT, about(name=name))
    assert page.status_code == 422
    assert sentence in text(page)
    assert User.objects.get(email=OWNER).name == "Elin Bergqvist"


def test_a_chosen_language_is_there_at_once_and_in_the_next_letter(visit: Any, world: Any) -> None:
    owner = visit(OWNER)
    page = owner.post(ACCOUNT, about(language="en"), follow=True)
    assert "Saved" in text(page)
    assert '<html lang="en"' in text(page)
    cases.remind(world.manager, world.cases["Vad gällde inköpet den 9 december?"])
    jobs.sweep()
    assert {letter.subject for letter in sent() if letter.to == [OWNER]} == {"Reminder: a case is waiting for you"}
    Client(headers={"accept-language": "sv"}).post(FORGOT, {"email": OWNER})
    (reset,) = sent()
    assert reset.subject == "Choose a new password"


def test_single_key_shortcuts_are_switched_off_and_on(visit: Any, world: Any) -> None:
    manager = visit("ansvarig@demobyran.example")
    assert 'data-keys="on"' in text(manager.get("/byra/demobyran/"))
    off = about(name="Maria Sundfalk")
    del off["keys_on"]
    manager.post(ACCOUNT, off)
    assert 'data-keys="on"' not in text(manager.get("/byra/demobyran/"))
    manager.post(ACCOUNT, about(name="Maria Sundfalk"))
    assert 'data-keys="on"' in text(manager.get("/byra/demobyran/"))


# A new address


def test_a_new_address_counts_when_its_code_has_come_back_and_the_old_one_is_told(world: Any) -> None:
    owner = signed_in()
    page = ask(owner, " Elin@Nytt.example ")
    assert "Vi har skickat en kod till den nya adressen" in text(page)
    assert NEW in text(page)
    assert User.objects.get(name="Elin Bergqvist").email == OWNER, "nothing has changed yet"
    code = code_in_letter()
    assert "Din e-postadress är ändrad" in text(give(owner, f" {code[:3]} {code[3:]} "))
    (told,) = sent()
    assert told.to == [OWNER]
    assert NEW not in told.body
    assert not is_in(signed_in(OWNER))
    assert is_in(signed_in(NEW))
    assert "Koden gäller inte längre" in text(give(owner, code)), "a code is used once"


def test_a_new_address_is_asked_for_only_by_whoever_has_just_proved_who_it_is(world: Any) -> None:
    owner, later = signed_in(), timezone.now() + dt.timedelta(minutes=16)
    with time_machine.travel(later):
        led = owner.post(ACCOUNT, {"part": "address", "email": NEW})
        assert led.status_code == 302
        assert led.headers["Location"].startswith("/konto/bekrafta/")
        assert not NewAddress.objects.exists()
        assert f'value="{NEW}"' in text(owner.get(ACCOUNT)), "what was typed is kept"


def test_a_link_to_a_new_password_dies_with_the_old_address(world: Any) -> None:
    Client().post(FORGOT, {"email": OWNER})
    link = reset_link()
    owner = signed_in()
    ask(owner)
    give(owner, code_in_letter())
    assert "Länken gäller inte längre" in text(Client().get(link, follow=True))
    sent()
    Client().post(FORGOT, {"email": OWNER})
    assert not sent()
    assert not is_in(signed_in(OWNER))


def test_after_five_wrong_codes_the_right_one_is_wrong_too(world: Any) -> None:
    owner = signed_in()
    ask(owner)
    code = code_in_letter()
    wrong = "000000" if code != "000000" else "111111"
    for _try in range(5):
        assert "Koden stämmer inte" in text(give(owner, wrong))
    assert "Koden gäller inte längre. Be om en ny." in text(give(owner, code))
    assert User.objects.get(name="Elin Bergqvist").email == OWNER


def test_a_code_is_too_old_after_ten_minutes(world: Any) -> None:
    owner = signed_in()
    ask(owner)
    code = code_in_letter()
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=10, seconds=1)):
        assert "Koden gäller inte längre. Be om en ny." in text(give(owner, code))
    assert User.objects.get(name="Elin Bergqvist").email == OWNER


def test_a_newer_code_kills_the_older(world: Any) -> None:
    owner = signed_in()
    ask(owner)
    old = code_in_letter()
    ask(owner)
    new = code_in_letter()
    if old != new:
        assert "Koden stämmer inte" in text(give(owner, old))
    assert "Din e-postadress är ändrad" in text(give(owner, new))


def test_a_code_is_only_for_the_one_who_asked(world: Any) -> None:
    owner, member = signed_in(), signed_in(MEMBER)
    ask(owner)
    assert "Koden gäller inte längre" in text(give(member, code_in_letter()))


def test_an_address_that_somebody_has_looks_like_any_other_and_never_becomes_mine(world: Any) -> None:
    owner = signed_in()
    taken, free = ask(owner, MEMBER), ask(signed_in("agare@annankund.example"), "hugo@nytt.example")
    assert taken.status_code == free.status_code
    assert "Vi har skickat en kod till den nya adressen" in text(taken)
    assert [letter.to for letter in sent()] == [["hugo@nytt.example"]]
    assert "Koden stämmer inte" in text(give(owner, "123456"))
    assert User.objects.get(name="Elin Bergqvist").email == OWNER


def test_an_address_somebody_took_meanwhile_is_not_given_twice(world: Any) -> None:
    owner = signed_in()
    ask(owner)
    code = code_in_letter()
    User.objects.create_user(NEW, name="Någon Annan")
    assert "Koden stämmer inte" in text(give(owner, code))


def test_an_address_that_is_none_or_mine_already_gets_a_sentence(visit: Any, world: Any) -> None:
    owner = visit(OWNER)
    assert "Fyll i en giltig e-postadress." in text(ask(owner, "elin"))
    assert "Det är redan din adress." in text(ask(owner, OWNER.upper()))
    assert not sent()


def test_codes_cannot_be_asked_for_without_end(visit: Any, world: Any) -> None:
    owner = visit(OWNER)
    for _ask in range(5):
        assert ask(owner).status_code == 200
    assert ask(owner).status_code == 429


# The password


def change(person: Client, current: str = PASSWORD, password: str = BETTER) -> Any:
    return person.post(ACCOUNT, {"part": "password", "current": current, "password": password}, follow=True)


def test_a_new_password_ends_every_other_session_and_keeps_this_one(world: Any) -> None:
    here, elsewhere = signed_in(), signed_in()
    assert is_in(elsewhere)
    assert "Ditt lösenord är ändrat" in text(change(here))
    assert is_in(here)
    assert not is_in(elsewhere)
    assert not is_in(signed_in(OWNER, PASSWORD))
    assert is_in(signed_in(OWNER, BETTER))


@pytest.mark.parametrize(
    "password", ["x" * 30 + "åäö 🔑 " + "y" * 90, "  Mellanslag runt om  ", "en lång rad med små ord"]
)
def test_a_password_of_any_signs_and_length_is_taken_as_it_is_written(world: Any, password: str) -> None:
    assert "Ditt lösenord är ändrat" in text(change(signed_in(), PASSWORD, password))
    assert is_in(signed_in(OWNER, password))
    for almost in (password.strip() + "x", password.upper(), password[:-1]):
        assert not is_in(signed_in(OWNER, almost))


@pytest.mark.parametrize(
    ("current", "password", "sentence"),
    [
        ("fel", BETTER, "Det nuvarande lösenordet stämmer inte."),
        ("", BETTER, "Detta fält måste fyllas i."),
        (PASSWORD, "kort", "minst 10 tecken"),
        (PASSWORD, "password12", "för vanligt"),
        (PASSWORD, "elinbergqvist", "för likt"),
    ],
)
def test_a_password_that_will_not_do_is_said_and_nothing_changes(
    world: Any, current: str, password: str, sentence: str
) -> None:
    owner, elsewhere = signed_in(), signed_in()
    page = change(owner, current, password)
    assert page.status_code == 422
    assert sentence in text(page)
    assert is_in(elsewhere)


def test_the_present_password_cannot_be_guessed_without_end(world: Any) -> None:
    owner = signed_in()
    for _guess in range(5):
        assert change(owner, "fel").status_code == 422
    blocked = change(owner, PASSWORD)
    assert blocked.status_code == 429
    assert "Vänta några minuter och försök igen." in text(blocked)


# A forgotten password


def reset_link() -> str:
    (letter,) = sent()
    found = re.search(r"http://127\.0\.0\.1:8000(/konto/losenord/\S+)", letter.body)
    assert found
    return found[1]


def test_a_link_sets_a_new_password_once_and_the_old_one_is_dead(world: Any) -> None:
    elsewhere, somebody = signed_in(), Client()
    somebody.post(FORGOT, {"email": OWNER.upper()})
    assert not mail.outbox, "no mail leaves inside a request"
    assert Letter.objects.filter(template="password_reset_key", state="waiting").count() == 1
    link = reset_link()
    form = somebody.get(link, follow=True)
    assert form.redirect_chain, "the key leaves the address before anything is shown"
    assert "Nytt lösenord" in text(form)
    assert "&lt;" not in text(form)
    there = form.redirect_chain[-1][0]
    weak = somebody.post(there, {"password1": "kort", "password2": "kort"})
    assert "minst 10 tecken" in text(weak)
    uneven = somebody.post(there, {"password1": BETTER, "password2": BETTER + "x"})
    assert uneven.status_code == 200
    done = somebody.post(there, {"password1": BETTER, "password2": BETTER}, follow=True)
    assert "Lösenordet är bytt" in text(done)
    assert not is_in(somebody), "the link opens the form, not the account"
    assert not is_in(elsewhere)
    assert not is_in(signed_in(OWNER, PASSWORD))
    assert is_in(signed_in(OWNER, BETTER))
    assert "Länken gäller inte längre" in text(Client().get(link, follow=True))


def test_a_link_is_dead_after_four_hours(world: Any) -> None:
    Client().post(FORGOT, {"email": OWNER})
    link = reset_link()
    with time_machine.travel(timezone.localtime() + dt.timedelta(hours=4, minutes=1)):
        assert "Länken gäller inte längre" in text(Client().get(link, follow=True))


def test_a_known_and_an_unknown_address_get_the_same_page_and_the_same_work(
    world: Any,
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    answers, work = [], []
    for email in (OWNER, "ingen@nagonstans.example"):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            answer = Client().post(FORGOT, {"email": email}, follow=True)
        answers.append((answer.status_code, answer.redirect_chain, re.sub(r'value="\w{64}"', "", text(answer))))
        work.append(
            [query["sql"].split()[0] for query in queries if not query["sql"].startswith(("SAVE", "RELE", "ROLL"))]
        )
    assert answers[0] == answers[1]
    assert work[0] == work[1]
    assert [letter.to for letter in sent()] == [[OWNER]]


def test_the_address_in_the_letter_is_the_settings_whatever_the_request_says(world: Any, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    Client(headers={"host": "ond.example"}).post(FORGOT, {"email": OWNER})
    (letter,) = sent()
    assert "ond.example" not in letter.body
    assert "http://127.0.0.1:8000/konto/losenord/" in letter.body


@pytest.mark.parametrize("email", [OWNER, "ingen@nagonstans.example"])
def test_letters_cannot_be_asked_for_without_end(world: Any, email: str) -> None:
    for _ask in range(5):
        assert Client().post(FORGOT, {"email": email}).status_code == 302
    blocked = Client().post(FORGOT, {"email": email})
    assert blocked.status_code == 429
    assert "Vänta några minuter och försök igen." in text(blocked)


# Signing in and out


def test_signing_in_says_the_same_whatever_was_wrong(world: Any) -> None:
    User.objects.filter(email=MEMBER).update(password="!")
    pages = [
        Client().post(SIGN_IN, {"login": email, "password": "fel-losenord"})
        for email in (OWNER, "ingen@nagonstans.example", MEMBER)
    ]
    shown = {
        (page.status_code, re.sub(r'value="[^"]*"', "", text(page)).replace(OWNER, "").replace(MEMBER, ""))
        for page in pages
    }
    assert len(shown) == 1
    assert "Adressen och lösenordet hör inte ihop." in text(pages[0])


@pytest.mark.parametrize("email", [OWNER, "ingen@nagonstans.example"])
def test_after_five_wrong_passwords_the_right_one_waits(world: Any, email: str) -> None:
    for _try in range(5):
        assert Client().post(SIGN_IN, {"login": email, "password": "fel"}).status_code == 200
    blocked = Client().post(SIGN_IN, {"login": email, "password": PASSWORD})
    assert blocked.status_code == 429
    assert "Vänta några minuter och försök igen." in text(blocked)
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=5, seconds=1)):
        assert is_in(signed_in()) is True


def test_signing_in_leads_to_the_page_asked_for_and_never_out_of_here(world: Any) -> None:
    asked = Client().get("/kund/demokund/arenden/")
    assert asked.headers["Location"] == "/konto/logga-in/?next=/kund/demokund/arenden/"
    for following, lands in (("/kund/demokund/arenden/", "/kund/demokund/arenden/"), ("https://ond.example/", "/")):
        done = Client().post(SIGN_IN, {"login": OWNER, "password": PASSWORD, "next": following})
        assert done.headers["Location"] == lands


def test_signing_out_takes_a_press_and_ends_the_session(world: Any) -> None:
    owner = signed_in()
    owner.get("/konto/logga-ut/")
    assert is_in(owner)
    owner.post("/konto/logga-ut/")
    assert not is_in(owner)


def test_there_is_no_sign_up_and_nothing_else_of_the_librarys(db: None, client: Client) -> None:
    kept = {
        "account_login", "account_logout", "account_inactive", "account_reset_password", "account_reset_password_done",
        "account_reset_password_from_key", "account_reset_password_from_key_done", "account_request_login_code",
        "account_confirm_login_code", "account_reauthenticate",
    }  # fmt: skip
    names = {pattern.name for pattern in library_urls.urlpatterns}
    assert kept < names
    for name in names - kept:
        with pytest.raises(NoReverseMatch):
            reverse(name)
    for page in ("signup", "konto/registrera", "accounts/signup", "konto/skapa"):
        assert client.get(f"/{page}/").status_code == 404
    assert "registrera" not in text(client.get(SIGN_IN)).lower()
