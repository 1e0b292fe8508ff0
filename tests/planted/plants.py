"""The secrets, and how a connection is made of one."""

import base64
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import cycle

from tests.integrations.redaction.test_formats import TOKENS

USER = "robot@acme.example"
GIVEN_TOKENS = ("login", "machine")
"""Ways in which what is entered gets a token: one that is refused is asked for again."""
NO_FORMAT = {
    "password with signs": 't0p "s3cr3t" <p&ss>/\'w+rd%',
    "password in umlauts": "geheim-Schlüssel-für-Zoë",
    "password that looks like a word": "correcthorsebatterystaple",
    "short password": "hunter7!",
    "number": "83016442975510",
    "base64 of bytes": base64.b64encode(bytes(range(180, 228))).decode(),
}
NEVER_SENT = {"signing key": "Zt9/wJalrXUtnFEMI+K7MDENGbPxRfiCYEXAMPLE"}
"""What only signs."""
ISSUED = {
    "access token": "zugang/7f3a9c1e5b+umgestuelpt==",
    "refresh token": "erneuerung.55f0.vierzehn-tage",
    "code": "einmal/4b1d+und-nie-wieder",
    "token of a login": "sitzung:9d41-aa07-ffe2",
}
"""What services give out."""
PLANTED: Mapping[str, str] = {**TOKENS, **NO_FORMAT, **NEVER_SENT, **ISSUED}
CONTROL = f"control{secrets.token_hex(8)}"
"""No secret: it is told everywhere, and has to be found wherever there is looked for secrets."""

ENTERED: Mapping[str, str] = {
    "bearer": "token",
    "header": "key",
    "prefixed": "key",
    "basic": "password",
    "query": "key",
    "cookie": "key",
    "login": "password",
    "machine": "client_secret",
    "signed": "session_token",
}
"""Ways of the connector to the field that the secret is entered in."""
_BESIDES: Mapping[str, Mapping[str, str]] = {
    "basic": {"username": USER},
    "login": {"username": USER},
    "machine": {"client_id": "acme-robot"},
    "signed": {"access_key_id": "AKIDEXAMPLE", "secret_access_key": NEVER_SENT["signing key"]},
}
_IN_HEADERS = frozenset({"bearer", "header", "prefixed", "cookie", "signed"})


@dataclass(frozen=True)
class Plant:
    name: str
    secret: str
    way: str

    @property
    def end_user(self) -> str:
        """Whose connection it is made."""
        return f"{self.name} by {self.way}"

    def of(self, whose: str) -> "Plant":
        """The same for another end user."""
        return replace(self, name=f"{whose} {self.name}")

    @property
    def values(self) -> dict[str, str]:
        """What somebody enters."""
        return {**_BESIDES.get(self.way, {}), ENTERED[self.way]: self.secret}

    @property
    def can_be_sent(self) -> bool:
        """Headers take ASCII, cookies no blanks and quotes: others are refused when they are entered."""
        takes_all = self.way not in _IN_HEADERS or self.secret.isascii()
        return takes_all and not (self.way == "cookie" and '"' in self.secret)


def plants() -> Iterator[Plant]:
    """Every vendor's secret in one way."""
    ways = cycle(ENTERED)
    yield from (Plant(name, secret, next(ways)) for name, secret in TOKENS.items())


def odd() -> Iterator[Plant]:
    """What no format gives away, in all ways: it is found because it is known."""
    made = (Plant(name, secret, way) for name, secret in NO_FORMAT.items() for way in ENTERED)
    return (plant for plant in made if plant.can_be_sent)


PLANTS, ODD = list(plants()), list(odd())
ONE_EACH = list({plant.way: plant for plant in reversed(ODD)}.values())
"""Of those, one in each way."""
