"""How connectors and connections are shown: a tile in the colour of its category, a badge for the state."""

import re

from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.chrome.cells import BAD, GOOD, MUTE, WARN, badge, subtle
from integrations.format.types import Connector
from integrations.models import Connection
from integrations.models.connection import ConnectionState

_STATES = {
    ConnectionState.PENDING: ("Not finished", WARN),
    ConnectionState.ACTIVE: ("Active", GOOD),
    ConnectionState.EXPIRED: ("Expired", BAD),
    ConnectionState.DISCONNECTED: ("Disconnected", MUTE),
}
_SOURCES = {"openapi": "Imported", "yaml": "Your own", "operator": "This installation's"}


def monogram(connector: Connector) -> SafeString:
    """Vendors' logos are theirs: initials on a colour that says what kind of service it is."""
    return format_html(
        '<span class="qm-monogram qm-hue-{}" aria-hidden="true">{}</span>', connector.category, initials(connector.name)
    )


def initials(name: str) -> str:
    """`Google Calendar` as GC, `Slack` as Sl."""
    words = re.findall(r"[^\W_]+", name) or ["?"]
    return "".join(word[0].upper() for word in words[:2]) if len(words) > 1 else words[0][:2].capitalize()


def category_name(category: str) -> str:
    """`project-management` as `Project management`."""
    return {"ai": "AI", "crm": "CRM", "hr": "HR"}.get(category, category.replace("-", " ").capitalize())


def source_name(connector: Connector) -> str:
    """Empty for one that came with the product."""
    return _SOURCES.get(connector.source, "")


def state_badge(connection: Connection) -> SafeString:
    return badge(*_STATES[ConnectionState(connection.state)])


def owner(connection: Connection) -> SafeString:
    """Whose account it is."""
    return format_html("{}", connection.end_user) if connection.end_user else subtle("Tenant")
