"""Row-level security on the tables of the register, in PostgreSQL.

Written by `samsyn walls` and by hand, and never changed: what stands in walls/table.py later comes in a later migration.
"""

from django.db import migrations

from samsyn.tenancy.walls.sql import OnPostgreSQL, function

FUNCTIONS = [
    function("samsyn_firms_of(clients uuid[])", "uuid[]",
             "SELECT array_agg(DISTINCT firm_id) FROM tenancy_engagement WHERE id = ANY (clients)"),
    function("samsyn_clients_of(person uuid)", "uuid[]",
             "SELECT array_agg(engagement_id) FROM tenancy_membership"
             " WHERE user_id = person AND ended_at IS NULL AND engagement_id IS NOT NULL"),
    function("samsyn_firms_of_person(person uuid)", "uuid[]",
             "SELECT array_agg(DISTINCT firm_id) FROM tenancy_membership WHERE user_id = person AND ended_at IS NULL"),
    function("samsyn_firm_of_link(token_hash text)", "uuid",
             "SELECT firm_id FROM tenancy_invitation WHERE token_sha256 = token_hash"),
    function("samsyn_firms_of_company(one uuid)", "uuid[]",
             "SELECT array_agg(DISTINCT firm_id) FROM tenancy_engagement WHERE company_id = one"),
]


class Migration(migrations.Migration):
    dependencies = [('tenancy', '0005_who_knows_of_a_case')]

    operations = [
        *(OnPostgreSQL(one) for one in FUNCTIONS),
        OnPostgreSQL('''
ALTER TABLE tenancy_engagement ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenancy_engagement FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS reads ON tenancy_engagement;
DROP POLICY IF EXISTS adds ON tenancy_engagement;
DROP POLICY IF EXISTS changes ON tenancy_engagement;
DROP POLICY IF EXISTS removes ON tenancy_engagement;
DROP POLICY IF EXISTS owner ON tenancy_engagement;
CREATE POLICY owner ON tenancy_engagement TO CURRENT_USER USING (current_setting('app.side', true) = 'owner');
CREATE POLICY reads ON tenancy_engagement FOR SELECT
    USING (tenancy_engagement.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid)
        OR tenancy_engagement.id = ANY ((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])::uuid[])
        OR tenancy_engagement.id = ANY ((SELECT samsyn_clients_of((SELECT nullif(current_setting('app.user_id', true), '')::uuid)))::uuid[]));
CREATE POLICY adds ON tenancy_engagement FOR INSERT
    WITH CHECK (tenancy_engagement.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
CREATE POLICY changes ON tenancy_engagement FOR UPDATE
    USING (tenancy_engagement.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid)
        OR tenancy_engagement.id = ANY ((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])::uuid[]))
    WITH CHECK (tenancy_engagement.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid)
        OR tenancy_engagement.id = ANY ((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])::uuid[]) AND tenancy_engagement.firm_id = ANY ((SELECT samsyn_firms_of((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])))::uuid[]));
CREATE POLICY removes ON tenancy_engagement FOR DELETE
    USING (tenancy_engagement.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
'''),
        OnPostgreSQL('''
ALTER TABLE tenancy_membership ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenancy_membership FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS reads ON tenancy_membership;
DROP POLICY IF EXISTS adds ON tenancy_membership;
DROP POLICY IF EXISTS changes ON tenancy_membership;
DROP POLICY IF EXISTS removes ON tenancy_membership;
DROP POLICY IF EXISTS owner ON tenancy_membership;
CREATE POLICY owner ON tenancy_membership TO CURRENT_USER USING (current_setting('app.side', true) = 'owner');
CREATE POLICY reads ON tenancy_membership FOR SELECT
    USING (tenancy_membership.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid)
        OR tenancy_membership.engagement_id = ANY ((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])::uuid[])
        OR tenancy_membership.engagement_id IS NULL AND tenancy_membership.firm_id = ANY ((SELECT samsyn_firms_of((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])))::uuid[]) OR tenancy_membership.user_id = (SELECT nullif(current_setting('app.user_id', true), '')::uuid));
CREATE POLICY adds ON tenancy_membership FOR INSERT
    WITH CHECK (tenancy_membership.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
CREATE POLICY changes ON tenancy_membership FOR UPDATE
    USING (tenancy_membership.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid)
        OR tenancy_membership.engagement_id = ANY ((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])::uuid[]))
    WITH CHECK (tenancy_membership.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid)
        OR tenancy_membership.engagement_id = ANY ((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])::uuid[]) AND tenancy_membership.firm_id = ANY ((SELECT samsyn_firms_of((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])))::uuid[]));
CREATE POLICY removes ON tenancy_membership FOR DELETE
    USING (tenancy_membership.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
'''),
        OnPostgreSQL('''
ALTER TABLE tenancy_participant ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenancy_participant FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS reads ON tenancy_participant;
DROP POLICY IF EXISTS adds ON tenancy_participant;
DROP POLICY IF EXISTS changes ON tenancy_participant;
DROP POLICY IF EXISTS removes ON tenancy_participant;
DROP POLICY IF EXISTS owner ON tenancy_participant;
CREATE POLICY owner ON tenancy_participant TO CURRENT_USER USING (current_setting('app.side', true) = 'owner');
CREATE POLICY reads ON tenancy_participant FOR SELECT
    USING (tenancy_participant.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid)
        OR tenancy_participant.engagement_id = ANY ((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])::uuid[]));
CREATE POLICY adds ON tenancy_participant FOR INSERT
    WITH CHECK (tenancy_participant.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
CREATE POLICY changes ON tenancy_participant FOR UPDATE
    USING (tenancy_participant.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid))
    WITH CHECK (tenancy_participant.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
CREATE POLICY removes ON tenancy_participant FOR DELETE
    USING (tenancy_participant.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
'''),
        OnPostgreSQL('''
ALTER TABLE tenancy_agreementtext ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenancy_agreementtext FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS reads ON tenancy_agreementtext;
DROP POLICY IF EXISTS adds ON tenancy_agreementtext;
DROP POLICY IF EXISTS changes ON tenancy_agreementtext;
DROP POLICY IF EXISTS removes ON tenancy_agreementtext;
DROP POLICY IF EXISTS owner ON tenancy_agreementtext;
CREATE POLICY owner ON tenancy_agreementtext TO CURRENT_USER USING (current_setting('app.side', true) = 'owner');
CREATE POLICY reads ON tenancy_agreementtext FOR SELECT
    USING (tenancy_agreementtext.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid)
        OR tenancy_agreementtext.firm_id = ANY ((SELECT samsyn_firms_of((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])))::uuid[]));
CREATE POLICY adds ON tenancy_agreementtext FOR INSERT
    WITH CHECK (tenancy_agreementtext.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
CREATE POLICY changes ON tenancy_agreementtext FOR UPDATE
    USING (tenancy_agreementtext.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid))
    WITH CHECK (tenancy_agreementtext.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
CREATE POLICY removes ON tenancy_agreementtext FOR DELETE
    USING (tenancy_agreementtext.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
'''),
        OnPostgreSQL('''
ALTER TABLE tenancy_consent ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenancy_consent FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS reads ON tenancy_consent;
DROP POLICY IF EXISTS adds ON tenancy_consent;
DROP POLICY IF EXISTS changes ON tenancy_consent;
DROP POLICY IF EXISTS removes ON tenancy_consent;
DROP POLICY IF EXISTS owner ON tenancy_consent;
CREATE POLICY owner ON tenancy_consent TO CURRENT_USER USING (current_setting('app.side', true) = 'owner');
CREATE POLICY reads ON tenancy_consent FOR SELECT
    USING (tenancy_consent.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid)
        OR tenancy_consent.engagement_id = ANY ((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])::uuid[])
        OR tenancy_consent.engagement_id = ANY ((SELECT samsyn_clients_of((SELECT nullif(current_setting('app.user_id', true), '')::uuid)))::uuid[]));
CREATE POLICY adds ON tenancy_consent FOR INSERT
    WITH CHECK (tenancy_consent.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid)
        OR tenancy_consent.engagement_id = ANY ((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])::uuid[]) AND tenancy_consent.firm_id = ANY ((SELECT samsyn_firms_of((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])))::uuid[]));
CREATE POLICY changes ON tenancy_consent FOR UPDATE
    USING (tenancy_consent.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid))
    WITH CHECK (tenancy_consent.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
CREATE POLICY removes ON tenancy_consent FOR DELETE
    USING (tenancy_consent.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
'''),
        OnPostgreSQL('''
ALTER TABLE tenancy_invitation ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenancy_invitation FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS reads ON tenancy_invitation;
DROP POLICY IF EXISTS adds ON tenancy_invitation;
DROP POLICY IF EXISTS changes ON tenancy_invitation;
DROP POLICY IF EXISTS removes ON tenancy_invitation;
DROP POLICY IF EXISTS owner ON tenancy_invitation;
CREATE POLICY owner ON tenancy_invitation TO CURRENT_USER USING (current_setting('app.side', true) = 'owner');
CREATE POLICY reads ON tenancy_invitation FOR SELECT
    USING (tenancy_invitation.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid)
        OR tenancy_invitation.engagement_id = ANY ((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])::uuid[]));
CREATE POLICY adds ON tenancy_invitation FOR INSERT
    WITH CHECK (tenancy_invitation.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid)
        OR tenancy_invitation.engagement_id = ANY ((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])::uuid[]) AND tenancy_invitation.firm_id = ANY ((SELECT samsyn_firms_of((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])))::uuid[]));
CREATE POLICY changes ON tenancy_invitation FOR UPDATE
    USING (tenancy_invitation.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid)
        OR tenancy_invitation.engagement_id = ANY ((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])::uuid[]))
    WITH CHECK (tenancy_invitation.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid)
        OR tenancy_invitation.engagement_id = ANY ((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])::uuid[]) AND tenancy_invitation.firm_id = ANY ((SELECT samsyn_firms_of((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])))::uuid[]));
CREATE POLICY removes ON tenancy_invitation FOR DELETE
    USING (tenancy_invitation.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
'''),
        OnPostgreSQL('''
ALTER TABLE tenancy_importrun ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenancy_importrun FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS reads ON tenancy_importrun;
DROP POLICY IF EXISTS adds ON tenancy_importrun;
DROP POLICY IF EXISTS changes ON tenancy_importrun;
DROP POLICY IF EXISTS removes ON tenancy_importrun;
DROP POLICY IF EXISTS owner ON tenancy_importrun;
CREATE POLICY owner ON tenancy_importrun TO CURRENT_USER USING (current_setting('app.side', true) = 'owner');
CREATE POLICY reads ON tenancy_importrun FOR SELECT
    USING (tenancy_importrun.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
CREATE POLICY adds ON tenancy_importrun FOR INSERT
    WITH CHECK (tenancy_importrun.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
CREATE POLICY changes ON tenancy_importrun FOR UPDATE
    USING (tenancy_importrun.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid))
    WITH CHECK (tenancy_importrun.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
CREATE POLICY removes ON tenancy_importrun FOR DELETE
    USING (tenancy_importrun.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
'''),
        OnPostgreSQL('''
ALTER TABLE tenancy_stagedrow ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenancy_stagedrow FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS reads ON tenancy_stagedrow;
DROP POLICY IF EXISTS adds ON tenancy_stagedrow;
DROP POLICY IF EXISTS changes ON tenancy_stagedrow;
DROP POLICY IF EXISTS removes ON tenancy_stagedrow;
DROP POLICY IF EXISTS owner ON tenancy_stagedrow;
CREATE POLICY owner ON tenancy_stagedrow TO CURRENT_USER USING (current_setting('app.side', true) = 'owner');
CREATE POLICY reads ON tenancy_stagedrow FOR SELECT
    USING (tenancy_stagedrow.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
CREATE POLICY adds ON tenancy_stagedrow FOR INSERT
    WITH CHECK (tenancy_stagedrow.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
CREATE POLICY changes ON tenancy_stagedrow FOR UPDATE
    USING (tenancy_stagedrow.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid))
    WITH CHECK (tenancy_stagedrow.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
CREATE POLICY removes ON tenancy_stagedrow FOR DELETE
    USING (tenancy_stagedrow.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
'''),
        OnPostgreSQL('''
ALTER TABLE tenancy_securitylog ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenancy_securitylog FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS reads ON tenancy_securitylog;
DROP POLICY IF EXISTS adds ON tenancy_securitylog;
DROP POLICY IF EXISTS changes ON tenancy_securitylog;
DROP POLICY IF EXISTS removes ON tenancy_securitylog;
DROP POLICY IF EXISTS owner ON tenancy_securitylog;
CREATE POLICY owner ON tenancy_securitylog TO CURRENT_USER USING (current_setting('app.side', true) = 'owner');
CREATE POLICY reads ON tenancy_securitylog FOR SELECT
    USING (tenancy_securitylog.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
CREATE POLICY adds ON tenancy_securitylog FOR INSERT
    WITH CHECK (tenancy_securitylog.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid)
        OR tenancy_securitylog.engagement_id = ANY ((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])::uuid[]) AND tenancy_securitylog.firm_id = ANY ((SELECT samsyn_firms_of((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])))::uuid[])
        OR tenancy_securitylog.firm_id = ANY ((SELECT samsyn_firms_of_person((SELECT nullif(current_setting('app.user_id', true), '')::uuid)))::uuid[]));
CREATE POLICY changes ON tenancy_securitylog FOR UPDATE
    USING (tenancy_securitylog.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid))
    WITH CHECK (tenancy_securitylog.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
CREATE POLICY removes ON tenancy_securitylog FOR DELETE
    USING (tenancy_securitylog.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
'''),
    ]
