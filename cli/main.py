"""The command ``minilab`` and its subcommands."""

import click
from click.shell_completion import get_completion_class

from cli.access import admin, links
from cli.backup import backup, restore
from cli.images import get
from cli.session import UnreachableError
from cli.statistics import stats
from cli.status import show_status
from cli.upload import upload
from cli.webhooks import webhooks

SHELLS = ("bash", "zsh", "fish")
_NOT_CHECKED = 2
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


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion for a shell; use it as eval "$(minilab completion bash)"."""
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"the shell {shell} is not supported")
    root = context.find_root()
    click.echo(kind(root.command, {}, "minilab", "_MINILAB_COMPLETE").source())


@click.command()
@click.option("--hashes", is_flag=True, help="Also read and hash all bytes.")
@click.option(
    "--pause", type=float, metavar="SECONDS", help="Pause before the second check; 3 by default."
)
@click.option("--json", "json_wanted", is_flag=True, help="Print JSON, for scripts.")
def verify_data(hashes: bool, pause: float | None, json_wanted: bool) -> None:
    """Check every invariant of the stored data. The service may be running.

    Reads MINILAB_MONGODB_URL, or the data of `make run`. Exits with 1 if an invariant is broken.
    """
    # This import loads the storage packages, which no other command needs.
    from deploy.verify_data import main  # noqa: PLC0415

    arguments = ["--hashes"] if hashes else []
    arguments += ["--json"] if json_wanted else []
    arguments += [f"--pause={pause}"] if pause is not None else []
    code = main(arguments)
    if code == _NOT_CHECKED:
        raise UnreachableError("the data could not be checked")
    raise click.exceptions.Exit(code)


for command in (
    upload,
    show_status,
    get,
    links,
    stats,
    webhooks,
    admin,
    backup,
    restore,
    verify_data,
    completion,
):
    minilab.add_command(command)
