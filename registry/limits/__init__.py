"""Limits that all processes share: which a call meets, how it is let in, what is in use. The step is `limit`."""
