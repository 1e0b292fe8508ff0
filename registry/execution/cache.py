"""Step 7: an answer given before, for versions that declare `cache_seconds`; after `permit`, so it leaks nothing.

What is kept is the mapped and checked answer, secret values masked, sealed with the tenant's data key. Identical calls
that come while the first one runs wait for its answer, for a while.
"""

import asyncio
import hashlib
import json
import logging
from functools import partial
from typing import Any
from uuid import UUID

from accounts.offload import in_database_thread
from accounts.tenancy import within
from integrations.errors import SealBroken
from integrations.redaction import KNOWN_ONLY, redact
from integrations.vault import Sealer, sealer_at_hand, sealer_for
from registry.execution.passage import Passage
from registry.execution.shared import PREFIX, Commands, Script
from registry.execution.types import Answer, Ending, Mode, Target, ToolCall
from registry.models.execution import Status

log = logging.getLogger(__name__)

LARGEST_BYTES = 256_000
LONGEST_WAIT_SECONDS = 5.0
"""How long a call waits for the answer of an identical one, and at most half of its own time."""
LOOK_AGAIN_SECONDS = 0.05
LEAD_MARGIN_MS = 1000
_PURPOSE = "answer"
"""Another word when what is kept takes another form: then what was kept before cannot be opened."""

# KEYS: the answer, and who is fetching it. ARGV: this run, and the milliseconds that fetching may take.
# Returns the answer, or 1: this call fetches it, or 0: another one does.
_LOOK = Script(
    """
    local answer = redis.call('GET', KEYS[1])
    if answer then return answer end
    if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
    return 0
    """
)
_STEP_DOWN = Script("if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end")


async def look_up(call: ToolCall, target: Target, passage: Passage) -> Answer | None:
    """The kept answer for this version, tenant, connection, end user, operation and canonical input; for this caller,
    too, where it is not sent over HTTP. None when Redis is away.

    What has to be sent for is kept at the end, for the next caller. A call that streams neither finds nor keeps one:
    its answer has another form.
    """
    if not target.cache_seconds or call.mode is Mode.STREAM:
        return None
    sealer = await _sealer(call.caller.tenant_id)
    key = _key(call, target)
    passage.at_the_end(partial(_keep, target, passage, sealer, key))
    found = await _look(key, passage.holder, target.timeout_ms_for(call) + LEAD_MARGIN_MS)
    return _opened(sealer, key, found)


async def _look(key: str, holder: str, fetching_ms: int) -> Any:
    """The sealed answer, a number where there is none, None when Redis is away."""
    loop = asyncio.get_running_loop()
    until = loop.time() + min(LONGEST_WAIT_SECONDS, (fetching_ms - LEAD_MARGIN_MS) / 2000)
    while True:
        found = await _LOOK([key, f"{key}:fetching"], [holder, fetching_ms])
        if found != 0 or loop.time() >= until:
            return found
        await asyncio.sleep(LOOK_AGAIN_SECONDS)


def _opened(sealer: Sealer, key: str, found: Any) -> Answer | None:
    if not isinstance(found, bytes):
        return None
    try:
        kept = sealer.open(purpose=_PURPOSE, field=key, sealed=found)
    except SealBroken:
        log.warning("A cached answer cannot be opened; it is fetched anew.", extra={"action": "cache_unreadable"})
        return None
    return Answer(**json.loads(kept), attempts=0, cached=True)


def _keep(target: Target, passage: Passage, sealer: Sealer, key: str, ending: Ending, commands: Commands) -> None:
    answer = ending.answer
    if answer is not None and answer.cached:
        return
    _STEP_DOWN.add_to(commands, [f"{key}:fetching"], [passage.holder])
    if ending.status is not Status.SUCCEEDED or answer is None:
        return
    # What a tool was made to answer with stays; the vault's own secrets go.
    kept = {"output": answer.output, "masked": answer.masked}
    kept = redact(kept, secrets=passage.secrets, rules=KNOWN_ONLY).value
    value = json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode()
    if len(value) <= LARGEST_BYTES:
        sealed = sealer.seal(purpose=_PURPOSE, field=key, plaintext=value)
        commands.add("SET", key, sealed, "EX", target.cache_seconds)


async def _sealer(tenant_id: UUID) -> Sealer:
    kept = sealer_at_hand(tenant_id)
    return await in_database_thread(_read_sealer, tenant_id) if kept is None else kept


def _read_sealer(tenant_id: UUID) -> Sealer:
    with within(tenant_id):
        return sealer_for(tenant_id)


def _key(call: ToolCall, target: Target) -> str:
    """One for all that is the same to a service, and to no other connection's calls.

    A function of this process may answer each caller otherwise, and so may a composite that calls one. A composite has
    no connection, and hands its end user on to calls that have theirs.
    The order of keys is not, `1` and `1.0` are two, and so are two spellings of a letter in Unicode, since a URL or a
    signature may tell them apart. A miss costs a call, a wrong hit costs the truth.
    """
    who = "" if target.transport == "http" else call.caller.actor
    canonical = json.dumps([call.operation, call.input, call.end_user, who], sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    version = f"{target.version_id}:{target.connection_id or 'none'}:{target.cache_epoch}"
    return f"{PREFIX}answer:{call.caller.tenant_id}:{version}:{digest}"
