"""Planted secrets: credentials in many vendors' formats go out with calls, services echo them, and nothing keeps them.

`plants` are the secrets and how a call carries them, `echoes` the services that give them back, `places` everywhere
that something could have stayed. Whoever adds a place where things are kept or shown adds it to `places`.
"""
