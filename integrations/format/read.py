"""From a connector's two documents to what it is. Shipped and imported ones are read alike, hostile ones too."""

from collections.abc import Mapping
from itertools import chain, islice
from typing import Any

from integrations.errors import BadConnector
from integrations.format.actions import read_action
from integrations.format.auth import read_way
from integrations.format.calls import read_call
from integrations.format.check import connector_faults
from integrations.format.check_actions import action_faults
from integrations.format.defaults import name_from, pattern_of
from integrations.format.shape import ACTIONS, CONNECTOR, shape_faults
from integrations.format.types import AuthType, AuthWay, Check, Connector, Variable

MOST_FAULTS = 50
_ALIKE = ("headers", "error_when", "error_message", "retries", "pagination", "webhook", "per_user")


def read_connector(slug: str, connector: Any, actions: Any, *, source: str = "shipped") -> Connector:
    """What the documents describe, with the defaults filled in.

    Raises BadConnector with all that is wrong, up to MOST_FAULTS.
    """
    shape = [*shape_faults(CONNECTOR, connector, "$.connector"), *shape_faults(ACTIONS, actions, "$.actions")]
    if shape:
        raise BadConnector(faults=shape[:MOST_FAULTS])
    read = _connector(slug, connector, actions, source)
    if faults := list(islice(chain(connector_faults(read), action_faults(read, actions)), MOST_FAULTS)):
        raise BadConnector(faults=faults)
    return read


def _connector(slug: str, written: Mapping[str, Any], actions: Mapping[str, Any], source: str) -> Connector:
    base_url = written["base_url"].rstrip("/")
    ways = tuple(read_way(name, way) for name, way in written.get("auth", {}).items())
    return Connector(
        slug=slug,
        name=written["name"],
        category=written["category"],
        description=written["description"].strip(),
        docs_url=written.get("docs", ""),
        base_url=base_url,
        variables=tuple(_variable(name, variable, base_url) for name, variable in written.get("variables", {}).items()),
        auth=ways or (AuthWay("none", AuthType.NONE, "Without an account", fields={}),),
        actions=tuple(read_action(slug, written, name, action) for name, action in actions.items()),
        check=_check(written["check"]) if "check" in written else None,
        hosts=tuple(written.get("hosts", ())),
        rate_limit=written.get("rate_limit"),
        source=source,
        **{name: written[name] for name in _ALIKE if name in written},
    )


def _variable(name: str, written: Mapping[str, Any], base_url: str) -> Variable:
    usual = {"title": name_from(name), "pattern": pattern_of(name, base_url)}
    return Variable(name=name, **{**usual, **written})


def _check(written: Mapping[str, Any]) -> Check:
    method, url = read_call(written["call"])
    return Check(
        method=method,
        url=url,
        query=written.get("query", {}),
        body=written.get("body"),
        account=written.get("account", ""),
    )
