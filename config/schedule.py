"""What Celery beat starts, and how often. Each entry is a shell around one verb of an app."""

# `expire_seconds`, not `expires`: django-celery-beat drops what it does not know without a word.
SCHEDULE: dict[str, dict[str, object]] = {
    "seal-audit": {"task": "accounts.tasks.seal_audit", "schedule": 1.0, "options": {"expire_seconds": 1}},
    "end-abandoned": {"task": "registry.tasks.end_abandoned", "schedule": 5.0, "options": {"expire_seconds": 5}},
    "resume-due": {"task": "registry.tasks.resume_due", "schedule": 5.0, "options": {"expire_seconds": 5}},
    "sweep-catalogue": {"task": "registry.tasks.sweep_catalogue", "schedule": 10.0, "options": {"expire_seconds": 10}},
    "probe-tools": {"task": "registry.tasks.probe_tools", "schedule": 5.0, "options": {"expire_seconds": 5}},
    "expire-artifacts": {
        "task": "registry.tasks.expire_artifacts",
        "schedule": 60.0,
        "options": {"expire_seconds": 60},
    },
    "remove-orphans": {
        "task": "registry.tasks.remove_orphans",
        "schedule": 3600.0,
        "options": {"expire_seconds": 3600},
    },
    "rotate-aged": {
        "task": "integrations.tasks.rotate_aged",
        "schedule": 3600.0,
        "options": {"expire_seconds": 3600},
    },
    "rekey": {"task": "integrations.tasks.rekey", "schedule": 10.0, "options": {"expire_seconds": 10}},
    "expire-approvals": {
        "task": "registry.tasks.expire_approvals",
        "schedule": 5.0,
        "options": {"expire_seconds": 5},
    },
    "refresh-tokens": {
        "task": "integrations.tasks.refresh_tokens",
        "schedule": 60.0,
        "options": {"expire_seconds": 60},
    },
    "sweep-connections": {
        "task": "integrations.tasks.sweep_connections",
        "schedule": 60.0,
        "options": {"expire_seconds": 60},
    },
    "route-events": {"task": "webhooks.tasks.route_events", "schedule": 3.0, "options": {"expire_seconds": 3}},
    "work-webhook-queues": {"task": "webhooks.tasks.work_queues", "schedule": 2.0, "options": {"expire_seconds": 2}},
    "end-lost-webhooks": {"task": "webhooks.tasks.end_lost", "schedule": 5.0, "options": {"expire_seconds": 5}},
    "release-held-events": {
        "task": "webhooks.tasks.release_held",
        "schedule": 30.0,
        "options": {"expire_seconds": 30},
    },
    "expire-webhook-events": {
        "task": "webhooks.tasks.expire_events",
        "schedule": 3600.0,
        "options": {"expire_seconds": 3600},
    },
    "tell-subscriptions": {
        "task": "webhooks.tasks.tell_subscriptions",
        "schedule": 1.0,
        "options": {"expire_seconds": 1},
    },
    "remove-old-deliveries": {
        "task": "webhooks.tasks.remove_old_deliveries",
        "schedule": 60.0,
        "options": {"expire_seconds": 60},
    },
    "embed-memories": {"task": "memory.tasks.embed_memories", "schedule": 3.0, "options": {"expire_seconds": 3}},
    "tend-embedding-models": {
        "task": "memory.tasks.tend_models",
        "schedule": 5.0,
        "options": {"expire_seconds": 5},
    },
    "run-imports": {"task": "integrations.tasks.run_imports", "schedule": 3.0, "options": {"expire_seconds": 3}},
    "fold-memory-counts": {
        "task": "memory.tasks.fold_counts",
        "schedule": 10.0,
        "options": {"expire_seconds": 10},
    },
    "tend-memory-indexes": {
        "task": "memory.tasks.tend_indexes",
        "schedule": 30.0,
        "options": {"expire_seconds": 30},
    },
    "remove-old-recall-samples": {
        "task": "memory.tasks.remove_old_samples",
        "schedule": 3600.0,
        "options": {"expire_seconds": 3600},
    },
    "work-memory-imports": {"task": "memory.tasks.work_imports", "schedule": 5.0, "options": {"expire_seconds": 5}},
    "erase-memories": {"task": "memory.tasks.erase_memories", "schedule": 5.0, "options": {"expire_seconds": 5}},
    "expire-memories": {"task": "memory.tasks.expire_memories", "schedule": 60.0, "options": {"expire_seconds": 60}},
    "remove-old-memories": {
        "task": "memory.tasks.remove_old_memories",
        "schedule": 3600.0,
        "options": {"expire_seconds": 3600},
    },
}
