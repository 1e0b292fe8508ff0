"""Planted secrets: credentials in many vendors' formats are connected, go out with calls, and are echoed by services in
answers and refusals of every kind. Nothing keeps or shows them.

`plants` are the secrets, `service` the connector that takes them in every way there is, `echoes` what its service does.
`calling`, `connecting`, `signing`, `doors` and `hooking` are what happens, all of it in one day of acme's (`conftest`).
`places` are everywhere that something could have stayed: the day is looked through once. Whoever adds something that
happens with a credential adds it to the day; whoever adds a place where things are kept or shown adds it to `places`.
"""
