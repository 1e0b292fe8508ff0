"""A connector's actions as rows: what each does, what it costs a model to know it, and which tools are made of it."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from accounts.chrome.cells import BAD, INFO, MUTE, badge
from integrations.format.types import Action, Connector
from registry.installing.facts import tokens_of_tool, tool_slug
from registry.models import Tool


@dataclass(frozen=True)
class ActionRow:
    action: Action
    effect: SafeString
    tokens: int
    """What its tool's definition takes of a model's context, by the estimate."""
    tools: Sequence[Tool]
    is_chosen: bool = False

    @property
    def text(self) -> str:
        return _text(self.action)

    @property
    def scopes(self) -> list[tuple[str, str]]:
        """Each with what is shown of it: Google's are URLs, of which the end says it all."""
        return [(scope, scope.rpartition("/")[2] or scope) for scope in self.action.scopes]


@dataclass(frozen=True)
class Found:
    """What a search finds, and as much of it as is shown."""

    rows: Sequence[ActionRow]
    total: int
    kept: Sequence[str] = ()
    """Chosen ones that have no row: there are too many."""
    kept_tokens: int = 0

    @property
    def tokens(self) -> int:
        """Of all that is chosen."""
        return self.kept_tokens + sum(row.tokens for row in self.rows if row.is_chosen)


def find_actions(connector: Connector, *, query: str, most: int, chosen: Collection[str] = ()) -> Found:
    """Those that were chosen come first, and stay whatever is searched for."""
    picked = [each for each in connector.actions if each.slug in chosen]
    others = [each for each in matching(connector, query) if each.slug not in chosen]
    tools = tools_of(connector)
    shown = [*picked, *others][:most]
    rows = [_row(connector, each, tools.get(each.slug, ()), is_chosen=each.slug in chosen) for each in shown]
    kept = picked[most:]
    tokens = sum(_tokens(connector, each) for each in kept)
    return Found(rows, len(picked) + len(others), [each.slug for each in kept], tokens)


def matching(connector: Connector, query: str) -> list[Action]:
    """All where there is no query."""
    return [each for each in connector.actions if _is_like(each, query)]


def _text(action: Action) -> str:
    """What is searched, here and while one types."""
    return " ".join([action.slug, action.name, action.description, *action.tags]).lower()


def _is_like(action: Action, query: str) -> bool:
    text = _text(action)
    return all(word in text for word in query.lower().split())


def tools_of(connector: Connector) -> Mapping[str, Sequence[Tool]]:
    """By action, those of the scope's tenant. One query."""
    found = defaultdict(list)
    living = Tool.objects.living().exclude(tenant=None)
    for tool in living.filter(metadata__contains={"connector": connector.slug}).order_by("slug"):
        found[str(tool.metadata.get("action", ""))].append(tool)
    return found


def _row(connector: Connector, action: Action, tools: Sequence[Tool], *, is_chosen: bool) -> ActionRow:
    return ActionRow(action, effect_badge(action), _tokens(connector, action), tools, is_chosen)


def _tokens(connector: Connector, action: Action) -> int:
    return tokens_of_tool(tool_slug(connector.slug, action.slug), action)


def effect_badge(action: Action) -> SafeString:
    if action.destructive:
        return badge("Destructive", BAD, dot=False)
    return badge("Read", MUTE, dot=False) if action.read_only else badge("Write", INFO, dot=False)
