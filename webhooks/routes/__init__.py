"""Routes: made, changed, removed."""
