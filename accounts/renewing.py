"""The caller of something that takes long, as they are now: what they may do is asked anew for each of its parts."""

from collections.abc import Sequence
from dataclasses import replace

from accounts.absent import absent_caller
from accounts.caller import Caller
from accounts.errors import QuartermasterError
from accounts.offload import in_database_thread
from accounts.tenancy import within
from accounts.together import Together


async def renewed(caller: Caller) -> Caller:
    """So that a change holds from the next call on, also inside of a batch. Raises as `absent_caller` does.

    One query for whatever one caller has begun at the same moment.
    """
    return await _renew_together(caller)


async def _renew(callers: Sequence[Caller]) -> Sequence[Caller | QuartermasterError]:
    return await in_database_thread(_renew_all, callers)


_renew_together: Together[Caller, Caller] = Together(_renew, most=200)


def _renew_all(callers: Sequence[Caller]) -> list[Caller | QuartermasterError]:
    known = {caller: _now(caller) for caller in set(callers)}
    return [known[caller] for caller in callers]


def _now(caller: Caller) -> Caller | QuartermasterError:
    try:
        with within(caller.tenant_id):
            found = absent_caller(
                tenant_id=caller.tenant_id,
                agent_id=caller.agent_id,
                key_id=caller.key_id,
                person_id=caller.person_id,
            )
    except QuartermasterError as error:
        return error
    return replace(found, address=caller.address)
