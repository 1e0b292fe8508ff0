from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_audit_heads"),
        ("registry", "0002_row_level_security"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="toolhealth", name="health_turning_stale"),
        # Room beside each row for its next version, also when a sweep changes all of them at once.
        migrations.RunSQL(
            "ALTER TABLE registry_toolhealth SET (fillfactor = 50)",
            "ALTER TABLE registry_toolhealth RESET (fillfactor)",
        ),
        migrations.AddIndex(
            model_name="toolversion",
            index=models.Index(
                condition=models.Q(("state", "deprecated")), fields=["sunset_at"], name="version_sunsets"
            ),
        ),
    ]
