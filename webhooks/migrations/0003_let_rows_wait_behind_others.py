from django.db import migrations, models

BEHIND = "Not before; null: it waits for an earlier one of its order key to end."
TAKEN = "When somebody last took it."
LOST = "How many holders let their lease end."


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0002_row_level_security")]

    operations = [
        migrations.RemoveIndex(model_name="webhookrun", name="webhook_run_for_agent"),
        migrations.AddField(
            "webhookdelivery", "taken_at", models.DateTimeField(null=True, editable=False, help_text=TAKEN)
        ),
        migrations.AddField("webhookrun", "taken_at", models.DateTimeField(null=True, editable=False, help_text=TAKEN)),
        migrations.AddField("webhookdelivery", "lost", models.PositiveSmallIntegerField(default=0, help_text=LOST)),
        migrations.AddField("webhookrun", "lost", models.PositiveSmallIntegerField(default=0, help_text=LOST)),
        migrations.AlterField("webhookdelivery", "due_at", models.DateTimeField(help_text=BEHIND, null=True)),
        migrations.AlterField("webhookrun", "due_at", models.DateTimeField(help_text=BEHIND, null=True)),
        migrations.AddIndex(
            "webhookrun",
            models.Index(
                fields=["tenant", "agent", "route", "due_at", "id"],
                condition=models.Q(status="waiting", target="agent"),
                name="webhook_run_for_agent",
            ),
        ),
    ]
