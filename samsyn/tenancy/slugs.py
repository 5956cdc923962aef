"""Slugs: given once, changed only on purpose, never used again."""

from __future__ import annotations

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


def free_slug(wanted: str) -> str:
    """`wanted`, or the first of wanted-2, wanted-3 … that nobody has ever had."""
    base = wanted or random_slug()
    taken = set(Slug.objects.filter(value__startswith=base).values_list("value", flat=True)) | RESERVED
    if base not in taken:
        return base
    return next(f"{base}-{n}" for n in range(2, len(taken) + 3) if f"{base}-{n}" not in taken)


def new_company(slug: str) -> Company:
    """A directory entry with its slug taken for ever."""
    company = Company.objects.create(slug=slug)
    Slug.objects.create(value=slug, company=company)
    return company


def take_for_firm(firm: Firm) -> None:
    Slug.objects.create(value=firm.slug, firm=firm)
