"""The environment variables of the command, and a warning about misspelled ones."""

import os
from difflib import get_close_matches

import click

URL = "MINILAB_URL"
API_KEY = "MINILAB_API_KEY"
PORT = "MINILAB_PORT"
DATA_DIR = "MINILAB_DATA_DIR"
WEBHOOK_SECRET = "MINILAB_WEBHOOK_SECRET"  # noqa: S105 -- the name of a variable

KNOWN = (URL, API_KEY, PORT, DATA_DIR, WEBHOOK_SECRET)
# Settings of the service have other names; a test compares them all.
_LEAST_SIMILARITY = 0.88


def find_misspelled() -> dict[str, str]:
    """Find variables that are probably meant for the command, and what they are meant for."""
    found = {}
    for name in os.environ:
        if name.startswith("MINILAB") and name not in KNOWN:
            for close in get_close_matches(name, KNOWN, n=1, cutoff=_LEAST_SIMILARITY):
                found[name] = close
    return found


def warn_of_misspelled() -> None:
    """Say to standard error which variables are probably misspelled."""
    for name, meant in find_misspelled().items():
        click.echo(f"Warning: the variable {name} is unknown. Did you mean {meant}?", err=True)
