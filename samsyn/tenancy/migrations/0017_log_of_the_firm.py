"""The security log is written for the firm it belongs to, whoever it is about: nobody else needs a way to it."""

from django.db import migrations

from samsyn.tenancy.walls.sql import OnPostgreSQL


class Migration(migrations.Migration):
    dependencies = [("tenancy", "0016_steps_in_the_log")]

    operations = [
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
    WITH CHECK (tenancy_securitylog.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
CREATE POLICY changes ON tenancy_securitylog FOR UPDATE
    USING (tenancy_securitylog.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid))
    WITH CHECK (tenancy_securitylog.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
CREATE POLICY removes ON tenancy_securitylog FOR DELETE
    USING (tenancy_securitylog.firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid));
'''),
    ]
