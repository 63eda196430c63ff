"""How commands end: 0 all is as asked, 2 wrong usage (as Click has it), and these."""

import click

SOMETHING_WRONG = 1
"""It was done, and something is not as it should be: a file failed, an invariant is broken."""
REFUSED = 3
"""The service refused it; the same again will be refused as well."""
UNREACHABLE = 4
"""There was no usable answer, or the service cannot take it now; try again later."""


class RefusedError(click.ClickException):
    """The service refused what was asked."""

    exit_code = REFUSED


class UnreachableError(click.ClickException):
    """The service does not answer, or not now."""

    exit_code = UNREACHABLE
