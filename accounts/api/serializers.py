"""Serializers that take JSON as it is: no unknown field, and no value of another type."""

from datetime import datetime
from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.fields import Field

from accounts.models.limits import CLOSED, HIGHEST_QUOTA, HIGHEST_RATE, MOST_AT_ONCE, OPEN, QUOTA, RATE, Shape
from accounts.networks import MOST_NETWORKS
from accounts.times import IMPOSSIBLE, is_possible


class KnownFieldsSerializer(serializers.Serializer[Any]):
    """Only about the wire; an unknown field is an error with its name, never ignored."""

    unknown_message = "There is no such field here. Leave it out, or check its spelling."

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            unknown = [name for name in data if name not in self.fields or self.fields[name].read_only]
            if unknown:
                raise serializers.ValidationError({name: [self.unknown_message] for name in unknown})
        return super().to_internal_value(data)


class StrictSerializer(KnownFieldsSerializer):
    """A JSON body: `"5"` is no number, `5` no string and `"yes"` no boolean, as DRF alone would have it."""

    @classmethod
    def read(cls, body: Any) -> dict[str, Any]:
        """The body's values. Raises ValidationError with a fault for each that is wrong."""
        serializer = cls(data=body)
        serializer.is_valid(raise_exception=True)
        values: dict[str, Any] = serializer.validated_data
        return values

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            faults = {
                name: _type_faults(self.fields[name], value) for name, value in data.items() if name in self.fields
            }
            wrong = {name: fault for name, fault in faults.items() if fault}
            if wrong:
                raise serializers.ValidationError(wrong)
        return super().to_internal_value(data)


class NetworksField(serializers.ListField):
    """Networks by their prefixes. The verb says which of them are none."""

    def __init__(self, **options: Any) -> None:
        super().__init__(child=serializers.CharField(max_length=64), max_length=MOST_NETWORKS, **options)


class TimeField(serializers.DateTimeField):
    """A time that the caller names."""

    def __init__(self, **options: Any) -> None:
        super().__init__(error_messages={"overflow": IMPOSSIBLE}, **options)

    def to_internal_value(self, value: Any) -> datetime:
        moment = super().to_internal_value(value)
        if not is_possible(moment):
            self.fail("overflow")
        return moment


class NothingSerializer(StrictSerializer):
    """The body of an address that needs none: `{}`, or no body at all."""


def _number(highest: int, help_text: str, *, required: bool = False) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=1, max_value=highest, required=required, help_text=help_text)


class _LimitSerializer(StrictSerializer):
    shape: ClassVar[Shape | None] = None
    without_redis = serializers.ChoiceField(
        choices=[OPEN, CLOSED], required=False, help_text="What becomes of calls while Redis is away."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if self.shape is not None and not self.shape.needed.keys() & attrs.keys():
            names = ", ".join(self.shape.needed)
            raise serializers.ValidationError(f"Give one of: {names}. For example {self.shape.example}.")
        return attrs


class RateLimitSerializer(_LimitSerializer):
    """How often something may be called."""

    shape = RATE
    per_second = _number(HIGHEST_RATE, "Calls in a second.")
    per_minute = _number(HIGHEST_RATE, "Calls in a minute.")
    per_hour = _number(HIGHEST_RATE, "Calls in an hour.")
    burst = _number(HIGHEST_RATE, "How many may come at once; left out: as many as in the shortest period.")


class ConcurrencySerializer(_LimitSerializer):
    """How many calls may run at the same time."""

    most = _number(MOST_AT_ONCE, "Calls at the same time.", required=True)


class QuotaSerializer(_LimitSerializer):
    """How many calls there may be in a day and in a month of the UTC calendar."""

    shape = QUOTA
    per_day = _number(HIGHEST_QUOTA, "Calls from midnight to midnight, UTC.")
    per_month = _number(HIGHEST_QUOTA, "Calls from the first of the month on, UTC.")


_JSON_TYPES: tuple[tuple[tuple[type[Field[Any, Any, Any, Any]], ...], tuple[type, ...], str], ...] = (
    ((serializers.BooleanField,), (bool,), "Give true or false."),
    ((serializers.IntegerField,), (int,), "Give a whole number."),
    ((serializers.FloatField, serializers.DecimalField), (int, float), "Give a number."),
    ((serializers.CharField, serializers.ChoiceField, serializers.UUIDField), (str,), "Give a string."),
    ((serializers.DateTimeField,), (str,), "Give a time as a string: 2030-01-31T12:00:00Z."),
)


def _type_faults(field: Field[Any, Any, Any, Any], value: Any) -> Any:
    """Sentences; for a list's items by index."""
    if isinstance(field, serializers.ListField) and isinstance(value, list):
        faults = {index: _type_faults(field.child, item) for index, item in enumerate(value)}
        return {index: fault for index, fault in faults.items() if fault}
    if value is None:
        return []
    return [sentence for fields, types, sentence in _JSON_TYPES if isinstance(field, fields) and not _is(value, types)]


def _is(value: Any, types: tuple[type, ...]) -> bool:
    """isinstance, but for Python's `True`, which is an int."""
    return isinstance(value, types) and (bool in types or not isinstance(value, bool))
