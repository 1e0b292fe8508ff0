from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0010_remembered_answers")]

    operations = [
        migrations.AddField(
            "tool",
            "cache_epoch",
            models.PositiveIntegerField(
                default=0, editable=False, help_text="Counts how often its cached answers were thrown away."
            ),
        ),
        migrations.AddField("tenanttool", "cache_epoch", models.PositiveIntegerField(default=0, editable=False)),
    ]
