"""What of an address becomes an argument of its view."""

from django.urls.converters import StringConverter

UNSTORABLE, INSTEAD = "\x00", "\ufffd"


class TextConverter(StringConverter):
    """`<text:name>`: any text without a slash, and one that a row can keep. A NUL names nothing that there is."""

    def to_python(self, value: str) -> str:
        return value.replace(UNSTORABLE, INSTEAD)
