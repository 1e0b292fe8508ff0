"""What Celery beat starts, and how often. Each entry is a shell around one verb of an app."""

SCHEDULE: dict[str, dict[str, object]] = {}
