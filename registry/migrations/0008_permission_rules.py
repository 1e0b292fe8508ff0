import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

import accounts.ids
from accounts.rls import protect

EFFECTS = [("allow", "Allow"), ("ask", "Ask"), ("deny", "Deny")]


def _words(help_text: str = "") -> models.JSONField:
    return models.JSONField(blank=True, default=list, help_text=help_text)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0008_default_decisions"),
        ("registry", "0007_batches"),
    ]

    operations = [
        migrations.CreateModel(
            name="PermissionRule",
            fields=[
                (
                    "id",
                    models.UUIDField(default=accounts.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("name", models.CharField(max_length=100)),
                ("effect", models.CharField(choices=EFFECTS, max_length=8)),
                ("tools", _words(help_text='Slugs with wildcards, e.g. ["crm-*"].')),
                ("categories", _words()),
                ("capabilities", _words(help_text="A tool's capability, or one of its operations.")),
                ("connectors", _words()),
                ("node_types", _words()),
                ("permissions", _words(help_text='What a version does, e.g. ["destructive"].')),
                ("agents", _words(help_text="Slugs.")),
                ("roles", _words()),
                ("providers", _words()),
                ("conditions", _words(help_text='E.g. [{"path": "$.amount", "op": "gt", "value": 1000}].')),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("enabled", models.BooleanField(default=True)),
                ("note", models.TextField(blank=True, help_text="Why it is there.")),
                (
                    "created_by",
                    models.CharField(editable=False, help_text="As the audit trail names actors.", max_length=120),
                ),
                (
                    "approval_id",
                    models.UUIDField(editable=False, help_text="The approval that it remembers.", null=True),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.tenant",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["tenant", "-id"], name="rule_by_tenant")],
                "constraints": [
                    models.CheckConstraint(condition=Q(effect__in=["allow", "ask", "deny"]), name="rule_effect_known")
                ],
            },
        ),
        protect("registry_permissionrule"),
    ]
