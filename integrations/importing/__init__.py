"""Importing connectors: what was handed in is kept, read by a process of its own, and becomes a tenant's connector.

`begin` takes the order and keeps it; `run` carries it out in a worker, again where a worker was lost; `reader` starts
the process that reads, and bounds it; `fetching` gets files from outside for it.
"""
