"""Whether a webhook comes from whom it says, what it is, and what a handshake is answered: all of it read from data.

`webhooks/schemes/` has the data. Nothing here asks a database or a network.
"""
