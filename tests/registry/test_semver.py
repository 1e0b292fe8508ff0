from dataclasses import dataclass

import pytest

from accounts.errors import Invalid
from registry.semver import choose, highest, is_range, shown


@dataclass(frozen=True)
class Version:
    version: str
    state: str = "published"


def versions(*texts: str) -> list[Version]:
    """`1.2.0` is published, `1.2.0 deprecated` and `1.2.0 retired` say so."""
    return [Version(*text.split()) for text in texts]


def chosen(wanted: str, *texts: str) -> str | None:
    found = choose(versions(*texts), wanted)
    return found.version if found else None


@pytest.mark.parametrize(
    ("wanted", "version"),
    [
        ("^1.2", "1.10.0"),
        ("~1.2", "1.2.10"),
        ("1.x", "1.10.0"),
        ("1", "1.10.0"),
        ("1.2", "1.2.10"),
        ("1.2.0", "1.2.0"),
        ("v1.2.0", "1.2.0"),
        ("=1.2.0", "1.2.0"),
        (" 1.2.0 ", "1.2.0"),
        ("*", "2.0.0"),
        ("latest", "2.0.0"),
        (">=1.2 <1.10", "1.2.10"),
        ("0.x || 1.2.x", "1.2.10"),
        ("^0.1", "0.1.5"),
    ],
)
def test_it_takes_the_highest_version_of_a_range(wanted: str, version: str) -> None:
    assert chosen(wanted, "0.1.5", "0.2.0", "1.2.0", "1.2.10", "1.2.9", "1.10.0", "2.0.0") == version


@pytest.mark.parametrize("wanted", ["^3", "1.2.1", "1.2.0-rc.1", "0.1.x"])
def test_it_finds_nothing_outside_the_range(wanted: str) -> None:
    assert chosen(wanted, "1.2.0", "2.0.0") is None


def test_it_never_takes_a_retired_version() -> None:
    assert chosen("^1", "1.0.0", "1.1.0 retired") == "1.0.0"
    assert chosen("1.1.0", "1.0.0", "1.1.0 retired") is None


def test_it_takes_a_deprecated_version_only_when_nothing_published_fits() -> None:
    assert chosen("^1", "1.0.0", "1.1.0 deprecated") == "1.0.0"
    assert chosen("^1.1", "1.0.0", "1.1.0 deprecated") == "1.1.0"
    assert chosen("1.1.0", "1.0.0", "1.1.0 deprecated") == "1.1.0"


def test_it_takes_a_prerelease_only_when_asked_for_one() -> None:
    both = ("1.2.0", "1.3.0-rc.1", "1.3.0-rc.2")
    assert chosen("^1.2", *both) == "1.2.0"
    assert chosen("latest", *both) == "1.2.0"
    assert chosen("^1.3.0-rc.1", *both) == "1.3.0-rc.2"
    assert chosen("1.3.0-rc.1", *both) == "1.3.0-rc.1"
    assert chosen("latest", "1.0.0-beta") is None


def test_it_does_not_take_the_release_for_its_prerelease() -> None:
    assert chosen("1.3.0-rc.1", "1.3.0") is None


def test_it_ignores_build_metadata_unless_it_is_asked_for() -> None:
    assert chosen("1.2.0", "1.2.0+linux") == "1.2.0+linux"
    assert chosen("1.2.0+linux", "1.2.0+linux") == "1.2.0+linux"
    assert chosen("1.2.0+mac", "1.2.0+linux") is None
    assert chosen("^1.2", "1.2.0+linux") == "1.2.0+linux"


@pytest.mark.parametrize(
    "wanted",
    [
        "",
        " ",
        "newest",
        "^",
        "~",
        "1..2",
        "> 1.2",
        "1 - 2 - 3",
        "\u0661.2.3",
        "1.2.3-a..b",
        ">*",
        "^1.2.3-01",
        "9" * 5000,
    ],
)
def test_it_refuses_what_is_no_range(wanted: str) -> None:
    with pytest.raises(Invalid) as refusal:
        choose(versions("1.0.0"), wanted)
    assert refusal.value.faults[0].path == "$.version"
    assert not is_range(wanted)


def test_it_shows_the_latest_version_and_otherwise_the_highest_there_is() -> None:
    assert shown(versions("1.0.0", "2.0.0-rc.1")) == Version("1.0.0")
    assert shown(versions("1.0.0-a", "1.0.0-b", "1.1.0 retired")) == Version("1.0.0-b")
    assert shown(versions("1.0.0 retired", "1.1.0 retired")) == Version("1.1.0", "retired")
    assert shown(versions("1.0.0", "1.1.0"), "1.0.x") == Version("1.0.0")
    assert shown([]) is None


def test_it_orders_by_number_and_not_by_letter() -> None:
    assert highest(versions("1.9.0", "1.10.0", "1.2.0")) == Version("1.10.0")
    assert highest(versions("1.0.0-alpha.10", "1.0.0-alpha.9")) == Version("1.0.0-alpha.10")
