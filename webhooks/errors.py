"""What can go wrong with webhooks. Leaves of the tree in `accounts/errors.py`.

QuartermasterError
├── Unauthenticated
│   └── SignatureInvalid        401  signature_invalid  nothing shows that it comes from whom it says
├── NotFound
│   └── RunNotFound             404  not_found
├── Conflict
│   ├── RunEnded                409  conflict           it cannot be cancelled any more
│   ├── NotDead                 409  conflict           only dead letters can be redriven
│   └── NotHeldByYou            409  conflict           the run's lease is over, or another one has it
└── Unavailable
    └── SourceDisabled          503  source_disabled    its admins have switched it off
"""

from accounts.errors import Conflict, NotFound, Unauthenticated, Unavailable


class SignatureInvalid(Unauthenticated):
    """The signature could not be verified. An admin of this address finds the reason among its events."""

    code = "signature_invalid"


class RunNotFound(NotFound):
    """There is no such webhook run. `GET /api/v1/webhook-runs/` lists those that there are."""


class RunEnded(Conflict):
    """This run has ended already. There is nothing to cancel."""


class NotDead(Conflict):
    """This run is no dead letter. Only dead letters can be redriven."""


class NotHeldByYou(Conflict):
    """You do not have this run: it has ended, or its lease did. `GET /api/v1/webhook-events/next/` gives the next."""


class SourceDisabled(Unavailable):
    """This address is switched off. Send the event again later: its admins may switch it on."""

    code = "source_disabled"
