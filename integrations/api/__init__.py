"""REST of floor 2: connectors, connections, what they are connected with, and imports."""
