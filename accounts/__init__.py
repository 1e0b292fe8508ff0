"""Floor 1. Who: tenants, people, agents and their keys. What happened: the audit trail and its events."""
