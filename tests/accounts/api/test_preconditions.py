"""The version that was read: what `If-Match` may say."""

import pytest
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from accounts.api.preconditions import IF_MATCH, etag, required_version
from accounts.errors import Fault, Malformed, PreconditionRequired


def asked(**headers: str) -> Request:
    return Request(APIRequestFactory().patch("/", headers=headers))


@pytest.mark.parametrize(
    ("given", "version"),
    [('"7"', 7), ("7", 7), (' "7"\t', 7), ('"10"', 10), (f'"{10**18 - 1}"', 10**18 - 1)],
)
def test_it_reads_a_version(given: str, version: int) -> None:
    assert required_version(asked(**{"If-Match": given})) == version


@pytest.mark.parametrize("version", [1, 7, 2**31])
def test_it_reads_what_an_etag_said(version: int) -> None:
    assert required_version(asked(**{"If-Match": etag(version)})) == version


@pytest.mark.parametrize(
    "given",
    [
        *('"7", "8"', '"7","7"', "7, 8", 'W/"7"', 'w/"7"', "*", '"*"'),
        *("", '""', '"7', '7"', "'7'", "0", '"07"', "-7", "+7", "7.0", "7e1"),
        *("seven", '" 7"', '"7" x', "\u0667", "1" + "0" * 18),
    ],
)
def test_it_refuses_what_names_no_single_version(given: str) -> None:
    with pytest.raises(Malformed) as refused:
        required_version(asked(**{"If-Match": given}))
    assert refused.value.message == "The If-Match cannot be used."
    hint = 'Send the one version that you read, as the `ETag` said it: `"7"`. No list, no `W/`, no `*`.'
    assert refused.value.faults == (Fault("If-Match", hint),)


def test_it_wants_one() -> None:
    with pytest.raises(PreconditionRequired) as refused:
        required_version(asked())
    assert (refused.value.status, refused.value.code) == (428, "precondition_required")
    assert "Send `If-Match` with the version of it" in refused.value.message


def test_the_schema_says_that_it_is_wanted() -> None:
    assert (IF_MATCH.name, IF_MATCH.location, IF_MATCH.required) == ("If-Match", "header", True)


def test_it_writes_a_strong_tag() -> None:
    assert etag(7) == '"7"'
