from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0009_find_by_code")]

    operations = [
        migrations.AddField(
            "webhookevent",
            "routing_failures",
            models.PositiveSmallIntegerField(
                db_default=0,
                default=0,
                editable=False,
                help_text="How often routing it ended in an error nobody foresaw.",
            ),
        ),
        migrations.AddIndex(
            "webhookevent",
            models.Index(fields=["source", "id"], condition=Q(routing="waiting"), name="webhook_event_in_turn"),
        ),
    ]
