from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0010_documents_in_order")]

    operations = [
        migrations.AddField(
            model_name="oauthapp",
            name="addresses",
            field=models.JSONField(default=list, editable=False, help_text="Where it may be shown, as was registered."),
        ),
    ]
