"""The fault matrix: every process is killed at random times, under load, for some minutes. `run.py test --crash`."""
