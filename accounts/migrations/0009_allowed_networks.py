from django.db import migrations, models

# As before, with where tenant and key let one in from; null for an empty list, which means anywhere.
AUTHENTICATE = """
CREATE FUNCTION accounts_authenticate(key_digest bytea) RETURNS TABLE (
    key_id uuid, expires_at timestamptz, revoked_at timestamptz, last_used_at timestamptz, key_networks jsonb,
    agent_id uuid, agent_slug varchar, agent_role varchar, agent_provider varchar, agent_enabled boolean,
    agent_rate_limit jsonb, agent_concurrency jsonb, agent_quota jsonb,
    tenant_id uuid, tenant_slug varchar, tenant_generation bigint, tenant_networks jsonb,
    tenant_rate_limit jsonb, tenant_concurrency jsonb, tenant_quota jsonb
) LANGUAGE plpgsql AS $$
DECLARE
    outer_scope text := coalesce(current_setting('qm.tenant', true), '');
BEGIN
    PERFORM set_config('qm.tenant', '*', true);
    RETURN QUERY
        SELECT k.id, k.expires_at, k.revoked_at, k.last_used_at, nullif(k.allowed_networks, '[]'::jsonb),
               a.id, a.slug, a.role, a.provider, a.enabled, a.rate_limit, a.concurrency, a.quota,
               t.id, t.slug, t.generation, nullif(t.allowed_networks, '[]'::jsonb),
               t.rate_limit, t.concurrency, t.quota
        FROM accounts_apikey k
        JOIN accounts_agent a ON a.id = k.agent_id
        JOIN accounts_tenant t ON t.id = k.tenant_id
        WHERE k.digest = key_digest;
    PERFORM set_config('qm.tenant', outer_scope, true);
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_default_decisions")]

    operations = [
        migrations.AddField(
            "tenant",
            "allowed_networks",
            models.JSONField(
                blank=True,
                default=list,
                help_text='Where people and agents may come from, e.g. ["203.0.113.0/24"]; empty: anywhere.',
            ),
        ),
        migrations.AddField(
            "apikey",
            "allowed_networks",
            models.JSONField(
                blank=True,
                default=list,
                help_text='Where the key may be used, e.g. ["203.0.113.0/24"]; empty: anywhere.',
            ),
        ),
        migrations.RunSQL(["DROP FUNCTION accounts_authenticate(bytea)", AUTHENTICATE], migrations.RunSQL.noop),
    ]
