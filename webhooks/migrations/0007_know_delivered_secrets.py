from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0006_subscriptions_keep_their_place")]

    operations = [
        migrations.AddField(
            "webhooksecret",
            "delivered",
            models.BooleanField(default=False, editable=False, help_text="It came with a handshake."),
        ),
    ]
