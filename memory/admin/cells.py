"""How memories look on pages: where they lie, how far they are to be trusted, how far their vectors are."""

from collections.abc import Collection
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.chrome.cells import BAD, GOOD, INFO, MUTE, NOTHING, WARN, badge, subtle
from accounts.chrome.pretty import one_sees
from memory.admin.namespaces import steps
from memory.models import EmbeddingStatus, Memory, Trust

_TRUST = {Trust.TRUSTED: GOOD, Trust.AGENT: INFO, Trust.UNTRUSTED: WARN}
_VECTORS = {EmbeddingStatus.PENDING: MUTE, EmbeddingStatus.FAILED: BAD}
SHOWN_TAGS = 3
EXCERPT = 90


def trust_badge(memory: Memory) -> SafeString:
    trust = Trust(memory.trust)
    return badge(str(trust.label), _TRUST[trust])


def vector_badge(status: str) -> SafeString:
    """How far the vector is that searches use."""
    known = EmbeddingStatus(status)
    if known is EmbeddingStatus.READY:
        return subtle(known.label)
    return badge(str(known.label), _VECTORS[known])


def excerpt(text: str, longest: int = EXCERPT) -> str:
    """The beginning, on one line."""
    line = one_sees(" ".join(text.split()))
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip(' .,;:')}…"


def tags(found: Collection[str], most: int = SHOWN_TAGS) -> SafeString:
    """The first few; each leads to all memories that have it."""
    if not found:
        return NOTHING
    shown = format_html_join("", '<a class="qm-tag" href="{}">{}</a>', ((tagged(tag), tag) for tag in [*found][:most]))
    more = format_html(' <span class="qm-subtle">+{}</span>', len(found) - most) if len(found) > most else ""
    return format_html('<span class="qm-tags">{}{}</span>', shown, more)


def tagged(tag: str) -> str:
    return f"{list_address()}?{urlencode({'tag': tag})}"


def below(namespace: str) -> str:
    """The address of what lies in the namespace and below it."""
    return f"{list_address()}?{urlencode({'namespace': namespace})}"


def list_address() -> str:
    return reverse("admin:memory_memory_changelist")


def address_of(memory_id: object, page: str = "change") -> str:
    return reverse(f"admin:memory_memory_{page}", args=[memory_id])


def namespace_links(namespace: str) -> SafeString:
    """Each part leads to what lies below it."""
    links = ((below(path), part) for part, path in steps(namespace))
    return format_html(
        '<span class="qm-path">{}</span>', format_html_join("", '<a class="qm-link" href="{}">{}</a>/', links)
    )
