"""Memory as tools: what agents call by name, through the corridor with its permissions, limits and records."""
