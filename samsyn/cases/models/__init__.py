"""The work: cases, what has happened to them, what was said and sent. Questions here, behaviour in actions."""

from samsyn.cases.models.batch import SendBatch
from samsyn.cases.models.case import Case, Counter, Outcome, Recipient, State
from samsyn.cases.models.event import Audience, Event, Outbox
from samsyn.cases.models.files import Attachment, Blob, Purpose, RetentionClass
from samsyn.cases.models.reading import AccessLog, Draft, ReadMark

__all__ = [
    "AccessLog",
    "Attachment",
    "Audience",
    "Blob",
    "Case",
    "Counter",
    "Draft",
    "Event",
    "Outbox",
    "Outcome",
    "Purpose",
    "ReadMark",
    "Recipient",
    "RetentionClass",
    "SendBatch",
    "State",
]
