"""Floor 4. What agents remember."""
