from integrations.models.connect_link import ConnectLink
from integrations.models.connection import Connection
from integrations.models.connector import ConnectorImport, ImportedConnector
from integrations.models.credential import Credential
from integrations.models.data_key import DataKey
from integrations.models.derived_key import DerivedKey
from integrations.models.oauth import OAuthApp, OAuthFlow
from integrations.models.rekeying import Rekeying, RekeyingState

__all__ = [
    "ConnectLink",
    "Connection",
    "ConnectorImport",
    "Credential",
    "DataKey",
    "DerivedKey",
    "ImportedConnector",
    "OAuthApp",
    "OAuthFlow",
    "Rekeying",
    "RekeyingState",
]
