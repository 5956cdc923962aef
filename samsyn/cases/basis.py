"""What exactly an approval is given to: canonical bytes, their digest, and who is still needed."""

from __future__ import annotations

from typing import Any

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
    approved = {given["membership"] for given in decisions_of(case) if given["decision"] == "approved"}
    needed = case.request.get("needed", "one")
    if needed == "all":
        return approved >= set(case.request.get("named") or [])
    return len(approved) >= (2 if needed == "two" else 1)
