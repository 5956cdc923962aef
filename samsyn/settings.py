"""Every setting, read from the environment and from nowhere else.

A value that cannot be understood, or a SAMSYN_ variable that does not exist, refuses to start: a
misspelt setting is worse than a missing one.
"""

from __future__ import annotations

import os
import secrets
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

import samsyn

BASE_DIR = Path(__file__).resolve().parent.parent
KNOWN = {
    "SAMSYN_DEBUG",
    "SAMSYN_DEMO",
    "SAMSYN_HOSTS",
    "SAMSYN_MAIL_FROM",
    "SAMSYN_MAIL_URL",
    "SAMSYN_OPERATOR",
    "SAMSYN_PROXIES",
    "SAMSYN_SECRET_KEY",
    "SAMSYN_URL",
    "SAMSYN_VAR",
    "SAMSYN_WORKERS",
}
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
# Whether an operator's command runs, and neither pages nor a worker. It comes as the owner of the tables, who sees
# over the walls of tenancy/walls when the session says so.
OPERATED = samsyn.operated
DATABASE_SIDE = "owner" if OPERATED else ""
DATABASE_ROLE = ""  # taken behind the walls by the tests, whose own is above them

for _name in os.environ:
    if _name.startswith("SAMSYN_") and _name not in KNOWN:
        raise ImproperlyConfigured(f"{_name} is no setting of Samsyn. Known: {', '.join(sorted(KNOWN))}.")


def text(name: str, default: str = "") -> str:
    """The value of `name`, without surrounding space."""
    return os.environ.get(name, default).strip()


def flag(name: str) -> bool:
    """True for 1, False for 0 or unset; anything else refuses to start."""
    value = text(name, "0")
    if value not in ("0", "1", ""):
        raise ImproperlyConfigured(f"{name} is 0 or 1, not {value!r}.")
    return value == "1"


def number(name: str, default: int) -> int:
    """A whole number of at least 1."""
    value = text(name, str(default))
    if not value.isdecimal() or int(value) < 1:
        raise ImproperlyConfigured(f"{name} is a whole number of at least 1, not {value!r}.")
    return int(value)


def web_address(name: str, default: str) -> str:
    """An http or https address with a host and no path."""
    value = text(name, default).rstrip("/")
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or not has_port(parts):
        raise ImproperlyConfigured(f"{name} is an address such as https://samsyn.example, not {value!r}.")
    return value


def has_port(parts: SplitResult) -> bool:
    """Whether the port of an address is one, or left out."""
    try:
        return parts.port != 0
    except ValueError:
        return False


def networks(name: str, default: str) -> list[str]:
    """Network addresses or ranges, separated by spaces."""
    found = text(name, default).split()
    for one in found:
        try:
            ip_network(one)
        except ValueError as error:
            raise ImproperlyConfigured(f"{name} has addresses such as 10.0.0.7 or 10.0.0.0/8, not {one!r}.") from error
    return found


def database(value: str) -> dict[str, Any]:
    """Django's settings for `DATABASE_URL`; unset means SQLite in `SAMSYN_VAR`."""
    if not value:
        # IMMEDIATE, because a transaction that reads first and writes later is refused under load otherwise.
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": VAR / "samsyn.sqlite3",
            "CONN_MAX_AGE": 60,
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
            },
        }
    parts = urlsplit(value)
    if parts.scheme not in ("postgres", "postgresql") or not parts.path.strip("/"):
        raise ImproperlyConfigured("DATABASE_URL is postgresql://user:password@host:port/name, or unset for SQLite.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": True,  # a pooler in transaction mode loses them
        "OPTIONS": {**dict(parse_qsl(parts.query)), **({"options": "-c app.side=owner"} if OPERATED else {})},
    }


def mail(value: str) -> dict[str, Any]:
    """Django's mail settings for smtp://, smtp+tls:// or smtps://user:password@host:port; unset writes files."""
    if not value:
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_FILE_PATH": str(VAR / "mail"),
        }
    parts = urlsplit(value)
    ports = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
    if parts.scheme not in ports or not parts.hostname:
        raise ImproperlyConfigured("SAMSYN_MAIL_URL is smtp://, smtp+tls:// or smtps:// with a host.")
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or ports[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": 20,
    }


def secret_keys() -> list[str]:
    """`SAMSYN_SECRET_KEY`, or one made at the first start and kept in `SAMSYN_VAR`, readable by its owner only.

    There may be several, with spaces or on lines of their own: the first is used, and what an older one has
    signed or sealed is still taken. `samsyn secretkey` puts a new one first.
    """
    if given := text("SAMSYN_SECRET_KEY").split():
        if len(given) > 1 and min(map(len, given)) < 32:
            raise ImproperlyConfigured("SAMSYN_SECRET_KEY has spaces between keys, each of at least 32 signs.")
        return given
    path = SECRET_KEY_FILE
    if not path.exists():
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(50))
        try:
            os.link(fresh, path)  # fails when another process was first: then its key holds
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text().split()


VAR = Path(text("SAMSYN_VAR") or BASE_DIR / "var").resolve()
VAR.mkdir(mode=0o700, parents=True, exist_ok=True)  # letters, files and an SQLite database are nobody else's
for _folder in ("files", "mail", "static", "tmp"):
    (VAR / _folder).mkdir(parents=True, exist_ok=True)

SECRET_KEY_FILE = VAR / "secret-key"
SECRET_KEY, *SECRET_KEY_FALLBACKS = secret_keys()
DEBUG = flag("SAMSYN_DEBUG")
SAMSYN_DEMO = flag("SAMSYN_DEMO")
SAMSYN_URL = web_address("SAMSYN_URL", "http://127.0.0.1:8000")
SAMSYN_FILES = VAR / "files"
_HOST = urlsplit(SAMSYN_URL).hostname or ""
_SECURE = SAMSYN_URL.startswith("https://")
_HOSTS = {_HOST, *text("SAMSYN_HOSTS").split()}
if SAMSYN_DEMO and not _HOSTS <= LOOPBACK:
    raise ImproperlyConfigured(
        "SAMSYN_DEMO=1 has a known password and runs on this machine only: SAMSYN_URL must be 127.0.0.1, "
        "and SAMSYN_HOSTS empty."
    )

ALLOWED_HOSTS = sorted({*_HOSTS, *(LOOPBACK if _HOST in LOOPBACK else ())} - {"::1"})
if _HOST in LOOPBACK:
    ALLOWED_HOSTS.append("[::1]")
CSRF_TRUSTED_ORIGINS = [SAMSYN_URL]
# Whoever comes from one of these is believed about the address and the scheme of the visitor; see wsgi.py.
SAMSYN_PROXIES = networks("SAMSYN_PROXIES", "127.0.0.1 ::1")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "django_htmx",
    "django_q",
    "csp",
    "samsyn.kit",
    "samsyn.tenancy",
    "samsyn.cases",
    "samsyn.notices",
    "samsyn.web",
    "samsyn.demo",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Outside all that can refuse, so that a refusal is locked down as well.
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "samsyn.web.middleware.UsesLittle",
    "samsyn.web.middleware.NothingStays",
    "samsyn.web.middleware.WholePageAfterwards",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "samsyn.web.sessions.EndsInTime",
    "samsyn.web.middleware.PersonLanguage",
    "samsyn.web.kept.KeepsWhatWasTyped",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "samsyn.urls"
WSGI_APPLICATION = "samsyn.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,  # the widgets of django.forms lie in its own folder
        "OPTIONS": {
            "environment": "samsyn.web.jinja.environment",
            "extensions": ["jinja2.ext.i18n"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
FORM_RENDERER = "samsyn.web.jinja.FormRenderer"

if text("DATABASE_OWNER_URL") and not text("DATABASE_URL"):
    raise ImproperlyConfigured(
        "DATABASE_OWNER_URL is for migrate and the like; pages and worker need DATABASE_URL too."
    )
DATABASES = {"default": database(text("DATABASE_OWNER_URL" if OPERATED else "") or text("DATABASE_URL"))}
DATABASE_WEB_USER = database(text("DATABASE_URL")).get("USER", "")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Shared by every process, so that limits hold; a cache in memory would count per process.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "samsyn_cache",
        # A full table throws living counts out, and a few hundred rows are soon full: what is over is swept instead.
        "OPTIONS": {"MAX_ENTRIES": 200_000},
    },
}

AUTH_USER_MODEL = "tenancy.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["name", "email"]},
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "samsyn.tenancy.passwords.NamesOfPlaces"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "samsyn.web.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "samsyn.web.adapter.SignIn",
    "reset_password": "samsyn.web.adapter.AskForNewPassword",
    "request_login_code": "samsyn.web.adapter.AskForCode",
    "confirm_login_code": "samsyn.web.adapter.GiveCode",
}
# Beside the library's own. A whole office may share one network address.
ACCOUNT_RATE_LIMITS = {
    "login": "120/m/ip",
    "login_failed": "20/m/ip,5/5m/key",
    "manage_email": "5/h/user",
    "request_login_code": "20/m/ip,5/15m/key",
    "sign_in_link": "30/m/ip",
    "invitation_code": "20/m/ip,5/15m/key,20/d/key",
    "firm_sign_in": "60/m/ip",
    "invite": "30/m/user",
    "upload": "100/m/user,1000/h/user",
}
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_FORMAT = {"numeric": True, "length": 6, "dashed": False}
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 10 * 60
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
MFA_ADAPTER = "samsyn.web.passkeys.FactorAdapter"
MFA_SUPPORTED_TYPES = ["webauthn", "totp", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# A passkey asks for a face, a finger or a PIN each time, so that it is two factors by itself.
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_RECOVERY_CODE_DIGITS = 10
MFA_RATE_LIMITS = {"webauthn_login": "120/m/ip"}
# The library's own keeps a second list of addresses, in which an address that has been changed would live on.
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105
PASSWORD_RESET_TIMEOUT = 4 * 3600
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_GET = False

# A firm's own sign-in (OpenID Connect): see web/openid.py.
SOCIALACCOUNT_ADAPTER = "samsyn.web.openid.Adapter"
SOCIALACCOUNT_AUTO_SIGNUP = SOCIALACCOUNT_EMAIL_AUTHENTICATION = SOCIALACCOUNT_STORE_TOKENS = False

# Behind the prefix a browser takes a cookie only over HTTPS, from this very host, for all of it.
COOKIE_PREFIX = "__Host-" if _SECURE else ""
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid", f"{COOKIE_PREFIX}csrftoken"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _SECURE
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_COOKIE_HTTPONLY = True
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # a cookie could be read on the device
CSRF_FAILURE_VIEW = "samsyn.web.errors.csrf_failure"
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _SECURE
SECURE_SSL_REDIRECT = False
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

LANGUAGE_CODE = "sv"
LANGUAGES = [("sv", "Svenska"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = f"{COOKIE_PREFIX}samsyn_language"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Stockholm"

STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": SAMSYN_FILES},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "samsyn.kit.stylesheets.OneStylesheet"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
FILE_UPLOAD_TEMP_DIR = VAR / "tmp"
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
DATA_UPLOAD_MAX_NUMBER_FILES = 200

# Who runs the installation, as the page about personal data says it: 'Driftbolaget AB, 559999-0008'.
SAMSYN_OPERATOR = text("SAMSYN_OPERATOR")

DEFAULT_FROM_EMAIL = text("SAMSYN_MAIL_FROM", f"Samsyn <no-reply@{_HOST}>")
# A demo's mail stays in a folder, where /demo/mail/ shows it.
globals().update(mail("" if SAMSYN_DEMO else text("SAMSYN_MAIL_URL")))

Q_CLUSTER = {
    "name": "samsyn",
    "orm": "default",
    "workers": number("SAMSYN_WORKERS", 1),
    "timeout": 600,
    "retry": 660,  # longer than the timeout, or a job would run twice at once
    "max_attempts": 5,
    "ack_failures": True,
    "poll": 0.5,
    "save_limit": 200,
    "catch_up": False,
    "label": "Queue",
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "samsyn.kit.logs.Discreet", "format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    # Its lines carry addresses of pages, and so references to cases.
    "loggers": {"django.request": {"level": "ERROR"}, "django.server": {"level": "ERROR"}},
}
