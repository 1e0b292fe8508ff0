"""Removing for ever what was remembered of one end user, in one namespace, or of a whole tenant, with a proof.

`targets` says which rows that are, `begin` takes the order, `work` removes batch by batch, and `proof` looks again and
writes down what was found.
"""
