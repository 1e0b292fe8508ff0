"""Circuit breakers: one for each version, tenant and connection, shared by all processes. The step is `guard`."""
