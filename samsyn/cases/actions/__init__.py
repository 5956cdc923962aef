"""Every verb of a case, one name each. Pages, jobs and the demo call these and nothing below them."""

from samsyn.cases.actions.addressing import set_recipients
from samsyn.cases.actions.answering import (
    acknowledge,
    answer_for,
    approve,
    decline,
    done,
    send_back,
    take_back,
)
from samsyn.cases.actions.asking import (
    amend,
    ask_again,
    discard,
    open_,
    release,
    reply,
    review,
    save_draft_case,
    send_to_many,
    write_to_firm,
)
from samsyn.cases.actions.clients import delete_client, end_client, sent_to, take_up_client
from samsyn.cases.actions.consent import approve_consent, ask_anew, decline_consent, follow_up, withdraw_consent
from samsyn.cases.actions.ending import cancel, close, end_with_consent, reopen, retract
from samsyn.cases.actions.leaving import answers_for, leave_firm, remove_staff
from samsyn.cases.actions.minding import change_due, message, note, reassign, remind

__all__ = [
    "acknowledge",
    "amend",
    "answer_for",
    "answers_for",
    "approve",
    "approve_consent",
    "ask_again",
    "ask_anew",
    "cancel",
    "change_due",
    "close",
    "decline",
    "decline_consent",
    "delete_client",
    "discard",
    "done",
    "end_client",
    "end_with_consent",
    "follow_up",
    "leave_firm",
    "message",
    "note",
    "open_",
    "reassign",
    "release",
    "remind",
    "remove_staff",
    "reopen",
    "reply",
    "retract",
    "review",
    "save_draft_case",
    "send_back",
    "send_to_many",
    "sent_to",
    "set_recipients",
    "take_back",
    "take_up_client",
    "withdraw_consent",
    "write_to_firm",
]
