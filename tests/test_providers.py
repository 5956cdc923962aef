"""Signing in with the firm's own sign-in: linked by the person, matched by issuer and subject, and by nothing else."""

from __future__ import annotations

import datetime as dt
import io
import json
import logging
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
import time_machine
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from samsyn.kit import openid
from samsyn.tenancy import actions
from samsyn.tenancy.models import Membership, User
from samsyn.tenancy.providers import ProviderLink, SignInProvider
from samsyn.tenancy.security import SecurityLog
from samsyn.web.cookies import PROVIDERS
from tests import factors
from tests.pressing import press, soup
from tests.services.faulty import CLIENT_ID, SECRET, Faulty, faulty_provider, new_key

pytestmark = pytest.mark.django_db
MANAGER, CONSULTANT, OWN = "ansvarig@demobyran.example", "konsult@demobyran.example", "egna@demobyran.example"
RIVAL, OWNER, BOTH = "konsult@rivalbyran.example", "agare@demokund.example", "dubbel@demokund.example"
SIGN_IN, ACCOUNT, PASSWORD = "/konto/logga-in/", "/konto/", "samsyn-demo"
NOT_LINKED = "Ingen inloggning är kopplad till det kontot. Logga in på ett annat sätt och koppla det på Mitt konto."
WRONG = "Byråns inloggning svarar inte som den ska. Försök igen om en stund eller logga in på ett annat sätt."
OVER = "Den inloggningen är över eller påbörjades i ett annat fönster. Börja om."


@pytest.fixture
def there() -> Iterator[Faulty]:
    with faulty_provider() as found:
        yield found


@pytest.fixture
def own(world: Any, there: Faulty) -> SignInProvider:
    """Demobyran's own sign-in, at the provider that answers."""
    return actions.add_provider(
        world.firm, name="Demobyråns konto", issuer=there.issuer, client_id=CLIENT_ID, secret=SECRET
    )


def text(response: Any) -> str:
    return " ".join(soup(response).get_text(" ", strip=True).replace("\u2068", "").replace("\u2069", "").split())


def signed_in(email: str) -> Client:
    person = Client()
    person.post(SIGN_IN, {"login": email, "password": PASSWORD})
    return person


def is_in(person: Client) -> bool:
    return person.get(ACCOUNT).status_code == 200


def onward(page: Any) -> str:
    """Where the page that leads to the provider leads."""
    assert page.status_code == 200, text(page)
    wait, _url, address = page.headers["Refresh"].partition(";url=")
    assert (wait, address) == ("0", soup(page).select_one("main a.button")["href"])
    return str(address)


def begin(person: Client, own: SignInProvider, **typed: str) -> str:
    entrance = person.get(f"/konto/byra/{own.ref}/", typed)
    return onward(press(person, entrance, "Logga in"))


def come_back(person: Client, there: Faulty, own: SignInProvider, subject: str = "karin-there") -> Any:
    return person.get(there.come(begin(person, own), subject), follow=True)


def link(person: Client, there: Faulty, own: SignInProvider, subject: str = "karin-there") -> Any:
    there.claims.pop("sub", None)
    page = person.get(f"/konto/byra/{own.ref}/koppla/")
    return person.get(there.come(onward(press(person, page, "Koppla Demobyråns konto")), subject), follow=True)


def links() -> Any:
    return ProviderLink.objects.unscoped(why="the tests look").order_by("linked_at")


def told(what: str) -> list[str]:
    rows = SecurityLog.objects.unscoped(why="the tests read it").filter(what=what).order_by("at", "id")
    return [f"{one.name}|{one.words}" for one in rows]


# Linking


def test_a_consultant_links_the_own_login_and_signs_in_with_it(world: Any, there: Faulty, own: SignInProvider) -> None:
    person = signed_in(CONSULTANT)
    assert "Demobyråns konto" in text(person.get(ACCOUNT))
    page = link(person, there, own)
    assert "Kopplat. Nästa gång kan du logga in med Demobyråns konto." in text(page)
    assert "kopplad sedan" in text(page)
    (row,) = links().select_related("membership__user")
    assert (row.issuer, row.subject, row.membership.user.email) == (there.issuer, "karin-there", CONSULTANT)
    later = Client()
    assert come_back(later, there, own).redirect_chain[-1][0] == "/byra/demobyran/"
    assert is_in(later)
    assert told("linked") == ["Jonas Ekelöv|Demobyråns konto kopplades"]
    assert told("signed_in")[-1] == "Jonas Ekelöv|Med byråns egen inloggning"
    for model in (SocialAccount, SocialApp, SocialToken):
        assert not model.objects.exists(), "the library keeps nothing"


def test_one_comes_to_the_page_one_wanted(world: Any, there: Faulty, own: SignInProvider) -> None:
    link(signed_in(CONSULTANT), there, own)
    person = Client()
    wanted = "/byra/demobyran/kunder/?q=bageri"
    assert person.get(there.come(begin(person, own, next=wanted))).headers["Location"] == wanted
    person = Client()
    assert person.get(there.come(begin(person, own, next="https://evil.example/"))).headers["Location"] == "/"


def test_linking_needs_a_sign_in_that_is_fresh(world: Any, there: Faulty, own: SignInProvider) -> None:
    person, here = signed_in(CONSULTANT), f"/konto/byra/{own.ref}/koppla/"
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=16)):
        led = press(person, person.get(here), "Koppla Demobyråns konto")
        assert led.headers["Location"].startswith("/konto/bekrafta/")
        page = person.get(led.headers["Location"])
        back = person.post(led.headers["Location"], {"part": "password", "password": PASSWORD})
        assert "Bekräfta" in text(page)
        assert back.headers["Location"] == here
        onward(press(person, person.get(here), "Koppla Demobyråns konto"))


@pytest.mark.parametrize("email", [OWNER, RIVAL, BOTH])
def test_only_the_staff_of_the_firm_link_there(world: Any, own: SignInProvider, email: str) -> None:
    person, here = signed_in(email), f"/konto/byra/{own.ref}/koppla/"
    assert {person.get(here).status_code, person.post(here).status_code} == {404}
    assert own.name not in person.get(ACCOUNT).content.decode()


def test_what_is_somebody_elses_already_is_refused(world: Any, there: Faulty, own: SignInProvider) -> None:
    link(signed_in(CONSULTANT), there, own)
    other = signed_in(MANAGER)
    refused = link(other, there, own)
    assert "Det kontot är redan kopplat till någon annan." in text(refused)
    assert [one.membership.user.email for one in links().select_related("membership__user")] == [CONSULTANT]


def test_linking_again_changes_nothing_and_another_account_waits_for_the_first_to_go(
    world: Any, there: Faulty, own: SignInProvider
) -> None:
    person = signed_in(CONSULTANT)
    link(person, there, own)
    here = f"/konto/byra/{own.ref}/koppla/"
    again = person.get(there.come(onward(person.post(here))), follow=True)
    assert "Kopplat." in text(again)
    there.claims.clear()
    another = person.get(there.come(onward(person.post(here)), "another-there"), follow=True)
    assert "Du är kopplad till ett annat konto där." in text(another)
    assert links().count() == 1


def test_one_link_at_two_firms_may_be_the_same_account(world: Any, there: Faulty, own: SignInProvider) -> None:
    """A provider that serves everybody calls a person the same at both; each firm keeps its own link."""
    at_rival = actions.add_provider(
        world.rival, name="Rivalens konto", issuer=there.issuer, client_id=CLIENT_ID, secret=SECRET
    )
    link(signed_in(CONSULTANT), there, own)
    rival = signed_in(RIVAL)
    page = rival.get(f"/konto/byra/{at_rival.ref}/koppla/")
    rival.get(there.come(onward(press(rival, page, "Koppla Rivalens konto"))))
    assert links().count() == 2
    for provider, email in ((own, CONSULTANT), (at_rival, RIVAL)):
        person = Client()
        come_back(person, there, provider)
        assert email in text(person.get(ACCOUNT))


def test_a_link_is_taken_away_by_the_person(world: Any, there: Faulty, own: SignInProvider) -> None:
    person = signed_in(CONSULTANT)
    link(person, there, own)
    here = f"/konto/byra/{own.ref}/koppla/"
    gone = press(person, person.get(here), "unlink")
    assert gone.headers["Location"] == ACCOUNT
    assert person.post(here, {"do": "unlink"}).status_code == 302, "twice is no fault"
    assert NOT_LINKED in text(come_back(Client(), there, own))
    assert told("linked")[-1] == "Jonas Ekelöv|Kopplingen till Demobyråns konto togs bort"


def test_a_link_ends_when_the_person_is_removed_and_is_not_there_for_who_comes_back(
    world: Any, there: Faulty, own: SignInProvider
) -> None:
    link(signed_in(OWN), there, own)
    member = Membership.objects.visible_to(world.manager).get(user__email=OWN)
    actions.end_access(world.manager, member)
    assert not links().exists()
    Membership.objects.create(firm=world.firm, user=User.objects.get(email=OWN), role="consultant")
    assert NOT_LINKED in text(come_back(Client(), there, own))


def test_whoever_is_removed_between_the_press_and_the_way_back_links_nothing(
    world: Any, there: Faulty, own: SignInProvider
) -> None:
    person = signed_in(OWN)
    back = there.come(onward(press(person, person.get(f"/konto/byra/{own.ref}/koppla/"), "Koppla Demobyråns konto")))
    actions.end_access(world.manager, Membership.objects.visible_to(world.manager).get(user__email=OWN))
    assert OVER in text(person.get(back, follow=True))
    assert not links().exists()


def test_somebody_else_at_the_same_screen_links_nothing(world: Any, there: Faulty, own: SignInProvider) -> None:
    person = signed_in(CONSULTANT)
    back = there.come(onward(press(person, person.get(f"/konto/byra/{own.ref}/koppla/"), "Koppla Demobyråns konto")))
    person.post("/konto/logga-ut/")
    person.post(SIGN_IN, {"login": MANAGER, "password": PASSWORD})
    assert OVER in text(person.get(back, follow=True))
    assert not links().exists()


# Signing in


def test_an_account_that_nobody_has_linked_opens_nothing_not_even_with_the_right_address(
    world: Any, there: Faulty, own: SignInProvider
) -> None:
    there.claims |= {"email": CONSULTANT, "email_verified": True, "preferred_username": CONSULTANT}
    person, people = Client(), User.objects.count()
    page = come_back(person, there, own, "stranger")
    assert NOT_LINKED in text(page)
    assert not is_in(person)
    assert User.objects.count() == people
    assert told("failed") == ["|Med byråns egen inloggning"]


def test_a_linked_person_whose_login_is_locked_reads_the_same(world: Any, there: Faulty, own: SignInProvider) -> None:
    link(signed_in(CONSULTANT), there, own)
    User.objects.filter(email=CONSULTANT).update(is_active=False)
    assert NOT_LINKED in text(come_back(Client(), there, own))


def test_another_firms_provider_says_nothing_of_our_people(world: Any, there: Faulty, own: SignInProvider) -> None:
    link(signed_in(CONSULTANT), there, own)
    with faulty_provider() as foreign:
        at_rival = actions.add_provider(
            world.rival, name="Rivalens konto", issuer=foreign.issuer, client_id=CLIENT_ID, secret=SECRET
        )
        assert NOT_LINKED in text(come_back(Client(), foreign, at_rival, "karin-there"))


def test_whoever_signs_in_while_somebody_else_is_in_takes_the_place(
    world: Any, there: Faulty, own: SignInProvider
) -> None:
    link(signed_in(CONSULTANT), there, own)
    person = signed_in(MANAGER)
    come_back(person, there, own)
    assert CONSULTANT in text(person.get(ACCOUNT))


def test_at_an_open_screen_the_providers_word_is_no_fresh_proof_for_one_with_codes(
    world: Any, there: Faulty, own: SignInProvider
) -> None:
    """The provider may answer by itself, since its own sign-in is still open: the second step has to follow."""
    person = factors.signed_in(CONSULTANT)
    link(person, there, own)
    factors.put_on(person)
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=20)):
        led = person.get(there.come(begin(person, own)))
        assert led.headers["Location"].startswith(factors.STEP)
        assert not is_in(person)
        assert person.post(factors.CODES, {"do": "off"}).headers["Location"].startswith(SIGN_IN)


def test_the_way_back_works_once_and_only_in_the_browser_that_asked(
    world: Any, there: Faulty, own: SignInProvider
) -> None:
    link(signed_in(CONSULTANT), there, own)
    person, other = Client(), Client()
    back = there.come(begin(person, own))
    assert OVER in text(other.get(back, follow=True))
    assert not is_in(other)
    person.get(back)
    assert is_in(person)
    person.post("/konto/logga-ut/")
    assert OVER in text(person.get(back, follow=True))
    assert not is_in(person)
    assert len(there.token_requests) == 2, "the second time nothing was asked for"


def test_the_way_back_is_open_for_ten_minutes(world: Any, there: Faulty, own: SignInProvider) -> None:
    link(signed_in(CONSULTANT), there, own)
    person = Client()
    back = there.come(begin(person, own))
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=11)):
        assert OVER in text(person.get(back, follow=True))


def test_what_is_asked_carries_state_nonce_and_a_challenge_and_no_wish_for_a_name(
    world: Any, there: Faulty, own: SignInProvider, settings: Any
) -> None:
    there.come(begin(Client(), own))
    asked = there.asked
    assert (asked["scope"], asked["response_type"], asked["code_challenge_method"]) == ("openid", "code", "S256")
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 16
    assert asked["redirect_uri"] == f"{settings.SAMSYN_URL}/konto/byra/{own.ref}/svar/"
    assert SECRET not in json.dumps(asked)


def test_cancelling_there_is_said_and_nothing_else_happens(world: Any, there: Faulty, own: SignInProvider) -> None:
    person = Client()
    back = there.come(begin(person, own)).replace("code=a-code", "error=access_denied")
    assert "Inloggningen avbröts." in text(person.get(back, follow=True))
    back = there.come(begin(person, own)).replace("code=a-code", "error=server_error&error_description=hemligheten")
    page = person.get(back, follow=True)
    assert WRONG in text(page)
    assert "hemligheten" not in page.content.decode()


# What the provider says


LIES: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://foreign.example"},
    "another client": {"aud": "somebody-else"},
    "several clients and not us by name": {"aud": [CLIENT_ID, "somebody-else"]},
    "for another party": {"azp": "somebody-else"},
    "another question": {"nonce": "another"},
    "no question": {"nonce": None},
    "nobody": {"sub": ""},
    "no subject": {"sub": None},
    "a number": {"sub": 7},
    "too long a name": {"sub": "x" * 256},
    "without an end": {"exp": None},
    "an end that is no time": {"exp": "soon"},
    "endless": {"exp": float("inf")},
    "without a beginning": {"iat": None},
}


@pytest.mark.parametrize("lie", LIES)
def test_a_token_that_is_not_an_answer_to_our_question_opens_nothing(
    world: Any, there: Faulty, own: SignInProvider, lie: str
) -> None:
    link(signed_in(CONSULTANT), there, own)
    person = Client()
    back = there.come(begin(person, own))
    there.claims |= LIES[lie]
    assert WRONG in text(person.get(back, follow=True))
    assert not is_in(person)


@pytest.mark.parametrize(
    ("claims", "opens"),
    [
        ({"iat": 45, "exp": 400}, True),  # its clock is 45 seconds before ours
        ({"iat": 90, "exp": 400}, False),
        ({"iat": -400, "exp": -45}, True),  # and after
        ({"iat": -400, "exp": -90}, False),
        ({"iat": 0, "exp": 400, "nbf": 45}, True),
        ({"iat": 0, "exp": 400, "nbf": 90}, False),
    ],
)
def test_clocks_may_differ_by_a_minute(
    world: Any, there: Faulty, own: SignInProvider, claims: dict[str, int], opens: bool
) -> None:
    link(signed_in(CONSULTANT), there, own)
    person, now = Client(), int(time.time())
    back = there.come(begin(person, own))
    there.claims |= {name: now + seconds for name, seconds in claims.items()}
    person.get(back)
    assert is_in(person) is opens


def test_a_token_signed_by_anybody_else_opens_nothing(world: Any, there: Faulty, own: SignInProvider) -> None:
    link(signed_in(CONSULTANT), there, own)
    there.key = new_key()
    person = Client()
    assert WRONG in text(come_back(person, there, own))
    assert not is_in(person)


def test_a_provider_may_change_its_keys_at_any_time(world: Any, there: Faulty, own: SignInProvider) -> None:
    link(signed_in(CONSULTANT), there, own)
    there.key, there.kid = new_key(), "second"
    there.published = [(there.key, there.kid)]
    person = Client()
    come_back(person, there, own)
    assert is_in(person)


def test_an_unsigned_token_and_one_signed_with_the_shared_secret_open_nothing(
    world: Any, there: Faulty, own: SignInProvider
) -> None:
    link(signed_in(CONSULTANT), there, own)
    now = int(time.time())
    for algorithm, key in (("none", None), ("HS256", SECRET + "x" * 30)):
        person = Client()
        back = there.come(begin(person, own))
        claims = {"iss": there.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "sub": "karin-there",
                  "nonce": there.asked["nonce"]}  # fmt: skip
        forged = jwt.encode(claims, key, algorithm=algorithm, headers={"kid": there.kid})
        there.broken["token"] = {"id_token": forged}
        assert WRONG in text(person.get(back, follow=True))
        assert not is_in(person)


BROKEN: list[dict[str, Any]] = [
    {"token": 500}, {"token": 400}, {"token": 302}, {"token": ""}, {"token": "[]"}, {"token": "<html>"},
    {"token": {"id_token": None}}, {"token": {"id_token": "x.y.z"}}, {"token": {"id_token": 7}},
    {"token": "x" * 600_000},
    {"keys": 503}, {"keys": "null"}, {"keys": {"keys": []}}, {"keys": {"keys": 5}},
    {"keys": {"keys": [{"kty": "RSA"}]}},
    {"keys": {"keys": [{"kty": "RSA", "kid": "first", "n": "AQ", "e": "AQ"}]}},
]  # fmt: skip
DISCOVERED: list[dict[str, Any]] = [
    {"discovery": 404}, {"discovery": "not json"}, {"discovery": "[" * 5_000}, {"discovery": {"issuer": "https://foreign.example"}},
    {"discovery": {"token_endpoint": "http://10.0.0.7/token"}}, {"discovery": {"jwks_uri": "file:///etc/passwd"}},
    {"discovery": {"authorization_endpoint": None}}, {"discovery": {"authorization_endpoint": "javascript:alert(1)"}},
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("broken", [*BROKEN, *DISCOVERED], ids=str)
def test_a_provider_that_breaks_off_in_the_middle_is_one_clear_sentence(
    world: Any, there: Faulty, own: SignInProvider, broken: dict[str, Any]
) -> None:
    link(signed_in(CONSULTANT), there, own)
    person = Client()
    back = there.come(begin(person, own))
    there.broken = broken
    assert WRONG in text(person.get(back, follow=True))
    assert not is_in(person)


@pytest.mark.parametrize("broken", DISCOVERED, ids=str)
def test_a_provider_that_cannot_be_asked_is_one_clear_sentence(
    world: Any, there: Faulty, own: SignInProvider, broken: dict[str, Any]
) -> None:
    person = Client()
    entrance = person.get(f"/konto/byra/{own.ref}/")
    there.broken = broken
    assert WRONG in text(person.get(press(person, entrance, "Logga in").headers["Location"]))


def test_a_provider_that_is_down_or_whose_secret_is_gone_is_one_clear_sentence(
    world: Any, there: Faulty, own: SignInProvider, settings: Any
) -> None:
    person = Client()
    entrance = person.get(f"/konto/byra/{own.ref}/")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "y" * 50, []
    other = Client()
    page = other.get(f"/konto/byra/{own.ref}/")
    assert WRONG in text(other.get(press(other, page, "Logga in").headers["Location"]))
    there.server.server_close()
    assert press(person, entrance, "Logga in").status_code == 302


def test_the_log_of_the_installation_says_that_it_failed_and_nothing_that_was_said(
    world: Any, there: Faulty, own: SignInProvider, caplog: pytest.LogCaptureFixture
) -> None:
    person = Client()
    back = there.come(begin(person, own))
    there.claims["iss"] = "https://foreign.example/s3cr3t"
    with caplog.at_level(logging.DEBUG):
        person.get(back)
    ours = [one.getMessage() for one in caplog.records if one.name == "samsyn.openid"]
    assert ours == [f"Sign-in at provider {own.pk} failed: InvalidIssuerError"]
    for said in ("s3cr3t", "an-access-token", "eyJ", SECRET):
        assert said not in caplog.text


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("https://login.example/x", True), ("http://login.example", False), ("http://127.0.0.1:9", True),
        ("ftp://login.example", False), ("https://", False), ("https://user:pass@login.example", False),
        ("https://login.example/#x", False), ("//login.example", False), ("https://[", False), (None, False),
        ("http://127.0.0.1.evil.example", False), ("http://localhost@evil.example", False),
    ],
)  # fmt: skip
def test_a_provider_is_asked_over_https_or_on_this_machine(address: Any, safe: bool) -> None:
    assert openid.is_safe(address) is safe


def test_on_a_real_address_this_machine_is_not_asked_either(settings: Any) -> None:
    settings.SAMSYN_URL = "https://samsyn.example"
    assert not openid.is_safe("http://127.0.0.1:9")
    assert openid.is_safe("https://login.example")


# What is revealed


def test_no_page_shows_a_firm_to_a_browser_nobody_has_signed_in_with(world: Any, own: SignInProvider) -> None:
    assert own.name not in Client().get(SIGN_IN).content.decode()
    for ref in ("a" * 26, own.ref[:-1], "demobyran"):
        for end in ("", "svar/"):
            assert Client().get(f"/konto/byra/{ref}/{end}").status_code == 404


def test_the_button_stands_where_somebody_linked_has_signed_in(world: Any, there: Faulty, own: SignInProvider) -> None:
    person = signed_in(CONSULTANT)
    link(person, there, own)
    person.post("/konto/logga-ut/")
    page = person.get(SIGN_IN)
    assert there.come(onward(press(person, page, "Logga in med Demobyråns konto")))
    cookie = person.cookies["samsyn_byra"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert int(cookie["max-age"]) == PROVIDERS.lives.total_seconds()
    with_password = signed_in(CONSULTANT)
    with_password.post("/konto/logga-ut/")
    assert own.name in with_password.get(SIGN_IN).content.decode(), "however one has signed in"
    person.cookies["samsyn_byra"] = "[forged]"
    assert own.name not in person.get(SIGN_IN).content.decode()
    actions.remove_provider(own)
    assert own.name not in with_password.get(SIGN_IN).content.decode()


def test_opening_the_addresses_asks_nobody_and_keeps_nothing(world: Any, there: Faulty, own: SignInProvider) -> None:
    person = Client()
    for _time in range(5):
        person.get(f"/konto/byra/{own.ref}/")
        person.head(f"/konto/byra/{own.ref}/")
    assert "socialaccount_states" not in person.session
    assert not there.token_requests


def test_a_manager_reads_what_is_set_up_and_no_secret(world: Any, there: Faulty, own: SignInProvider) -> None:
    link(signed_in(CONSULTANT), there, own)
    page = signed_in(MANAGER).get("/byra/demobyran/installningar/")
    for words in (there.issuer, CLIENT_ID, f"/konto/byra/{own.ref}/svar/", "Kopplade inloggningar 1"):
        assert words in text(page)
    assert SECRET not in page.content.decode()
    assert SECRET.encode() not in bytes(SignInProvider.objects.unscoped(why="look").get(pk=own.pk).sealed_secret)


def test_no_one_tries_without_end(world: Any, own: SignInProvider) -> None:
    person = Client()
    statuses = {person.post(f"/konto/byra/{own.ref}/").status_code for _time in range(62)}
    assert 429 in statuses


# The operator


def operator(*words: str, typed: str = SECRET, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    out = io.StringIO()
    call_command("firm", "provider", *words, stdout=out)
    return out.getvalue()


def test_the_operator_adds_changes_lists_and_removes(
    world: Any, there: Faulty, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = ("add", "demobyran", "--name", "Demobyråns konto", "--issuer", there.issuer + "/", "--client-id")
    said = operator(*add, "first", monkeypatch=monkeypatch)
    row = SignInProvider.objects.unscoped(why="look").get()
    assert (row.issuer, row.client_id, row.secret) == (there.issuer, "first", SECRET)
    assert f"/konto/byra/{row.ref}/svar/" in said
    assert SECRET not in said
    operator(*add, CLIENT_ID, typed="another\n", monkeypatch=monkeypatch)
    again = SignInProvider.objects.unscoped(why="look").get()
    assert (again.ref, again.client_id, again.secret) == (row.ref, CLIENT_ID, "another")
    assert operator("list", monkeypatch=monkeypatch).split("\t")[:2] == ["demobyran", there.issuer]
    operator("remove", "demobyran", there.issuer, monkeypatch=monkeypatch)
    assert not SignInProvider.objects.unscoped(why="look").exists()
    assert told("provider") == [
        "|Demobyråns konto lades till eller ändrades av den som driver Samsyn",
        "|Demobyråns konto lades till eller ändrades av den som driver Samsyn",
        "|Demobyråns konto togs bort av den som driver Samsyn",
    ]


@pytest.mark.parametrize(
    ("words", "typed", "said"),
    [
        (("finns-inte", "https://login.example"), SECRET, "There is no firm"),
        (("demobyran", "http://login.example"), SECRET, "https://"),
        (("demobyran", "http://127.0.0.1:9"), SECRET, "doesn't answer as an OpenID Connect provider"),
        (("demobyran", ""), "", "The secret has 1 to"),
    ],
)
def test_the_operator_is_told_what_is_wrong(
    world: Any, there: Faulty, words: tuple[str, str], typed: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    slug, issuer = words
    with pytest.raises(CommandError, match=said):
        operator("add", slug, "--name", "Namn", "--issuer", issuer or there.issuer, "--client-id", "x", typed=typed,
                 monkeypatch=monkeypatch)  # fmt: skip
    assert not SignInProvider.objects.unscoped(why="look").exists()


def test_removing_a_provider_ends_its_links_and_its_addresses(world: Any, there: Faulty, own: SignInProvider) -> None:
    link(signed_in(CONSULTANT), there, own)
    actions.remove_provider(own)
    assert not links().exists()
    assert Client().get(f"/konto/byra/{own.ref}/").status_code == 404
