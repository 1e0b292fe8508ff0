"""Which of the two PostgreSQL roles does what: qm_owner migrates, qm_app serves."""

from typing import Any


class OwnerMigrates:
    """Schema changes run on the `owner` alias only; all reading and writing on `default`."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return "default"

    def db_for_write(self, model: Any, **hints: Any) -> str:
        return "default"

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == "owner"
