"""What the operator's settings give to both clients."""

import ssl
from functools import lru_cache

import certifi
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from integrations.egress.policy import BadEntry, EgressPolicy, read_policy
from integrations.egress.proxies import BadProxy, Proxy, read_proxy


def configured_policy() -> EgressPolicy:
    return _policy(tuple(settings.EGRESS_ALLOW_NETWORKS))


@lru_cache(maxsize=8)
def _policy(entries: tuple[str, ...]) -> EgressPolicy:
    try:
        return read_policy(entries)
    except BadEntry as error:
        raise ImproperlyConfigured(f"EGRESS_ALLOW_NETWORKS: {error}") from error


def configured_proxy() -> Proxy | None:
    """Only what the setting says: the variables that other programs look at (`HTTPS_PROXY` and so on) say nothing."""
    try:
        return read_proxy(settings.EGRESS_PROXY_URL)
    except BadProxy as error:
        raise ImproperlyConfigured(f"EGRESS_PROXY_URL: {error}") from error


@lru_cache(maxsize=1)
def tls_context() -> ssl.SSLContext:
    """Shared by the event loops of a process."""
    return new_tls_context()


def new_tls_context() -> ssl.SSLContext:
    """The machine's certificate authorities and Mozilla's: a slim container has none of its own."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
