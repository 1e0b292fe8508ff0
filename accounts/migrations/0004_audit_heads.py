import django.db.models.deletion
from django.db import migrations, models

from accounts.rls import append_only, protect

# qm_app may seal an entry, once; a sealed one changes for nobody.
SEALED_ONCE = """
CREATE FUNCTION accounts_refuse_resealing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The audit entry % is sealed already.', OLD.id USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER sealed_once BEFORE UPDATE ON accounts_auditentry
    FOR EACH ROW WHEN (OLD.sequence IS NOT NULL) EXECUTE FUNCTION accounts_refuse_resealing();
"""
RESEALABLE = """
DROP TRIGGER sealed_once ON accounts_auditentry;
DROP FUNCTION accounts_refuse_resealing();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_accounts_authenticate")]

    operations = [
        migrations.CreateModel(
            name="AuditHead",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sequence", models.BigIntegerField(default=0)),
                (
                    "seal",
                    models.BinaryField(max_length=32, default=bytes(32), help_text="32 zeros where the chain begins."),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.tenant",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="audithead",
            constraint=models.UniqueConstraint(fields=("tenant",), name="audit_head_once", nulls_distinct=False),
        ),
        protect("accounts_audithead"),
        append_only("accounts_audithead", but="sequence, seal"),
        migrations.RunSQL(SEALED_ONCE, RESEALABLE),
        migrations.RemoveConstraint(model_name="eventposition", name="event_position_once"),
        migrations.AlterField(
            model_name="eventposition",
            name="tenant",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="accounts.tenant",
            ),
        ),
        migrations.AddField(
            model_name="eventposition",
            name="chain",
            field=models.ForeignKey(
                db_index=False,
                default=None,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="positions",
                to="accounts.audithead",
            ),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            model_name="eventposition",
            constraint=models.UniqueConstraint(fields=("chain", "subscriber"), name="event_position_once"),
        ),
    ]
