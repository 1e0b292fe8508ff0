from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0005_find_events")]

    operations = [
        migrations.AddField(
            model_name="webhooksubscription",
            name="position",
            field=models.BigIntegerField(
                default=0,
                editable=False,
                help_text="How far in the sealed audit trail it was told; kept while it is disabled.",
            ),
        ),
    ]
