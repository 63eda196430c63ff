"""The command ``minilab`` and its parts."""

import click

from cli.completion import completion
from cli.images import get
from cli.jobs import show_status, upload
from cli.keys import admin
from cli.links import links
from cli.statistics import stats
from cli.verification import verify_data
from cli.webhooks import webhooks


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="minilab", message="%(package)s %(version)s")
def minilab() -> None:
    r"""Minilab at a terminal: drop photos off, see what was found.

    \b
    Where the service is:  MINILAB_URL, else http://127.0.0.1:8000
    Who asks:              MINILAB_API_KEY, else, on this machine, the admin key of `make run`

    \b
    Exit codes: 0 all as asked; 1 done, but something is wrong: a file failed, an invariant is
    broken; 2 wrong usage; 3 the service refused; 4 it cannot be reached, or cannot now.
    """


for command in (upload, show_status, get, links, stats, webhooks, admin, verify_data, completion):
    minilab.add_command(command)
