from django.db import migrations, models

# One round trip for what each request asks first: whose address is this, and at which generation is the tenant.
# Before it the tenant is unknown, so the function steps into the platform's scope for this one lookup and back out.
BY_ADDRESS = """
CREATE FUNCTION webhooks_source_by_token(shown bytea) RETURNS TABLE (
    source_id uuid, tenant_id uuid, generation bigint, last_event_at timestamptz
) LANGUAGE plpgsql AS $$
DECLARE
    outer_scope text := coalesce(current_setting('qm.tenant', true), '');
BEGIN
    PERFORM set_config('qm.tenant', '*', true);
    RETURN QUERY
        SELECT s.id, t.id, t.generation, s.last_event_at
        FROM webhooks_webhooksource s
        JOIN accounts_tenant t ON t.id = s.tenant_id
        WHERE s.token_digest = shown AND s.deleted_at IS NULL;
    PERFORM set_config('qm.tenant', outer_scope, true);
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0003_let_rows_wait_behind_others")]

    operations = [
        migrations.AddField(
            model_name="webhooksource",
            name="sealed_settings",
            field=models.BinaryField(
                editable=False,
                help_text="Sealed: those of them that nobody may read again, as JSON.",
                null=True,
            ),
        ),
        migrations.AddIndex(
            model_name="webhookevent",
            index=models.Index(
                condition=models.Q(("emptied_at", None)), fields=["source", "id"], name="webhook_event_to_empty"
            ),
        ),
        migrations.RunSQL(BY_ADDRESS, "DROP FUNCTION webhooks_source_by_token(bytea)"),
    ]
