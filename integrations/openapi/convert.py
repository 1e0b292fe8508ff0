"""From a bundled OpenAPI document to a connector's document: what `connector.yaml` and `actions.yaml` hold."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from integrations.documents import BadDocument
from integrations.openapi.actions import Context, Made, hosts_in, make_action
from integrations.openapi.document import Document, Operation, mapping, text
from integrations.openapi.names import apart, slug_of
from integrations.openapi.prose import plain
from integrations.openapi.report import Report, Skip
from integrations.openapi.security import key_places, way_for, ways_of
from integrations.openapi.servers import hosts_of, server_of
from integrations.openapi.storable import storable

MOST_OPERATIONS = 3_000

Progress = Callable[[int, int], None]
"""Told how many operations are done, and of how many."""


@dataclass(frozen=True)
class Converted:
    document: dict[str, Any]
    """`{"connector": …, "actions": …}`."""
    report: Report


def convert(
    root: Any,
    *,
    slug: str,
    origin: str = "",
    known: Mapping[str, str] | None = None,
    report: Report | None = None,
    progress: Progress = lambda done, total: None,
) -> Converted:
    """`known` names actions of an earlier import by their calls (`GET /users/{id}`), and they keep their slugs.

    Raises BadDocument for what is no OpenAPI description, and for one of more operations than MOST_OPERATIONS.
    """
    report = report or Report()
    document = Document(root, report)
    operations = _operations(document, report)
    schemes = document.security_schemes
    server = server_of(document.servers, origin, report)
    ways = ways_of(schemes, server.base_url, report)
    oauth = frozenset(name for name, scheme in schemes.items() if scheme.get("type") == "oauth2")
    context = Context(document, origin, key_places(schemes), oauth, server.base_url)
    actions = _Actions(slug, known or {}, report)
    for done, operation in enumerate(operations):
        progress(done, len(operations))
        actions.add(operation, context)
    progress(len(operations), len(operations))
    connector = {
        **_words(document, slug),
        "base_url": server.base_url,
        "variables": dict(server.variables),
        "hosts": [host for host in hosts_of(hosts_in(iter(actions.made.values()))) if host != server.host],
        "auth": ways or actions.ways or _guessed_ways(report),
    }
    _declare_scopes(connector, actions.made)
    report.actions = len(actions.made)
    kept = {name: value for name, value in connector.items() if value}
    return Converted(storable({"connector": kept, "actions": actions.made}), report)


class _Actions:
    """The actions made so far, each under a slug of its own."""

    def __init__(self, connector: str, known: Mapping[str, str], report: Report) -> None:
        self.made: dict[str, dict[str, Any]] = {}
        self.ways: dict[str, dict[str, Any]] = {}
        """For a document that names none: from the parameters that carry credentials."""
        self._connector = connector
        self._known = known
        self._reserved = set(known.values())
        self._report = report

    def add(self, operation: Operation, context: Context) -> None:
        method, path = operation.method.upper(), operation.path
        try:
            made = make_action(operation, context)
        except Skip as skip:
            self._report.skip(method, path, skip.reason, str(skip))
            return
        slug = self._slug(operation, made.action["call"])
        self.made[slug] = made.action
        self._tell(slug, made)

    def _slug(self, operation: Operation, call: str) -> str:
        known = self._known.get(call)
        if known and known not in self.made:
            return known
        slug = slug_of(
            operation.written.get("operationId"), operation.method, operation.path, connector=self._connector
        )
        while slug in self.made or slug in self._reserved:
            slug = apart(slug, call)
            call += "+"
        return slug

    def _tell(self, slug: str, made: Made) -> None:
        self._report.cut += [slug] if made.is_cut else []
        self._report.deprecated += [slug] if made.is_deprecated else []
        for reference in made.dangling:
            self._report.warn(f"`{reference[:200]}` names nothing in the document.")
        for place, wire in made.credentials:
            self.ways.setdefault("key", way_for(place, wire))


def _operations(document: Document, report: Report) -> list[Operation]:
    operations = []
    for operation in document.operations():
        operations.append(operation)
        if len(operations) > MOST_OPERATIONS:
            raise BadDocument(
                f"The document describes more than {MOST_OPERATIONS:,} operations. Hand in a part of it: the paths "
                "that your agents need, with the components they refer to."
            )
    report.operations = len(operations)
    if not operations:
        raise BadDocument("The document describes no operations: under `paths` there is nothing to call.")
    return operations


def _words(document: Document, slug: str) -> dict[str, str]:
    title = plain(document.info.get("title"), 80) or slug
    docs = text(mapping(document.root.get("externalDocs")).get("url"))
    return {
        "name": title,
        "category": "other",
        "description": plain(document.info.get("description"), 400) or f"{title}.",
        "docs": docs if docs.startswith(("https://", "http://")) else "",
    }


def _guessed_ways(report: Report) -> dict[str, dict[str, Any]]:
    report.warn("The document does not say how callers prove who they are: a token can be entered, or nothing.")
    return {"token": {"type": "bearer", "title": "Access token"}, "none": {"type": "none"}}


def _declare_scopes(connector: dict[str, Any], actions: Mapping[str, Mapping[str, Any]]) -> None:
    """Whatever an action requires can be asked for, also where the document forgot to list it."""
    needed = dict.fromkeys((scope for action in actions.values() for scope in action.get("scopes", ())), "")
    for way in connector["auth"].values():
        if way["type"] == "oauth2":
            way["scopes"] = {**needed, **way.get("scopes", {})}
