from django.db import migrations, models
from django.db.models import Q

DECISIONS = [("allow", "Allow"), ("ask", "Ask"), ("deny", "Deny")]
WORDS = [word for word, _ in DECISIONS]


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_approval_expires")]

    operations = [
        migrations.AddField(
            "tenant",
            "default_decision",
            models.CharField(
                choices=DECISIONS,
                default="allow",
                help_text="What becomes of a call that no permission rule matches.",
                max_length=8,
            ),
        ),
        migrations.AddField(
            "tenant",
            "destructive_decision",
            models.CharField(
                choices=DECISIONS,
                default="deny",
                help_text="The same for versions whose permissions include `destructive`.",
                max_length=8,
            ),
        ),
        migrations.AddConstraint(
            "tenant",
            models.CheckConstraint(condition=Q(default_decision__in=WORDS), name="tenant_default_known"),
        ),
        migrations.AddConstraint(
            "tenant",
            models.CheckConstraint(condition=Q(destructive_decision__in=WORDS), name="tenant_destructive_known"),
        ),
    ]
