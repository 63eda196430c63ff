"""The commands that read the data of a service itself: backup, restore and verify-data."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from cli.errors import SOMETHING_WRONG, UnreachableError
from cli.groups import examples

Result = TypeVar("Result")
_NOT_CHECKED = 2
_SERVICE_WANTED = (
    "this command reads the data itself, which needs the service: it is in the folder of the "
    "service, as .venv/bin/minilab"
)
_FOLDER = click.argument("folder", type=click.Path(file_okay=False, path_type=Path))


@click.command(epilog=examples("minilab backup /backups/2026-11-30"))
@_FOLDER
def backup(folder: Path) -> None:
    """Copy the data and the keys of `make run` into a new folder.

    The service may be running.
    """
    _need_service()
    from deploy.backup import back_up

    _run(lambda: back_up(os.environ, folder, click.echo))


@click.command(epilog=examples("MINILAB_DATA_DIR=restored minilab restore /backups/2026-11-30"))
@_FOLDER
def restore(folder: Path) -> None:
    """Make a new MINILAB_DATA_DIR from a backup, and check every invariant of its data.

    Webhooks of the restored data are held until `minilab webhooks release`. Exits with 1 if an
    invariant is broken.
    """
    _need_service()
    from deploy.restore import restore as make_data

    if not _run(lambda: make_data(os.environ, folder, click.echo)):
        raise click.exceptions.Exit(SOMETHING_WRONG)


@click.command(epilog=examples("minilab verify-data --hashes"))
@click.option("--hashes", is_flag=True, help="Also read and hash all bytes.")
@click.option(
    "--pause", type=float, metavar="SECONDS", help="Pause before the second check; 3 by default."
)
@click.option("--json", "json_wanted", is_flag=True, help="Print JSON, for scripts.")
def verify_data(hashes: bool, pause: float | None, json_wanted: bool) -> None:
    """Check every invariant of the stored data. The service may be running.

    Reads MINILAB_MONGODB_URL, or the data of `make run`. Exits with 1 if an invariant is broken.
    """
    _need_service()
    from deploy.verify_data import main

    arguments = ["--hashes"] if hashes else []
    arguments += ["--json"] if json_wanted else []
    arguments += [f"--pause={pause}"] if pause is not None else []
    code = main(arguments)
    if code == _NOT_CHECKED:
        raise UnreachableError("the data could not be checked")
    raise click.exceptions.Exit(code)


def _need_service() -> None:
    """Check that the packages of the service are installed, not the command alone."""
    try:
        import deploy.verify_data  # noqa: F401
    except ImportError as error:
        raise click.UsageError(_SERVICE_WANTED) from error


def _run(work: Callable[[], Result]) -> Result:
    from pymongo.errors import PyMongoError

    from deploy.backup import BackupRefused
    from deploy.servers.process import ServerError

    try:
        return work()
    except BackupRefused as error:
        raise click.UsageError(str(error)) from error
    except (ServerError, PyMongoError, OSError) as error:
        raise UnreachableError(str(error)) from error
