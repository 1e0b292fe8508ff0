"""The subscriber `live`: from a tenant's sealed entries to the sockets of its group, in one combined frame."""

import logging
from collections.abc import Sequence
from uuid import UUID

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from accounts import events
from accounts.events import Event
from registry.live import pace
from registry.live.frames import Frame, frame

log = logging.getLogger(__name__)

MESSAGE = "live.frame"


def group_of(tenant_id: UUID) -> str:
    return f"live.{tenant_id.hex}"


def subscribe() -> None:
    """Called once, from `apps.py`."""
    events.subscribe("live", tell)


def tell(tenant_id: UUID | None, happened: Sequence[Event]) -> None:
    """Send the tenant's sockets a frame that ends with these events, if it is time for one."""
    if tenant_id is None:
        return
    upto = happened[-1].sequence
    after = pace.take_turn(tenant_id, after=happened[0].sequence - 1, upto=upto)
    if after is not None:
        _send(tenant_id, frame(tenant_id, after=after, upto=upto))


def _send(tenant_id: UUID, told: Frame) -> None:
    message = {"type": MESSAGE, "after": told.after, "upto": told.upto, "text": told.text}
    try:
        async_to_sync(get_channel_layer().group_send)(group_of(tenant_id), message)
    except (RedisError, OSError) as error:
        # Nothing is lost: a socket that hears nothing looks for itself.
        log.warning("A frame was not sent (%s).", type(error).__name__, extra={"action": "live_frame_lost"})
