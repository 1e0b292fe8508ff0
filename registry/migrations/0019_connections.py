import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q
from django.db.models.fields.json import KT


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0004_connections_row_level_security"),
        ("registry", "0018_keys_of_artifacts"),
    ]

    operations = [
        migrations.AddField(
            "tool",
            "connection",
            models.ForeignKey(
                blank=True,
                help_text="What its calls go out with; empty: the default connection of its connector.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="integrations.connection",
            ),
        ),
        migrations.AddField(
            "tenanttool",
            "connection",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="integrations.connection",
            ),
        ),
        migrations.AddField(
            "execution",
            "connection_id",
            models.UUIDField(help_text="Whose credential it went out with.", null=True),
        ),
        migrations.AddIndex(
            "execution",
            models.Index(
                fields=["tenant", "connection_id", "-id"],
                condition=Q(connection_id__isnull=False),
                name="execution_by_connection",
            ),
        ),
        migrations.AddIndex(
            "toolversion",
            models.Index(KT("definition__connector"), name="version_by_connector"),
        ),
    ]
