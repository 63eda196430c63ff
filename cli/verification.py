"""``minilab verify-data``: every invariant of the data, on the machine that has it."""

import click

from cli.exits import UnreachableError

_NOT_CHECKED = 2


@click.command()
@click.option("--hashes", is_flag=True, help="Read and hash all bytes, too.")
@click.option(
    "--pause", type=float, metavar="SECONDS", help="Before the second look; 3 if left out."
)
@click.option("--json", "json_wanted", is_flag=True, help="Print JSON, for scripts.")
def verify_data(hashes: bool, pause: float | None, json_wanted: bool) -> None:
    """Check every invariant of the data, while the service runs too.

    Looks into MINILAB_MONGODB_URL, or into the data of `make run`. Exits with 1 where an invariant
    is broken.
    """
    # It brings the whole storage along, which no other command needs.
    from deploy.verify_data import main  # noqa: PLC0415

    arguments = ["--hashes"] if hashes else []
    arguments += ["--json"] if json_wanted else []
    arguments += [f"--pause={pause}"] if pause is not None else []
    code = main(arguments)
    if code == _NOT_CHECKED:
        raise UnreachableError("the data could not be checked")
    raise click.exceptions.Exit(code)
