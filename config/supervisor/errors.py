class CannotStart(Exception):
    """`up` gives up before everything runs; the message says what to do."""
