"""What is sealed where: a plug-in point, so that a new data key can take an old one's place in every row.

Each app registers its columns from `apps.py: ready()`. What a process keeps for minutes, such as the answers in Redis,
needs no place: it is lost with its key, and made again.
"""

from dataclasses import dataclass
from string import Formatter
from typing import Any

from django.db import models
from django.db.models.functions import Substr

HEAD_BYTES = 5
_names = Formatter()


@dataclass(frozen=True)
class SealedPlace:
    """A column of sealed values, in a tenant's table whose primary key is a UUID.

    `SealedPlace(Execution, "sealed_input", purpose="execution", field="{id}:input")`
    """

    model: type[models.Model]
    column: str
    purpose: str
    field: str
    """As `seal` was told, with the names of the row's own columns in braces."""
    format: int = 1
    """The first byte of what is found there; other values are left alone."""
    expires: bool = False
    """Nothing in it is sealed anew: its rows go by themselves, and their key stays until then."""

    @property
    def name(self) -> str:
        return f"{self.model._meta.label_lower}.{self.column}"

    @property
    def made_of(self) -> list[str]:
        """The columns that name the field."""
        return [name for _, name, _, _ in _names.parse(self.field) if name]

    def sealed_with(self, version: int) -> models.QuerySet[Any]:
        """The rows of the scope whose value this version has sealed."""
        head = bytes([self.format]) + version.to_bytes(HEAD_BYTES - 1, "big")
        began = Substr(self.column, 1, HEAD_BYTES, output_field=models.BinaryField())
        rows: models.QuerySet[Any] = self.model._default_manager.annotate(sealed_by=began)
        return rows.filter(sealed_by=head)


_places: dict[str, SealedPlace] = {}


def register(place: SealedPlace) -> None:
    _places[place.name] = place


def every_place() -> list[SealedPlace]:
    """By name, which is the order in which a rekeying walks through them."""
    return [place for _, place in sorted(_places.items())]


def following(name: str) -> SealedPlace | None:
    """The first place after this one; after nothing, the first of all."""
    return next((place for place in every_place() if place.name > name), None)
