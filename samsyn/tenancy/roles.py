"""One table: role -> rights. A right is asked for by name; nobody compares roles elsewhere."""

from __future__ import annotations

import enum

from samsyn.tenancy.models import Membership


class Right(enum.StrEnum):
    """What a role may let a person do. The verbs in `cases.actions` name the one they need."""

    READ = "read"
    WORK = "work"  # the firm's daily work with its clients and cases
    RUN_FIRM = "run_firm"  # people, settings, agreement text
    ANSWER = "answer"  # the client's answers, messages, own cases
    APPROVE = "approve"  # what an approval asks for
    REPRESENT = "represent"  # consent, colleagues


_MANAGER = frozenset({Right.READ, Right.WORK, Right.RUN_FIRM})
_TABLE: dict[str, frozenset[Right]] = {
    Membership.Role.MANAGER: _MANAGER,
    Membership.Role.CONSULTANT: frozenset({Right.READ, Right.WORK}),
    Membership.Role.OWNER: frozenset({Right.READ, Right.ANSWER, Right.APPROVE, Right.REPRESENT}),
    Membership.Role.MEMBER: frozenset({Right.READ, Right.ANSWER}),
    Membership.Role.READER: frozenset({Right.READ}),
}

FIRM_ROLES = (Membership.Role.MANAGER, Membership.Role.CONSULTANT)
CLIENT_ROLES = (Membership.Role.OWNER, Membership.Role.MEMBER, Membership.Role.READER)


def rights_of(membership: Membership) -> frozenset[Right]:
    """The rights a membership gives. A member approves only when an owner has said so; whoever must approve the
    agreement first has none."""
    if membership.awaits_agreement:
        return frozenset()
    rights = _TABLE[membership.role]
    if membership.role == Membership.Role.MEMBER and membership.may_approve:
        rights |= {Right.APPROVE}
    return rights
