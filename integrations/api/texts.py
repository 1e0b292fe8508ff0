"""A field of texts by name."""

from typing import Any

from rest_framework import serializers

from integrations.documents import LARGEST_BYTES

MOST_TEXTS = 200


class TextsField(serializers.DictField):
    """An object whose values are strings, taken as they are: a blank at an end may belong to a password."""

    def __init__(self, *, longest: int = LARGEST_BYTES, **options: Any) -> None:
        child = serializers.CharField(max_length=longest, allow_blank=True, trim_whitespace=False)
        super().__init__(child=child, **options)

    def to_internal_value(self, data: Any) -> dict[str, str]:
        if isinstance(data, dict):
            self._refuse_others(data)
        texts: dict[str, str] = super().to_internal_value(data)
        return texts

    def _refuse_others(self, data: dict[str, Any]) -> None:
        if len(data) > MOST_TEXTS:
            raise serializers.ValidationError(f"Give at most {MOST_TEXTS}.")
        odd: Any = {name: ["Give a string."] for name, value in data.items() if not isinstance(value, str)}
        if odd:
            raise serializers.ValidationError(odd)
