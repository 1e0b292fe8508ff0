from django.db import migrations, models

from accounts.models import limits

# As before, with all limits of agent and tenant.
AUTHENTICATE = """
CREATE FUNCTION accounts_authenticate(key_digest bytea) RETURNS TABLE (
    key_id uuid, expires_at timestamptz, revoked_at timestamptz, last_used_at timestamptz,
    agent_id uuid, agent_slug varchar, agent_role varchar, agent_provider varchar, agent_enabled boolean,
    agent_rate_limit jsonb, agent_concurrency jsonb, agent_quota jsonb,
    tenant_id uuid, tenant_slug varchar, tenant_generation bigint,
    tenant_rate_limit jsonb, tenant_concurrency jsonb, tenant_quota jsonb
) LANGUAGE plpgsql AS $$
DECLARE
    outer_scope text := coalesce(current_setting('qm.tenant', true), '');
BEGIN
    PERFORM set_config('qm.tenant', '*', true);
    RETURN QUERY
        SELECT k.id, k.expires_at, k.revoked_at, k.last_used_at,
               a.id, a.slug, a.role, a.provider, a.enabled, a.rate_limit, a.concurrency, a.quota,
               t.id, t.slug, t.generation, t.rate_limit, t.concurrency, t.quota
        FROM accounts_apikey k
        JOIN accounts_agent a ON a.id = k.agent_id
        JOIN accounts_tenant t ON t.id = k.tenant_id
        WHERE k.digest = key_digest;
    PERFORM set_config('qm.tenant', outer_scope, true);
END $$
"""


def _field(check: object, help_text: str) -> models.JSONField:
    return models.JSONField(null=True, blank=True, validators=[check], help_text=help_text)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_limits_and_deleted_tenants")]

    operations = [
        migrations.AddField(
            "agent",
            "concurrency",
            _field(limits.validate_concurrency, 'Calls at the same time, e.g. {"most": 5}.'),
        ),
        migrations.AddField(
            "agent",
            "quota",
            _field(limits.validate_quota, 'Calls per day and month (UTC), e.g. {"per_day": 1000}.'),
        ),
        migrations.AddField(
            "tenant",
            "concurrency",
            _field(limits.validate_concurrency, 'Calls at the same time, e.g. {"most": 50}.'),
        ),
        migrations.AddField(
            "tenant",
            "quota",
            _field(limits.validate_quota, 'Calls per day and month (UTC), e.g. {"per_day": 10000}.'),
        ),
        migrations.RunSQL(["DROP FUNCTION accounts_authenticate(bytea)", AUTHENTICATE], migrations.RunSQL.noop),
    ]
