"""How much of everything one search may ask for, or look at."""

LONGEST_QUERY = 4_000
"""Characters of a question."""
LONGEST_VECTOR = 4_000
"""Numbers of a vector, whatever the model."""
USUAL_HITS = 10
MOST_KINDS = 32
MOST_LEVELS = 5
"""Conditions inside one another."""
MOST_CONDITIONS = 32
"""Conditions that look at a value."""
MOST_FAULTS = 50
"""Of a request, that are told; what comes behind so many is not read."""
MOST_VALUES = 100
"""Of one `in` or `not_in`."""
LONGEST_VALUE = 1_000
"""Characters of a text that metadata is compared with."""
LONGEST_NAME = 200
"""Characters of a property's name."""
MOST_SIGNS = 16
"""Quoted phrases and excluded words of one question."""
FEWEST_TOKENS = 64
"""Of a budget: fewer would not hold a hit."""
FEWEST_CANDIDATES = 50
"""That each list brings, however few hits are wanted: what two lists agree on may stand deep in both."""
EXACT_ROWS = 20_000
"""Vectors up to which all are compared: some 20 ms at 384 numbers each."""
EXACT_MATCHES = 40_000
"""The same of those that fit the request's conditions, where more than EXACT_ROWS are looked through."""
LEAST_SHARE = 0.1
"""Of the vectors in a tenant's own index, those that are looked in: with fewer it passes over too much."""
LEAST_SHARED_SHARE = 0.5
"""The same of the index over all tenants, whose vectors have less to do with one another."""
EF = 300
"""How many vectors an index is to lead to, at least."""
LARGEST_EF = 1_000
"""The same, at most."""
MOST_LARGE = 2
"""Exact searches of more than that, at once in a process."""
MOST_LARGE_WAITING = 2
"""Of them, that wait for a turn, each with a thread and a connection that others need; more are sent away at once."""
LARGE_PATIENCE_SECONDS = 5.0
"""That one more waits for its turn."""
SHARE_OF_THREADS = 0.5
"""Of those that a process has for PostgreSQL, that searches of one tenant take at once; one at least."""
TURN_PATIENCE_SECONDS = 10.0
"""That a search waits for one of them."""
QUESTION_SECONDS = 10.0
"""That the question's vector is waited for."""
MOST_LEXEMES = 32
"""Words of a question that are looked for."""
MOST_WORD_MATCHES = 10_000
"""Memories that are ranked by their words."""
MOST_COUNTED = 12
"""Words of a question of which it is counted how many memories have them, the longest ones."""
FREQUENT = 2_500
"""As many memories make a word a frequent one; they are counted no further."""
MOST_SEEDS = 20
"""Hits whose links are followed."""
MOST_EXPANDED = 2
"""Links in a row that are followed."""
MOST_EDGES = 1_000
"""Links that are followed, at each step, the strongest first."""
