"""How much of everything there may be. `docs/reference/limits-and-durability.md` lists the same numbers."""

LARGEST_CONTENT_BYTES = 32_000
LARGEST_METADATA_BYTES = 16_384
DEEPEST_METADATA = 8
"""How many objects and arrays may stand inside one another."""
MOST_UNKNOWN = 20
"""Fields that there are not and that one refusal names."""
MOST_TAGS = 32
LONGEST_TAG = 64
LONGEST_SOURCE = 200
LONGEST_END_USER = 200
LONGEST_KIND = 32
LONGEST_NAMESPACE = 512
LONGEST_SEGMENT = 64
DEEPEST_NAMESPACE = 16
MOST_AT_ONCE = 100
"""Memories that one request creates."""
MOST_MATCHING = 10_000
"""Memories that one request deletes or purges."""
BATCH = 1_000
"""Of them in one statement."""
MOST_HITS = 200
"""Memories that one search answers with."""
MOST_VERSIONS = 100
"""Earlier versions that are kept of one memory."""
MOST_HOPS = 3
MOST_WALKED = 500
"""Memories from which one more step is gone: those that the strongest links lead to."""
MOST_NEIGHBOURS = 200
LONGEST_LINK_TYPE = 64
LEAST_LINK_WEIGHT = 0.000_001
"""So that those of a way can be multiplied."""
MOST_LINKS = 1_000
"""From one memory, and to one."""
LARGEST_LINK_METADATA_BYTES = 4_096
KEPT_ANSWER_HOURS = 24
"""How long an `Idempotency-Key` is remembered."""
MOST_NAMESPACE_RULES = 1_000
"""Of a tenant."""
LONGEST_IMPORT_LINE_BYTES = 500_000
"""Of a file of lines: the largest memory, in the longest way to write it, with a vector."""
MOST_IMPORT_FAULTS = 1_000
"""That are kept of one import; the rest are counted."""
MOST_UNENDED_IMPORTS = 4
"""Of a tenant, at the same time."""
MOST_KEPT_IMPORTS = 4
"""Of a tenant, of which the lines are kept after their end."""
