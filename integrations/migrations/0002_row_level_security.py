from django.db import migrations

from accounts.rls import protect


class Migration(migrations.Migration):
    dependencies = [("integrations", "0001_data_keys")]

    operations = [protect("integrations_datakey")]
