"""What is wrong with the actions of a connector, beyond their shape."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from accounts.errors import Fault, Quote
from integrations.format.actions import keys_built
from integrations.format.calls import place_parameters, read_call
from integrations.format.check import schema_faults
from integrations.format.check_calls import call_faults
from integrations.format.defaults import WITHOUT_BODY
from integrations.format.types import Action, Connector
from integrations.json_paths import json_path
from integrations.mapping import check_mapping

LONGEST_NAME = 64
"""Of the tool that becomes of an action, `<connector>-<action>`: what every provider takes."""
_OF_A_CALL = ("call", "graphql", "body", "body_mapping", "headers", "query", "constants", "renamed")
# A model never sees a credential, and never gives one.
_CREDENTIALS = frozenset(
    [
        *(
            "authorization",
            "proxyauthorization",
            "cookie",
            "apikey",
            "xapikey",
            "accesstoken",
            "authtoken",
            "xauthtoken",
        ),
        *("clientsecret", "secretkey", "bearertoken", "refreshtoken", "oauthtoken", "appsecret"),
    ]
)


def action_faults(connector: Connector, written: Mapping[str, Mapping[str, Any]]) -> Iterator[Fault]:
    scopes = {scope for way in connector.auth if way.oauth for scope in way.oauth.scopes}
    for action in connector.actions:
        path = json_path([action.slug], "$.actions")
        if len(connector.slug) + 1 + len(action.slug) > LONGEST_NAME:
            yield Fault(path, f"With the connector's slug before it, this is longer than {LONGEST_NAME} characters.")
        yield from _kind_faults(path, written[action.slug])
        yield from _input_faults(path, action, written[action.slug])
        yield from _whole_body_faults(path, written[action.slug])
        yield from _scope_faults(path, action, scopes)
        yield from check_mapping(f"{path}.response", action.response_mapping)
        if action.output_schema is not None:
            yield from schema_faults(f"{path}.output", action.output_schema)
        yield from _definition_faults(path, action, connector)


def _kind_faults(path: str, written: Mapping[str, Any]) -> Iterator[Fault]:
    if "steps" in written:
        for name in _OF_A_CALL:
            if name in written:
                yield Fault(f"{path}.{name}", "With `steps`, this belongs to one of them.")
        for index, step in enumerate(written["steps"]):
            yield from _step_faults(f"{path}.steps[{index}]", step)
    elif "call" not in written and "graphql" not in written:
        yield Fault(path, "Give `call`, `graphql` or `steps`.")


def _step_faults(path: str, step: Mapping[str, Any]) -> Iterator[Fault]:
    method, url = read_call(step["call"])
    if "url" in step and url:
        yield Fault(f"{path}.call", "With `url`, give the method alone.")
    if method in WITHOUT_BODY and "input" in step and keys_built(step["input"]) is None:
        yield Fault(f"{path}.input", "Write this as `{name: …}`: its keys go into the query.")


def _input_faults(path: str, action: Action, written: Mapping[str, Any]) -> Iterator[Fault]:
    properties = action.input_schema["properties"]
    for name in action.input_schema.get("required", ()):
        if name not in properties:
            yield Fault(f"{path}.required", f"There is no parameter `{name}`.")
    for name, parameter in written.get("parameters", {}).items():
        for word in (name, parameter.get("as", name)):
            if "".join(filter(str.isalnum, word.lower())) in _CREDENTIALS:
                yield Fault(
                    json_path(["parameters", name], path), "This carries a credential, which comes from the connection."
                )
                break
    yield from schema_faults(f"{path}.parameters", action.input_schema)


def _whole_body_faults(path: str, written: Mapping[str, Any]) -> Iterator[Fault]:
    """A body is one parameter, or has many."""
    method, url = read_call(written.get("call", "POST"))
    placed = place_parameters(written.get("parameters", {}), method=method, url=url)
    in_the_body = [parameter for parameter in placed if parameter.place in ("body", "content")]
    for parameter in in_the_body:
        if parameter.place == "content" and len(in_the_body) > 1:
            yield Fault(
                json_path(["parameters", parameter.property], path),
                "It is the whole body, so no other parameter can go there.",
            )


def _scope_faults(path: str, action: Action, known: Collection[str]) -> Iterator[Fault]:
    for scope in action.scopes:
        if known and scope not in known:
            yield Fault(f"{path}.scopes", Quote(f"`{scope}` is not among the `scopes` of an `oauth2` way."))


def _definition_faults(path: str, action: Action, connector: Connector) -> Iterator[Fault]:
    steps = action.definition.get("steps")
    if steps is None:
        yield from call_faults(path, action.definition, connector)
        return
    seen = set(action.input_schema["properties"])
    for index, step in enumerate(steps):
        place = f"{path}.steps[{index}]"
        if step["id"] in seen:
            yield Fault(f"{place}.id", "A parameter or a step before has this name. Choose another.")
        seen.add(step["id"])
        yield from call_faults(place, step, connector)
