"""Floor 2. Outside services: connectors, connections, the vault, redaction, the one door out."""
