"""Slugs: given once, changed only on purpose, never used again, and telling nothing of other firms."""

from __future__ import annotations

import base64
import re
import secrets
import unicodedata

from samsyn.tenancy.models import Company, Firm, Slug

RESERVED = frozenset({"ny", "nytt", "konto", "kund", "byra", "hjalp", "demo", "static", "health", "inbjudan"})


def slug_from(name: str) -> str:
    """A readable slug: a–z, digits and single hyphens, at most 50 characters; '' when nothing is left."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:50].strip("-")


def random_slug() -> str:
    """For sole traders and private persons, whose name should not stand in an address."""
    return "k" + secrets.token_hex(6)


def slug_with_tail(name: str) -> str:
    """A company's name and five random signs: whether any other firm has a client of that name can't be read in it.

    A number after the second of a name would tell, and so would a tail that only some have.
    """
    tail = base64.b32encode(secrets.token_bytes(5)).decode().lower()[:5]
    base = slug_from(name)[:44].strip("-")
    return f"{base}-{tail}" if base else random_slug()


def new_company(slug: str) -> Company:
    """A directory entry with its slug taken for ever."""
    company = Company.objects.create(slug=slug)
    Slug.objects.create(value=slug, company=company)
    return company


def take_for_firm(firm: Firm) -> None:
    Slug.objects.create(value=firm.slug, firm=firm)
