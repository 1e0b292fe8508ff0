"""What can go wrong with memories. Leaves of the tree in `accounts/errors.py`.

QuartermasterError
├── NotFound
│   ├── MemoryNotFound          404  not_found
│   ├── LinkNotFound            404  not_found
│   ├── ModelNotFound           404  not_found
│   ├── NamespaceRuleNotFound   404  not_found
│   ├── ImportNotFound          404  not_found
│   └── ErasureNotFound         404  not_found
├── TooLarge
│   └── ImportTooLarge          413  too_large
├── Throttled
│   └── QuotaReached            429  quota_reached        the tenant keeps as many as it may
└── Unavailable
    └── ModelsBusy              503  unavailable          writes run that have read which models there are
"""

from accounts.errors import NotFound, Throttled, TooLarge, Unavailable


class MemoryNotFound(NotFound):
    """There is no such memory. `GET /api/v1/memories/` lists those that you may read."""


class LinkNotFound(NotFound):
    """There is no such link. `GET /api/v1/memory-links/` lists those that you may read."""


class ModelNotFound(NotFound):
    """There is no such embedding model. `GET /api/v1/memory-models/` lists those that there are."""


class NamespaceRuleNotFound(NotFound):
    """There is no such rule for a namespace. `GET /api/v1/namespace-rules/` lists those that there are."""


class ImportNotFound(NotFound):
    """There is no such import of memories. `GET /api/v1/memory-imports/` lists those that you may see."""


class ErasureNotFound(NotFound):
    """There is no such erasure. `GET /api/v1/memory-erasures/` lists those that there were."""


class ImportTooLarge(TooLarge):
    """This is more than one import may hold. Send it in several imports, or raise MEMORY_IMPORT_BYTES."""


class QuotaReached(Throttled):
    """Your tenant keeps as many memories as it may. Delete some, or have the operator raise the quota."""

    code = "quota_reached"
    retryable = False


class ModelsBusy(Unavailable):
    """The embedding models cannot be changed this moment, because a long write runs. Try again in a moment."""
