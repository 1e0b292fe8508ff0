"""Who may call what: permission rules, how they are matched, and what a tenant's rules together say about a call."""
