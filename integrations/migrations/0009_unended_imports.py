from django.db import migrations, models
from django.db.models import Q
from django.utils import timezone


class Migration(migrations.Migration):
    dependencies = [("integrations", "0008_connect_links_row_level_security")]

    operations = [
        migrations.AddField(
            "connectorimport",
            "attempts",
            models.PositiveSmallIntegerField(default=0, help_text="Processes that have begun it."),
        ),
        migrations.AddField(
            "connectorimport",
            "noted_at",
            models.DateTimeField(auto_now=True, default=timezone.now, help_text="When its process was last heard of."),
            preserve_default=False,
        ),
        migrations.AddIndex(
            "connectorimport",
            models.Index(
                fields=["noted_at"], condition=Q(state__in=["waiting", "running"]), name="connector_import_unended"
            ),
        ),
    ]
