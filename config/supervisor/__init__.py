"""`up`: one process that starts all the others in order, keeps them running, and leaves none behind."""
