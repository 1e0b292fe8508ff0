from django.db import migrations

from accounts.rls import protect


class Migration(migrations.Migration):
    dependencies = [("integrations", "0005_versions_of_data_keys")]

    operations = [protect("integrations_derivedkey"), protect("integrations_rekeying")]
