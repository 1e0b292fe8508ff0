from django.db import migrations, models

from accounts.models import limits


def _field(help_text: str = "", validators: tuple[object, ...] = ()) -> models.JSONField:
    return models.JSONField(null=True, blank=True, validators=list(validators), help_text=help_text)


def _index(name: str, *fields: str) -> list[migrations.operations.base.Operation]:
    return [
        migrations.RemoveIndex("execution", name),
        migrations.AddIndex("execution", models.Index(fields=[*fields, "-id"], include=["status"], name=name)),
    ]


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_concurrency_and_quotas"),
        ("registry", "0008_permission_rules"),
    ]

    operations = [
        migrations.AddField("tool", "concurrency", _field('Calls at the same time, e.g. {"most": 5}.')),
        migrations.AddField("tool", "quota", _field('Calls per day and month (UTC), e.g. {"per_day": 1000}.')),
        migrations.AlterField("tenanttool", "rate_limit", _field(validators=(limits.validate_rate_limit,))),
        migrations.AddField("tenanttool", "concurrency", _field(validators=(limits.validate_concurrency,))),
        migrations.AddField("tenanttool", "quota", _field(validators=(limits.validate_quota,))),
        *_index("execution_by_tenant", "tenant"),
        *_index("execution_by_tool", "tenant", "tool"),
        _index("execution_by_agent", "tenant", "agent")[1],
    ]
