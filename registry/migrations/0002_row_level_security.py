from django.db import migrations

from accounts.rls import append_only, protect


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_accounts_authenticate"),
        ("registry", "0001_tools_health_executions"),
    ]

    operations = [
        protect("registry_tool", shared=True),
        protect("registry_toolversion", shared=True),
        protect("registry_toolhealth", shared=True),
        protect("registry_tenanttool"),
        protect("registry_execution"),
        append_only("registry_toolversion", but="state, sunset_at"),
    ]
