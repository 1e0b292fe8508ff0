"""The queue in PostgreSQL that runs and deliveries wait in: taken fairly, leased, put back until they have an outcome.

Nothing here knows what the work is. The pieces, from what waits to what became of it:

    kinds       what is queued: runs for tools, runs for an agent, deliveries
    types       what travels: a Taken, and how its Attempt went
    schedule    when the next attempt is due
    lanes       which lanes have something due
    shares      how many of which lane come next
    claim       taking them
    hands       what a worker process does at once
    rounds      looking again while there is news
    leases      extending what this process holds
    success     ended well, those of one moment together
    endings     put back, put off, given up
    rest        routes whose tool's circuit is open
    order       letting the next one of an order key come
    sweep       what becomes of those whose holder is gone
    redrive     dead letters wait for an attempt again
"""
