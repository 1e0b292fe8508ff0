"""Reading YAML and JSON documents that others wrote: as data alone, and within bounds.

Scalars are those of YAML 1.2's core schema: `no`, `on` and `2024-01-01` are texts. Keys that are numbers or booleans
become texts, as they are in JSON. Tags other than the core schema's are refused.
"""

import json
import math
import re
from collections.abc import Hashable, Iterator
from typing import Any, ClassVar

import yaml
from yaml.constructor import ConstructorError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

LARGEST_BYTES = 32_000_000
LARGEST_BODY_BYTES = LARGEST_BYTES + LARGEST_BYTES // 4
"""Of a request that hands documents in: as JSON or a form they are longer than they are as files."""
DEEPEST = 200
MOST_NODES = 3_000_000
"""Values in a document, those that an alias repeats counted again."""

MOST_MERGED = MOST_NODES // 10
"""Entries that `<<` copies, all of them together."""

_MAGIC = {
    b"PK\x03\x04": "a zip archive",
    b"\x1f\x8b": "a gzip file",
    b"%PDF": "a PDF",
    b"BZh": "a bzip2 file",
    b"\x28\xb5\x2f\xfd": "a zstd file",
}
_START = {yaml.MappingStartEvent, yaml.SequenceStartEvent}
_END = {yaml.MappingEndEvent, yaml.SequenceEndEvent}


class BadDocument(ValueError):
    """It cannot be read; the message is a sentence that says why, and where."""


def read_document(content: bytes, *, largest_bytes: int = LARGEST_BYTES) -> Any:
    """The JSON value that the document stands for. Raises BadDocument."""
    if len(content) > largest_bytes:
        raise BadDocument(f"The document is larger than {largest_bytes:,} bytes. Split it, or leave something out.")
    text = text_of(content)
    value = _read_json(text) if text.lstrip()[:1] in "{[" else _NOT_JSON
    if value is _NOT_JSON:
        value = _read_yaml(text)
    _refuse_too_much(value)
    return value


def _read_json(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except (ValueError, RecursionError):
        return _NOT_JSON  # flow-style YAML begins like JSON


_NOT_JSON = object()
_LONGEST_NUMBER = 4000  # Python writes no more than 4,300 digits
_FLOAT = r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"


def text_of(content: bytes) -> str:
    """The text of a document that is not read yet. Raises BadDocument for what is none, such as a zip archive."""
    for magic, name in _MAGIC.items():
        if content.startswith(magic):
            raise BadDocument(f"This is {name}. Send the YAML or JSON document itself.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadDocument("The document is no UTF-8 text. Save it as UTF-8 YAML or JSON.") from error
    if text.lstrip()[:1] == "<":
        raise BadDocument("This is XML or HTML. Send the YAML or JSON document itself, not a page that shows it.")
    if "\0" in text:
        raise BadDocument("The document holds the character U+0000. Save it as UTF-8 YAML or JSON.")
    return text


def _refuse_constant(word: str) -> Any:
    raise ValueError(word)


def _read_yaml(text: str) -> Any:
    try:
        _refuse_depth(text)
        return yaml.load(text, Loader=_CoreLoader)  # noqa: S506  a safe loader with fewer types
    except yaml.MarkedYAMLError as error:
        raise BadDocument(_where(error)) from error
    except RecursionError as error:
        raise BadDocument("The document merges (`<<`) what merges, too often. Write it out.") from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        if isinstance(error, BadDocument):
            raise
        raise BadDocument(f"The document is neither YAML nor JSON: {str(error)[:200]}") from error


def _refuse_depth(text: str) -> None:
    """Before anything is built, since the builder calls itself for each level, below Python's own guard."""
    depth = 0
    for events, event in enumerate(yaml.parse(text, Loader=yaml.CSafeLoader)):
        kind = type(event)
        depth += (kind in _START) - (kind in _END)
        if depth > DEEPEST:
            raise BadDocument(f"The document is nested more than {DEEPEST} deep. Flatten it.")
        if events > 2 * MOST_NODES:
            raise BadDocument(_TOO_MUCH)


_TOO_MUCH = f"The document comes to more than {MOST_NODES:,} values, aliases written out. Describe less in it."


def _refuse_too_much(value: Any) -> None:
    """Count as if every alias were written out. An alias inside of what it stands for has no end and is refused."""
    sizes: dict[int, int] = {}
    under_way: set[int] = set()

    def size(item: Any, depth: int) -> int:
        if not isinstance(item, dict | list):
            return 1
        if depth > DEEPEST:
            raise BadDocument(f"The document is nested more than {DEEPEST} deep. Flatten it.")
        known = sizes.get(id(item))
        if known is None:
            if id(item) in under_way:
                raise BadDocument("The document holds an alias (`*…`) inside of what it stands for. Write it out.")
            under_way.add(id(item))
            known = 1
            for inner in item.values() if isinstance(item, dict) else item:
                known += size(inner, depth + 1)
            under_way.remove(id(item))
            sizes[id(item)] = known
        if known > MOST_NODES:
            raise BadDocument(_TOO_MUCH)
        return known

    size(value, 0)


def _where(error: yaml.MarkedYAMLError) -> str:
    mark, problem = error.problem_mark, error.problem or "it cannot be read"
    place = f", from line {mark.line + 1}, column {mark.column + 1} on" if mark else ""
    return f"The document is neither YAML nor JSON{place}: {problem[:200]}."


class _CoreLoader(yaml.CSafeLoader):
    """Builds only what JSON knows."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    yaml_constructors: ClassVar[dict[str | None, Any]] = {}

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._flat: set[int] = set()
        self._merged = 0

    def flatten_mapping(self, node: MappingNode) -> None:
        if id(node) in self._flat:
            return
        self._flat.add(id(node))
        # Counted first: merges multiply before anything is built.
        for merged in _merged_by(node):
            self.flatten_mapping(merged)
            self._merged += len(merged.value)
            if self._merged > MOST_MERGED:
                raise BadDocument(_TOO_MUCH)
        super().flatten_mapping(node)

    def construct_mapping(self, node: Node, deep: bool = False) -> dict[Hashable, Any]:
        if not isinstance(node, MappingNode):
            raise ConstructorError(None, None, "there should be a mapping here", node.start_mark)
        self.flatten_mapping(node)
        return {self._key(key): self.construct_object(value, deep=deep) for key, value in node.value}

    def _key(self, node: Node) -> str:
        if not isinstance(node, ScalarNode):
            raise ConstructorError(None, None, "a key has to be a text", node.start_mark)
        return str(node.value)

    def number(self, node: ScalarNode) -> int | float | str:
        """What is no finite number, or longer than Python writes, stays as it is written."""
        text = str(node.value)
        if len(text) > _LONGEST_NUMBER:
            return text
        try:
            return int(text) if node.tag.endswith(":int") else _finite(text)
        except ValueError as error:
            raise ConstructorError(None, None, "this is no number", node.start_mark) from error

    def foreign(self, node: Node) -> Any:
        raise ConstructorError(None, None, f"a tag may not stand here: {node.tag[:50]}", node.start_mark)


def _merged_by(node: MappingNode) -> Iterator[MappingNode]:
    """What its `<<` name."""
    for key, value in node.value:
        if key.tag == "tag:yaml.org,2002:merge":
            found = value.value if isinstance(value, SequenceNode) else [value]
            yield from (merged for merged in found if isinstance(merged, MappingNode))


def _finite(text: str) -> float | str:
    number = float(text)
    return number if math.isfinite(number) else text


def _assemble() -> None:
    core = [
        ("null", r"null|Null|NULL|~|", ["n", "N", "~", ""], _CoreLoader.construct_yaml_null),
        ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF"), _CoreLoader.construct_yaml_bool),
        ("int", r"[-+]?[0-9]+", list("-+0123456789"), _CoreLoader.number),
        ("float", _FLOAT, list("-+.0123456789"), _CoreLoader.number),
        ("merge", r"<<", ["<"], None),
        ("str", None, [], _CoreLoader.construct_yaml_str),
        ("seq", None, [], _CoreLoader.construct_yaml_seq),
        ("map", None, [], _CoreLoader.construct_yaml_map),
    ]
    for name, pattern, first, constructor in core:
        tag = f"tag:yaml.org,2002:{name}"
        if pattern is not None:
            _CoreLoader.add_implicit_resolver(tag, re.compile(rf"(?:{pattern})\Z"), first)
        if constructor is not None:
            _CoreLoader.add_constructor(tag, constructor)
    _CoreLoader.add_constructor(None, _CoreLoader.foreign)


_assemble()
