"""Many calls at once: those that wait for each other's results in order, all others side by side.

`reading` makes a plan of what was sent and refuses what could not work, `schedule` says who may start, `run` starts
them. None of them knows the corridor: `execute` hands them a way to call a tool, and so does the composite transport.
"""
