"""What is wrong with the addresses of a connector, and with what may be put into them."""

import re
from collections.abc import Collection, Iterator
from urllib.parse import urlsplit

from accounts.errors import Fault
from integrations.format.calls import PLACEHOLDER
from integrations.format.types import AuthWay, Connector, Variable
from integrations.patterns import BadPattern, read_whole_pattern

_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+")
# What ends the host, or begins another part of a URL.
_DELIMITERS = "/\\?#@: \t\n%"
_FOREIGN = ("a{}b", "{}", "a{}", "{}a", "a.b{}c")


def address_faults(connector: Connector) -> Iterator[Fault]:
    known = {variable.name for variable in connector.variables}
    yield from url_faults("$.connector.base_url", connector.base_url, known)
    for name, url in _urls(connector):
        yield from url_faults(f"$.connector.auth.{name}", url, known)
    for way in connector.auth:
        yield from _place_faults(way, known)
    for index, host in enumerate(connector.hosts):
        if not _HOST.fullmatch(PLACEHOLDER.sub("x", host)) or not set(PLACEHOLDER.findall(host)) <= known:
            yield Fault(f"$.connector.hosts[{index}]", "Give a host's name in lower case, such as `files.example.com`.")
    kept = {name for way in connector.auth if way.oauth for name in way.oauth.keep}
    for variable in connector.variables:
        yield from _variable_faults(variable, connector, kept)


def url_faults(path: str, url: str, variables: Collection[str]) -> Iterator[Fault]:
    yield from _unknown(path, url, variables)
    # A variable at the start is the whole origin, and its pattern says what it may be.
    filled = PLACEHOLDER.sub("x", re.sub(r"\A\{[^{}]*\}", "https://x.example", url))
    if not _is_absolute(filled):
        yield Fault(path, "Give an absolute http:// or https:// URL without user name, `?` and `#`.")


def _is_absolute(url: str) -> bool:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False
    return usable and "@" not in parts.netloc and not re.search(r"[#{}\s]", url)


def _urls(connector: Connector) -> Iterator[tuple[str, str]]:
    for way in connector.auth:
        if way.oauth:
            for name in ("authorize_url", "token_url", "refresh_url", "revoke_url"):
                if url := getattr(way.oauth, name):
                    yield f"{way.name}.{name}", url
        if way.login and way.login.is_absolute:
            yield f"{way.name}.call", way.login.url


def _place_faults(way: AuthWay, variables: Collection[str]) -> Iterator[Fault]:
    """What is filled in when a token is asked for: variables, and in its headers and parameters what was entered."""
    named = {"call": way.login.url} if way.login else {}
    if way.sigv4:
        named = {"service": way.sigv4.service, "region": way.sigv4.region}
    entered = {*variables, *way.fields.get("properties", {})}
    for field in ("token_headers", "token_params", "refresh_params") if way.oauth else ():
        for name, value in getattr(way.oauth, field).items():
            yield from _unknown(f"$.connector.auth.{way.name}.{field}.{name}", value, entered)
    for field, value in named.items():
        yield from _unknown(f"$.connector.auth.{way.name}.{field}", value, variables)


def _unknown(path: str, value: str, known: Collection[str]) -> Iterator[Fault]:
    for name in PLACEHOLDER.findall(value):
        if name not in known:
            yield Fault(path, f"There is no variable `{name}`. Describe it under `variables`.")


def _variable_faults(variable: Variable, connector: Connector, kept: Collection[str]) -> Iterator[Fault]:
    path = f"$.connector.variables.{variable.name}"
    if variable.kept and variable.name not in kept:
        yield Fault(f"{path}.kept", "No way to sign in keeps it: name it under `keep` of an `oauth2` way.")
    try:
        whole = read_whole_pattern(variable.pattern)
    except BadPattern as error:
        yield Fault(f"{path}.pattern", str(error))
        return
    for name in ("example", "default"):
        value = getattr(variable, name)
        if value and not whole.finds(value):
            yield Fault(f"{path}.{name}", "This does not match the variable's own `pattern`.")
    if not connector.base_url.startswith(f"{{{variable.name}}}"):
        let_through = sorted({each for each in _DELIMITERS if any(whole.finds(form.format(each)) for form in _FOREIGN)})
        if let_through:
            yield Fault(f"{path}.pattern", f"It lets through {let_through}, with which a value could lead elsewhere.")
