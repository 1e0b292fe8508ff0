"""All schemes that there are. Each file is read when somebody asks for its scheme, and once."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from accounts.errors import Fault
from integrations.documents import BadDocument, read_document
from webhooks.signatures.read import BadScheme, read_scheme
from webhooks.signatures.types import Scheme

SCHEMES = Path(__file__).parents[1] / "schemes"
LARGEST_BYTES = 100_000


def scheme_named(slug: str) -> Scheme | None:
    """With its settings at their defaults. Raises BadScheme, of which a test sees to it that none is shipped."""
    return _read(slug) if slug in scheme_names() else None


def all_schemes() -> tuple[Scheme, ...]:
    """By name."""
    return tuple(sorted((_read(slug) for slug in scheme_names()), key=lambda scheme: scheme.name.lower()))


@lru_cache(maxsize=1)
def scheme_names() -> tuple[str, ...]:
    return tuple(sorted(file.stem for file in SCHEMES.glob("*.yaml")))


def filled(scheme: Scheme, settings: Mapping[str, str]) -> Scheme:
    """The scheme as a source's settings make it. Raises BadScheme."""
    return _filled(scheme.slug, tuple(sorted(settings.items()))) if scheme.has_blanks else scheme


@lru_cache(maxsize=200)
def _read(slug: str) -> Scheme:
    return read_scheme(slug, _document(slug))


@lru_cache(maxsize=500)
def _filled(slug: str, settings: tuple[tuple[str, str], ...]) -> Scheme:
    return read_scheme(slug, _document(slug), dict(settings))


def _document(slug: str) -> object:
    try:
        return read_document((SCHEMES / f"{slug}.yaml").read_bytes(), largest_bytes=LARGEST_BYTES)
    except BadDocument as error:
        raise BadScheme(slug, [Fault("$", str(error))]) from error
