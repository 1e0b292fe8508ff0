"""Names that every provider takes, made of whatever a vendor calls its operations and parameters.

They are the same at each import: they come from the operation itself, not from what stands around it, except where two
would be alike. `integrations/openapi/actions.py` keeps those of an earlier import.
"""

import hashlib
import re
import unicodedata
from collections.abc import Collection

LONGEST_SLUG = 40
LONGEST_PROPERTY = 64

_WORD = re.compile(r"[A-Z]+(?![a-z])[0-9]*|[A-Z]?[a-z]+[0-9]*|[0-9]+")
_OPAQUE = re.compile(r"[0-9a-fA-F-]{16,}|[^A-Za-z]*")
_ILLEGAL = re.compile(r"[^A-Za-z0-9_.-]+")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_DIGEST_LETTERS = 5
_SHORT_WORDS = frozenset({"by", "do", "id", "in", "ip", "is", "my", "of", "on", "to", "v1", "v2", "v3", "vm"})


def words_of(text: str) -> list[str]:
    """`GetUserById`, `get_user_by_id` and `users/get-by-id` as lower-case words."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return [word.lower() for word in _WORD.findall(ascii_text)]


def slug_of(operation_id: object, method: str, path: str, *, connector: str = "") -> str:
    """An action's slug: of the operation's id where that says something, else of its method and path."""
    words: list[str] = []
    if isinstance(operation_id, str) and not _OPAQUE.fullmatch(operation_id):
        words = _without_service(words_of(operation_id[:300]), connector)
    if not words:
        words = [method.lower(), *_path_words(path)]
    return _short(words, f"{method} {path}")


def apart(slug: str, call: str) -> str:
    """Another slug for an operation whose own is taken."""
    return _short([*slug.split("-"), digest(call)], call)


def property_name(wire: str, taken: Collection[str], place: str = "") -> str:
    """A legal property name for a name on the wire, `id_body` and the like where the plain one is taken."""
    legal = _ILLEGAL.sub("_", wire)
    legal = (legal.strip("_") or f"field_{digest(wire)}") if legal != wire else wire
    if len(legal) > LONGEST_PROPERTY:
        legal = f"{legal[: LONGEST_PROPERTY - _DIGEST_LETTERS - 1]}_{digest(wire)}"
    return _free(legal, taken, place)


def nested_name(wire: str, taken: Collection[str]) -> str:
    """The same for a key inside of a value. `@type` keeps an underscore, since a plain `type` may stand beside it."""
    legal = _ILLEGAL.sub("_", wire)
    if legal.strip("_.-") == "" or len(legal) > LONGEST_PROPERTY:
        legal = f"{legal[:40]}_{digest(wire)}"
    return _free(legal, taken, "")


def is_legal(wire: str) -> bool:
    return 0 < len(wire) <= LONGEST_PROPERTY and not _ILLEGAL.search(wire)


def says_only(description: str, name: str) -> bool:
    """A description that repeats the name, as `Customer ID` of `customer_id`."""
    return len(description) < 80 and words_of(description) == words_of(name)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST_LETTERS]


def _free(legal: str, taken: Collection[str], place: str) -> str:
    candidates = [legal, *([f"{legal[:55]}_{place}"] if place else [])]
    for candidate in candidates:
        if candidate not in taken:
            return candidate
    number = 2
    while f"{legal[:55]}_{number}" in taken:
        number += 1
    return f"{legal[:55]}_{number}"


def _without_service(words: list[str], connector: str) -> list[str]:
    """Without the connector's own name at the beginning: the tool's slug begins with it anyway."""
    own = connector.split("-") if connector else []
    for length in range(len(own), 0, -1):
        for part in (own[:length], own[-length:]):
            if words[:length] == part and len(words) > length:
                return words[length:]
    return words


def _path_words(path: str) -> list[str]:
    words: list[str] = []
    for segment in path.split("/"):
        placeholders = _PLACEHOLDER.findall(segment)
        if placeholders:
            words += ["by", *words_of(placeholders[0])]
        words += words_of(_PLACEHOLDER.sub("", segment))
    return words


def _short(words: list[str], call: str) -> str:
    slug = "-".join(words)
    if len(slug) <= LONGEST_SLUG:
        return slug
    words = [word for word in dict.fromkeys(words) if len(word) > 2 or word in _SHORT_WORDS] or words
    room = LONGEST_SLUG - _DIGEST_LETTERS - 1
    head, tail = [word[:12] for word in words[:2]], list[str]()
    for word in reversed(words[2:]):
        # The last words name what it is about.
        if len("-".join([*head, word, *tail])) > room:
            break
        tail.insert(0, word)
    return "-".join([*head, *tail, digest(f"{slug} {call}")])
