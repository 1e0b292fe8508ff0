"""Who of the agents may read and write where: the rows that `memory/access.py` decides by."""
