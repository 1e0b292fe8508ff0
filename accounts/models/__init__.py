from accounts.models.agent import Agent, ApiKey
from accounts.models.audit import AuditEntry, AuditHead, EventPosition
from accounts.models.person import Person
from accounts.models.tenant import Tenant

__all__ = ["Agent", "ApiKey", "AuditEntry", "AuditHead", "EventPosition", "Person", "Tenant"]
