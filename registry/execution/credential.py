"""What the attempts at one call go out with: the credential of its connection, renewed once where it is refused."""

import asyncio
from uuid import UUID

from accounts.errors import QuartermasterError
from accounts.offload import in_database_thread
from integrations.connections.expire import expire_connection
from integrations.connections.grant import CallGrant
from integrations.connections.granting import grant_for
from integrations.errors import UpstreamTimeout
from integrations.redaction import KnownSecrets, redact_text
from registry.errors import UpstreamRefused
from registry.execution.passage import Passage
from registry.execution.types import ToolCall

ACTOR = "system:corridor"


class Credential:
    """Of one call; its secrets are told to the passage before anything can fail with them."""

    def __init__(self, call: ToolCall, connection_id: UUID, passage: Passage, deadline: float) -> None:
        self._call = call
        self._connection_id = connection_id
        self._passage = passage
        self._deadline = deadline
        self._last: CallGrant | None = None
        self._refused: CallGrant | None = None

    async def grant(self) -> CallGrant:
        """For the next attempt. Raises ConnectionMissing, ConnectionExpired, TokenUnavailable and UpstreamTimeout."""
        caller = self._call.caller
        try:
            async with asyncio.timeout_at(self._deadline):
                grant = await grant_for(
                    tenant_id=caller.tenant_id,
                    generation=caller.generation,
                    connection_id=self._connection_id,
                    refused=self._refused,
                )
        except TimeoutError as error:
            raise UpstreamTimeout("The service gave no token in time. Try again.", sent=False) from error
        self._passage.goes_out_with(grant)
        self._last = grant
        return grant

    async def is_to_be_renewed_after(self, error: QuartermasterError) -> bool:
        """Whether the service took this credential for none, and there may be another: once in a call.

        Where it refuses the new one, too, the connection has expired: somebody has to connect it again.
        """
        last = self._last
        if last is None or not last.refreshable or not isinstance(error, UpstreamRefused):
            return False
        if not error.refused_credential:
            return False
        if self._refused is None:
            self._refused = last
            return True
        await in_database_thread(self._expire, last, error.message)
        return False

    def _expire(self, refused: CallGrant, words: str) -> None:
        masked = redact_text(words, secrets=KnownSecrets(self._passage.secrets))
        expire_connection(tenant_id=self._call.caller.tenant_id, grant=refused, actor=ACTOR, reason=masked)
