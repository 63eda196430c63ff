"""Failures of commands, and the exit codes that tell them to scripts."""

import click

SOMETHING_WRONG = 1
"""Exit code of a command that is done, but found a failed file, invariant or signature."""

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it: 128 and the number of the signal."""


class RefusedError(click.ClickException):
    """The service refused the request; sending it again does not help."""

    exit_code = 3


class UnreachableError(click.ClickException):
    """The service cannot be reached or cannot answer now; try again later."""

    exit_code = 4
