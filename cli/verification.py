"""The command ``minilab verify-data``: checks the invariants of the stored data."""

import click

from cli.session import UnreachableError

_NOT_CHECKED = 2


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
