from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0007_floods_by_tenant")]

    operations = [
        migrations.AddField(
            "webhooksecret",
            "delivered",
            models.BooleanField(default=False, editable=False, help_text="It came with a handshake."),
        ),
    ]
