"""The queue in PostgreSQL that runs and deliveries wait in: taken fairly, leased, put back until they have an outcome.

kinds       what is queued: runs for tools, runs for agents, deliveries
types       what travels: a Taken, and how its Attempt went
schedule    when the next attempt is due
lanes       which lanes have something due
shares      how many of which lane come next
claim       taking them
leases      extending what this process holds
endings     succeeded, put back, put off, given up
sweep       what to do about those whose holder is gone
hands       what a worker process does at once
"""
