"""The secret key is changed without anybody losing anything, and an old one is forgotten when one says so."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client

from samsyn.kit import letters
from samsyn.tenancy import actions
from tests.providers import provider_in

pytestmark = pytest.mark.django_db
OWNER = "agare@demokund.example"


@pytest.fixture
def key_file(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("SAMSYN_SECRET_KEY")
    settings.SECRET_KEY_FILE = tmp_path / "secret-key"
    settings.SECRET_KEY_FILE.write_text(settings.SECRET_KEY)
    return Path(settings.SECRET_KEY_FILE)


def start_again(settings: Any, key_file: Path) -> None:
    """What a start of web and worker reads."""
    settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS = key_file.read_text().split()


def test_a_new_key_ends_no_sign_in_and_loses_no_letter(world: Any, settings: Any, key_file: Path) -> None:
    person, before = Client(), settings.SECRET_KEY
    person.post("/konto/logga-in/", {"login": OWNER, "password": "samsyn-demo"})
    actions.add_staff(world.manager, name="Nils Ny", email="nils@demobyran.example", role="consultant")
    call_command("secretkey", "new")
    start_again(settings, key_file)
    assert before != settings.SECRET_KEY
    assert before in settings.SECRET_KEY_FALLBACKS
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert person.get("/kund/demokund/").status_code == 200
    letters.sweep()
    assert mail.outbox[-1].to == ["nils@demobyran.example"]
    call_command("secretkey", "forget")
    start_again(settings, key_file)
    assert settings.SECRET_KEY_FALLBACKS == []
    assert person.get("/kund/demokund/").status_code == 200, "it was signed anew with the new key meanwhile"
    late = Client()
    late.cookies.load({"sessionid": "x" * 32})
    assert late.get("/kund/demokund/").status_code == 302


def test_a_sign_in_that_has_not_been_used_since_ends_with_the_old_key(
    world: Any, settings: Any, key_file: Path
) -> None:
    person = Client()
    person.post("/konto/logga-in/", {"login": OWNER, "password": "samsyn-demo"})
    for what in ("new", "forget"):
        call_command("secretkey", what)
    start_again(settings, key_file)
    assert person.get("/kund/demokund/").status_code == 302


def test_a_key_that_stands_in_the_environment_is_changed_there(
    db: None, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "SAMSYN_SECRET_KEY", "x" * 50)
    before = key_file.read_text()
    with pytest.raises(CommandError, match="SAMSYN_SECRET_KEY"):
        call_command("secretkey", "new")
    assert key_file.read_text() == before


def test_a_sealed_secret_outlives_the_key_it_was_sealed_with(world: Any, settings: Any, key_file: Path) -> None:
    own = provider_in(world)
    call_command("secretkey", "new")
    start_again(settings, key_file)
    call_command("secretkey", "forget")
    start_again(settings, key_file)
    assert settings.SECRET_KEY_FALLBACKS == []
    own.refresh_from_db()
    assert own.secret == "hemligt"
    settings.SECRET_KEY = "y" * 50
    own.refresh_from_db()
    assert not own.opens


def test_whoever_keeps_the_key_in_the_environment_seals_anew_before_the_old_one_goes(
    world: Any, settings: Any, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, old = provider_in(world), settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "z" * 50, [old]
    monkeypatch.setitem(os.environ, "SAMSYN_SECRET_KEY", f"{'z' * 50} {old}")
    call_command("secretkey", "reseal")
    settings.SECRET_KEY_FALLBACKS = []
    own.refresh_from_db()
    assert own.secret == "hemligt"
