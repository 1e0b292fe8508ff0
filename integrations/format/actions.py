"""From one entry of `actions.yaml` to an action."""

from collections.abc import Iterable, Mapping
from typing import Any

from jmespath.exceptions import JMESPathError
from jmespath.parser import Parser

from integrations.format.calls import PLACEHOLDER, define_call, place_parameters, read_call
from integrations.format.defaults import DESTRUCTIVE, READ, WRITE, effect_of, is_idempotent, name_from
from integrations.format.types import Action

_OURS = frozenset({"in", "as", "style"})
_GRAPHQL_ERRORS = {"error_when": "errors", "error_message": "errors[0].message"}
_NO_ERRORS = dict.fromkeys(_GRAPHQL_ERRORS, "")


def read_action(connector: str, shared: Mapping[str, Any], slug: str, action: Mapping[str, Any]) -> Action:
    """Of a document that has the right shape; `shared` is the connector's own."""
    calls = [_Call(call, shared) for call in action.get("steps", [action])]
    effect = action.get("effect") or _worst(call.effect for call in calls)
    usually_idempotent = all(is_idempotent(effect_of(call.written, call.method), call.method) for call in calls)
    return Action(
        slug=slug,
        name=action.get("name", name_from(slug)),
        description=action["description"].strip(),
        input_schema=input_schema(action),
        definition={"connector": connector, **_given({"scopes": action.get("scopes")}), **_definition(action, calls)},
        response_mapping=action.get("response", "").strip(),
        output_schema=action.get("output"),
        read_only=effect == READ,
        destructive=effect == DESTRUCTIVE,
        idempotent=action.get("idempotent", effect == READ or usually_idempotent),
        scopes=tuple(action.get("scopes", ())),
        timeout_ms=action.get("timeout_ms"),
        cache_seconds=action.get("cache_seconds", 0),
        tags=tuple(action.get("tags", ())),
    )


def input_schema(action: Mapping[str, Any]) -> dict[str, Any]:
    """One object, and nothing in it that was not declared. What stands in the path cannot be left out."""
    parameters = action.get("parameters", {})
    in_the_path = PLACEHOLDER.findall(action.get("call", ""))
    required = [
        name
        for name, parameter in parameters.items()
        if parameter.get("required") is True
        or (parameter.get("as", name) in in_the_path and parameter.get("in", "path") == "path")
    ]
    required += [name for name in action.get("required", ()) if name not in required]
    schema = {
        "type": "object",
        "properties": {name: _schema(parameter) for name, parameter in parameters.items()},
        "required": required,
        "additionalProperties": False,
        "$defs": action.get("$defs"),
    }
    return {name: value for name, value in schema.items() if value or name not in ("required", "$defs")}


def keys_built(expression: str) -> tuple[str, ...] | None:
    """The keys of the object that an expression `{…}` builds; None where that cannot be told beforehand."""
    try:
        tree = Parser().parse(expression).parsed
    except (JMESPathError, RecursionError, ValueError):
        return None  # what is wrong with it is said elsewhere
    return tuple(pair["value"] for pair in tree["children"]) if tree["type"] == "multi_select_dict" else None


class _Call:
    """One call as it is written, with what follows from its method."""

    def __init__(self, written: Mapping[str, Any], shared: Mapping[str, Any]) -> None:
        self.written = written
        self.method, self.url = read_call(written.get("call", "POST"))
        self.effect = effect_of(written, self.method)
        self._shared = shared

    def definition(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        graphql, elsewhere = "graphql" in self.written, "url" in self.written
        return define_call(
            self.written,
            place_parameters(parameters, method=self.method, url=self.url, graphql=graphql),
            method=self.method,
            url=self.url,
            # What is true of the service is not of a place that it sends us to.
            headers={} if elsewhere else self._shared.get("headers", {}),
            errors=_NO_ERRORS if elsewhere else self._errors(graphql),
        )

    def _errors(self, graphql: bool) -> dict[str, str]:
        usual = _GRAPHQL_ERRORS if graphql else _NO_ERRORS
        return {name: self._shared.get(name, expression) for name, expression in usual.items()}

    def step(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """With what a step has besides; its parameters are the keys that its input builds."""
        built = keys_built(self.written["input"]) if "input" in self.written else tuple(parameters)
        own = self.written.get("parameters", {})
        placed = {name: own.get(name, {}) for name in (*(built or ()), *own)}
        words = {"id": self.written["id"], "when": self.written.get("when"), "input": self.written.get("input")}
        definition = {**_given(words), **self.definition(placed)}
        if built is None:
            definition.pop("body", None)  # whatever the input comes to
        if "url" in self.written:
            del definition["url"]
            definition["url_from"] = self.written["url"]
        return definition


def _definition(action: Mapping[str, Any], calls: Iterable[_Call]) -> dict[str, Any]:
    parameters = action.get("parameters", {})
    if "steps" in action:
        return {"steps": [call.step(parameters) for call in calls]}
    (call,) = calls
    return call.definition(parameters)


def _schema(parameter: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is ours. A list of required properties is the schema's own."""
    return {
        name: value
        for name, value in parameter.items()
        if name not in _OURS and not (name == "required" and isinstance(value, bool))
    }


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def _worst(effects: Iterable[str]) -> str:
    return max(effects, key=[READ, WRITE, DESTRUCTIVE].index)
