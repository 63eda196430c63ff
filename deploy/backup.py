"""``minilab backup FOLDER``: copies the data of ``make run`` as of one moment, while it runs.

All collections are read in one snapshot, so the copy has every upload that was accepted before it,
and no half of another. MongoDB keeps the past for as long as the copy takes. Each collection is a
file of BSON documents, as mongodump writes them: any version of MongoDB can take them.
"""

import hashlib
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import msgspec
from bson import decode_all
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import OperationFailure

from deploy.admin_key import write_private
from deploy.local_settings import ADMIN_KEY_FILE, SECRET_KEY_FILE, LocalSettings
from deploy.servers.process import ServerError
from deploy.verify_data import open_mongodb
from domain.settings import SettingsError, SettingsReader
from domain.version import VERSION
from storage.schema import SCHEMA_VERSION

MANIFEST = "backup.json"
FORMAT = 1
KEYS = (ADMIN_KEY_FILE, SECRET_KEY_FILE, "mongodb_password", "redis_password")
# For as long as the longest copy: reads of an older moment fail.
_HISTORY_SECONDS = 7 * 24 * 3600
_HISTORY = "minSnapshotHistoryWindowInSeconds"
_SNAPSHOT_UNAVAILABLE = 246
_MOST_TRIES = 20
CLEAR_LINE = "\r\x1b[K"

RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)
"""Documents stay bytes: none of their values is decoded."""

Client = MongoClient[dict[str, Any]]
Say = Callable[[str], None]


class BackupRefused(Exception):
    """A folder cannot be used for this; the message says why."""


class CopiedCollection(msgspec.Struct, frozen=True):
    """One file of a backup, ``<name>.bson``."""

    documents: int
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """The content of a backup, in ``backup.json``; written last."""

    format: int
    program: str
    schema: int
    made_at: datetime
    database: str
    collections: dict[str, CopiedCollection]

    @property
    def bytes(self) -> int:
        """Size of all collections."""
        return sum(copied.bytes for copied in self.collections.values())


class _Target(msgspec.Struct, frozen=True):
    mongodb_database: str = "minilab"


def back_up(environment: Mapping[str, str], folder: Path, say: Say = print) -> Manifest:
    """Copy the data and the keys of ``make run`` into a new folder.

    Raises:
        BackupRefused: The folder is not empty, the data are not those of ``make run``, or a setting
            cannot be used.
        ServerError: There is no data, or MongoDB does not start.
        PyMongoError: MongoDB cannot be read.
    """
    settings, database = read_local(environment)
    if settings.mongodb_url is not None:
        raise BackupRefused(
            "MINILAB_MONGODB_URL is set: back that server up with its own tools (mongodump --oplog)"
        )
    require_empty(folder)
    partial = make_fresh(folder, "partial")
    with open_mongodb(settings) as url, Client(url, appname="minilab-backup") as client:
        manifest = _copy_at_one_moment(client, database, partial, say)
    _copy_keys(settings.data_folder, partial, say)
    write_private(partial / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)).decode())
    partial.replace(folder)
    say(f"{in_megabytes(manifest.bytes)} are in {folder}. It holds the keys, too: keep it private.")
    return manifest


def read_local(environment: Mapping[str, str]) -> tuple[LocalSettings, str]:
    """Read where the data of ``make run`` are, and the name of their database.

    Raises:
        BackupRefused: A setting cannot be used.
    """
    reader = SettingsReader(environment)
    settings, target = reader.read(LocalSettings), reader.read(_Target)
    try:
        reader.check()
    except SettingsError as error:
        raise BackupRefused(str(error)) from error
    return settings, target.mongodb_database


def require_empty(folder: Path) -> None:
    """Check that nothing would be overwritten.

    Raises:
        BackupRefused: The folder holds something.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BackupRefused(f"{folder} is not empty: name a folder that is empty or does not exist")


def make_fresh(folder: Path, suffix: str) -> Path:
    """Make an empty folder of mode 700 beside another, which it replaces when it is complete."""
    fresh = folder.absolute().with_name(f"{folder.absolute().name}.{suffix}")
    if fresh.exists():  # Of an attempt that was broken off.
        shutil.rmtree(fresh)
    fresh.mkdir(parents=True, mode=0o700)
    return fresh


def in_megabytes(size_bytes: int) -> str:
    """Write a size."""
    return f"{size_bytes / 1e6:,.1f} MB"


def report(name: str, documents: int, size_bytes: int, say: Say) -> None:
    """Say that a collection is copied."""
    if sys.stderr.isatty():
        print(CLEAR_LINE, end="", file=sys.stderr)
    say(f"{name:<22} {documents:>12,} documents {in_megabytes(size_bytes):>14}")


def show_progress(name: str, size_bytes: int) -> None:
    """Show on a terminal how much of a collection is copied."""
    if sys.stderr.isatty():
        print(f"{CLEAR_LINE}· {name}: {in_megabytes(size_bytes)}", end="", file=sys.stderr)


def _copy_at_one_moment(client: Client, name: str, folder: Path, say: Say) -> Manifest:
    database = client[name]
    found = sorted(database.list_collection_names(filter={"type": "collection"}))
    names = [one for one in found if not one.startswith("system.")]
    if not names:
        raise ServerError(f"the database {name} is empty")
    version = database["service_state"].find_one({"_id": "schema"})
    with _keeping_history(client):
        for attempt in range(_MOST_TRIES):
            made_at = datetime.now(UTC)
            try:
                with client.start_session(snapshot=True) as session:
                    copied = {one: _copy(database, one, folder, session, say) for one in names}
                break
            except OperationFailure as error:
                # A collection or an index was made after the moment of the snapshot.
                if error.code != _SNAPSHOT_UNAVAILABLE or attempt == _MOST_TRIES - 1:
                    raise
    schema = version["version"] if version else SCHEMA_VERSION
    return Manifest(FORMAT, VERSION, schema, made_at, name, copied)


def _copy(
    database: Database[dict[str, Any]], name: str, folder: Path, session: ClientSession, say: Say
) -> CopiedCollection:
    digest, documents, size_bytes = hashlib.sha256(), 0, 0
    with open_private(folder / f"{name}.bson") as file:
        batches: Iterable[Any] = database[name].find_raw_batches({}, session=session)
        for batch in batches:  # Of bytes.
            file.write(batch)
            digest.update(batch)
            documents += len(decode_all(batch, RAW))
            size_bytes += len(batch)
            show_progress(name, size_bytes)
        file.flush()
        os.fsync(file.fileno())
    report(name, documents, size_bytes, say)
    return CopiedCollection(documents, size_bytes, digest.hexdigest())


def open_private(file: Path) -> IO[bytes]:
    """Open a new file of mode 600."""
    return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


@contextmanager
def _keeping_history(client: Client) -> Iterator[None]:
    """Have MongoDB keep the past while the context lasts."""
    before = client.admin.command({"getParameter": 1, _HISTORY: 1})[_HISTORY]
    client.admin.command({"setParameter": 1, _HISTORY: _HISTORY_SECONDS})
    try:
        yield
    finally:
        client.admin.command({"setParameter": 1, _HISTORY: before})


def _copy_keys(data: Path, folder: Path, say: Say) -> None:
    for name in KEYS:
        if (data / name).exists():
            write_private(folder / name, (data / name).read_text())
    for name in (ADMIN_KEY_FILE, SECRET_KEY_FILE):
        if not (data / name).exists():
            say(f"MINILAB_{name.upper()} is not in {data}: keep it with the backup")
