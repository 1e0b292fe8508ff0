"""What a source may be: checked as a whole, whenever it is made or changed."""

import json
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from django.conf import settings as django_settings

from accounts.errors import Fault, Invalid
from accounts.networks import network_faults
from integrations.vault import Opener, seal
from webhooks.models import WebhookSource
from webhooks.sealed_places import PURPOSE
from webhooks.signatures.fitting import settings_faults
from webhooks.signatures.shelf import scheme_named, scheme_names
from webhooks.signatures.types import Scheme
from webhooks.sources.places import place_faults

LONGEST_RETENTION_DAYS = 3650
SMALLEST_BODY_BYTES = 1_000


def check(source: WebhookSource, given: Mapping[str, str]) -> Scheme:
    """The source's scheme. `given` is all of its settings, the secret ones among them. Raises Invalid."""
    scheme = scheme_named(source.scheme)
    if scheme is None:
        fault = Fault("$.scheme", f"There is no such scheme. There are: {', '.join(scheme_names())}.")
        raise Invalid("The source cannot be like this. See `errors`.", faults=[fault])
    if faults := list(_faults(source, scheme, given)):
        raise Invalid("The source cannot be like this. See `errors`.", faults=faults)
    return scheme


def set_settings(source: WebhookSource, scheme: Scheme, given: Mapping[str, str]) -> None:
    """Those that nobody may read again are sealed. Inside the tenant's scope."""
    hidden = {name: text for name, text in given.items() if text and _is_secret(scheme, name)}
    source.settings = {name: text for name, text in given.items() if text and name not in hidden}
    source.sealed_settings = None
    if hidden:
        content = json.dumps(hidden).encode()
        source.sealed_settings = seal(
            tenant_id=source.tenant_id, purpose=PURPOSE, field=f"{source.id}:settings", plaintext=content
        )


def settings_of(source: WebhookSource, opener: Opener | None = None) -> dict[str, str]:
    """All of them, inside the tenant's scope."""
    if source.sealed_settings is None:
        return dict(source.settings)
    opener = opener or Opener(source.tenant_id)
    opened = opener.open(purpose=PURPOSE, field=f"{source.id}:settings", sealed=source.sealed_settings)
    return {**source.settings, **json.loads(opened)}


def _is_secret(scheme: Scheme, name: str) -> bool:
    setting = scheme.setting(name)
    return setting is not None and setting.secret


def _faults(source: WebhookSource, scheme: Scheme, given: Mapping[str, str]) -> Iterator[Fault]:
    yield from _setting_faults(scheme, given)
    if scheme.unsigned and not source.unsigned:
        yield Fault("$.unsigned", "This scheme signs nothing: anybody may post. Give `true` if that is what you want.")
    yield from network_faults("$.allowed_networks", source.allowed_networks)
    yield from place_faults("$.event_id_at", source.event_id_at)
    yield from place_faults("$.event_type_at", source.event_type_at)
    yield from _number_faults(source)
    if source.public_url and not _is_url(source.public_url):
        yield Fault("$.public_url", "Give an address as the platform knows it, such as `https://hooks.example/in`.")


def _setting_faults(scheme: Scheme, given: Mapping[str, str]) -> Iterator[Fault]:
    for fault in settings_faults(scheme, given):
        is_name = scheme.setting(fault.path) is not None or fault.path in given
        yield Fault(f"$.settings.{fault.path}" if is_name else "$.settings", fault.message)


def _number_faults(source: WebhookSource) -> Iterator[Fault]:
    most = django_settings.WEBHOOK_BODY_LIMIT_BYTES
    if not SMALLEST_BODY_BYTES <= source.max_body_bytes <= most:
        yield Fault("$.max_body_bytes", f"Give {SMALLEST_BODY_BYTES:,} to {most:,} bytes.")
    if not 1 <= source.retention_days <= LONGEST_RETENTION_DAYS:
        yield Fault("$.retention_days", f"Give 1 to {LONGEST_RETENTION_DAYS:,} days.")


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.fragment and text.isprintable()
