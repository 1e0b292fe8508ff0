from integrations.models.connection import Connection
from integrations.models.connector import ConnectorImport, ImportedConnector
from integrations.models.credential import Credential
from integrations.models.data_key import DataKey
from integrations.models.oauth import OAuthApp, OAuthFlow

__all__ = ["Connection", "ConnectorImport", "Credential", "DataKey", "ImportedConnector", "OAuthApp", "OAuthFlow"]
