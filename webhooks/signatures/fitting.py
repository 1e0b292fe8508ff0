"""Whether a source's settings are what its scheme needs, and the scheme with them."""

from collections.abc import Mapping

from accounts.errors import Fault
from webhooks.signatures.filling import setting_faults
from webhooks.signatures.read import BadScheme
from webhooks.signatures.shelf import filled
from webhooks.signatures.types import Scheme
from webhooks.signatures.verdict import Reason, Refused


def settings_faults(scheme: Scheme, settings: Mapping[str, str]) -> list[Fault]:
    """What is wrong with what was entered. A path is a setting's name, or a place of the scheme that it makes."""
    if faults := list(setting_faults(scheme.settings, settings)):
        return faults
    try:
        filled(scheme, settings)
    except BadScheme as error:
        return list(error.faults)
    return []


def fitted(scheme: Scheme, settings: Mapping[str, str]) -> Scheme:
    """The scheme with a source's settings filled in. Raises Refused where they do not fit."""
    if faults := settings_faults(scheme, settings):
        detail = f"The source's setting `{faults[0].path}` does not fit: {faults[0].message}"
        raise Refused(Reason.SETTINGS_INVALID, detail)
    return filled(scheme, settings)
