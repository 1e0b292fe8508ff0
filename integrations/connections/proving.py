"""Whether a service takes a credential: asked before it is kept, with the connector's own cheap call."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from accounts.errors import Conflict
from integrations.connections.account import account_of, says_nothing
from integrations.connections.address import base_url, keep_variables, origins
from integrations.connections.auth import Held, Token, scheme
from integrations.connections.auth.base import Refusal
from integrations.connections.words import quoting
from integrations.egress import EgressRules
from integrations.egress.blocking import send
from integrations.errors import CredentialRefused, UpstreamFailure
from integrations.format.types import Connector


@dataclass(frozen=True)
class Proof:
    """What came of asking."""

    variables: Mapping[str, str]
    """With those that came with the token."""
    token: Token | None = field(default=None, repr=False)
    account: str = ""
    """What the vendor calls the account."""
    checked: bool = True
    """Whether there was a call that could be refused."""


def prove(connector: Connector, held: Held, rules: EgressRules) -> Proof:
    """Get a token where the way has one, and make the check call.

    Raises CredentialRefused in the vendor's words, a leaf of UpstreamFailure or EgressBlocked when nobody answered,
    Conflict when the tenant has to register an app first.
    """
    try:
        token = None if held.access else _obtained(held, rules)
        if token is not None:
            variables = keep_variables(connector, held.variables, token.kept)
            held = replace(held, access=token.access, refresh=token.refresh, variables=variables)
        account = account_of(
            connector,
            base=base_url(connector, held.variables),
            apply=partial(scheme(held.way.type).apply, held=held),
            origins=origins(connector, held.variables),
            secrets=held.secrets,
            rules=rules,
        )
    except Refusal as refusal:
        raise refused(connector, refusal) from refusal
    return Proof(held.variables, token, account, checked=connector.check is not None or token is not None)


def _obtained(held: Held, rules: EgressRules) -> Token | None:
    """The first token; None where the way has none."""
    way = scheme(held.way.type)
    call = way.ask(held)
    if call is None and way.carries_token:
        raise Conflict(f"No token can be had with “{held.way.title}” yet: register an app at the vendor first.")
    return None if call is None else call.read(send(call.request, rules=rules))


def refused(connector: Connector, refusal: Refusal) -> CredentialRefused | UpstreamFailure:
    """What to tell whoever entered it. A service that is in trouble has not looked at it."""
    said = quoting(refusal.words)
    if says_nothing(refusal.status):
        return UpstreamFailure(f"{connector.name} is in trouble. {said} Nothing was saved; try again later.")
    return CredentialRefused(
        f"{connector.name} does not take this credential. {said} Check what was entered; nothing was saved."
    )
