from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0006_subscriptions_keep_their_place")]

    operations = [
        migrations.AddIndex(
            model_name="webhookevent",
            index=models.Index(
                fields=["tenant", "-id"],
                condition=Q(count__gt=1),
                include=["source", "status", "count"],
                name="webhook_event_floods",
            ),
        ),
    ]
