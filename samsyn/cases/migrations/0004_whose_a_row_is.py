"""One function tells jobs whose a row of any walled table is."""

from django.db import migrations

from samsyn.tenancy.walls.sql import OnPostgreSQL, function


class Migration(migrations.Migration):
    dependencies = [("cases", "0003_walls"), ("tenancy", "0017_log_of_the_firm")]

    operations = [
        OnPostgreSQL(function(
            "samsyn_firm_of(what text, one uuid)", "uuid",
            does="IF EXISTS (SELECT 1 FROM pg_class WHERE oid = to_regclass(what) AND relforcerowsecurity) THEN"
            " EXECUTE format('SELECT firm_id FROM %%I WHERE id = $1', what) INTO found USING one; END IF;",
        )),
    ]
