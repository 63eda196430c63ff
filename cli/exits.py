"""Exit codes, in addition to 0 for success and 2 for wrong usage."""

import click

SOMETHING_WRONG = 1
"""The command is done, but a file failed, an invariant is broken or a signature is wrong."""
REFUSED = 3
"""The service refused the request; sending it again does not help."""
UNREACHABLE = 4
"""The service cannot be reached or cannot answer now; try again later."""


class RefusedError(click.ClickException):
    """The service refused the request."""

    exit_code = REFUSED


class UnreachableError(click.ClickException):
    """The service cannot be reached or cannot answer now."""

    exit_code = UNREACHABLE
