"""Giving an answer its shape: the version's mapping, the caller's fields, and a budget in tokens.

Pure functions; `large` says where work on an answer is done."""
