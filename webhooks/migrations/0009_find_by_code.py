from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0008_know_delivered_secrets")]

    operations = [
        migrations.AddIndex(
            model_name="webhookrun",
            index=models.Index(fields=["tenant", "code", "-id"], condition=~Q(code=""), name="webhook_run_by_code"),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(
                fields=["tenant", "code", "-id"], condition=~Q(code=""), name="webhook_delivery_by_code"
            ),
        ),
    ]
