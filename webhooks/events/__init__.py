"""Looking at an event: what came, as routes see it, as people may see it, and why its signature was right or wrong."""
