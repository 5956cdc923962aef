"""How often things may be done: past the limit a page says so, keeps what was typed, and opens again in time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.conf import settings as django_settings
from django.core.cache import caches
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from samsyn import settings as settings_file
from samsyn.cases.models import Attachment
from samsyn.demo.world import pdf
from samsyn.kit.models import Letter
from samsyn.kit.queue import SWEEPS, run
from samsyn.tenancy import actions
from samsyn.tenancy.models import Invitation
from tests.invited import link_to
from tests.pressing import soup
from tests.test_sign_in_code import asked, wrong
from tests.test_sign_in_link import code, link

pytestmark = pytest.mark.django_db
OWNER, MANAGER = "agare@demokund.example", "ansvarig@demobyran.example"
STAFF = "/byra/demobyran/medarbetare/"
SAYS = "Vänta några minuter och försök igen."


def text(response: Any) -> str:
    return " ".join(soup(response).get_text(" ", strip=True).split())


def until_refused(attempt: Callable[[int], Any], *, most: int) -> tuple[int, Any]:
    """Try again and again: how many were taken, and the answer to the first that was not."""
    for number in range(most + 1):
        answer = attempt(number)
        if answer.status_code == 429:
            return number, answer
    raise AssertionError(f"{most} were taken")


def is_the_page(answer: Any) -> bool:
    return SAYS in text(answer) and answer.headers["Retry-After"] == "300"


def sign_in(number: int, **more: Any) -> Any:
    return Client().post("/konto/logga-in/", {"login": f"n{number}@ny.example", "password": "fel-losenord", **more})


def test_sign_ins_that_fail_end_and_the_address_that_was_typed_is_shown(world: Any) -> None:
    taken, answer = until_refused(sign_in, most=20)
    assert taken == 20
    assert is_the_page(answer)
    assert "n20@ny.example" in text(answer)
    assert "fel-losenord" not in answer.content.decode()


def test_one_whose_password_is_guessed_at_can_still_come_in_by_a_code(world: Any) -> None:
    for _try in range(6):
        Client().post("/konto/logga-in/", {"login": OWNER, "password": "fel"})
    person = asked()
    person.post("/konto/kod/svar/", {"code": code()})
    assert person.get("/kund/demokund/").status_code == 200


def test_codes_for_signing_in_end_per_address_and_per_network(world: Any) -> None:
    def ask(number: int) -> Any:
        return Client().post("/konto/kod/", {"email": f"n{number}@ny.example"})

    taken, answer = until_refused(lambda _number: ask(0), most=5)
    assert (taken, is_the_page(answer), "n0@ny.example" in text(answer)) == (5, True, True)
    taken, answer = until_refused(lambda number: ask(number + 1), most=20)
    assert taken <= 20
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=16)):
        assert ask(0).status_code == 302


def test_presses_on_links_end(world: Any) -> None:
    asked()
    address, digits = link(), code()
    taken, answer = until_refused(lambda _number: Client().post(address, {"code": wrong(digits)}), most=30)
    assert (taken, is_the_page(answer)) == (30, True), "five are looked at, and the others find the link dead"
    assert Client().get(address).status_code == 410, "looking goes on"


def test_codes_for_an_invitation_end(world: Any) -> None:
    actions.add_staff(world.manager, name="Nils Ny", email="nils@ny.example", role="consultant")
    address = link_to("nils@ny.example")
    taken, answer = until_refused(lambda _number: Client().post(address, {"do": "send"}), most=5)
    assert (taken, is_the_page(answer)) == (5, True)
    assert Letter.objects.filter(template="invitation_code").count() == 5


def test_invitations_end_and_what_was_written_is_shown(visit: Any, world: Any) -> None:
    manager = visit(MANAGER)

    def invite(number: int) -> Any:
        facts = {"name": f"Kim Berg {number}", "email": f"k{number}@ny.example", "role": "consultant", "scope": "all"}
        return manager.post(STAFF, facts)

    taken, answer = until_refused(invite, most=30)
    assert (taken, is_the_page(answer)) == (30, True)
    for words in ("Kim Berg 30", "k30@ny.example"):
        assert words in text(answer)
    assert Invitation.objects.visible_to(world.manager).filter(email__startswith="k", state="pending").count() >= 30
    assert manager.get(STAFF).status_code == 200, "reading goes on"
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=2)):
        assert invite(31).status_code == 302


@pytest.fixture
def few_uploads(settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "upload": "3/m/user"}


def upload(person: Client, world: Any, number: int = 0, **headers: str) -> Any:
    case = world.cases["Kvitton som saknas för december"]
    row = case.request["documents"][0]["id"]
    posted = {
        f"file.{row}": SimpleUploadedFile(f"kvitto-{number}.pdf", pdf(f"Kvitto {number}")),
        "a-comment": "Kommer strax",
    }
    return person.post(f"/kund/demokund/arenden/{case.ref}/filer/", posted, headers=headers)


def test_uploads_end_per_person_and_the_words_beside_them_are_shown(visit: Any, world: Any, few_uploads: None) -> None:
    owner = visit(OWNER)
    taken, answer = until_refused(lambda number: upload(owner, world, number), most=3)
    assert (taken, is_the_page(answer), "Kommer strax" in text(answer)) == (3, True, True)
    assert Attachment.objects.visible_to(world.owner).filter(side="client", event=None).count() == 3
    assert upload(visit("medarbetare@demokund.example"), world).status_code != 429, "each has a limit of his own"
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=2)):
        assert upload(visit(OWNER), world).status_code != 429


def test_a_script_is_told_in_one_sentence(visit: Any, world: Any, few_uploads: None) -> None:
    owner = visit(OWNER)
    _taken, answer = until_refused(lambda _number: upload(owner, world, **{"X-Samsyn": "script"}), most=3)
    assert SAYS in answer.json()["saved"]


@pytest.mark.parametrize("path", ["/byra/demobyran/kunder/import/", "/byra/demobyran/installningar/"])
def test_files_on_the_firms_pages_are_counted_as_well(visit: Any, world: Any, few_uploads: None, path: str) -> None:
    manager = visit(MANAGER)

    def send(_number: int) -> Any:
        return manager.post(
            path, {"file": SimpleUploadedFile("x.csv", b"Namn\n"), "logo": SimpleUploadedFile("l", b"x")}
        )

    assert until_refused(send, most=3)[0] == 3


def test_a_form_without_a_file_is_not_counted(visit: Any, world: Any, few_uploads: None) -> None:
    owner, case = visit(OWNER), world.cases["Kvitton som saknas för december"]
    for number in range(6):
        said = owner.post(f"/kund/demokund/arenden/{case.ref}/utkast/", {"a-comment": f"Hej {number}"})
        assert said.status_code == 200


def test_a_stranger_is_met_with_nothing_before_anything_is_counted(visit: Any, world: Any, few_uploads: None) -> None:
    stranger = visit("agare@annankund.example")
    assert {upload(stranger, world).status_code for _try in range(5)} == {404}


def test_the_limits_are_shared_by_every_process(world: Any, settings: Any) -> None:
    """Counted in the database, where each process looks; in memory each would have limits of its own."""
    assert settings_file.CACHES["default"]["BACKEND"].endswith("DatabaseCache")
    settings.CACHES = {"default": {**settings_file.CACHES["default"], "LOCATION": "samsyn_cache_of_a_test"}}
    call_command("createcachetable", verbosity=0)
    for _try in range(5):
        assert Client().post("/konto/kod/", {"email": OWNER}).status_code == 302
        del caches["default"]  # as in another process
    assert Client().post("/konto/kod/", {"email": OWNER}).status_code == 429


def test_many_strangers_do_not_push_a_living_count_out(world: Any, settings: Any) -> None:
    """The library's table holds three hundred rows unless told otherwise, and then a third of them goes."""
    settings.CACHES = {"default": {**settings_file.CACHES["default"], "LOCATION": "samsyn_cache_of_a_test"}}
    call_command("createcachetable", verbosity=0)
    cache = caches["default"]
    cache.set("lives", 1, 900)
    for number in range(400):
        cache.set(f"stranger-{number}", 1, 900)
    cache.set("over", 1, 1)
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=1)):
        run(SWEEPS["counts that are over"])
        assert cache.get("lives") == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM samsyn_cache_of_a_test")
        assert cursor.fetchone() == (401,)


def test_every_limit_of_ours_is_one_the_library_understands() -> None:
    from allauth.core.internal.ratelimit import parse_rates

    for action, rates in django_settings.ACCOUNT_RATE_LIMITS.items():
        assert parse_rates(rates), action
