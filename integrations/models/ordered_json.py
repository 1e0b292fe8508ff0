"""JSON as it was written: PostgreSQL's `json` keeps the order of keys, its `jsonb` sorts them by length."""

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.types.json import Json


class OrderedJSONField(models.JSONField):
    """For documents that are read whole, where the order of what they hold means something. Nothing searches in it."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "json"

    def from_db_value(self, value: Any, expression: object, connection: BaseDatabaseWrapper) -> Any:
        """The driver has read it already, as it does not with `jsonb`, which Django reads itself."""
        return value

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        return value if value is None else Json(value)
