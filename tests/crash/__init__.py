"""The fault matrix: processes are killed at every step, and at random times under load. `run.py test --crash`."""
