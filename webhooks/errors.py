"""What can go wrong with webhooks. Leaves of the tree in `accounts/errors.py`.

QuartermasterError
├── Unauthenticated
│   └── SignatureInvalid        401  signature_invalid  nothing shows that it comes from whom it says
├── NotFound
│   ├── EventNotFound           404  not_found
│   ├── RouteNotFound           404  not_found
│   └── RunNotFound             404  not_found
├── Conflict
│   ├── EventEmptied            409  conflict           what came was kept long enough, and is gone
│   ├── NotReplayable           409  conflict           the event never was to be acted on
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


class EventNotFound(NotFound):
    """There is no such webhook event. `GET /api/v1/webhook-events/` lists those that are kept."""


class RouteNotFound(NotFound):
    """There is no such webhook route. `GET /api/v1/webhook-routes/` lists those that there are."""


class RunNotFound(NotFound):
    """There is no such webhook run. `GET /api/v1/webhook-runs/` lists those that there are."""


class EventEmptied(Conflict):
    """What came with this event was removed when its source's `retention_days` were over. Have it sent again."""


class NotReplayable(Conflict):
    """Only events that were accepted and routed can be replayed. Have the sender send it again."""


class RunEnded(Conflict):
    """This run has ended already. There is nothing to cancel."""


class NotDead(Conflict):
    """This run is no dead letter. Only dead letters can be redriven."""


class NotHeldByYou(Conflict):
    """You do not have this run: it has ended, or its lease did. `GET /api/v1/webhook-events/next/` gives the next."""


class SourceDisabled(Unavailable):
    """This address is switched off. Send the event again later: its admins may switch it on."""

    code = "source_disabled"
