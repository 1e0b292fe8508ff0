from django.db import migrations

from accounts.rls import protect

TABLES = ("memoryimport", "importfault", "memoryerasure")


class Migration(migrations.Migration):
    dependencies = [("memory", "0006_bulk")]

    operations = [protect(f"memory_{table}") for table in TABLES]
