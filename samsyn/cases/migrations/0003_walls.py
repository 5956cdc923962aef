"""Row-level security on the tables of the work, in PostgreSQL.

Written by `samsyn walls` and by hand, and never changed: what stands in walls/table.py later comes in a later migration.
"""

from django.db import migrations

from samsyn.tenancy.walls.sql import OnPostgreSQL, function

FUNCTIONS = [
    function("samsyn_firm_of(what text, one uuid)", "uuid",
             "SELECT firm_id FROM cases_event WHERE what = 'event' AND id = one"
             " UNION ALL SELECT firm_id FROM tenancy_consent WHERE what = 'consent' AND id = one"
             " UNION ALL SELECT firm_id FROM tenancy_importrun WHERE what = 'importrun' AND id = one"
             " UNION ALL SELECT firm_id FROM cases_case WHERE what = 'case' AND id = one"
             " UNION ALL SELECT firm_id FROM cases_sendbatch WHERE what = 'sendbatch' AND id = one"),
]


class Migration(migrations.Migration):
    dependencies = [('cases', '0002_badge_in_one_index'), ('tenancy', '0006_walls')]

    operations = [
        *(OnPostgreSQL(one) for one in FUNCTIONS),
        OnPostgreSQL('''
ALTER TABLE cases_counter ENABLE ROW LEVEL SECURITY;
ALTER TABLE cases_counter FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS reads ON cases_counter;
DROP POLICY IF EXISTS adds ON cases_counter;
DROP POLICY IF EXISTS changes ON cases_counter;
DROP POLICY IF EXISTS removes ON cases_counter;
DROP POLICY IF EXISTS owner ON cases_counter;
CREATE POLICY owner ON cases_counter TO CURRENT_USER USING (current_setting('app.side', true) = 'owner');
CREATE POLICY reads ON cases_counter FOR SELECT
    USING (cases_counter.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
CREATE POLICY adds ON cases_counter FOR INSERT
    WITH CHECK (cases_counter.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
CREATE POLICY changes ON cases_counter FOR UPDATE
    USING (cases_counter.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid))
    WITH CHECK (cases_counter.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
CREATE POLICY removes ON cases_counter FOR DELETE
    USING (cases_counter.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
'''),
        OnPostgreSQL('''
ALTER TABLE cases_case ENABLE ROW LEVEL SECURITY;
ALTER TABLE cases_case FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS reads ON cases_case;
DROP POLICY IF EXISTS adds ON cases_case;
DROP POLICY IF EXISTS changes ON cases_case;
DROP POLICY IF EXISTS removes ON cases_case;
DROP POLICY IF EXISTS owner ON cases_case;
CREATE POLICY owner ON cases_case TO CURRENT_USER USING (current_setting('app.side', true) = 'owner');
CREATE POLICY reads ON cases_case FOR SELECT
    USING (cases_case.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid)
        OR cases_case.engagement_id = ANY ((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])::uuid[]));
CREATE POLICY adds ON cases_case FOR INSERT
    WITH CHECK (cases_case.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid)
        OR cases_case.engagement_id = ANY ((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])::uuid[]) AND cases_case.firm_id = ANY ((SELECT samsyn_firms_of((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])))::uuid[]));
CREATE POLICY changes ON cases_case FOR UPDATE
    USING (cases_case.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid)
        OR cases_case.engagement_id = ANY ((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])::uuid[]))
    WITH CHECK (cases_case.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid)
        OR cases_case.engagement_id = ANY ((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])::uuid[]) AND cases_case.firm_id = ANY ((SELECT samsyn_firms_of((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])))::uuid[]));
CREATE POLICY removes ON cases_case FOR DELETE
    USING (cases_case.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
'''),
        OnPostgreSQL('''
ALTER TABLE cases_recipient ENABLE ROW LEVEL SECURITY;
ALTER TABLE cases_recipient FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS reads ON cases_recipient;
DROP POLICY IF EXISTS adds ON cases_recipient;
DROP POLICY IF EXISTS changes ON cases_recipient;
DROP POLICY IF EXISTS removes ON cases_recipient;
DROP POLICY IF EXISTS owner ON cases_recipient;
CREATE POLICY owner ON cases_recipient TO CURRENT_USER USING (current_setting('app.side', true) = 'owner');
CREATE POLICY reads ON cases_recipient FOR SELECT
    USING (cases_recipient.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid)
        OR EXISTS (SELECT 1 FROM cases_case of_case WHERE of_case.id = cases_recipient.case_id AND of_case.engagement_id = ANY ((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])::uuid[])));
CREATE POLICY adds ON cases_recipient FOR INSERT
    WITH CHECK (cases_recipient.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid)
        OR EXISTS (SELECT 1 FROM cases_case of_case WHERE of_case.id = cases_recipient.case_id AND of_case.engagement_id = ANY ((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])::uuid[])) AND cases_recipient.firm_id = ANY ((SELECT samsyn_firms_of((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])))::uuid[]));
CREATE POLICY changes ON cases_recipient FOR UPDATE
    USING (cases_recipient.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid))
    WITH CHECK (cases_recipient.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
CREATE POLICY removes ON cases_recipient FOR DELETE
    USING (cases_recipient.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid)
        OR EXISTS (SELECT 1 FROM cases_case of_case WHERE of_case.id = cases_recipient.case_id AND of_case.engagement_id = ANY ((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])::uuid[])));
'''),
        OnPostgreSQL('''
ALTER TABLE cases_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE cases_event FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS reads ON cases_event;
DROP POLICY IF EXISTS adds ON cases_event;
DROP POLICY IF EXISTS changes ON cases_event;
DROP POLICY IF EXISTS removes ON cases_event;
DROP POLICY IF EXISTS owner ON cases_event;
CREATE POLICY owner ON cases_event TO CURRENT_USER USING (current_setting('app.side', true) = 'owner');
CREATE POLICY reads ON cases_event FOR SELECT
    USING (cases_event.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid)
        OR cases_event.engagement_id = ANY ((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])::uuid[]) AND cases_event.audience <> 'firm');
CREATE POLICY adds ON cases_event FOR INSERT
    WITH CHECK (cases_event.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid)
        OR cases_event.engagement_id = ANY ((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])::uuid[]) AND cases_event.audience <> 'firm' AND cases_event.firm_id = ANY ((SELECT samsyn_firms_of((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])))::uuid[]));
CREATE POLICY changes ON cases_event FOR UPDATE
    USING (cases_event.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid))
    WITH CHECK (cases_event.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
CREATE POLICY removes ON cases_event FOR DELETE
    USING (cases_event.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
'''),
        OnPostgreSQL('''
ALTER TABLE cases_outbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE cases_outbox FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS reads ON cases_outbox;
DROP POLICY IF EXISTS adds ON cases_outbox;
DROP POLICY IF EXISTS changes ON cases_outbox;
DROP POLICY IF EXISTS removes ON cases_outbox;
DROP POLICY IF EXISTS owner ON cases_outbox;
CREATE POLICY owner ON cases_outbox TO CURRENT_USER USING (current_setting('app.side', true) = 'owner');
CREATE POLICY reads ON cases_outbox FOR SELECT
    USING (cases_outbox.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
CREATE POLICY adds ON cases_outbox FOR INSERT
    WITH CHECK (cases_outbox.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid)
        OR (EXISTS (SELECT 1 FROM cases_event told WHERE told.id = cases_outbox.event_id) OR EXISTS (SELECT 1 FROM tenancy_consent told WHERE told.id = cases_outbox.consent_id)) AND cases_outbox.firm_id = ANY ((SELECT samsyn_firms_of((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])))::uuid[]));
CREATE POLICY changes ON cases_outbox FOR UPDATE
    USING (cases_outbox.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid))
    WITH CHECK (cases_outbox.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
CREATE POLICY removes ON cases_outbox FOR DELETE
    USING (cases_outbox.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
'''),
        OnPostgreSQL('''
ALTER TABLE cases_blob ENABLE ROW LEVEL SECURITY;
ALTER TABLE cases_blob FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS reads ON cases_blob;
DROP POLICY IF EXISTS adds ON cases_blob;
DROP POLICY IF EXISTS changes ON cases_blob;
DROP POLICY IF EXISTS removes ON cases_blob;
DROP POLICY IF EXISTS owner ON cases_blob;
CREATE POLICY owner ON cases_blob TO CURRENT_USER USING (current_setting('app.side', true) = 'owner');
CREATE POLICY reads ON cases_blob FOR SELECT
    USING (cases_blob.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid)
        OR EXISTS (SELECT 1 FROM cases_attachment used WHERE used.blob_id = cases_blob.id));
CREATE POLICY adds ON cases_blob FOR INSERT
    WITH CHECK (cases_blob.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
CREATE POLICY changes ON cases_blob FOR UPDATE
    USING (cases_blob.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid))
    WITH CHECK (cases_blob.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
CREATE POLICY removes ON cases_blob FOR DELETE
    USING (cases_blob.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
'''),
        OnPostgreSQL('''
ALTER TABLE cases_attachment ENABLE ROW LEVEL SECURITY;
ALTER TABLE cases_attachment FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS reads ON cases_attachment;
DROP POLICY IF EXISTS adds ON cases_attachment;
DROP POLICY IF EXISTS changes ON cases_attachment;
DROP POLICY IF EXISTS removes ON cases_attachment;
DROP POLICY IF EXISTS owner ON cases_attachment;
CREATE POLICY owner ON cases_attachment TO CURRENT_USER USING (current_setting('app.side', true) = 'owner');
CREATE POLICY reads ON cases_attachment FOR SELECT
    USING (cases_attachment.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid)
        OR cases_attachment.engagement_id = ANY ((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])::uuid[]) AND cases_attachment.audience <> 'firm');
CREATE POLICY adds ON cases_attachment FOR INSERT
    WITH CHECK (cases_attachment.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid)
        OR cases_attachment.engagement_id = ANY ((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])::uuid[]) AND cases_attachment.audience <> 'firm' AND cases_attachment.firm_id = ANY ((SELECT samsyn_firms_of((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])))::uuid[]));
CREATE POLICY changes ON cases_attachment FOR UPDATE
    USING (cases_attachment.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid)
        OR cases_attachment.engagement_id = ANY ((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])::uuid[]) AND cases_attachment.audience <> 'firm')
    WITH CHECK (cases_attachment.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid)
        OR cases_attachment.engagement_id = ANY ((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])::uuid[]) AND cases_attachment.audience <> 'firm' AND cases_attachment.firm_id = ANY ((SELECT samsyn_firms_of((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])))::uuid[]));
CREATE POLICY removes ON cases_attachment FOR DELETE
    USING (cases_attachment.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid)
        OR cases_attachment.engagement_id = ANY ((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])::uuid[]) AND cases_attachment.audience <> 'firm');
'''),
        OnPostgreSQL('''
ALTER TABLE cases_draft ENABLE ROW LEVEL SECURITY;
ALTER TABLE cases_draft FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS reads ON cases_draft;
DROP POLICY IF EXISTS adds ON cases_draft;
DROP POLICY IF EXISTS changes ON cases_draft;
DROP POLICY IF EXISTS removes ON cases_draft;
DROP POLICY IF EXISTS owner ON cases_draft;
CREATE POLICY owner ON cases_draft TO CURRENT_USER USING (current_setting('app.side', true) = 'owner');
CREATE POLICY reads ON cases_draft FOR SELECT
    USING (cases_draft.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid)
        OR cases_draft.engagement_id = ANY ((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])::uuid[]) AND EXISTS (SELECT 1 FROM tenancy_membership writer WHERE writer.id = cases_draft.membership_id AND writer.engagement_id = ANY ((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])::uuid[])));
CREATE POLICY adds ON cases_draft FOR INSERT
    WITH CHECK (cases_draft.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid)
        OR cases_draft.engagement_id = ANY ((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])::uuid[]) AND EXISTS (SELECT 1 FROM tenancy_membership writer WHERE writer.id = cases_draft.membership_id AND writer.engagement_id = ANY ((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])::uuid[])) AND cases_draft.firm_id = ANY ((SELECT samsyn_firms_of((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])))::uuid[]));
CREATE POLICY changes ON cases_draft FOR UPDATE
    USING (cases_draft.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid)
        OR cases_draft.engagement_id = ANY ((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])::uuid[]) AND EXISTS (SELECT 1 FROM tenancy_membership writer WHERE writer.id = cases_draft.membership_id AND writer.engagement_id = ANY ((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])::uuid[])))
    WITH CHECK (cases_draft.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid)
        OR cases_draft.engagement_id = ANY ((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])::uuid[]) AND EXISTS (SELECT 1 FROM tenancy_membership writer WHERE writer.id = cases_draft.membership_id AND writer.engagement_id = ANY ((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])::uuid[])) AND cases_draft.firm_id = ANY ((SELECT samsyn_firms_of((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])))::uuid[]));
CREATE POLICY removes ON cases_draft FOR DELETE
    USING (cases_draft.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid)
        OR cases_draft.engagement_id = ANY ((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])::uuid[]) AND EXISTS (SELECT 1 FROM tenancy_membership writer WHERE writer.id = cases_draft.membership_id AND writer.engagement_id = ANY ((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])::uuid[])));
'''),
        OnPostgreSQL('''
ALTER TABLE cases_readmark ENABLE ROW LEVEL SECURITY;
ALTER TABLE cases_readmark FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS reads ON cases_readmark;
DROP POLICY IF EXISTS adds ON cases_readmark;
DROP POLICY IF EXISTS changes ON cases_readmark;
DROP POLICY IF EXISTS removes ON cases_readmark;
DROP POLICY IF EXISTS owner ON cases_readmark;
CREATE POLICY owner ON cases_readmark TO CURRENT_USER USING (current_setting('app.side', true) = 'owner');
CREATE POLICY reads ON cases_readmark FOR SELECT
    USING (cases_readmark.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid)
        OR EXISTS (SELECT 1 FROM cases_case of_case WHERE of_case.id = cases_readmark.case_id AND of_case.engagement_id = ANY ((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])::uuid[])));
CREATE POLICY adds ON cases_readmark FOR INSERT
    WITH CHECK (cases_readmark.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid)
        OR EXISTS (SELECT 1 FROM cases_case of_case WHERE of_case.id = cases_readmark.case_id AND of_case.engagement_id = ANY ((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])::uuid[])) AND cases_readmark.firm_id = ANY ((SELECT samsyn_firms_of((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])))::uuid[]));
CREATE POLICY changes ON cases_readmark FOR UPDATE
    USING (cases_readmark.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid)
        OR EXISTS (SELECT 1 FROM cases_case of_case WHERE of_case.id = cases_readmark.case_id AND of_case.engagement_id = ANY ((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])::uuid[])))
    WITH CHECK (cases_readmark.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid)
        OR EXISTS (SELECT 1 FROM cases_case of_case WHERE of_case.id = cases_readmark.case_id AND of_case.engagement_id = ANY ((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])::uuid[])) AND cases_readmark.firm_id = ANY ((SELECT samsyn_firms_of((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])))::uuid[]));
CREATE POLICY removes ON cases_readmark FOR DELETE
    USING (cases_readmark.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
'''),
        OnPostgreSQL('''
ALTER TABLE cases_accesslog ENABLE ROW LEVEL SECURITY;
ALTER TABLE cases_accesslog FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS reads ON cases_accesslog;
DROP POLICY IF EXISTS adds ON cases_accesslog;
DROP POLICY IF EXISTS changes ON cases_accesslog;
DROP POLICY IF EXISTS removes ON cases_accesslog;
DROP POLICY IF EXISTS owner ON cases_accesslog;
CREATE POLICY owner ON cases_accesslog TO CURRENT_USER USING (current_setting('app.side', true) = 'owner');
CREATE POLICY reads ON cases_accesslog FOR SELECT
    USING (cases_accesslog.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
CREATE POLICY adds ON cases_accesslog FOR INSERT
    WITH CHECK (cases_accesslog.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid)
        OR EXISTS (SELECT 1 FROM cases_case of_case WHERE of_case.id = cases_accesslog.case_id AND of_case.engagement_id = ANY ((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])::uuid[])) AND cases_accesslog.firm_id = ANY ((SELECT samsyn_firms_of((SELECT nullif(current_setting('app.engagement_ids', true), '')::uuid[])))::uuid[]));
CREATE POLICY changes ON cases_accesslog FOR UPDATE
    USING (cases_accesslog.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid))
    WITH CHECK (cases_accesslog.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
CREATE POLICY removes ON cases_accesslog FOR DELETE
    USING (cases_accesslog.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
'''),
        OnPostgreSQL('''
ALTER TABLE cases_sendbatch ENABLE ROW LEVEL SECURITY;
ALTER TABLE cases_sendbatch FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS reads ON cases_sendbatch;
DROP POLICY IF EXISTS adds ON cases_sendbatch;
DROP POLICY IF EXISTS changes ON cases_sendbatch;
DROP POLICY IF EXISTS removes ON cases_sendbatch;
DROP POLICY IF EXISTS owner ON cases_sendbatch;
CREATE POLICY owner ON cases_sendbatch TO CURRENT_USER USING (current_setting('app.side', true) = 'owner');
CREATE POLICY reads ON cases_sendbatch FOR SELECT
    USING (cases_sendbatch.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
CREATE POLICY adds ON cases_sendbatch FOR INSERT
    WITH CHECK (cases_sendbatch.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
CREATE POLICY changes ON cases_sendbatch FOR UPDATE
    USING (cases_sendbatch.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid))
    WITH CHECK (cases_sendbatch.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
CREATE POLICY removes ON cases_sendbatch FOR DELETE
    USING (cases_sendbatch.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
'''),
    ]
