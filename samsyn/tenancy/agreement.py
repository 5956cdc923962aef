"""The agreement text a client approves: versioned per firm and language, never changed once written."""

from __future__ import annotations

import hashlib

from django.utils import translation
from django.utils.translation import gettext as _

from samsyn.kit.sweden import format_party_number
from samsyn.tenancy.errors import NotNow
from samsyn.tenancy.models import AgreementText, Firm

LANGUAGES = ("sv", "en")


def default_text(firm: Firm, language: str) -> str:
    """The text a new firm starts with. `## ` begins a heading, an empty line a paragraph."""
    with translation.override(language):
        parts = [
            (
                _("What the agreement covers"),
                _(
                    "%(firm)s, %(number)s, may send cases to your company and receive the company's answers "
                    "and files in Samsyn. The agreement is about using this channel. It does not sign anything "
                    "sent through it."
                ),
            ),
            (
                _("Personal data"),
                _(
                    "The firm and the company are each the controller of their own personal data. Where the "
                    "firm handles data on the company's behalf, the firm is the processor under your "
                    "engagement letter. This agreement is not a legal basis under the GDPR."
                ),
            ),
            (
                _("How long things are kept"),
                _(
                    "Vouchers are accounting records and are kept up to and including the seventh year after "
                    "the end of the calendar year in which the fiscal year ended."
                ),
            ),
            (
                _("Withdrawing"),
                _(
                    "Either of us can withdraw the agreement at any time on the page Consent. Open cases are "
                    "then closed. What has been sent stays readable to both, and what the company uploaded "
                    "stays the company's and can be downloaded."
                ),
            ),
        ]
        facts = {"firm": firm.name, "number": format_party_number(firm.number)}
        return "\n\n".join(f"## {heading}\n\n{body % facts if '%(' in body else body}" for heading, body in parts)


def publish(firm: Firm, bodies: dict[str, str]) -> None:
    """Write a new version in every language given (language → text), when any of them differs."""
    newest = {text.language: text for text in newest_texts(firm)}
    version = max((text.version for text in newest.values()), default=0) + 1
    for language, body in bodies.items():
        digest = hashlib.sha256(body.encode()).hexdigest()
        have = newest.get(language)
        if have is None or have.sha256 != digest:
            AgreementText.objects.create(firm=firm, version=version, language=language, body=body, sha256=digest)


def newest_texts(firm: Firm) -> list[AgreementText]:
    """The newest text of each language."""
    rows = AgreementText.objects.unscoped(why="the firm's own text, shown to those it invites")
    newest: dict[str, AgreementText] = {}
    for text in rows.filter(firm=firm).order_by("version"):
        newest[text.language] = text
    return list(newest.values())


def text_that_was_read(firm: Firm, sha256: str) -> AgreementText:
    """The newest text whose hash the page carried. Raises NotNow when the firm has changed it since."""
    found = next((text for text in newest_texts(firm) if text.sha256 == sha256), None)
    if found is None:
        raise NotNow(_("The firm has changed the agreement text since you read it. Read it again before you answer."))
    return found


def text_for(firm: Firm, language: str) -> AgreementText:
    """The newest text in `language`, or in Swedish."""
    newest = {text.language: text for text in newest_texts(firm)}
    return newest.get(language) or newest["sv"]
