import django.db.models.deletion
from django.db import migrations, models

import accounts.ids


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0011_redaction"),
        ("integrations", "0006_versions_row_level_security"),
    ]

    operations = [
        migrations.CreateModel(
            name="ConnectLink",
            fields=[
                (
                    "id",
                    models.UUIDField(default=accounts.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("connector", models.CharField(max_length=64)),
                ("auth", models.CharField(help_text="Which of the connector's ways.", max_length=64)),
                ("variables", models.JSONField(default=dict)),
                ("scopes", models.JSONField(default=list, help_text="Asked for besides the default ones.")),
                (
                    "end_user",
                    models.CharField(help_text="Whose account it is, in the tenant's own words.", max_length=200),
                ),
                (
                    "actor",
                    models.CharField(help_text="Who made the link, as the audit trail names them.", max_length=100),
                ),
                ("token_digest", models.BinaryField(help_text="SHA-256 of what its address holds.", unique=True)),
                (
                    "browser_digest",
                    models.BinaryField(
                        help_text="SHA-256 of what the browser brings back that opened it first.", null=True
                    ),
                ),
                (
                    "return_to",
                    models.CharField(blank=True, help_text="Where the end user goes on.", max_length=2000),
                ),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.tenant"
                    ),
                ),
            ],
            options={"ordering": ["-created_at"]},
        ),
        migrations.AddIndex(
            model_name="connectlink",
            index=models.Index(fields=["expires_at"], name="connect_link_expiry"),
        ),
        migrations.AddField(
            model_name="connection",
            name="origins",
            field=models.JSONField(default=list, editable=False, help_text="To whom its secrets may be told."),
        ),
        migrations.AddField(
            model_name="credential",
            name="claimed_until",
            field=models.DateTimeField(
                editable=False, help_text="Somebody is asking for a token, until then at most.", null=True
            ),
        ),
        migrations.AddField(
            model_name="oauthflow",
            name="auth",
            field=models.CharField(default="", help_text="Which of the connector's ways.", max_length=64),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="oauthflow",
            name="scopes",
            field=models.JSONField(default=list, help_text="What was asked for."),
        ),
        migrations.AddField(
            model_name="oauthflow",
            name="redirect_uri",
            field=models.CharField(default="", help_text="Where the vendor sends them back to.", max_length=2000),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="oauthflow",
            name="link",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="integrations.connectlink",
            ),
        ),
    ]
