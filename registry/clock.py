"""The first built-in function: what time it is, which models do not know."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils import timezone

from accounts.errors import Fault, Invalid
from registry.builtins import BuiltinContext


async def clock(context: BuiltinContext, values: Mapping[str, Any]) -> dict[str, str]:
    """`{"timezone": "Europe/Berlin"}` to the time there, ISO 8601. Raises Invalid for a zone that does not exist."""
    name = values.get("timezone", "UTC")
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Invalid(
            f"There is no time zone `{name}`.",
            faults=[Fault("$.timezone", "Use a name of the IANA database, such as Europe/Berlin.")],
        ) from error
    return {"now": timezone.now().astimezone(zone).isoformat(), "timezone": name}
