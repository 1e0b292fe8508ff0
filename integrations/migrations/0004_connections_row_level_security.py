from django.db import migrations

from accounts.rls import protect

TABLES = ("connection", "connectorimport", "credential", "importedconnector", "oauthapp", "oauthflow")


class Migration(migrations.Migration):
    dependencies = [("integrations", "0003_connections")]

    operations = [protect(f"integrations_{table}") for table in TABLES]
