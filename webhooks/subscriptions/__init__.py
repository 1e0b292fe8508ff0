"""Who is told of the registry's events: made, changed, switched, given another secret, removed."""
