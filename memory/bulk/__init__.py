"""Work on many memories that takes longer than a request: imports and erasures, in turns of a worker.

`asked` writes down for whom it is done, `turns` says whose turn it is and keeps two workers from the same work.
"""
