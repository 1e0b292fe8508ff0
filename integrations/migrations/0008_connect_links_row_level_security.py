from django.db import migrations

from accounts.rls import protect


class Migration(migrations.Migration):
    dependencies = [("integrations", "0007_connect_links")]

    operations = [protect("integrations_connectlink")]
