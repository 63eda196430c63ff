"""``make verify-data``: checks every invariant of the data, on a live service too.

Reads the MongoDB of ``MINILAB_MONGODB_URL``; if that is not set, the data of ``make run``, whether
it is running or not.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import msgspec
from pymongo.errors import PyMongoError

from deploy.local_settings import LocalSettings
from deploy.servers.embedded import embedded_servers, find_running_mongodb
from deploy.servers.process import ServerError
from domain.errors.capacity import BytesUnavailable
from domain.settings import SettingsError, SettingsReader
from storage.blobs.stores.blob_stores import open_blob_stores
from storage.blobs.stores.gridfs import chunk_turns
from storage.mongo.client import connect_mongo
from storage.settings import StoreSettings, check_blob_url, read_password
from storage.verification.walk import Finding, Verification, Verifier
from tasks.settings import WorkerSettings

# Reading many bytes in one call takes time, and no request waits for it.
CALL_SECONDS = 300.0
PAUSE_SECONDS = 3.0
NO_REDIS = "redis://unused"
CLEAR_LINE = "\r\x1b[K"


class _Target(msgspec.Struct, frozen=True):
    mongodb_database: str = "minilab"
    mongodb_password_file: str = ""
    blob_url: str = ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Check, and print a table. Returns 0 if every invariant holds, 1 if not, 2 if unknown."""
    options = _parser().parse_args(arguments)
    try:
        settings, target, worker = _read_settings()
        with open_mongodb(settings) as url:
            stores = StoreSettings(
                mongodb_url=url,
                redis_url=NO_REDIS,
                mongodb_database=target.mongodb_database,
                store_timeout_seconds=CALL_SECONDS,
                blob_url=target.blob_url,
            )
            verification = asyncio.run(
                verify(stores, grace_of(worker), pause=options.pause, hashes=options.hashes)
            )
    except (SettingsError, ServerError, PyMongoError, BytesUnavailable) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 2
    if options.json:
        print(msgspec.json.format(msgspec.json.encode(verification), indent=2).decode())
    else:
        print("\n".join(table_of(verification.findings)))
    return 1 if verification.broken else 0


def table_of(findings: Sequence[Finding]) -> list[str]:
    """Write the lines of the table: invariants, numbers of documents, examples."""
    width = max(len(found.claim) for found in findings)
    lines = [f"{'invariant':<{width}}  {'checked':>11}  {'wrong':>7}"]
    for found in findings:
        line = f"{found.claim:<{width}}  {found.checked:>11,}  {found.wrong:>7,}"
        lines.append(f"{line}  {' '.join(found.examples)}".rstrip())
    broken = sum(found.wrong > 0 for found in findings)
    lines.append(f"\n{len(findings)} invariants, {broken} broken")
    return lines


def grace_of(worker: WorkerSettings) -> timedelta:
    """Return the age of leftovers that the sweeper has removed."""
    # One sweep sees an orphan, and one after its age removes it.
    return timedelta(seconds=worker.orphan_age_seconds + 2 * worker.sweep_seconds)


async def verify(
    stores: StoreSettings, grace: timedelta, *, pause: float = PAUSE_SECONDS, hashes: bool = False
) -> Verification:
    """Check every invariant of a database.

    Raises:
        ServerError: It is empty.
        PyMongoError: MongoDB cannot be read.
        BytesUnavailable: The bucket cannot be read.
    """
    client = connect_mongo(stores)
    database = client[stores.mongodb_database]
    blob_stores = open_blob_stores(database, chunk_turns(), stores)
    try:
        if not await database.list_collection_names():
            raise ServerError(f"the database {database.name} is empty")
        return await Verifier(
            client,
            database,
            grace,
            pause_seconds=pause,
            hashes=hashes,
            progress=_show_progress,
            stores=blob_stores,
        ).verify()
    finally:
        await blob_stores.aclose()
        client.close()
        if sys.stderr.isatty():
            print(CLEAR_LINE, end="", file=sys.stderr)


def _show_progress(collection: str, checked: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"{CLEAR_LINE}· {collection}: {checked:,} of {total:,}", end="", file=sys.stderr)


def _read_settings() -> tuple[LocalSettings, _Target, WorkerSettings]:
    reader = SettingsReader(os.environ)
    settings, target = reader.read(LocalSettings), reader.read(_Target)
    worker = reader.read(WorkerSettings)
    url = read_password(reader, "MONGODB", settings.mongodb_url, target.mongodb_password_file)
    settings = msgspec.structs.replace(settings, mongodb_url=url or None)
    check_blob_url(reader, target.blob_url)
    reader.check()
    return settings, target, worker


@contextmanager
def open_mongodb(settings: LocalSettings) -> Iterator[str]:
    """Yield the URL of MongoDB; start the one of the data folder if it is not running."""
    url = settings.mongodb_url or find_running_mongodb(settings.data_folder)
    if url is not None:
        yield url
        return
    if not settings.data_folder.is_dir():
        raise ServerError(
            f"there is no data in {settings.data_folder}: set MINILAB_MONGODB_URL or "
            "MINILAB_DATA_DIR"
        )
    with embedded_servers(settings.data_folder, redis=False) as servers:
        yield servers.mongodb_url


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make verify-data", description=__doc__)
    parser.add_argument("--hashes", action="store_true", help="read and hash all bytes, too")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    parser.add_argument(
        "--pause",
        type=float,
        default=PAUSE_SECONDS,
        metavar="SECONDS",
        help="before the second look",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
