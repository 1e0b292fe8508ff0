from django.db import migrations

# One round trip for the hottest read of all: who does this digest belong to, and at which generation is the tenant.
# Before it the tenant is unknown, so the function steps into the platform's scope for this one lookup and back out.
AUTHENTICATE = """
CREATE FUNCTION accounts_authenticate(key_digest bytea) RETURNS TABLE (
    key_id uuid, expires_at timestamptz, revoked_at timestamptz, last_used_at timestamptz,
    agent_id uuid, agent_slug varchar, agent_role varchar, agent_provider varchar, agent_rate_limit jsonb,
    agent_enabled boolean,
    tenant_id uuid, tenant_slug varchar, tenant_generation bigint, tenant_rate_limit jsonb
) LANGUAGE plpgsql AS $$
DECLARE
    outer_scope text := coalesce(current_setting('qm.tenant', true), '');
BEGIN
    PERFORM set_config('qm.tenant', '*', true);
    RETURN QUERY
        SELECT k.id, k.expires_at, k.revoked_at, k.last_used_at,
               a.id, a.slug, a.role, a.provider, a.rate_limit, a.enabled,
               t.id, t.slug, t.generation, t.rate_limit
        FROM accounts_apikey k
        JOIN accounts_agent a ON a.id = k.agent_id
        JOIN accounts_tenant t ON t.id = k.tenant_id
        WHERE k.digest = key_digest;
    PERFORM set_config('qm.tenant', outer_scope, true);
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_row_level_security")]

    operations = [migrations.RunSQL(AUTHENTICATE, "DROP FUNCTION accounts_authenticate(bytea)")]
