from django.db import migrations

from accounts.rls import protect

TABLES = (
    *("source", "secret", "event", "route", "run"),
    *("subscription", "delivery", "attempt", "redo"),
)


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0001_webhooks")]

    operations = [protect(f"webhooks_webhook{table}") for table in TABLES]
