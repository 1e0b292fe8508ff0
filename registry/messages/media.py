"""Images and files in an output: `{"content_type": "image/png", "base64": "…"}`, as the HTTP transport gives them."""

import re
from dataclasses import dataclass
from typing import Any

LARGEST_BASE64 = 5 * 1024 * 1024
"""Characters of one image or file: the limit of Anthropic's API for an image."""
MOST_MEDIA = 20

_FIELDS = {"content_type", "base64"}
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")


@dataclass(frozen=True)
class Media:
    content_type: str
    base64: str

    @property
    def number_of_bytes(self) -> int:
        return len(self.base64) * 3 // 4 - self.base64.count("=", -2)

    @property
    def can_be_sent(self) -> bool:
        return len(self.base64) <= LARGEST_BASE64


def take_media(output: Any) -> tuple[Any, list[Media]]:
    """The output with a note in the place of each image and file, and these in the order of the notes.

    The very same object when it holds none.
    """
    found: list[Media] = []
    without = _without(output, found)
    return (without, found) if found else (output, [])


def _without(value: Any, found: list[Media]) -> Any:
    if isinstance(value, dict):
        media = _media(value)
        if media is not None and len(found) < MOST_MEDIA:
            found.append(media)
            return note(media, len(found))
        return {name: _without(inner, found) for name, inner in value.items()}
    return [_without(inner, found) for inner in value] if isinstance(value, list) else value


def _media(value: dict[str, Any]) -> Media | None:
    if value.keys() != _FIELDS:
        return None
    content_type, text = value["content_type"], value["base64"]
    if not isinstance(content_type, str) or not isinstance(text, str) or len(text) % 4:
        return None
    return Media(content_type.lower(), text) if _BASE64.fullmatch(text) else None


def note(media: Media, number: int) -> str:
    return f"[{number}: {media.content_type}, {media.number_of_bytes:,} bytes]"
