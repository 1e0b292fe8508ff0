"""What PostgreSQL takes for a text."""


def is_storable(text: str) -> bool:
    """Without U+0000 and without halves of surrogate pairs."""
    if "\0" in text:
        return False
    return text.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in text)
