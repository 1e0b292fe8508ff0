"""Masking within one string."""

import pytest

from integrations.redaction import SECRETS_MASKED, KnownSecrets, redact_beginning

TOKEN = "sk-" + "ant-api03-" + "aB3dE5fG7hJ9kL1mN2pQ4rS6"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("short", "short"),
        ("no secret at all", "no secret "),
        (f"key {TOKEN} is bad", "key [redacted:anthropic-key]"),
        (f"no key is {TOKEN}", "no key is "),
        ("so hunter2-the-second", "so [redacted:secret]"),
        (f"{TOKEN} {TOKEN}", "[redacted:anthropic-key]"),
    ],
)
def test_it_cuts_no_secret_in_two(text: str, told: str) -> None:
    known = KnownSecrets(["hunter2-the-second"])
    assert redact_beginning(text, 10, secrets=known, rules=SECRETS_MASKED) == told
