"""The command ``minilab`` and its subcommands."""

import click

from cli.completion import completion
from cli.images import get
from cli.keys import admin
from cli.links import links
from cli.statistics import stats
from cli.status import show_status
from cli.upload import upload
from cli.verification import verify_data
from cli.webhooks import webhooks

# Click keeps the lines of a paragraph that begins with this character.
KEEP_LINES = "\b\n"
HELP = f"""Upload images to a Minilab service and read the results.

{KEEP_LINES}Address:  --url, MINILAB_URL or http://127.0.0.1:8000
API key:  --key-file, MINILAB_API_KEY or, on this machine, the admin key of `make run`

{KEEP_LINES}Exit codes:
  0  everything succeeded
  1  a file failed, an invariant is broken or a signature is wrong
  2  wrong usage
  3  the service refused the request
  4  the service cannot be reached or cannot answer now
"""


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, help=HELP)
@click.version_option(package_name="minilab", message="%(package)s %(version)s")
def minilab() -> None:
    """Run the command ``minilab``."""


for command in (upload, show_status, get, links, stats, webhooks, admin, verify_data, completion):
    minilab.add_command(command)
