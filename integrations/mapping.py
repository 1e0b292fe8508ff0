"""Reading an answer with a JMESPath expression, compiled once and evaluated within a bound of work.

Expression and answer may both be hostile. `[@, @] | [@, @] | …` doubles with every pipe, and one comparison of two
such values never ends. So the interpreter counts: a step for each node it visits, and the size of every value that is
built, compared or given to a function. Above MOST_WORK it gives up. Nothing in JMESPath (no regular expression, no
recursion, no way back to the root) takes longer than what was counted.

Three functions are known besides JMESPath's own: `byte_length(content)`, the bytes of a text in UTF-8 or of
`{"base64": "…"}`; `url_encode(text)`, in which no letter means anything in a URL (RFC 3986, 2.1); and
`base64_decode(text)`, the text that is behind either alphabet of RFC 4648, null where it is none.
"""

import base64
import binascii
import math
from collections.abc import Iterator
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from jmespath.exceptions import EmptyExpressionError, JMESPathError, JMESPathTypeError, ParseError
from jmespath.functions import Functions, signature
from jmespath.parser import Parser
from jmespath.visitor import TreeInterpreter

from accounts.errors import Fault

LONGEST_MAPPING = 4000
DEEPEST_MAPPING = 50
MOST_WORK = 2_000_000
"""Steps, values and sixteenths of characters; a second or two of a processor."""

_CHARACTERS_PER_STEP = 16
_LONGEST_INTEGER_BITS = 14_000  # some 4,200 digits; Python writes no more than 4,300
_STANDARD_ALPHABET = str.maketrans("-_", "+/")
_BUILDING = frozenset({"multi_select_list", "multi_select_dict", "function_expression", "flatten", "slice"})

Node = dict[str, Any]


class Unmappable(Exception):
    """The answer is not what the expression can work on; the message ends a sentence that says so."""


class TooMuchWork(Unmappable):
    """The answer is more work for the expression than is allowed."""


def check_mapping(path: str, expression: str) -> list[Fault]:
    """What is wrong with an expression. Empty: it can be published."""
    if not expression:
        return []
    if len(expression) > LONGEST_MAPPING:
        return [Fault(path, f"This is longer than {LONGEST_MAPPING:,} characters. Map less.")]
    try:
        return [Fault(path, complaint) for complaint in dict.fromkeys(_complaints(_parse(expression)))]
    except ParseError as error:
        return [Fault(path, _where(error, expression))]
    except EmptyExpressionError:
        return [Fault(path, "Give a JMESPath expression (https://jmespath.org), or leave this empty.")]
    except RecursionError:
        return [Fault(path, "This is nested too deeply.")]
    except (JMESPathError, ValueError) as error:
        return [Fault(path, f"This is no JMESPath expression (https://jmespath.org): {str(error)[:200]}")]


def apply_mapping(expression: str, answer: Any, *, most_work: int = MOST_WORK, leave_nulls_out: bool = False) -> Any:
    """What the expression makes of the answer; null where it finds nothing.

    With `leave_nulls_out`, the `{…}` and `[…]` that it builds have nothing that came to null: of a request, they name
    all that there may be. What is taken over whole keeps its nulls, such as the `{"date": null}` that empties a field.

    Raises Unmappable.
    """
    interpreter = _Building(most_work) if leave_nulls_out else _Counting(most_work)
    try:
        mapped = interpreter.visit(_parse(expression), answer)
    except (JMESPathError, ArithmeticError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise Unmappable(_told(error)) from error
    if not _is_json(mapped):
        raise Unmappable("it comes to something that is no JSON value.")
    return mapped


class _Functions(Functions):  # type: ignore[misc]
    """JMESPath's, and ours."""

    @signature({"types": ["string", "object"]})  # type: ignore[untyped-decorator]
    def _func_byte_length(self, content: str | dict[str, Any]) -> int:
        if isinstance(content, str):
            return len(content.encode(errors="surrogatepass"))
        encoded = content.get("base64")
        if not isinstance(encoded, str):
            raise Unmappable('`byte_length` takes a text or {"base64": "…"}.')
        try:
            return len(base64.b64decode(encoded, validate=True))
        except binascii.Error as error:
            raise Unmappable("`byte_length` was given `base64` that is none.") from error

    @signature({"types": ["string"]})  # type: ignore[untyped-decorator]
    def _func_url_encode(self, text: str) -> str:
        return quote(text, safe="", errors="replace")

    @signature({"types": ["string", "null"]})  # type: ignore[untyped-decorator]
    def _func_base64_decode(self, encoded: str | None) -> str | None:
        """Services send files so, broken into lines, and with padding or without."""
        if encoded is None:
            return None
        try:
            text = base64.b64decode(encoded.translate(_STANDARD_ALPHABET) + "==").decode()
        except ValueError:
            return None
        return None if "\0" in text else text


_KNOWN = frozenset(_Functions.FUNCTION_TABLE)


class _Counting(TreeInterpreter):  # type: ignore[misc]
    """JMESPath's interpreter, counting what it does."""

    def __init__(self, most_work: int) -> None:
        super().__init__()
        self._functions = _Functions()
        self._left = most_work

    def visit(self, node: Node, *args: Any, **kwargs: Any) -> Any:
        self._left -= 1
        if self._left < 0:
            raise TooMuchWork("it is too much work.")
        result = super().visit(node, *args, **kwargs)
        if node["type"] in _BUILDING:
            self._charge(result)
        return result

    def visit_comparator(self, node: Node, value: Any) -> Any:
        """Each side is evaluated once. What cannot be ordered gives null, as the specification has it."""
        sides = [self.visit(child, value) for child in node["children"]]
        for side in sides:
            self._charge(side)
        found = [{"type": "literal", "value": side, "children": []} for side in sides]
        try:
            return super().visit_comparator({**node, "children": found}, value)
        except TypeError:
            return None

    def visit_function_expression(self, node: Node, value: Any) -> Any:
        arguments = [self.visit(child, value) for child in node["children"]]
        for argument in arguments:
            self._charge(argument)
        if node["value"] == "join":
            self._charge_glue(*arguments)
        return self._functions.call_function(node["value"], arguments)

    def _charge_glue(self, glue: Any = "", parts: Any = (), *_: Any) -> None:
        """Before it is written between all of the parts: the text is then longer than what it is made of."""
        if isinstance(glue, str) and isinstance(parts, list):
            self._left -= len(glue) * len(parts) // _CHARACTERS_PER_STEP
            if self._left < 0:
                raise TooMuchWork("it is too much work.")

    def _charge(self, value: Any) -> None:
        """Count every value inside, also one that stands there twice: whoever reads it later meets it twice."""
        waiting = [value]
        while waiting:
            item = waiting.pop()
            self._left -= 1
            if isinstance(item, str):
                self._left -= len(item) // _CHARACTERS_PER_STEP
            elif isinstance(item, list | dict):
                if len(item) > self._left:
                    raise TooMuchWork("it is too much work.")
                waiting.extend(item if isinstance(item, list) else item.values())
            if self._left < 0:
                raise TooMuchWork("it is too much work.")


class _Building(_Counting):
    """The same, leaving out what comes to null."""

    def visit_multi_select_dict(self, node: Node, value: Any) -> Any:
        made = super().visit_multi_select_dict(node, value)
        return made and {name: inner for name, inner in made.items() if inner is not None}

    def visit_multi_select_list(self, node: Node, value: Any) -> Any:
        made = super().visit_multi_select_list(node, value)
        return made and [inner for inner in made if inner is not None]


@lru_cache(maxsize=2_000)
def _parse(expression: str) -> Node:
    tree: Node = Parser().parse(expression).parsed
    return tree


def _complaints(tree: Node) -> Iterator[str]:
    waiting = [(tree, 1)]
    while waiting:
        node, depth = waiting.pop()
        if depth > DEEPEST_MAPPING:
            yield "This is nested too deeply."
            return
        kind, value = node["type"], node.get("value")
        if kind == "function_expression" and value not in _KNOWN:
            yield f"There is no function `{value}`. There are: {', '.join(sorted(_KNOWN))}."
        if not _is_storable(value):
            yield "A name or literal holds what is no JSON, or a character that cannot be stored."
        waiting += [(child, depth + 1) for child in node.get("children", ()) if isinstance(child, dict)]


def _is_storable(value: Any, depth: int = 1) -> bool:
    if isinstance(value, str):
        return "\x00" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)
    if isinstance(value, dict | list):
        inside = [*value, *value.values()] if isinstance(value, dict) else value
        return depth < DEEPEST_MAPPING and all(_is_storable(inner, depth + 1) for inner in inside)
    return not isinstance(value, float) or math.isfinite(value)


def _is_json(value: Any) -> bool:
    """Not infinite, as sums can be, and no expression, as `&name` is."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list | dict):
            waiting.extend(item if isinstance(item, list) else item.values())
        elif isinstance(item, float):
            if not math.isfinite(item):
                return False
        elif isinstance(item, int):
            if item.bit_length() > _LONGEST_INTEGER_BITS:
                return False
        elif not (item is None or isinstance(item, str)):
            return False
    return True


def _where(error: ParseError, expression: str) -> str:
    at = min(error.lex_position, len(expression)) + 1
    return f"This is no JMESPath expression (https://jmespath.org) from character {at} on: {error.msg or 'unexpected'}."


def _told(error: Exception) -> str:
    """Without the value that the library's own messages repeat: it may be one that is never stored."""
    if isinstance(error, ParseError):
        return f"{error}."  # a function with too few or too many arguments
    if isinstance(error, JMESPathTypeError):
        wanted = " or ".join(map(str, error.expected_types))
        return f"`{error.function_name}` was given {error.actual_type}, and takes {wanted}."
    return "it is nested too deeply." if isinstance(error, RecursionError) else "it has another shape."
