import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

import accounts.ids
from accounts.rls import protect

HOLDS = [("open", "Open"), ("closed", "Closed")]


class Migration(migrations.Migration):
    dependencies = [("registry", "0013_redaction")]

    operations = [
        migrations.AddField(
            "tool",
            "breaker",
            models.JSONField(
                null=True,
                blank=True,
                help_text='When its circuit opens, e.g. {"minimum_calls": 20, "failure_rate": 0.5}.',
            ),
        ),
        migrations.AddField(
            "execution",
            "attempt_log",
            models.JSONField(default=list, help_text="How each attempt ended, where one failed."),
        ),
        migrations.CreateModel(
            name="BreakerHold",
            fields=[
                (
                    "id",
                    models.UUIDField(default=accounts.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("hold", models.CharField(choices=HOLDS, max_length=8)),
                ("reason", models.CharField(max_length=500)),
                ("by", models.CharField(help_text="Who holds it, as the audit trail names them.", max_length=120)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.tenant",
                    ),
                ),
                (
                    "tool",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="registry.tool"
                    ),
                ),
                (
                    "tool_version",
                    models.ForeignKey(
                        help_text="Null: all versions of the tool.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="registry.toolversion",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "tool", "tool_version"), nulls_distinct=False, name="breaker_hold_once"
                    ),
                    models.CheckConstraint(condition=Q(hold__in=["open", "closed"]), name="breaker_hold_known"),
                ]
            },
        ),
        migrations.CreateModel(
            name="Breaker",
            fields=[],
            options={"proxy": True, "indexes": [], "constraints": []},
            bases=("registry.toolversion",),
        ),
        protect("registry_breakerhold"),
    ]
