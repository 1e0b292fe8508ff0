"""From a scheme's document to what it is."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from accounts.errors import Fault
from integrations.schema_faults import schema_faults
from webhooks.signatures.check import scheme_faults
from webhooks.signatures.filling import fill, with_defaults
from webhooks.signatures.templates import BadTemplate, Template, read_template
from webhooks.signatures.types import (
    Answer,
    BodyDigest,
    Certificate,
    Challenge,
    Encoding,
    Method,
    Place,
    Scheme,
    SecretText,
    Setting,
    Signature,
    Source,
    Sources,
    Timestamp,
    Unit,
    When,
)

SCHEMA = Path(__file__).parent / "scheme.schema.json"
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LISTS = ("method", "header", "without_header", "query", "without_query")
_SPECIFIED = ("signatures", "event", "challenges")
"""The parts that a source's settings are filled in to."""


class BadScheme(ValueError):
    """It cannot be used as it is written; `faults` says where, and what would be right."""

    def __init__(self, slug: str, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(f"{slug}: " + " ".join(f"{fault.path}: {fault.message}" for fault in faults))


def read_scheme(slug: str, document: Any, given: Mapping[str, str] | None = None) -> Scheme:
    """What the document describes, filled in with a source's settings, or with their defaults alone.

    Raises BadScheme.
    """
    if not isinstance(document, dict) or not _SLUG.fullmatch(slug):
        raise BadScheme(slug, [Fault("$", "A scheme is a mapping, in a file named with small letters and dashes.")])
    settings = _settings(document.get("settings"))
    values = with_defaults(settings, given or {})
    written = document | {
        part: fill(document[part], settings, values) for part in _SPECIFIED if part in document and settings
    }
    if faults := list(schema_faults(SCHEMA, written, "$")):
        raise BadScheme(slug, faults)
    try:
        scheme = _scheme(slug, written, settings, has_blanks=written != document)
    except BadTemplate as error:
        raise BadScheme(slug, [Fault("$", str(error))]) from error
    if faults := list(scheme_faults(scheme)):
        raise BadScheme(slug, faults)
    return scheme


def _scheme(slug: str, written: Mapping[str, Any], settings: tuple[Setting, ...], *, has_blanks: bool) -> Scheme:
    event = written.get("event", {})
    return Scheme(
        slug=slug,
        name=written["name"],
        docs=written["docs"],
        notes=written.get("notes", ""),
        setup=tuple(written["setup"]),
        secret=_secret(written["secret"]) if "secret" in written else None,
        settings=settings,
        signatures=tuple(_signature(each) for each in written["signatures"]),
        event_id=_sources(event.get("id", [])),
        event_type=_sources(event.get("type", [])),
        recurs=event.get("recurs", False),
        challenges=tuple(_challenge(each) for each in written.get("challenges", ())),
        has_blanks=has_blanks,
    )


def _settings(written: Any) -> tuple[Setting, ...]:
    if written is None or next(schema_faults(SCHEMA, _only_settings(written), "$"), None):
        return ()  # the whole document's faults are told
    return tuple(
        Setting(name=name, **{**setting, "choices": tuple(setting.get("choices", ()))})
        for name, setting in written.items()
    )


def _only_settings(written: Any) -> dict[str, Any]:
    nothing = {"name": "x", "docs": "https://x", "setup": ["x"], "signatures": [{"verify": "none"}]}
    return {**nothing, "settings": written}


def _secret(written: Mapping[str, Any]) -> SecretText:
    return SecretText(**{**written, "key": Encoding(written.get("key", Encoding.TEXT))})


def _signature(written: Mapping[str, Any]) -> Signature:
    method = Method(written["verify"])
    usual = {Method.TOKEN: (Encoding.TEXT, "{secret}")}.get(method, (Encoding.HEX, ""))
    signed = _listed(written.get("signed", usual[1] or []))
    return Signature(
        method=method,
        when=_when(written.get("when", {})),
        values=_values(written.get("values", {})),
        hash=written.get("hash", "sha256"),
        encoding=Encoding(written.get("encoding", usual[0])),
        prefix=written.get("prefix", ""),
        signed=tuple(read_template(each) for each in signed),
        each=written.get("each", ""),
        timestamp=_timestamp(written["timestamp"]) if "timestamp" in written else None,
        body_digest=_body_digest(written["body_digest"]) if "body_digest" in written else None,
        certificate=_certificate(written["certificate"]) if "certificate" in written else None,
        once=written.get("once", ""),
    )


def _when(written: Mapping[str, Any]) -> When:
    listed = {name: tuple(_listed(written.get(name, []))) for name in _LISTS}
    return When(
        **listed,
        header_holds=written.get("header_holds", {}),
        content_type=written.get("content_type", ""),
        json=written.get("json", ""),
        empty_body=written.get("empty_body", False),
    )


def _values(written: Mapping[str, Any]) -> dict[str, Sources]:
    return {name: _sources(sources) for name, sources in written.items()}


def _sources(written: Any) -> Sources:
    return tuple(_source(each) for each in _listed(written))


def _source(written: Mapping[str, Any]) -> Source:
    place = next(place for place in Place if place in written)
    how = {name: written[name] for name in ("pairs", "separator", "equals", "default") if name in written}
    return Source(place=place, name=written[place], **how)


def _timestamp(written: Mapping[str, Any]) -> Timestamp:
    return Timestamp(**{**written, "unit": Unit(written.get("unit", Unit.SECONDS))})


def _body_digest(written: Mapping[str, Any]) -> BodyDigest:
    return BodyDigest(**{**written, "encoding": Encoding(written.get("encoding", Encoding.HEX))})


def _certificate(written: Mapping[str, Any]) -> Certificate:
    listed = {name: tuple(_listed(written.get(name, []))) for name in ("hosts", "names", "issuers")}
    return Certificate(url=_sources(written["url"]), path=written.get("path", "/"), **listed)


def _challenge(written: Mapping[str, Any]) -> Challenge:
    return Challenge(
        when=_when(written["when"]),
        signed=written.get("signed", False),
        values=_values(written.get("values", {})),
        equals=written.get("equals", {}),
        keep=written.get("keep", ""),
        show=written.get("show", False),
        reply=_answer(written.get("reply", {})),
    )


def _answer(written: Mapping[str, Any]) -> Answer:
    return Answer(
        status=written.get("status", 200),
        text=read_template(written["text"]) if "text" in written else None,
        json=_fields(written["json"]) if "json" in written else None,
        headers=_templates(written.get("headers", {})),
    )


def _templates(written: Mapping[str, str]) -> dict[str, Template]:
    return {name: read_template(text) for name, text in written.items()}


def _fields(written: Mapping[str, Any]) -> dict[str, Template | float | bool]:
    return {name: read_template(value) if isinstance(value, str) else value for name, value in written.items()}


def _listed(written: Any) -> list[Any]:
    return written if isinstance(written, list) else [written]
