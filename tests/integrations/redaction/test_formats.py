"""Secrets in the vendors' formats. They are put together here, so that no scanner takes them for real ones."""

import pytest

from integrations.redaction import DEFAULT, redact
from integrations.redaction.formats import SECRET_FORMATS

HEX = "0123456789abcdef" * 8
MIXED = "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY" * 6
UPPER = "AB3DE5FG7HJ9KL1MN2PQ4RS6TU8VW0XY" * 4

TOKENS = {
    "quartermaster-key": "qm_" + MIXED[:43],
    "anthropic-key": "sk-" + "ant-api03-" + MIXED[:90],
    "openai-key": "sk-" + "proj-" + MIXED[:48],
    "stripe-key": "sk_" + "live_" + MIXED[:24],
    "stripe-key 2": "whsec_" + MIXED[:32],
    "github-token": "gh" + "p_" + MIXED[:36],
    "github-token 2": "github" + "_pat_" + MIXED[:82],
    "gitlab-token": "glp" + "at-" + MIXED[:20],
    "slack-token": "xox" + "b-123456789012-" + MIXED[:24],
    "slack-token 2": "xapp" + "-1-A012345-" + MIXED[:40],
    "aws-key": "AKI" + "A" + UPPER[:16],
    "google-key": "AIz" + "a" + MIXED[:35],
    "google-token": "ya" + "29." + MIXED[:80],
    "google-token 2": "1/" + "/0" + MIXED[:60],
    "google-secret": "GOC" + "SPX-" + MIXED[:28],
    "alibaba-key": "LTA" + "I" + MIXED[:20],
    "tencent-key": "AKI" + "D" + MIXED[:32],
    "twilio-key": "S" + "K" + HEX[:32],
    "sendgrid-key": "S" + "G." + MIXED[:22] + "." + MIXED[:43],
    "mailgun-key": "ke" + "y-" + HEX[:32],
    "mailchimp-key": HEX[:32] + "-us" + "12",
    "npm-token": "np" + "m_" + MIXED[:36],
    "pypi-token": "pyp" + "i-AgEIcHlwaS5vcmc" + MIXED[:60],
    "rubygems-key": "rubyg" + "ems_" + HEX[:48],
    "docker-token": "dck" + "r_pat_" + MIXED[:27],
    "digitalocean-token": "do" + "p_v1_" + HEX[:64],
    "shopify-token": "shp" + "at_" + HEX[:32],
    "square-token": "sq0" + "atp-" + MIXED[:22],
    "square-token 2": "EAA" + "A" + MIXED[:60],
    "hubspot-token": "pat" + "-na1-" + "01234567-89ab-cdef-0123-456789abcdef",
    "notion-token": "nt" + "n_" + MIXED[:46],
    "linear-key": "li" + "n_api_" + MIXED[:40],
    "airtable-token": "pa" + "t" + MIXED[:14] + "." + HEX[:64],
    "atlassian-token": "ATA" + "TT3" + MIXED[:100],
    "asana-token": "1/" + "1234567890123456:" + HEX[:32],
    "heroku-key": "HRK" + "U-" + MIXED[:36],
    "databricks-token": "da" + "pi" + HEX[:32],
    "huggingface-token": "h" + "f_" + MIXED[:34],
    "replicate-token": "r" + "8_" + MIXED[:37],
    "groq-key": "gs" + "k_" + MIXED[:52],
    "xai-key": "xa" + "i-" + MIXED[:80],
    "perplexity-key": "ppl" + "x-" + MIXED[:48],
    "sentry-token": "snt" + "ryu_" + HEX[:64],
    "grafana-token": "gl" + "sa_" + MIXED[:32] + "_" + HEX[:8],
    "newrelic-key": "NRA" + "K-" + UPPER[:27],
    "postman-key": "PMA" + "K-" + HEX[:24] + "-" + HEX[:34],
    "figma-token": "fig" + "d_" + MIXED[:40],
    "dropbox-token": "s" + "l." + MIXED[:130],
    "doppler-token": "d" + "p.st.dev." + MIXED[:40],
    "vault-token": "hv" + "s." + MIXED[:90],
    "pulumi-token": "pu" + "l-" + HEX[:40],
    "planetscale-token": "psc" + "ale_tkn_" + MIXED[:43],
    "supabase-key": "sb" + "p_" + HEX[:40],
    "netlify-token": "nf" + "p_" + MIXED[:40],
    "age-key": "AGE-SEC" + "RET-KEY-1" + UPPER[:58],
    "jwt": "ey" + "JhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0." + MIXED[:43],
}
PARTS = [
    ("https://bob:hunter2@db.example/x", "https://bob:[redacted:url-password]@db.example/x"),
    ("redis://:hunter2@db:6379/0", "redis://:[redacted:url-password]@db:6379/0"),
    (f"https://{HEX[:40]}@github.example/a.git", "https://[redacted:url-token]@github.example/a.git"),
    (f"https://a.example/b?sv=1&sig={MIXED[:40]}%3D&se=2", "https://a.example/b?sv=1&sig=[redacted:signed-url]&se=2"),
    (
        f"https://b.example/?X-Amz-Signature={HEX[:64]}&x=1",
        "https://b.example/?X-Amz-Signature=[redacted:signed-url]&x=1",
    ),
    ("Authorization: Bearer abc123def456", "Authorization: Bearer [redacted:authorization]"),
    ("authorization: basic YWxhZGRpbjpvcGVu", "authorization: basic [redacted:authorization]"),
    (
        "https://hooks.slack.com/services/" + "T0123/B0123/" + MIXED[:24],
        "https://hooks.slack.com/services/[redacted:slack-webhook]",
    ),
    (
        "https://discord.com/api/webhooks/123456789012345678/" + MIXED[:68],
        "https://discord.com/api/webhooks/123456789012345678/[redacted:discord-webhook]",
    ),
    ("123456789" + ":AA" + MIXED[:33], "123456789:[redacted:telegram-token]"),
    ("abc8" + "Q~" + MIXED[:34], "abc[redacted:azure-secret]"),
    (MIXED[:14] + ".atl" + "asv1." + MIXED[:67], MIXED[:14] + ".[redacted:terraform-token]"),
    (f"AccountName=a;AccountKey={MIXED[:86]}==;X=y", "AccountName=a;AccountKey=[redacted:azure-key];X=y"),
    ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nok", "[redacted:private-key]\nok"),
    ("x -----BEGIN PRIVATE KEY-----\nMIIE cut off", "x [redacted:private-key]"),
    ("password=hunter2", "password=[redacted:field]"),
    ("DB_PASSWORD='s3 cr3t'", "DB_PASSWORD='[redacted:field]'"),
    ('{"api_key": "abc", "page": 2}', '{"api_key": "[redacted:field]", "page": 2}'),
    ('{"password": "a\\"b\\\\c"}', '{"password": "[redacted:field]"}'),
    ('"{\\"client_secret\\": \\"abc\\"}"', '"{\\"client_secret\\": \\"[redacted:field]\\"}"'),
    ("?access_token=abcd&page_token=efgh", "?access_token=[redacted:field]&page_token=efgh"),
    ("password: hunter22", "password: [redacted:field]"),
    ("secret => 'x y'", "secret => '[redacted:field]'"),
    ("Set-Cookie: session=abcd1234; Path=/", "Set-Cookie: [redacted:field]; Path=/"),
    ("Cookie: theme=dark; session=abcd1234efgh5678", "Cookie: [redacted:field]"),
    ("curl -H 'Cookie: theme=dark; session=abcdefgh' -v", "curl -H 'Cookie: [redacted:field]' -v"),
    ("HTTP_COOKIE=theme=dark; session=a1b2", "HTTP_COOKIE=[redacted:field]"),
    ("kennwort=geheim12&seite=2", "kennwort=[redacted:field]&seite=2"),
    ("cvv=1234, ok", "cvv=[redacted:field], ok"),
    ("mysql --password hunter2abc -v", "mysql --password [redacted:field] -v"),
    ("login --password 's3 cr3t' -v", "login --password '[redacted:field]' -v"),
    ("java -Dpassword=hunter2 -jar a.jar", "java -Dpassword=[redacted:field] -jar a.jar"),
    ("deploy --verbose --api-key=abcd1234", "deploy --verbose --api-key=[redacted:field]"),
    ("login --password --api-key abcd1234", "login --password --api-key [redacted:field]"),
    ("curl -u admin:s3cretPass9 https://a.example", "curl -u admin:[redacted:login] https://a.example"),
    ("curl --proxy-user 'bob:hunter22' -v", "curl --proxy-user 'bob:[redacted:login]' -v"),
]
CLEAN = [
    *("", "hello", "The password: please enter it", "token: required", "password=", "password=null", "token=$TOKEN"),
    *(
        "secret={{ vault.secret }}",
        "password: ********",
        "api_key=<your key>",
        "max_tokens=4096",
        "a=b&page_token=xyz",
    ),
    *("https://api.example.com/v1/contacts/1234?limit=10", "ssh://git@github.com/a/b.git", "mailto:a@b.example"),
    *("f47ac10b-58cc-4372-a567-0e02b2c3d479", "2026-11-20T14:00:00Z", HEX[:40], "sha256:" + HEX[:64]),
    *(
        "basic YWxhZGRpbm9wZW4h",
        "basic YWxhZGRpbjpvcGV",
        "bearer of good news",
        "Basic arithmetic",
        "task-force-and-something-long-enough",
        "disk-usage-of-the-machine",
    ),
    *("Cookie: theme=dark; lang=en", "cookie: we set 2 cookies; session=short", "Cookie: session=$SESSION_ID"),
    *(
        "login --password-file /etc/x1234567",
        "login --password --host db1234567",
        "the --password option, since version2024",
        "--password $PASSWORD1",
        "docker build --secret id=npm2024,src=.npmrc",
        "--credentials ./creds-2024.json",
        "--max-token 4096000",
        "login --password\nhunter2abc",
    ),
    *("curl -u alice", "docker run -u 1000:1000", "-u localhost:8080/path2", "-u http://a.example:8080/v1"),
    *("rsync -u backup1:/srv/data2", "curl -u admin:$PASS1234", "git push -u origin main2024"),
    *("-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----", "-----BEGIN PUBLIC KEY-----\nMIIE"),
    *("data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk", "eyJhbGciOiJIUzI1NiJ9"),
    *("pk_live_" + MIXED[:24], "the-key-to-the-garden-is-under-the-mat", "risk-assessment_of_the_century_1"),
]


@pytest.mark.parametrize("name", TOKENS)
def test_it_masks_a_vendors_token(name: str) -> None:
    token, kind = TOKENS[name], name.split(" ", maxsplit=1)[0]
    for text, masked in [
        (token, f"[redacted:{kind}]"),
        (f"use {token}, please", f"use [redacted:{kind}], please"),
        (f'["{token}"]', f'["[redacted:{kind}]"]'),
        (f"?x={token}&y", f"?x=[redacted:{kind}]&y"),
    ]:
        assert redact(text).value == masked


@pytest.mark.parametrize(("text", "masked"), PARTS, ids=[text[:30] for text, _ in PARTS])
def test_it_masks_the_secret_part_only(text: str, masked: str) -> None:
    redacted = redact(text)
    assert (redacted.value, redacted.count) == (masked, 1)


@pytest.mark.parametrize("text", CLEAN, ids=[text[:30] for text in CLEAN])
def test_it_leaves_clean_text_alone(text: str) -> None:
    redacted = redact(text)
    assert redacted.value is text
    assert redacted.count == 0


@pytest.mark.parametrize("text", [*TOKENS.values(), *(text for text, _ in PARTS)], ids=lambda text: text[:30])
def test_it_masks_once(text: str) -> None:
    once = redact(text).value
    assert redact(once) == type(redact(once))(once, 0)


def test_it_masks_every_secret_of_a_text() -> None:
    tokens = list(TOKENS.values())
    redacted = redact(" and ".join(tokens))
    assert redacted.count == len(tokens)
    assert not [token for token in tokens if token in redacted.value]


def test_every_kind_has_a_sample() -> None:
    kinds = {detector.kind for family in SECRET_FORMATS for detector in family.detectors}
    shown = {name.split(" ")[0] for name in TOKENS} | {
        masked.split("[redacted:")[1].split("]")[0] for _, masked in PARTS
    }
    assert kinds == shown


NUMBERS = {"ssn", "social security number"}
"""They have a detector of their own, which knows them by shape."""


@pytest.mark.parametrize("name", sorted(line for line in DEFAULT - NUMBERS if not line.startswith("!")))
def test_it_reads_every_sensitive_name_in_text(name: str) -> None:
    written = name.replace(" ", "_")
    assert redact(f"{written}=a1b2c3d4").value == f"{written}=[redacted:field]"


@pytest.mark.parametrize(
    "piece",
    [
        *("eyJ", "eyJ.", "sk-", "://", "://a:", "a@", "-----BEGIN PRIVATE KEY", "Bearer ", "password=", 'password="'),
        *('a="', "SG.", "a.", "key-", "?sig=", "A", "_", "1", "\\", '\\"', "pat", "x-", "token:", "hooks.slack.com/"),
        *(
            "--password ",
            "--token -",
            "--a",
            "-a ",
            "Cookie: a=b; ",
            "; a=b",
            "Cookie: ;",
            "-u a:",
            "--user ",
            "-u a:1b",
        ),
        *("-----BEGIN RSA PRIVATE KEY-----", "eyJaaaaaaaaaaaaaaaa.", "password='\\", "secret = ", "1/1"),
    ],
)
def test_it_gets_through_any_text(piece: str) -> None:
    redact(piece * (200_000 // len(piece)))
