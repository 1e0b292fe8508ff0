"""Large outputs, kept outside of their execution's row: sealed in chunks, in Django's storage, for a while.

`content` says what is kept of an answer and writes it out, `sealed` writes and reads it in chunks, `keep` is the verb,
`reading` and `grep` read parts of it, `sweep` removes what has expired and what no row knows of. A call speaks
to the storage in `threads` of its own.
"""
