"""The name under which the server offers an application to end its connection."""

ABORT = "minilab.abort"
"""Extension of the scope: ends the connection at once, and drops what is not sent yet."""
