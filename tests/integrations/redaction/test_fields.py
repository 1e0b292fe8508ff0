import pytest

from integrations.redaction.fields import DEFAULT, is_sensitive


@pytest.mark.parametrize(
    "name",
    [
        *("password", "Password", "PASSWORD", "user_password", "userPassword", "db-password", "DB_PASSWORD", "passwd"),
        *("password1", "password_2", "newPassword", "password_confirmation", "passwordHash", "passphrase", "pwd"),
        *("db_pwd", "secret", "client_secret", "clientSecret", "webhook-secret", "SecretString", "secrets"),
        *("token", "access_token", "accessToken", "accesstoken", "refresh_token", "id_token", "csrfToken"),
        *("X-Auth-Token", "bot_token", "session_token", "api_key", "apiKey", "APIKey", "apikey", "x-api-key"),
        *("stripe_apikey", "API KEY", "private_key", "privateKey", "ssh_private_key", "secret_access_key"),
        *("aws_secret_access_key", "Ocp-Apim-Subscription-Key", "authorization", "Proxy-Authorization"),
        *("Set-Cookie", "cookie", "credentials", "gcpCredential", "connectionString", "otp", "mfa_code"),
        *("card_number", "cardNumber", "creditCard", "cvv", "CVV2", "ssn", "SSN", "socialSecurityNumber"),
        *("\uff50\uff41\uff53\uff53word", "contraseña", "motDePasse", "Passwort", "x" * 200 + "_password"),
    ],
)
def test_it_knows_the_name_of_a_secret(name: str) -> None:
    assert is_sensitive(name)


@pytest.mark.parametrize(
    "name",
    [
        *("token_count", "max_tokens", "maxTokens", "total_tokens", "tokens", "tokenizer", "token_type", "token_url"),
        *("next_page_token", "nextPageToken", "pageToken", "next_token", "NextToken", "continuation_token"),
        *("nextSyncToken", "startPageToken", "eos_token", "cost_per_token", "max_token", "password_policy"),
        *("password_reset_url", "passwordless", "secret_name", "secret_id", "secretary", "author", "authorized"),
        *("authorization_url", "key", "keys", "public_key", "primary_key", "api_key_id", "key_name", "monkey"),
        *("lessn", "option", "stop", "keyboard", "cardinality", "session", "session_id", "cookie_policy"),
        *("name", "id", "email", "", "1", "___", "日本語", "pin", "code", "status_code", "postal_code"),
    ],
)
def test_it_leaves_other_names_alone(name: str) -> None:
    assert not is_sensitive(name)


def test_it_takes_other_fields_too() -> None:
    assert is_sensitive("house_number", DEFAULT | {"house number"})
    assert not is_sensitive("device_token", DEFAULT | {"!device token"})
    assert not is_sensitive("house_number")


def test_it_lets_the_longest_line_decide() -> None:
    fields = frozenset({"token", "!page token", "secret page token"})
    assert [is_sensitive(name, fields) for name in ("a_token", "page_token", "secretPageToken")] == [True, False, True]


def test_it_compares_a_name_with_no_line_but_its_endings() -> None:
    """Each name with every line would be two thousand million comparisons."""
    fields = frozenset(f"field {number}" for number in range(200_000))
    assert not any(is_sensitive(f"name {number}", fields) for number in range(10_000))
