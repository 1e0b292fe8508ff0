"""What happens, as it happens: numbers and the newest executions, for the dashboard and for whoever opens `/ws/live/`.

PostgreSQL holds what is told; a position in the tenant's sealed audit trail says how much of it was. Redis only wakes:
what it loses, a socket reads from PostgreSQL. The pieces, from the row to the browser:

    tally, stats    how many calls, how they ended, how long they took
    charts          the same as geometry, for the dashboard's templates
    frames          what is told at once: everything between two positions, or all there is to start from
    pace            at most four frames a second per tenant, and none when nobody watches
    feed            the subscriber: from sealed entries to the tenant's group
    changes         a word that something changed of which frames do not tell
    admission       who may open a socket
    consumer        the door of `/ws/live/`
    socket          one open socket
    board           what the processes share in Redis, for all of these
"""
