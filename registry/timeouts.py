"""How long a call may take."""

LONGEST_TIMEOUT_MS = 600_000
