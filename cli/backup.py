"""The commands ``minilab backup`` and ``minilab restore``, for the data of ``make run``."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from cli.session import SOMETHING_WRONG, UnreachableError

Result = TypeVar("Result")
_FOLDER = click.argument("folder", type=click.Path(file_okay=False, path_type=Path))


@click.command()
@_FOLDER
def backup(folder: Path) -> None:
    """Copy the data and the keys of `make run` into a new folder. The service may be running."""
    # These imports load the storage packages, which most commands do not need.
    from deploy.backup import back_up  # noqa: PLC0415

    _run(lambda: back_up(os.environ, folder, click.echo))


@click.command()
@_FOLDER
def restore(folder: Path) -> None:
    """Make a new MINILAB_DATA_DIR from a backup, and check every invariant of its data.

    Webhooks of the restored data are held until `minilab webhooks release`. Exits with 1 if an
    invariant is broken.
    """
    from deploy.restore import restore as make_data  # noqa: PLC0415

    if not _run(lambda: make_data(os.environ, folder, click.echo)):
        raise click.exceptions.Exit(SOMETHING_WRONG)


def _run(work: Callable[[], Result]) -> Result:
    from pymongo.errors import PyMongoError  # noqa: PLC0415

    from deploy.backup import BackupRefused  # noqa: PLC0415
    from deploy.servers.process import ServerError  # noqa: PLC0415

    try:
        return work()
    except BackupRefused as error:
        raise click.UsageError(str(error)) from error
    except (ServerError, PyMongoError, OSError) as error:
        raise UnreachableError(str(error)) from error
