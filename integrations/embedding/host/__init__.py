"""The process that has the model, and how the others ask it.

`app.py` answers, `queue.py` says in which order, `client.py` asks; `wire.py` is what goes between them.
"""
