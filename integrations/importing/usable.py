"""The last look at what was read: only actions that the connector format takes are kept."""

from typing import Any

from integrations.errors import BadConnector
from integrations.format.read import read_connector
from integrations.importing.reader import Reading, Unread
from integrations.openapi.report import Reason

SOURCE = "openapi"


def keep_usable(reading: Reading, slug: str) -> Reading:
    """Without the actions that the format refuses, each told in the report. Raises Unread when none is left."""
    connector, actions = reading.document["connector"], reading.document["actions"]
    refused = _refused(slug, connector, actions) if _refusal(slug, connector, actions) else {}
    kept = {name: action for name, action in actions.items() if name not in refused}
    skipped = [*reading.report["skipped"], *(_told(actions[name], sentence) for name, sentence in refused.items())]
    if not kept:
        first = f" Of the first: {skipped[0]['sentence']}" if skipped else ""
        raise Unread(f"Not one of the described operations can be called.{first}")
    reasons = {**reading.report["reasons"], **({str(Reason.UNUSABLE): len(refused)} if refused else {})}
    report = {**reading.report, "actions": len(kept), "skipped": skipped, "reasons": reasons}
    return Reading({"connector": connector, "actions": kept}, report)


def _refused(slug: str, connector: dict[str, Any], actions: dict[str, Any]) -> dict[str, str]:
    return {
        name: sentence for name, action in actions.items() if (sentence := _refusal(slug, connector, {name: action}))
    }


def _refusal(slug: str, connector: dict[str, Any], actions: dict[str, Any]) -> str:
    """The first thing wrong with these actions; empty: nothing is."""
    if not actions:
        return ""
    try:
        read_connector(slug, connector, actions, source=SOURCE)
    except BadConnector as error:
        return f"{error.faults[0].path}: {error.faults[0].message}"
    return ""


def _told(action: dict[str, Any], sentence: str) -> dict[str, str]:
    method, _, path = str(action["call"]).partition(" ")
    return {"method": method, "path": path, "reason": str(Reason.UNUSABLE), "sentence": sentence[:300]}
