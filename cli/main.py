"""The command ``minilab`` and its subcommands."""

from typing import Any

import click

from cli import __version__
from cli.errors import INTERRUPTED
from cli.groups import Commands, examples, list_lines
from cli.interruption import tell_interruption
from cli.variables import warn_of_misspelled

HELP = "Upload images to a Minilab service, read the results, administer it."
ADDRESS = list_lines(
    "The service:",
    "address  --url, MINILAB_URL or http://127.0.0.1:8000",
    "API key  --key-file, MINILAB_API_KEY or, on this machine, the admin key of `make run`",
)
EXIT_CODES = list_lines(
    "Exit codes:",
    "0    everything succeeded",
    "1    a file failed, an invariant is broken or a signature is wrong",
    "2    wrong usage",
    "3    the service refused the request",
    "4    the service cannot be reached or cannot answer now",
    "130  interrupted by Ctrl-C",
)
COMMANDS = {
    "upload": "cli.upload:upload",
    "status": "cli.status:show_status",
    "get": "cli.images:get",
    "images": "cli.images:images",
    "label": "cli.labels:label",
    "jobs": "cli.jobs:jobs",
    "users": "cli.users:users",
    "stats": "cli.statistics:stats",
    "median": "cli.statistics:median",
    "links": "cli.links:links",
    "keys": "cli.keys:keys",
    "webhooks": "cli.webhooks:webhooks",
    "dead-letters": "cli.dead_letters:dead_letters",
    "batch": "cli.batches:batch",
    "models": "cli.models:models",
    "audit": "cli.audit:audit",
    "backup": "cli.data:backup",
    "restore": "cli.data:restore",
    "verify-data": "cli.data:verify_data",
    "completion": "cli.completion:completion",
}
# Names of other tools, and of earlier versions.
ALIASES = {"statistics": "stats", "batches": "batch", "medians": "median", "readiness": "status"}


class Minilab(Commands):
    """The command itself."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a subcommand; exit with 130 if it is interrupted."""
        warn_of_misspelled()
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, click.Abort):
            tell_interruption(ctx)
            ctx.exit(INTERRUPTED)


@click.group(
    cls=Minilab,
    lazy=COMMANDS,
    aliases=ALIASES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help=f"{HELP}\n\n{ADDRESS}\n\n{EXIT_CODES}",
    epilog=examples(
        "minilab upload photos/ --wait",
        "minilab images list --min-faces 1",
        "minilab links create --expires-in 7d --max-files 50",
    ),
)
@click.version_option(__version__, prog_name="minilab", message="%(prog)s %(version)s")
def minilab() -> None:
    """Run the command ``minilab``."""


@minilab.group(hidden=True, lazy={"keys": "cli.keys:keys"})
def admin() -> None:
    """Manage API keys; the same as `minilab keys`."""
