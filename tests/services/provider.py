"""A real provider of sign-in in a process of its own: the sign-in library's, with its own SQLite file, on loopback.

`python -m tests.services.provider FOLDER` prints its address and serves until it is ended by its pid.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

CLIENT_ID, SECRET, PASSWORD = "samsyn-in-tests", "a-secret-of-the-tests", "there-and-only-there"
KARIN, OTHER = "karin@there.example", "other@there.example"


@dataclass(frozen=True)
class Running:
    """Where the provider is, and its process."""

    issuer: str
    pid: int

    def send_back_to(self, address: str) -> None:
        """Register where people are sent back, as the firm does at its provider."""
        requests.post(f"{self.issuer}/register/", data={"uri": address}, timeout=30).raise_for_status()


@contextmanager
def provider() -> Iterator[Running]:
    """The provider, until the block ends."""
    with tempfile.TemporaryDirectory(prefix="samsyn-provider-") as folder:
        plain = {
            key: value for key, value in os.environ.items() if not key.startswith(("SAMSYN_", "DJANGO_", "DATABASE"))
        }
        command = [sys.executable, "-m", "tests.services.provider", folder]
        with subprocess.Popen(command, env=plain, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                yield Running(process.stdout.readline().strip(), process.pid)
            finally:
                process.kill()


def configure(folder: Path) -> None:
    """Django's settings of the provider; nothing of Samsyn's."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from django.conf import settings

    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    processors = ["request", "auth", "messages"]
    where = {"request": "template.context_processors.request", "auth": "contrib.auth.context_processors.auth",
             "messages": "contrib.messages.context_processors.messages"}  # fmt: skip
    settings.configure(
        SECRET_KEY="of-the-provider-in-the-tests-" + "x" * 30,
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF="tests.services.provider_urls",
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": folder / "provider.sqlite3"}},
        INSTALLED_APPS=[
            *[f"django.contrib.{name}" for name in ("auth", "contenttypes", "sessions", "messages")],
            "allauth", "allauth.account", "allauth.idp.oidc",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            "allauth.account.middleware.AccountMiddleware",
        ],
        TEMPLATES=[{
            "BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
            "OPTIONS": {"context_processors": [f"django.{where[one]}" for one in processors]},
        }],
        AUTHENTICATION_BACKENDS=["allauth.account.auth_backends.AuthenticationBackend"],
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        ACCOUNT_LOGIN_METHODS={"email"}, ACCOUNT_SIGNUP_FIELDS=["email*", "password1*"],
        ACCOUNT_EMAIL_VERIFICATION="none",
        IDP_OIDC_PRIVATE_KEY=pem,
        # A cookie belongs to a host and not to its port: without names of their own they would put out Samsyn's.
        SESSION_COOKIE_NAME="there_session", CSRF_COOKIE_NAME="there_csrf",
        USE_TZ=True, DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )  # fmt: skip


def fill() -> None:
    """Two people and one client."""
    from allauth.account.models import EmailAddress
    from allauth.idp.oidc.models import Client
    from django.contrib.auth import get_user_model
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    for number, email in enumerate((KARIN, OTHER)):
        user: Any = get_user_model().objects.create_user(f"person{number}", email, PASSWORD)
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    client = Client(id=CLIENT_ID, name="Samsyn", skip_consent=True)
    client.set_secret(SECRET)
    client.save()


def serve(folder: Path) -> None:
    import django

    configure(folder)
    django.setup()
    fill()
    from socketserver import ThreadingMixIn
    from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

    from django.core.wsgi import get_wsgi_application

    class Many(ThreadingMixIn, WSGIServer):
        daemon_threads = True

    class Quiet(WSGIRequestHandler):
        def log_message(self, *_about: Any) -> None:
            pass

    with make_server("127.0.0.1", 0, get_wsgi_application(), Many, Quiet) as server:
        print(f"http://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
