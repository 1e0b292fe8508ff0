"""Serializers that refuse what they do not know."""

from typing import Any

from rest_framework import serializers

UNKNOWN = "There is no such field here. Leave it out, or check its spelling."


class StrictSerializer(serializers.Serializer[Any]):
    """Only about the wire; an unknown field is an error with its name, never ignored."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            unknown = [name for name in data if name not in self.fields or self.fields[name].read_only]
            if unknown:
                raise serializers.ValidationError({name: [UNKNOWN] for name in unknown})
        return super().to_internal_value(data)
