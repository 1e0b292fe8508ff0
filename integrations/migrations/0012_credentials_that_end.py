from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0011_oauth_app_addresses")]

    operations = [
        migrations.AddField(
            model_name="credential",
            name="ends_at",
            field=models.DateTimeField(
                editable=False,
                help_text="When it cannot be renewed any more; null: nobody knows of such a time.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="credential",
            name="foretold",
            field=models.DateTimeField(editable=False, help_text="The end that was told of beforehand.", null=True),
        ),
        migrations.AddIndex(
            model_name="credential",
            index=models.Index(
                condition=models.Q(("ends_at__isnull", False)), fields=["ends_at"], name="credential_ends"
            ),
        ),
    ]
