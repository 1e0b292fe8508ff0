"""Offering tools that come with the product to every tenant: in a new installation, and after each upgrade again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from accounts.caller import Actor
from registry.errors import SlugTaken
from registry.facts import VERSION_FACTS
from registry.models import Tool, ToolVersion
from registry.publish import publish_version
from registry.register import register_tool
from registry.semver import parsed
from registry.slugs import claim_slugs


@dataclass(frozen=True)
class Offered:
    slug: str
    version: str
    """Empty: nothing was done."""
    why_not: str = ""
    """In a sentence, where a tool that tenants do not have could not be offered to them."""

    @property
    def is_news(self) -> bool:
        return bool(self.version or self.why_not)


def offer_shared(specs: Sequence[Mapping[str, Any]], *, by: Actor) -> list[Offered]:
    """Register those that there never were, and publish versions above all that there are; in the platform's scope.

    What the platform's owner has retired stays so. Where a tenant has a tool of its own by that name, that one stays.
    """
    claim_slugs([spec["slug"] for spec in specs])
    return [_offer(spec, by) for spec in specs]


def _offer(spec: Mapping[str, Any], by: Actor) -> Offered:
    slug, version = spec["slug"], spec["version"]
    there = list(Tool.objects.filter(tenant=None, slug=slug))
    living = next((tool for tool in there if tool.retired_at is None), None)
    if not there:
        try:
            register_tool(by=by, spec=spec, shared=True)
        except SlugTaken as taken:
            return Offered(slug, "", taken.message)
        return Offered(slug, version)
    if living is None or not _is_newer(version, living):
        return Offered(slug, "")
    facts = {name: value for name, value in spec.items() if name in VERSION_FACTS}
    publish_version(tool=living, by=by, spec=facts)
    return Offered(slug, version)


def _is_newer(version: str, tool: Tool) -> bool:
    known = ToolVersion.objects.filter(tool=tool).values_list("version", flat=True)
    return all(parsed(version) > parsed(each) for each in known)
