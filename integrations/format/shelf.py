"""All connectors that a tenant has: those in folders, which everybody has, and those that it wrote or imported.

A folder is read when somebody asks for its connector, and once: shipped ones change with the product, an operator's own
(CONNECTORS_DIR) with a restart. What a tenant imported is kept under the moment of its last change.
"""

import logging
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from threading import Lock
from uuid import UUID

from cachetools import LRUCache
from django.conf import settings

from integrations.errors import BadConnector
from integrations.format.folder import read_folder
from integrations.format.read import read_connector
from integrations.format.types import Connector
from integrations.models import ImportedConnector

SHIPPED = Path(__file__).parents[1] / "connectors"
MOST_KEPT_ACTIONS = 20_000
"""Of imported connectors, in the memory of one process."""

_log = logging.getLogger(__name__)
# Called from several threads at once, which the cache alone does not bear.
_lock = Lock()
_Version = tuple[UUID, int, datetime]
_imported: LRUCache[_Version, Connector | None] = LRUCache(
    MOST_KEPT_ACTIONS, getsizeof=lambda connector: 1 + len(connector.actions) if connector else 1
)


def connector(slug: str, *, tenant_id: UUID | None = None) -> Connector | None:
    """The one of that name; one in a folder goes before a tenant's own.

    With a tenant's id: inside its scope.
    """
    found = _in_folder(slug)
    if found is None and tenant_id is not None:
        found = next(iter(_of_tenant(tenant_id, slug)), None)
    return found


def connectors(tenant_id: UUID) -> tuple[Connector, ...]:
    """By name. Inside the tenant's scope."""
    for_all = shipped()
    taken = {each.slug for each in for_all}
    own = [each for each in _of_tenant(tenant_id) if each.slug not in taken]
    return tuple(sorted([*for_all, *own], key=lambda each: each.name.lower()))


def shipped() -> tuple[Connector, ...]:
    """Those in folders, by slug."""
    return tuple(read for slug in _slugs(_places()) if (read := _in_folder(slug)))


def operators_folders() -> list[Path]:
    """Those in CONNECTORS_DIR."""
    return _folders(Path(settings.CONNECTORS_DIR)) if settings.CONNECTORS_DIR else []


def _places() -> tuple[Path, ...]:
    """An operator's own folder takes the place of a shipped one, if it can be read."""
    return (Path(settings.CONNECTORS_DIR), SHIPPED) if settings.CONNECTORS_DIR else (SHIPPED,)


def _folders(place: Path) -> list[Path]:
    return sorted(file.parent for file in place.glob("*/connector.yaml"))


@lru_cache(maxsize=8)
def _slugs(places: tuple[Path, ...]) -> tuple[str, ...]:
    return tuple(sorted({folder.name for place in places for folder in _folders(place)}))


def _in_folder(slug: str) -> Connector | None:
    places = _places()
    if slug not in _slugs(places):
        return None  # whatever else it may spell is no folder
    return next((read for place in places if (read := _from_folder(place / slug))), None)


@lru_cache(maxsize=2_000)
def _from_folder(folder: Path) -> Connector | None:
    """None for a broken one, of which integrations.W001 speaks at start: it does not take the others away."""
    if not (folder / "connector.yaml").is_file():
        return None
    try:
        return read_folder(folder, source="shipped" if folder.parent == SHIPPED else "operator")
    except BadConnector as error:
        _say_that_it_is_left_out(folder.name, error)
        return None


def _of_tenant(tenant_id: UUID, slug: str = "") -> Iterable[Connector]:
    rows = ImportedConnector.objects.filter(tenant_id=tenant_id)
    if slug:
        rows = rows.filter(slug=slug)
    versions = list(rows.values_list("id", "revision", "updated_at"))
    with _lock:
        known = {version: _imported[version] for version in versions if version in _imported}
    missing = [version for version in versions if version not in known]
    for row in rows.filter(id__in=[id_ for id_, *_ in missing]) if missing else ():
        known[row.id, row.revision, row.updated_at] = _keep(row)
    return [read for read in known.values() if read is not None]


def _keep(row: ImportedConnector) -> Connector | None:
    try:
        read = read_connector(row.slug, row.document.get("connector"), row.document.get("actions"), source=row.source)
    except BadConnector as error:
        _say_that_it_is_left_out(row.slug, error)
        read = None
    with _lock:
        _imported[row.id, row.revision, row.updated_at] = read
    return read


def _say_that_it_is_left_out(slug: str, error: BadConnector) -> None:
    first = error.faults[0]
    _log.warning("The connector %s is left out: %s: %s", slug, first.path, first.message)
