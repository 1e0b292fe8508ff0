"""One attempt of a delivery that was taken. Whatever breaks in here leaves its lease to end: nothing is lost.

1. `pack` reads and signs it, in a transaction of its own
2. the receiver is asked, outside of any transaction
3. `conclude` writes the attempt, how the delivery goes on and how its subscription fares, together
"""

import logging

from django.utils import timezone

from accounts.errors import Internal, QuartermasterError
from accounts.offload import in_database_thread
from webhooks.queue.types import Taken
from webhooks.telling.conclude import conclude
from webhooks.telling.judge import Judgement, judge_answer, judge_error
from webhooks.telling.pack import Packed, pack
from webhooks.telling.send import send

log = logging.getLogger(__name__)


async def deliver(taken: Taken) -> None:
    started = timezone.now()
    packed = await in_database_thread(pack, taken, started)
    if packed is not None:
        judgement = await _ask(packed)
        await in_database_thread(conclude, taken, packed, judgement, started)


async def _ask(packed: Packed) -> Judgement:
    try:
        answer = await send(packed.parcel)
    except QuartermasterError as error:
        return judge_error(error)
    except Exception:
        log.exception("A delivery broke", extra={"action": "delivery_broke"})
        return judge_error(Internal("It could not be sent because of a fault on our side. The log has the rest."))
    return judge_answer(answer, packed.redaction, packed.secrets)
