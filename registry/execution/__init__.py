"""The corridor: every call of a tool, from every door, passes these steps in the order of `pipeline.py`."""
