"""The registry's leaves of the tree in `accounts/errors.py`.

QuartermasterError
├── Forbidden
│   └── NotApproved           403  forbidden            a person was asked, and no answer lets the call pass
├── NotFound
│   ├── ToolNotFound          404  tool_not_found
│   ├── VersionNotFound       404  version_not_found
│   ├── ExecutionNotFound     404  not_found
│   ├── ArtifactNotFound      404  not_found            the output is on the execution, or is kept no more
│   └── ApprovalNotFound      404  not_found
├── Conflict
│   ├── ToolDisabled          409  tool_disabled
│   ├── SlugTaken             409  conflict
│   ├── AlreadyDecided        409  conflict             somebody else was faster
│   ├── NotRegistered         409  conflict             another tool of its atomic batch was refused
│   ├── VersionTaken          409  conflict
│   ├── Immutable             409  conflict             it stays as it was published; publish a version
│   ├── BreakingChange        409  breaking_change      callers of the version before would break
│   ├── ExecutionEnded        409  conflict             it cannot be cancelled any more
│   ├── ConnectionMissing             (integrations/errors.py)
│   │   └── ScopesMissing     409  connection_missing   it was connected without what the tool needs
│   ├── NotHeld               409  conflict             nobody holds this circuit
│   └── IdempotencyConflict   409  idempotency_conflict
├── TooLarge
│   └── InputTooLarge         413  too_large            more than this tool takes; nothing was sent
├── Unavailable
│   ├── NoHealthyTool         503  unavailable          tools offer the operation, and none of them is well
│   ├── LimitsAway            503  unavailable          a limit that is closed while nobody can count
│   ├── Interrupted           503  unavailable          the process that ran it is being stopped
│   └── TakenAway             503  unavailable          its lease was over, and another process has it
├── RangeNotSatisfiable       416  range_not_satisfiable
├── CircuitOpen               503  circuit_open
├── UpstreamRefused           502  upstream_error       the upstream answered, but not with success
├── CallFailed                502  call_failed          a call that a composite makes did not succeed
├── InvalidOutput             502  invalid_output
│   └── MappingFailed         502  invalid_output       the response mapping does not fit the answer
│       └── MappingGivenUp    502  invalid_output       the answer is too much work for the mapping
├── Skipped                   424  skipped              a call of a batch whose needs were not there
├── Aborted                   424  aborted              a call of a batch that was over before its turn
├── OutcomeUnknown            504  outcome_unknown      sent, and nobody knows what became of it
├── ReadsTooSlowly            408  reads_too_slowly     a live socket that does not take what it is sent
│   └── TakesTooSlowly        408  reads_too_slowly     the same of a call's stream
└── Cancelled                 499  cancelled            the caller went away, or somebody cancelled it
"""

from accounts.errors import Conflict, Forbidden, NotFound, QuartermasterError, TooLarge, Unavailable
from integrations.errors import ConnectionMissing


class NotApproved(Forbidden):
    """A person has to approve this call, and nobody did. Call again to ask again."""


class ToolNotFound(NotFound):
    """There is no such tool for you. `GET /api/v1/tools/` lists those that there are."""

    code = "tool_not_found"


class VersionNotFound(NotFound):
    """No version of this tool fits that range. `GET /api/v1/tools/{slug}/versions/` lists them."""

    code = "version_not_found"


class ExecutionNotFound(NotFound):
    """There is no such execution. Check the id."""


class ApprovalNotFound(NotFound):
    """There is no such approval. `GET /api/v1/approvals/` lists those that there are."""


class ArtifactNotFound(NotFound):
    """This execution has no artifact: all of its output stands on it. `GET /api/v1/executions/{id}/` gives it."""


class ToolDisabled(Conflict):
    """This tool is switched off. An operator can enable it."""

    code = "tool_disabled"


class SlugTaken(Conflict):
    """There is a tool with this slug already. Choose another slug, or retire that tool."""


class AlreadyDecided(Conflict):
    """This was decided already. Nothing was changed."""


class NotRegistered(Conflict):
    """Nothing was registered: another tool of this atomic batch was refused. Mend that one and send all again."""


class VersionTaken(Conflict):
    """This version does not come after those that there are. Choose a higher one."""


class Immutable(Conflict):
    """This stays as it was published. Publish a version to change it: `POST /api/v1/tools/{slug}/versions/`."""


class BreakingChange(Conflict):
    """This would break callers of the version before. Undo what `errors` names, or publish a new major version."""

    code = "breaking_change"


class ScopesMissing(ConnectionMissing):
    """The connection was not granted what this tool needs. An admin can reconnect it under Connections."""


class NotHeld(Conflict):
    """Nobody holds this circuit: it follows its calls. `GET /api/v1/breakers/` shows those that are held."""


class IdempotencyConflict(Conflict):
    """This Idempotency-Key was used for another request. Use a new key for a new request."""

    code = "idempotency_conflict"


class InputTooLarge(TooLarge):
    """The input is larger than this tool takes. Send less, or have an operator raise the tool's `max_input_bytes`."""


class ExecutionEnded(Conflict):
    """This execution has ended already. There is nothing left to cancel."""


class NoHealthyTool(Unavailable):
    """Tools offer this operation, but none of them is healthy now. Try again when one has been heard of."""


class LimitsAway(Unavailable):
    """A limit cannot be counted while Redis is away, and it is closed then. Try again in a moment."""


class Interrupted(Unavailable):
    """The process that ran this call was stopped before the tool had answered. Call again."""


class TakenAway(Unavailable):
    """This call was taken for abandoned, and another process has ended it or taken it up. Look the execution up."""


class RangeNotSatisfiable(QuartermasterError):
    """There are no bytes in this range. Ask for one within the content."""

    code = "range_not_satisfiable"
    status = 416


class CircuitOpen(QuartermasterError):
    """This tool failed too often lately and is left alone for a while. Try again after `retry_after` seconds."""

    code = "circuit_open"
    status = 503
    retryable = True


class UpstreamRefused(QuartermasterError):
    """The tool's service answered with an error."""

    code = "upstream_error"
    status = 502
    upstream_status = 0
    """Its HTTP status, where it had one."""
    refused_credential = False
    """Whether it was sent the connection's credential and took it for none."""

    @property
    def may_have_acted(self) -> bool:
        """Whether it tells nothing of what was done: a gateway speaks for a service whose answer it never had."""
        return self.upstream_status in {408, 502, 504}


class CallFailed(QuartermasterError):
    """A call that this composite makes did not succeed. `cause` says which one, and why."""

    code = "call_failed"
    status = 502


class InvalidOutput(QuartermasterError):
    """The tool answered with something its own output schema does not allow. Its maker has to mend one of the two."""

    code = "invalid_output"
    status = 502


class MappingFailed(InvalidOutput):
    """The tool's response mapping does not fit what its service answered. Its maker has to publish another one."""


class MappingGivenUp(MappingFailed):
    """The answer is too much work for the tool's mapping. Ask for less, or have the tool's maker map less of it."""


class Skipped(QuartermasterError):
    """This was not called, because a call that it needs did not succeed. Mend that one, and send both again."""

    code = "skipped"
    status = 424


class Aborted(QuartermasterError):
    """This was not called, because the batch was over before its turn. Send it again."""

    code = "aborted"
    status = 424


class OutcomeUnknown(QuartermasterError):
    """The call was sent, but what became of it is not known. Look at the service before calling again."""

    code = "outcome_unknown"
    status = 504


class ReadsTooSlowly(QuartermasterError):
    """This socket did not read what it was sent. Open a new one with `?after=<position>` to go on where it ended."""

    code = "reads_too_slowly"
    status = 408
    retryable = True


class TakesTooSlowly(ReadsTooSlowly):
    """The call was ended because its stream was not read. Read it as it comes, or call with `"mode": "async"`."""

    retryable = False


class Cancelled(QuartermasterError):
    """The caller went away before the tool had answered."""

    code = "cancelled"
    status = 499
