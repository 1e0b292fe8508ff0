"""What shows that a request is genuine, and where it was sent: nobody is shown it who may only look at events."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from integrations.redaction import Rules, redact
from integrations.redaction.rules import mask
from webhooks.models import WebhookSource
from webhooks.signatures.read import BadScheme
from webhooks.signatures.shelf import filled, scheme_named
from webhooks.signatures.types import SIGNATURE, Method, Place, Scheme

MASK = mask("signature")
_ADDRESS = re.compile(r"(?<=/hooks/)[^/?#\s]+")
_NAMED = re.compile(r"sign|hmac|digest", re.IGNORECASE)
_WORDS = re.compile(r"[\w-]+")
_BY_NAME = Rules(families=())


@dataclass(frozen=True)
class Signs:
    headers: frozenset[str] = frozenset()
    parameters: frozenset[str] = frozenset()
    """Of the query. Both in lower case, besides those whose names tell it."""
    fields: frozenset[str] = frozenset()
    """Of the body, that hold the secret itself."""

    def without(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """An event's document in which each of them is masked."""
        headers, query = document["headers"], document["query"]
        return {
            **document,
            "headers": {name: self.header(name, value) for name, value in headers.items()},
            "query": {name: MASK if self.in_query(name) else value for name, value in query.items()},
            "body": self._body(document["body"]),
        }

    def _body(self, body: Any) -> Any:
        return redact(body, rules=_BY_NAME, sensitive_fields=self.fields).value if self.fields else body

    def header(self, name: str, value: str) -> str:
        is_signature = name.lower() in self.headers or _NAMED.search(name) is not None
        return MASK if is_signature else without_address(value)

    def in_query(self, name: str) -> bool:
        return name.lower() in self.parameters or _NAMED.search(name) is not None


def without_address(text: str) -> str:
    """Proxies repeat it in headers of their own."""
    return _ADDRESS.sub(mask("token"), text)


def signs_of(source: WebhookSource) -> Signs:
    scheme = _scheme_of(source)
    return Signs(_names(scheme, Place.HEADER), _names(scheme, Place.QUERY), _fields(scheme)) if scheme else Signs()


def _scheme_of(source: WebhookSource) -> Scheme | None:
    """With those settings filled in that are not secret, as far as they fit: no header is named by a secret one."""
    scheme = scheme_named(source.scheme)
    try:
        return filled(scheme, source.settings) if scheme else None
    except BadScheme:
        return scheme


def _names(scheme: Scheme, place: Place) -> frozenset[str]:
    found = (source for each in scheme.signatures for source in each.values.get(SIGNATURE, ()) if source.place is place)
    return frozenset(source.name.lower() for source in found)


def _fields(scheme: Scheme) -> frozenset[str]:
    """What a JMESPath ends in: `clientState`."""
    tokens = (each.values.get(SIGNATURE, ()) for each in scheme.signatures if each.method is Method.TOKEN)
    found = (source.name for sources in tokens for source in sources if source.place in (Place.JSON, Place.FORM))
    return frozenset(_WORDS.findall(name)[-1] for name in found)
