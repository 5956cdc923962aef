import django.db.models.deletion
from django.db import migrations, models

FILL = """
UPDATE cases_attachment SET engagement_id =
    (SELECT engagement_id FROM cases_case WHERE cases_case.id = cases_attachment.case_id)
"""


class Migration(migrations.Migration):

    # PostgreSQL does not alter a table in the transaction that has filled it.
    atomic = False

    dependencies = [
        ('cases', '0005_firm_first'),
        ('tenancy', '0004_firm_first'),
    ]

    operations = [
        migrations.AddField(
            model_name='attachment',
            name='engagement',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='tenancy.engagement'),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name='attachment',
            name='engagement',
            field=models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='tenancy.engagement'),
        ),
        migrations.AddField(
            model_name='blob',
            name='unused_since',
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name='attachment',
            name='case',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='cases.case'),
        ),
        migrations.AddIndex(
            model_name='attachment',
            index=models.Index(fields=['firm', 'engagement', 'case'], name='attachment_by_client'),
        ),
        migrations.AddIndex(
            model_name='attachment',
            index=models.Index(fields=['firm', 'blob'], name='attachment_by_blob'),
        ),
    ]
