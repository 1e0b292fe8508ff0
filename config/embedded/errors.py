class EmbeddedServerError(Exception):
    """An embedded server cannot be had or did not start; the message says what to do."""
