"""Reading query parameters as strictly as bodies: what is unknown, repeated or wrong is refused by its name."""

from typing import Any

from django.http import QueryDict
from rest_framework import serializers

from accounts.api.problems import faults_of
from accounts.api.serializers import KnownFieldsSerializer
from accounts.errors import Fault, Invalid

LARGEST_PAGE = 200


class QuerySerializer(KnownFieldsSerializer):
    """The parameters an address takes; this one takes none. A view names its own in `queries`."""

    unknown_message = "There is no such parameter here. Leave it out, or check its spelling."


class PageQuery(QuerySerializer):
    """The parameters of every list."""

    limit = serializers.IntegerField(
        min_value=1, max_value=LARGEST_PAGE, required=False, help_text="How many rows a page has; 50 if left out."
    )
    cursor = serializers.CharField(
        max_length=1000, required=False, help_text="As given by a page's `next` and `previous`."
    )


def read_query(given: QueryDict, serializer_class: type[QuerySerializer]) -> dict[str, Any]:
    """The parameters as `serializer_class` reads them. Raises Invalid with a fault for each that is wrong."""
    if not given and serializer_class is QuerySerializer:
        return {}  # most calls: none given, and none to fill in
    repeated = [name for name, values in given.lists() if len(values) > 1]
    if repeated:
        raise _invalid([Fault(name, "This is given more than once. Give it once.") for name in repeated])
    serializer = serializer_class(data=given.dict())
    if not serializer.is_valid():
        raise _invalid([Fault(fault.path.removeprefix("$."), fault.message) for fault in faults_of(serializer.errors)])
    values: dict[str, Any] = serializer.validated_data
    return values


def _invalid(faults: list[Fault]) -> Invalid:
    return Invalid(
        "The address's query parameters are not what this needs. See `errors` for each fault.", faults=faults
    )
