"""What all tests share: quiet settings, the cast, and a browser for those that ask."""

from __future__ import annotations

import os
import tempfile

_VAR = tempfile.TemporaryDirectory(prefix="samsyn-test-")
os.environ["SAMSYN_VAR"] = _VAR.name
os.environ.setdefault("SAMSYN_SECRET_KEY", "only-for-tests-" + "x" * 40)

from collections.abc import Iterator  # noqa: E402
from typing import Any  # noqa: E402

import pytest  # noqa: E402
from django.conf import settings  # noqa: E402
from hypothesis import settings as hypothesis_settings  # noqa: E402

hypothesis_settings.register_profile("samsyn", deadline=None, max_examples=25)
hypothesis_settings.load_profile("samsyn")


def pytest_configure() -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    if "sqlite" in settings.DATABASES["default"]["ENGINE"]:
        # A file, as in real life: the shared memory database locks whole tables between threads.
        settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = os.path.join(_VAR.name, "test.sqlite3")
    settings.MIDDLEWARE = ["tests.walls.NothingOutside", *settings.MIDDLEWARE]
    settings.DATABASE_ROLE = "samsyn_behind"  # pages, verbs and jobs stand behind the walls as this one
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    from django.core.cache import cache

    cache.clear()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    from tests.services.chromium import FLAGS, chromium

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """The cast is made once, before the first test; each test rolls back what it does.

    Its letters have gone by then: a letter that has waited for two minutes would be a fault to tell managers of.
    """
    from samsyn.demo import world
    from samsyn.kit import letters
    from tests import walls

    with django_db_blocker.unblock():
        walls.build()
        world.build()
        letters.sweep()


@pytest.fixture
def world(db: None) -> Any:
    """The cast with its cases, by the names they have in demo/world.py."""
    from samsyn.demo.world import find
    from tests.cast import CasesBySubject

    found = find()
    found.cases = CasesBySubject()
    return found


@pytest.fixture
def own_disk(settings: Any, tmp_path: Any) -> None:
    """A folder of its own for files: a sweep must not find what other tests have laid."""
    settings.SAMSYN_FILES = tmp_path / "files"
    settings.SAMSYN_FILES.mkdir()


@pytest.fixture
def visit(client: Any) -> Any:
    """`visit(email)` gives a browser-less client signed in as that person."""
    from django.conf import settings as django_settings
    from django.test import Client

    from samsyn.tenancy.models import User

    def sign_in(email: str) -> Client:
        person = Client()
        person.force_login(User.objects.get(email=email), backend=django_settings.AUTHENTICATION_BACKENDS[0])
        return person

    return sign_in


@pytest.fixture
def cast(transactional_db: None) -> None:
    """The cast for tests whose server answers in a thread of its own: what they do is not rolled back, but wiped."""
    from samsyn.demo import world
    from samsyn.tenancy.models import Firm

    if not Firm.objects.exists():
        world.build()
