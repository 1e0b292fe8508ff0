"""The shapes of secrets in text: one line per vendor's format. Other kinds of detectors (personal data) are siblings.

A format is found by its anchors first, so that clean text costs one look. The patterns are linear on any text: runs
are bounded or guarded by a look-behind, and no two runs of the same letters meet.
"""

import base64
import binascii
import re
import string

from integrations.redaction.assignments import Assignments, may_assign
from integrations.redaction.detectors import Pattern
from integrations.redaction.families import Family


def _is_header(match: re.Match[str]) -> bool:
    """Not prose: a bearer token has a digit in it, and basic credentials are two texts around a colon."""
    if match["bearer"]:
        return any(letter.isdigit() for letter in match["secret"])
    try:
        return b":" in base64.b64decode(match["secret"])
    except binascii.Error:
        return False


def _is_login(match: re.Match[str]) -> bool:
    """Not a user and group, a host and port, or a host and path."""
    secret = match["secret"]
    return any(map(str.isdigit, secret)) and any(map(str.isalpha, secret)) and not re.match(r"\d{1,5}/", secret)


TOKEN_LETTERS = string.ascii_letters + string.digits + "_.~+/=:-"


def _format(kind: str, anchors: str, pattern: str) -> Pattern:
    """A token: it begins where no letter or digit stands before it."""
    return Pattern(kind, tuple(anchors.split()), re.compile(f"(?<![A-Za-z0-9]){pattern}"), within=TOKEN_LETTERS)


_TOKENS = (
    Pattern(
        "private-key",
        ("PRIVATE KEY",),
        re.compile(
            r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
            r"[^-]*(?:-(?!----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)[^-]*)*"
            r"(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\Z)"
        ),
        begins="-----BEGIN ",
    ),
    Pattern(
        "jwt",
        ("eyJ",),
        re.compile(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{13,8192}(?:\.[A-Za-z0-9_-]{0,65536}){2,4}"),
        within=TOKEN_LETTERS,
    ),
    Pattern(
        "url-password",
        ("://",),
        re.compile(r"://[^/\s?#@:\[\"'<>]{0,256}:(?P<secret>(?!\[redacted:)[^/\s?#@\"'<>]{1,1024})@"),
    ),
    Pattern("url-token", ("://",), re.compile(r"://(?P<secret>(?!\[redacted:)[^/\s?#@:\"'<>]{16,1024})@")),
    Pattern(
        "login",
        ("-u ", "-U ", "-user ", "-user="),
        re.compile(
            r"(?<![A-Za-z0-9_.-])-(?:[uU] |-(?:proxy-)?user[ =]) {0,3}[\"']?[A-Za-z0-9_.@-]{1,64}:"
            r"(?P<secret>[^\s\"'<>\[{(/$%*][^\s\"'<>]{5,255})"
        ),
        _is_login,
    ),
    Pattern(
        "signed-url",
        ("sig=", "ignature="),
        re.compile(r"[?&;](?:sig|(?:[A-Za-z]{1,8}-){0,3}[Ss]ignature)=(?P<secret>[^&\s\"'<>#\[]{16,2048})"),
    ),
    Pattern(
        "authorization",
        ("earer ", "EARER ", "asic ", "ASIC "),
        re.compile(
            r"(?<![A-Za-z0-9])(?:(?P<bearer>[Bb]earer|BEARER)|[Bb]asic|BASIC) {1,4}"
            r"(?P<secret>[A-Za-z0-9._~+/-]{12,}={0,2})"
        ),
        _is_header,
    ),
    _format("quartermaster-key", "qm_", r"qm_[A-Za-z0-9_-]{43}"),
    _format("anthropic-key", "sk-ant-", r"sk-ant-[A-Za-z0-9_-]{20,}"),
    _format("openai-key", "sk-", r"sk-[A-Za-z0-9_-]{20,}"),
    _format(
        "stripe-key",
        "sk_ rk_ whsec_",
        r"(?:(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9+/=_-]{20,})",
    ),
    _format("github-token", "ghp_ gho_ ghu_ ghs_ ghr_", r"gh[pousr]_[A-Za-z0-9]{36,}"),
    _format("github-token", "github_pat_", r"github_pat_[A-Za-z0-9_]{22,}"),
    _format(
        "gitlab-token",
        "glpat- gldt- glrt- glcbt- glptt- gloas-",
        r"gl(?:pat|dt|rt|cbt|ptt|oas)-[A-Za-z0-9_-]{16,}(?:\.[\w.-]{1,100})?",
    ),
    _format("slack-token", "xox", r"xox[abeoprs](?:\.xox[bp])?-[A-Za-z0-9-]{11,}"),
    _format("slack-token", "xapp-", r"xapp-\d-[A-Za-z0-9-]{20,}"),
    _format(
        "slack-webhook",
        "hooks.slack.com/",
        r"hooks\.slack\.com/(?:services|workflows|triggers)/(?P<secret>[A-Za-z0-9/_-]{20,})",
    ),
    _format(
        "discord-webhook",
        "/webhooks/",
        r"discord(?:app)?\.com/api/webhooks/\d{10,25}/(?P<secret>[A-Za-z0-9_-]{40,128})",
    ),
    _format("telegram-token", ":AA", r"\d{8,10}:(?P<secret>AA[A-Za-z0-9_-]{33})"),
    _format("aws-key", "AKIA ASIA", r"A(?:KI|SI)A[A-Z0-9]{16}"),
    _format("google-key", "AIza", r"AIza[A-Za-z0-9_-]{35}"),
    _format("google-token", "ya29.", r"ya29\.[A-Za-z0-9._-]{20,}"),
    _format("google-token", "1//0", r"1//0[A-Za-z0-9_-]{40,}"),
    _format("google-secret", "GOCSPX-", r"GOCSPX-[A-Za-z0-9_-]{28}"),
    _format("azure-secret", "Q~", r"[A-Za-z0-9_~.-]{3}(?P<secret>\dQ~[A-Za-z0-9_~.-]{31,34})"),
    _format(
        "azure-key", "AccountKey= AccessKey=", r"(?:Account|SharedAccess)Key=(?P<secret>[A-Za-z0-9+/]{40,200}={0,2})"
    ),
    _format("alibaba-key", "LTAI", r"LTAI[A-Za-z0-9]{12,24}"),
    _format("tencent-key", "AKID", r"AKID[A-Za-z0-9]{32}"),
    _format("twilio-key", "SK", r"SK[0-9a-f]{32}"),
    _format("sendgrid-key", "SG.", r"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}"),
    _format("mailgun-key", "key-", r"key-[0-9a-f]{32}"),
    _format("mailchimp-key", "-us", r"[0-9a-f]{32}-us\d{1,2}"),
    _format("npm-token", "npm_", r"npm_[A-Za-z0-9]{36}"),
    _format("pypi-token", "pypi-", r"pypi-[A-Za-z0-9_-]{50,}"),
    _format("rubygems-key", "rubygems_", r"rubygems_[0-9a-f]{48}"),
    _format("docker-token", "dckr_", r"dckr_(?:pat|oat)_[A-Za-z0-9_-]{27,64}"),
    _format("digitalocean-token", "_v1_", r"do[opr]_v1_[0-9a-f]{64}"),
    _format("shopify-token", "shp", r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"),
    _format("square-token", "sq0", r"sq0[a-z]{3}-[A-Za-z0-9_-]{22,64}"),
    _format("square-token", "EAAA", r"EAAA[A-Za-z0-9_-]{56,80}"),
    _format("hubspot-token", "pat-", r"pat-(?:na|eu|ap)\d-[0-9a-f-]{36}"),
    _format("notion-token", "secret_ ntn_", r"(?:secret_[A-Za-z0-9]{43}|ntn_[A-Za-z0-9]{40,64})"),
    _format("linear-key", "lin_", r"lin_(?:api|oauth|wh)_[A-Za-z0-9]{32,128}"),
    _format("airtable-token", "pat", r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}"),
    _format("atlassian-token", "ATATT ATCTT", r"AT(?:A|C)TT3[A-Za-z0-9_=-]{60,}"),
    _format("asana-token", "/", r"[12]/\d{10,20}(?:/\d{10,20})?:[0-9a-f]{32}"),
    _format("heroku-key", "HRKU-", r"HRKU-[A-Za-z0-9_-]{30,128}"),
    _format("databricks-token", "dapi", r"dapi[0-9a-f]{32}(?:-\d)?"),
    _format("huggingface-token", "hf_", r"hf_[A-Za-z0-9]{30,64}"),
    _format("replicate-token", "r8_", r"r8_[A-Za-z0-9]{37}"),
    _format("groq-key", "gsk_", r"gsk_[A-Za-z0-9]{40,64}"),
    _format("xai-key", "xai-", r"xai-[A-Za-z0-9_-]{60,128}"),
    _format("perplexity-key", "pplx-", r"pplx-[A-Za-z0-9]{40,64}"),
    _format("sentry-token", "sntry", r"sntry[su]_[A-Za-z0-9_+/=-]{40,}"),
    _format("grafana-token", "glsa_ glc_", r"gl(?:sa|c)_[A-Za-z0-9_+/=-]{32,}"),
    _format("newrelic-key", "NRAK-", r"NRAK-[A-Z0-9]{27}"),
    _format("postman-key", "PMAK-", r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}"),
    _format("figma-token", "figd_ figo_", r"fig[do]_[A-Za-z0-9_-]{40,64}"),
    _format("dropbox-token", "sl.", r"sl\.[A-Za-z0-9_-]{60,}"),
    _format("doppler-token", "dp.", r"dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[a-z0-9_-]{2,35}\.)?[A-Za-z0-9]{40,44}"),
    _format("vault-token", "hvs. hvb. hvr.", r"hv[sbr]\.[A-Za-z0-9_-]{24,}"),
    _format("terraform-token", ".atlasv1.", r"[A-Za-z0-9]{14}\.(?P<secret>atlasv1\.[A-Za-z0-9_=-]{60,128})"),
    _format("pulumi-token", "pul-", r"pul-[0-9a-f]{40}"),
    _format("planetscale-token", "pscale_", r"pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.-]{32,128}"),
    _format("supabase-key", "sbp_ sb_secret_", r"(?:sbp_[0-9a-f]{40}|sb_secret_[A-Za-z0-9_-]{20,64})"),
    _format("netlify-token", "nfp_", r"nfp_[A-Za-z0-9]{36,64}"),
    _format("age-key", "AGE-SECRET-KEY-", r"AGE-SECRET-KEY-1[0-9A-Z]{58}"),
)

# A long run of letters and digits, or what a secret without one stands beside.
_LONG_RUN = re.compile(
    r"[A-Za-z0-9_-]{16}|:(?://|AA)|Q~|[eE][aA][rR][eE][rR] |[aA][sS][iI][cC] |VATE KEY|ig(?:nature)?=|Key="
    r"|ya29|whsec_|sntry|gl(?:sa|c)_|hooks\.sl|-[uU] |-user[ =]"
)

TOKENS = Family(_LONG_RUN.search, _TOKENS)
ASSIGNED = Family(may_assign, (Assignments(),))
SECRET_FORMATS = (TOKENS, ASSIGNED)
