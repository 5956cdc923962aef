"""The agreement text a client approves: versioned per firm and language, never changed once written."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import translation
from django.utils.translation import gettext as _

from samsyn.kit.differences import Paragraph, changed_paragraphs
from samsyn.kit.sweden import format_party_number
from samsyn.tenancy.errors import NotNow
from samsyn.tenancy.models import AgreementText, Consent, Engagement, Firm, Membership

Step = Engagement.ConsentState
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


def publish(
    firm: Firm, bodies: dict[str, str], *, by: Membership | None = None, must_renew: bool = False
) -> int | None:
    """Write a new version when the text of any language differs (language → text). Gives its number.

    Every language gets the new version, changed or not, so that a version means the same in all of them.
    """
    newest = {text.language: text for text in newest_texts(firm)}
    new = {**{language: text.body for language, text in newest.items()}, **{k: tidy(v) for k, v in bodies.items()}}
    if all(language in newest and newest[language].body == body for language, body in new.items()):
        return None
    version = max((text.version for text in newest.values()), default=0) + 1
    for language, body in new.items():
        AgreementText.objects.create(
            firm=firm,
            version=version,
            language=language,
            body=body,
            sha256=digest_of(body),
            by=by,
            must_renew=must_renew,
        )
    return version


def tidy(body: str) -> str:
    """A text as it is kept, and hashed: one sign for a new line, nothing around it."""
    return body.replace("\r\n", "\n").strip()


def digest_of(body: str) -> str:
    """SHA-256 of the text's bytes in UTF-8, in hex."""
    return hashlib.sha256(body.encode()).hexdigest()


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


def text_at(firm: Firm, version: int, language: str) -> AgreementText | None:
    """The text of a version in `language`, or in Swedish; a version that changed nothing there has the one before."""
    rows = AgreementText.objects.unscoped(why="the firm's own text, shown to those it invites")
    rows = rows.select_related("by__user")
    of_version = rows.filter(firm=firm, version__lte=version).order_by("-version")
    found: AgreementText | None = of_version.filter(language=language).first()
    return found or of_version.filter(language="sv").first()


def version_to_renew(firm: Firm) -> int:
    """The newest version that those who have approved an older one must approve; 0 when there is none."""
    rows = AgreementText.objects.unscoped(why="the firm's own text").filter(firm=firm, must_renew=True)
    return rows.order_by("-version").values_list("version", flat=True).first() or 0


@dataclass(frozen=True)
class Reading:
    """What a company reads of the agreement: a text in full, and what differs between two of them.

    Asked, it reads the newest text and what has changed since the one it approved. With an approval in force it
    reads what it approved, and `newer` with what the firm has changed since, when it has.
    """

    text: AgreementText
    approved: AgreementText | None
    newer: AgreementText | None
    changes: list[Paragraph]


def reading_of(firm: Firm, engagement: Engagement, history: Sequence[Consent], language: str) -> Reading:
    """`history` is newest first, each step with its text."""
    newest = text_for(firm, language)
    step = next((one for one in history if one.step == Step.APPROVED and one.text), None)
    approved = text_at(firm, step.text.version, language) if step else None
    if approved is None or approved.version == newest.version:
        return Reading(newest, approved, None, [])
    changes = changed_paragraphs(approved.body, newest.body)
    if engagement.has_consent and not engagement.is_renewing:
        return Reading(approved, approved, newest, changes)
    return Reading(newest, approved, None, changes)
