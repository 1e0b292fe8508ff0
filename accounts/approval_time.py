"""How long people may be given to decide about a call: by the installation, and by each tenant for its own."""

SHORTEST_APPROVAL_SECONDS = 10
LONGEST_APPROVAL_SECONDS = 30 * 24 * 3600
