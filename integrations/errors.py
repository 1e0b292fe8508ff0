"""What can go wrong with the world outside. Leaves of the tree in `accounts/errors.py`.

QuartermasterError
├── Forbidden
│   └── EgressBlocked           403  egress_blocked    the policy of the one door out refuses it
├── Conflict
│   ├── VaultErased             409  conflict          the tenant's data keys were destroyed for ever
│   ├── ConnectionMissing       409  connection_missing  nobody has connected the service for this caller
│   └── ConnectionExpired       409  connection_expired  the service takes its credential no more
├── Invalid
│   ├── BadConnector            422  invalid_input     its documents are not of the connector format
│   └── CredentialRefused       422  credential_refused  the service does not take what was entered
├── Unavailable
│   ├── VaultLocked             503  unavailable       the vault's key is away, or not the one that sealed
│   └── EmbedderUnavailable     503  embedder_unavailable  no vectors now: its process, model or service is away
├── Internal
│   └── SealBroken              500  internal_error    what is stored is not what was sealed there
└── UpstreamFailure             502  upstream_error    a service outside did not do its part
    ├── UpstreamUnreachable     502  upstream_error    no such name, nobody listens, no valid certificate
    ├── UpstreamBroken          502  upstream_error    reset, malformed, cut short, undecodable
    ├── UpstreamTooLarge        502  upstream_error    more bytes than the call may take
    ├── TokenUnavailable        502  upstream_error    the service gave no token for the call
    ├── EmbedderRefused         502  embedder_refused  the service takes no texts, or gives no usable vectors
    └── UpstreamTimeout         504  timeout
"""

from accounts.errors import Conflict, Forbidden, Internal, Invalid, QuartermasterError, Unavailable


class EgressBlocked(Forbidden):
    """This address may not be called. An operator can allow a network with EGRESS_ALLOW_NETWORKS."""

    code = "egress_blocked"


class VaultErased(Conflict):
    """This tenant was erased: its data keys are destroyed, and nothing can be sealed for it. Make another tenant."""


class ConnectionMissing(Conflict):
    """Nobody has connected this tool's service yet. An admin can, in the admin site under Connections."""

    code = "connection_missing"


class ConnectionExpired(Conflict):
    """The service takes this connection's credential no more. An admin can reconnect it under Connections."""

    code = "connection_expired"


class BadConnector(Invalid):
    """This connector cannot be used as it is written. `errors` says where, and what would be right."""


class CredentialRefused(Invalid):
    """The service does not take this credential. Check what was entered; nothing was saved."""

    code = "credential_refused"


class VaultLocked(Unavailable):
    """The vault cannot be opened. The operator finds out why with `manage.py check --database default`."""

    retryable = False


class EmbedderUnavailable(Unavailable):
    """No vectors can be made right now. Try again in a moment; an operator finds out why in the log of `host`."""

    code = "embedder_unavailable"


class SealBroken(Internal):
    """A sealed value cannot be opened: it was changed, moved, or its key destroyed. Enter or send it again."""

    retryable = False


class UpstreamFailure(QuartermasterError):
    """The service outside failed. Try again, and look at that service if it stays."""

    code = "upstream_error"
    status = 502
    retryable = True

    def __init__(self, message: str = "", *, sent: bool = True) -> None:
        super().__init__(message)
        self.sent = sent
        """False only when it is certain that no byte of the request has left."""


class UpstreamUnreachable(UpstreamFailure):
    """The service could not be reached. Check its address, and that it is running."""


class UpstreamBroken(UpstreamFailure):
    """The service's answer was broken off or is not HTTP. Try again, and look at that service if it stays."""


class UpstreamTooLarge(UpstreamFailure):
    """The service's answer is larger than this call may take. Ask it for less, for example a page at a time."""

    retryable = False


class TokenUnavailable(UpstreamFailure):
    """The service gave no token for this call. Try again, and look at that service if it stays."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message, sent=False)


class EmbedderRefused(UpstreamFailure):
    """The embedding service takes no texts, or gives no vectors. An operator can look at EMBEDDER_URL and the rest."""

    code = "embedder_refused"
    retryable = False

    def __init__(self, message: str = "", *, takes_nothing: bool = False) -> None:
        """`takes_nothing`: it is no text's fault, but that of the key, the address or the model's name."""
        super().__init__(message)
        self.takes_nothing = takes_nothing


class UpstreamTimeout(UpstreamFailure):
    """The service did not answer in time. Try again, or allow the call more time."""

    code = "timeout"
    status = 504
