"""Memories as JSON lines, as many as there are: what `memory/importing/` takes again.

`pages` reads them, a page in a transaction, so that nobody is kept waiting and little is in memory; `line` writes one.
"""
