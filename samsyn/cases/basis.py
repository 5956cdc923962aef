"""What exactly an approval is given to: canonical bytes, their digest, and who is still needed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from samsyn.cases.kinds.approval import approved_by
from samsyn.cases.models import Attachment, Case, Purpose
from samsyn.kit.canonical import canonical_bytes, digest
from samsyn.tenancy.models import Membership
from samsyn.tenancy.roles import Right, rights_of


def basis_of(case: Case) -> dict[str, Any]:
    """Everything the person approves, as JSON: the text, the request, and the files by hash, in order."""
    rows = Attachment.objects.unscoped(why="the files that belong to the request itself")
    files = rows.filter(case=case, purpose=Purpose.REQUEST, event__isnull=False).select_related("blob")
    return {
        "case": case.ref,
        "version": case.request_version,
        "subject": case.subject,
        "message": case.message,
        "request": case.request,
        "files": [
            {"name": file.name, "size": file.blob.size, "sha256": file.blob.sha256}
            for file in files.order_by("created_at", "id")
        ],
    }


def basis_text(case: Case) -> str:
    """The canonical bytes (RFC 8785) as text, as they are frozen in the event."""
    return canonical_bytes(basis_of(case)).decode()


def basis_digest(case: Case) -> str:
    """SHA-256 over the canonical bytes, in hexadecimal: what the page shows and the form posts back."""
    return digest(basis_of(case))


def decisions_of(case: Case) -> list[dict[str, Any]]:
    return list((case.answer or {}).get("decisions", []))


def may_approve_now(case: Case, member: Membership) -> bool:
    """Whether this person's approval is (still) asked for."""
    if Right.APPROVE not in rights_of(member):
        return False
    named = case.request.get("named") or []
    if named and str(member.pk) not in named:
        return False
    return all(given["membership"] != str(member.pk) for given in decisions_of(case))


def approval_is_settled(case: Case) -> bool:
    """Whether the last needed person has approved: one, two different, or all who are named."""
    settled: bool = case.kind_of.is_settled(case.request, approved_by(case.answer))  # type: ignore[attr-defined]
    return settled


def can_be_settled(case: Case, people: Iterable[Membership]) -> bool:
    """Whether those who have approved, with those of `people` who still may, are enough."""
    left = {str(member.pk) for member in people if may_approve_now(case, member)}
    enough: bool = case.kind_of.is_settled(case.request, approved_by(case.answer) | left)  # type: ignore[attr-defined]
    return enough
