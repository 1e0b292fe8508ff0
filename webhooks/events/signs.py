"""What shows that a request is genuine, and where it was sent: nobody is shown it who may only look at events."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from integrations.redaction import Rules, redact
from integrations.redaction.rules import mask
from webhooks.models import WebhookSource
from webhooks.signatures.read import BadScheme
from webhooks.signatures.shelf import filled, scheme_named
from webhooks.signatures.types import SIGNATURE, Method, Place, Scheme, Signature, Source

MASK = mask("signature")
_ADDRESS = re.compile(r"(?<=/hooks/)[^/?#\s]+")
_NAMED = re.compile(r"sign|hmac|digest", re.IGNORECASE)
_WORDS = re.compile(r"[\w-]+")
"""What a JMESPath ends in is the field: `clientState`."""
_BY_NAME = Rules(families=())


@dataclass(frozen=True)
class Signs:
    headers: frozenset[str] = frozenset()
    parameters: frozenset[str] = frozenset()
    """Of the query. Both in lower case, besides those whose names tell it."""
    tokens: frozenset[str] = frozenset()
    """Of the headers, in lower case."""
    fields: frozenset[str] = frozenset()
    """Of the body. Both hold the secret itself."""

    def without(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """An event's document in which each of them is masked."""
        headers, query = document["headers"], document["query"]
        return {
            **document,
            "headers": {name: self.header(name, value) for name, value in headers.items()},
            "query": {name: MASK if self.in_query(name) else value for name, value in query.items()},
        }

    def without_secrets(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """The same without the secret itself. Who writes a route's conditions could ask for it letter by letter."""
        headers = {name: MASK if name in self.tokens else value for name, value in document["headers"].items()}
        return {**document, "headers": headers, "body": self._body(document["body"])}

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
    if scheme is None:
        return Signs()
    tokens = [each for each in scheme.signatures if each.method is Method.TOKEN]
    return Signs(
        headers=_names(scheme.signatures, Place.HEADER),
        parameters=_names(scheme.signatures, Place.QUERY),
        tokens=_names(tokens, Place.HEADER),
        fields=frozenset(_WORDS.findall(source.name)[-1] for source in _sources(tokens, Place.JSON)),
    )


def _scheme_of(source: WebhookSource) -> Scheme | None:
    """With those settings filled in that are not secret, as far as they fit: no header is named by a secret one."""
    scheme = scheme_named(source.scheme)
    try:
        return filled(scheme, source.settings) if scheme else None
    except BadScheme:
        return scheme


def _names(signatures: Iterable[Signature], place: Place) -> frozenset[str]:
    return frozenset(source.name.lower() for source in _sources(signatures, place))


def _sources(signatures: Iterable[Signature], place: Place) -> Iterator[Source]:
    found = (source for each in signatures for source in each.values.get(SIGNATURE, ()))
    return (source for source in found if source.place is place)
