from django.db import migrations

from accounts.rls import append_only, protect


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_tenants_people_agents_audit")]

    operations = [
        protect("accounts_tenant", column="id"),
        protect("accounts_person"),
        protect("accounts_agent"),
        protect("accounts_apikey"),
        protect("accounts_auditentry"),
        protect("accounts_eventposition"),
        append_only("accounts_auditentry", but="sequence, seal"),
    ]
