"""What stands behind the wall in PostgreSQL: one line for each tenant table.

A firm reaches the rows that carry it, whatever the table. What else reaches a row stands here, as SQL with these
names: `{clients}` the engagements a client's side acts for, `{firms}` the firms they belong to, `{person}` who is
asking, `{persons_clients}` and `{persons_firms}` the engagements and firms he or she belongs to, and `{table}`.

After a change here: `bin/samsyn walls APP.Model` prints what the migration must hold.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Wall:
    """Who reaches the rows of a table beside the firm they carry.

    `own` tells a client's own rows, and `may` what that side does with them: "r" read, "a" add, "c" change,
    "d" delete. `reads` tells further rows that may be read. Empty: nobody.
    """

    own: str = ""
    may: str = ""
    reads: str = ""


FIRMS_ALONE = Wall()
OF_CLIENT = "{table}.engagement_id = ANY ({clients})"
OF_CASE = (
    "EXISTS (SELECT 1 FROM cases_case of_case WHERE of_case.id = {table}.case_id"
    " AND of_case.engagement_id = ANY ({clients}))"
)
NOT_THE_FIRMS = f"{OF_CLIENT} AND {{table}}.audience <> 'firm'"
OF_PERSONS_CLIENT = "{table}.engagement_id = ANY ({persons_clients})"
# What one side writes before it is sent is never the other side's.
OF_CLIENTS_PEOPLE = (
    "{table}.engagement_id = ANY ({clients}) AND EXISTS (SELECT 1 FROM tenancy_membership writer"
    " WHERE writer.id = {table}.membership_id AND writer.engagement_id = ANY ({clients}))"
)
OF_OWN_MEMBERSHIP = (
    "EXISTS (SELECT 1 FROM tenancy_membership held WHERE held.id = {table}.membership_id AND held.user_id = {person})"
)
STAFF = "{table}.engagement_id IS NULL AND {table}.firm_id = ANY ({firms})"
TOLD = (
    "(EXISTS (SELECT 1 FROM cases_event told WHERE told.id = {table}.event_id)"
    " OR EXISTS (SELECT 1 FROM tenancy_consent told WHERE told.id = {table}.consent_id))"
)

TABLE: dict[str, Wall] = {
    "tenancy.Engagement": Wall("{table}.id = ANY ({clients})", "rc", reads="{table}.id = ANY ({persons_clients})"),
    "tenancy.Membership": Wall(OF_CLIENT, "rc", reads=f"{STAFF} OR {{table}}.user_id = {{person}}"),
    "tenancy.Participant": Wall(OF_CLIENT, "r"),
    # A client is told who answers; so is the door, that knows only the person yet.
    "tenancy.Absence": Wall(reads="{table}.firm_id = ANY ({firms}) OR {table}.firm_id = ANY ({persons_firms})"),
    "tenancy.Appointment": Wall(OF_CLIENT, "rc"),
    "tenancy.AgreementText": Wall(reads="{table}.firm_id = ANY ({firms})"),
    "tenancy.Consent": Wall(OF_CLIENT, "ra", reads=OF_PERSONS_CLIENT),
    "tenancy.Invitation": Wall(OF_CLIENT, "rac"),
    "tenancy.ImportRun": FIRMS_ALONE,
    "tenancy.StagedRow": FIRMS_ALONE,
    "tenancy.InviteRun": FIRMS_ALONE,
    "tenancy.InviteRow": FIRMS_ALONE,
    "tenancy.SecurityLog": FIRMS_ALONE,
    "tenancy.SignInProvider": Wall(reads="{table}.firm_id = ANY ({persons_firms})"),
    "tenancy.ProviderLink": Wall(reads=OF_OWN_MEMBERSHIP),
    "tenancy.SupportWindow": Wall(reads="{table}.user_id = {person}"),
    "cases.Counter": FIRMS_ALONE,
    "cases.Case": Wall(OF_CLIENT, "rac"),
    "cases.Recipient": Wall(OF_CASE, "rad"),
    "cases.Event": Wall(NOT_THE_FIRMS, "ra"),
    "cases.Outbox": Wall(TOLD, "a"),
    "cases.Blob": Wall(reads="EXISTS (SELECT 1 FROM cases_attachment used WHERE used.blob_id = {table}.id)"),
    "cases.Attachment": Wall(NOT_THE_FIRMS, "racd"),
    "cases.Draft": Wall(OF_CLIENTS_PEOPLE, "racd"),
    "cases.ReadMark": Wall(OF_CASE, "rac"),
    "cases.AccessLog": Wall(OF_CASE, "a"),
    "cases.SendBatch": FIRMS_ALONE,
}
# What has happened stays as it was written: the role of web and worker can add here, and nothing else.
ONLY_ADDED_TO = ("cases.Event", "tenancy.Consent")
