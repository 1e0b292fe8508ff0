from integrations.models.data_key import DataKey

__all__ = ["DataKey"]
