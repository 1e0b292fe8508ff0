import base64
from typing import Any

import pytest

from registry.messages.media import LARGEST_BASE64, MOST_MEDIA, Media, take_media

TEXT = base64.b64encode(b"hello").decode()


def media(content_type: str = "image/png", text: str = TEXT) -> dict[str, Any]:
    return {"content_type": content_type, "base64": text}


def test_it_takes_media_out_wherever_they_stand() -> None:
    output = {"a": [media(), {"b": media("IMAGE/GIF")}], "c": 1}
    assert take_media(output) == (
        {"a": ["[1: image/png, 5 bytes]", {"b": "[2: image/gif, 5 bytes]"}], "c": 1},
        [Media("image/png", TEXT), Media("image/gif", TEXT)],
    )


@pytest.mark.parametrize(
    "output",
    [
        None,
        "text",
        media(text="not base64!!"),
        media(text="abc"),
        media(text=""),
        {**media(), "name": "x"},
        {"content_type": 7, "base64": TEXT},
        {"content_type": "image/png", "base64": 7},
    ],
)
def test_it_leaves_everything_else_as_it_is(output: Any) -> None:
    same, found = take_media(output)
    assert same is output
    assert found == []


def test_it_takes_no_more_than_a_message_should_hold() -> None:
    output, found = take_media([media()] * (MOST_MEDIA + 1))
    assert (len(found), output[-1]) == (MOST_MEDIA, media())


def test_it_knows_what_is_too_large_to_be_sent() -> None:
    assert Media("image/png", "A" * LARGEST_BASE64).can_be_sent
    assert not Media("image/png", "A" * (LARGEST_BASE64 + 4)).can_be_sent
