"""*Personuppgifter*: who is responsible, what is kept, how long, and the cookies, as they really are."""

from __future__ import annotations

import datetime as dt
import re
from http.cookies import Morsel
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from samsyn.cases.retention import DUE_DILIGENCE_YEARS
from samsyn.cases.sweeping import GRACE
from samsyn.kit import letters
from samsyn.kit.models import Letter
from samsyn.kit.queue import DAILY
from samsyn.kit.sweden import ACCOUNTING_YEARS, format_party_number
from samsyn.tenancy import security
from samsyn.tenancy.models import Firm, User
from samsyn.tenancy.register import receiving
from samsyn.tenancy.waiting import LIVES as INVITATION
from samsyn.web import sessions
from samsyn.web.cookies import COOKIES, PROVIDERS
from samsyn.web.personal_data import ON_THE_DEVICE, lasting
from tests.test_settings_page import facts
from tests.test_walls import started

MANAGER, OWNER, MEMBER = "ansvarig@demobyran.example", "agare@demokund.example", "medarbetare@demokund.example"
OURS, THEIRS = "/kund/demokund/personuppgifter/demobyran/", "/byra/demobyran/personuppgifter/"


def words(response: Any) -> str:
    """What a page says, without its markup."""
    assert response.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def firm_says(**facts: Any) -> None:
    Firm.objects.filter(slug="demobyran").update(**facts)


# Whom it reaches


@pytest.mark.parametrize(("email", "path"), [(MEMBER, OURS), ("egna@demobyran.example", THEIRS)])
def test_it_says_who_is_responsible_to_both_sides(visit: Any, world: Any, email: str, path: str) -> None:
    page = words(visit(email).get(path))
    number = format_party_number(world.firm.number)
    for fact in (world.firm.name, number, "Storgatan 12, 111 22 Stockholm", "08-555 010 20"):
        assert fact in page


@pytest.mark.parametrize(
    ("email", "path"),
    [
        (OWNER, "/kund/demokund/"),
        (OWNER, "/kund/demokund/arenden/"),
        (OWNER, "/kund/demokund/samtycke/demobyran/"),
        (MANAGER, "/byra/demobyran/"),
        (MANAGER, "/byra/demobyran/installningar/"),
    ],
)
def test_a_way_leads_there_from_the_pages_one_is_on(visit: Any, world: Any, email: str, path: str) -> None:
    assert "/personuppgifter/" in visit(email).get(path).content.decode()


def test_it_is_there_before_anything_is_approved(visit: Any, world: Any) -> None:
    assert "Vem som ansvarar" in words(
        visit("agare@utansamtycke.example").get(OURS.replace("demokund", "utansamtycke"))
    )


def test_of_a_firm_the_company_has_nothing_with_there_is_no_page(visit: Any, world: Any) -> None:
    for slug in ("rivalbyran", "finns-inte"):
        assert visit(OWNER).get(OURS.replace("demobyran", slug)).status_code == 404


def test_nobody_posts_to_it(visit: Any, world: Any) -> None:
    assert visit(OWNER).post(OURS).status_code == 405
    assert visit(MANAGER).post(THEIRS).status_code == 405


def test_it_is_in_english_for_whoever_reads_english(visit: Any, world: Any) -> None:
    User.objects.filter(email=OWNER).update(language="en")
    page = words(visit(OWNER).get(OURS))
    assert "Who is responsible" in page
    assert "Vem som ansvarar" not in page
    assert "the Bookkeeping Act" in page


# What it says is so


def test_every_time_it_names_is_the_one_that_is_kept_to(visit: Any, world: Any) -> None:
    page = words(visit(OWNER).get(OURS))
    for sentence in (
        f"{ACCOUNTING_YEARS} år efter det kalenderår då räkenskapsåret slutade",
        f"Kundkännedom {DUE_DILIGENCE_YEARS} år efter",
        f"raderas efter {lasting(receiving.KEPT)}",
        f"lever i {lasting(INVITATION)}",
        f"kan skicka längre raderas efter {lasting(GRACE)}",
        f"senast efter {lasting(letters.KEEP)}. Resten efter {lasting(letters.NOTED)}",
        f"hos en kund högst {lasting(sessions.CLIENT[0])}, eller {lasting(sessions.CLIENT[1])}",
        f"På byrån högst {lasting(sessions.STAFF[0])}, eller {lasting(sessions.STAFF[1])}",
        f"Hur länge {lasting(security.KEPT)}.",
    ):
        assert sentence in page


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(1, "1 minut"), (60, "1 timme"), (90, "90 minuter"), (24 * 60, "24 timmar"), (48 * 60, "2 dagar")],
)
def test_a_time_is_said_in_words(minutes: int, said: str) -> None:
    assert lasting(dt.timedelta(minutes=minutes)) == said


def test_what_the_device_keeps_is_kept_as_long_as_the_script_says() -> None:
    script = Path("static/js/device.js").read_text()
    hours = re.search(r"const DAY = (\d+) \* 3600 \* 1000", script)
    assert hours is not None
    assert dt.timedelta(hours=int(hours[1])) == ON_THE_DEVICE


def test_a_letter_of_long_ago_is_forgotten_and_one_that_waits_is_not(world: Any) -> None:
    old = timezone.now() - letters.NOTED - dt.timedelta(minutes=1)
    kept = {"to": OWNER, "template": "case", "body": b"", "created_at": old}
    Letter.objects.create(state=Letter.State.SENT, **kept)
    waits = Letter.objects.create(state=Letter.State.WAITING, **kept)
    new = Letter.objects.create(state=Letter.State.SENT, **{**kept, "created_at": timezone.now()})
    letters.forget()
    left = set(Letter.objects.values_list("pk", flat=True))
    assert {waits.pk, new.pk} <= left
    assert not Letter.objects.filter(created_at=old).exclude(pk=waits.pk).exists()
    assert {"samsyn.kit.letters.forget", "samsyn.web.sessions.sweep", "samsyn.tenancy.security.sweep"} <= set(
        DAILY.values()
    )


def test_a_sign_in_that_has_ended_is_forgotten_with_its_place(visit: Any, world: Any) -> None:
    from allauth.usersessions.models import UserSession

    ended, goes_on = visit(OWNER), visit(MEMBER)
    for person in (ended, goes_on):
        person.get("/konto/")
    Session.objects.filter(pk=ended.session.session_key).update(expire_date=timezone.now() - dt.timedelta(minutes=1))
    sessions.sweep()
    assert not Session.objects.filter(pk=ended.session.session_key).exists()
    assert [one.user.email for one in UserSession.objects.select_related("user")] == [MEMBER]
    assert goes_on.get("/kund/demokund/").status_code == 200


# What the firm and the installation add


def test_the_firms_own_words_stand_there_as_plain_text_in_each_language(visit: Any, world: Any) -> None:
    firm_says(data_sv="Vi lyder under **Revisorsinspektionen**.\n<script>alert(1)</script>", data_en="We follow rules.")
    page = visit(OWNER).get(OURS).content.decode()
    assert "**Revisorsinspektionen**" in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    User.objects.filter(email=OWNER).update(language="en")
    assert "We follow rules." in words(visit(OWNER).get(OURS))


def test_what_is_written_in_one_language_only_is_shown_and_marked_as_such(visit: Any, world: Any) -> None:
    firm_says(data_sv="Bara på svenska.")
    User.objects.filter(email=OWNER).update(language="en")
    assert re.search(r'<div class="stack" lang="sv"><p>[^<]*Bara på svenska\.', visit(OWNER).get(OURS).content.decode())


def test_a_manager_writes_it_in_the_settings_and_a_consultant_can_not(visit: Any, world: Any) -> None:
    path, maria = "/byra/demobyran/installningar/", visit(MANAGER)
    posted = facts(maria)
    written = {"data_contact": "dataskydd@demobyran.example", "data_sv": "Eget.", "data_en": "Own."}
    assert visit("konsult@demobyran.example").post(path, {**posted, **written}).status_code == 403
    assert maria.post(path, {**posted, **written}).status_code == 302
    assert "Eget." in words(visit(OWNER).get(OURS))
    assert "mailto:dataskydd@demobyran.example" in visit(OWNER).get(OURS).content.decode()
    refused = maria.post(path, {**posted, **written, "data_contact": "inte en adress", "data_sv": "x" * 5001})
    assert refused.status_code == 422
    assert "inte en adress" in refused.content.decode()


def test_questions_go_to_the_address_for_replies_when_there_is_no_other(visit: Any, world: Any) -> None:
    assert "Kontakta byrån." in words(visit(OWNER).get(OURS))
    firm_says(reply_to="svar@demobyran.example")
    assert "mailto:svar@demobyran.example" in visit(OWNER).get(OURS).content.decode()


def test_whoever_runs_the_installation_is_named_when_the_setting_says_so(visit: Any, world: Any, settings: Any) -> None:
    assert "Fråga byrån vem som driver Samsyn" in words(visit(OWNER).get(OURS))
    settings.SAMSYN_OPERATOR = "Driftbolaget AB, 559999-0008"
    assert "Driftbolaget AB, 559999-0008 driver Samsyn" in words(visit(OWNER).get(OURS))


# Cookies


def given(person: Client) -> dict[str, Morsel[str]]:
    return dict(person.cookies.items())


def test_every_cookie_a_browser_gets_is_on_the_page_with_its_time_and_no_script_reads_it(
    client: Client, visit: Any, world: Any
) -> None:
    client.get("/konto/logga-in/")
    client.post("/sprak/", {"language": "sv"})
    client.post("/konto/logga-in/", {"login": OWNER, "password": "samsyn-demo"})
    case = world.cases["Vad gällde inköpet den 9 december?"]
    del client.cookies[django_settings.SESSION_COOKIE_NAME]
    client.post(f"/kund/demokund/arenden/{case.ref}/meddelande/", {"text": "Hej"})
    client.post("/konto/logga-in/", {"login": OWNER, "password": "samsyn-demo"})
    page, known = words(client.get(OURS)), {one.name: one for one in COOKIES}
    got = given(client)
    # That one wants a firm with a sign-in of its own: `test_providers.py`.
    assert PROVIDERS.name in page
    assert set(got) == set(known) - {PROVIDERS.name}, "each is given by something here"
    for name, one in got.items():
        assert name in page
        assert f"Lever högst {lasting(known[name].lives)}" in page
        assert int(one["max-age"]) == known[name].lives.total_seconds()
        assert one["httponly"]
        assert one["samesite"] == "Lax"
        assert (one["path"], one["domain"]) == ("/", "")


@pytest.mark.parametrize(("url", "prefix"), [("https://samsyn.example", "__Host-"), ("http://127.0.0.1:8000", "")])
def test_over_https_every_cookie_is_bound_to_the_host_by_its_name(tmp_path: Path, url: str, prefix: str) -> None:
    code = (
        "import django; django.setup()\nfrom samsyn.web.cookies import COOKIES\nprint(*[one.name for one in COOKIES])"
    )
    said = started(code, tmp_path, SAMSYN_URL=url).stdout.split()
    assert len(said) == len(COOKIES)
    assert all(name.startswith("__Host-") is bool(prefix) for name in said)
