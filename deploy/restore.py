"""``minilab restore FOLDER``: makes a new data folder from a backup, and checks it.

The data folder gets its name when it is complete. Its webhooks are held: the original may still
run, and may have sent webhooks that were pending at the moment of the backup.
"""

import asyncio
import hashlib
import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from bson import decode_file_iter
from bson.errors import InvalidBSON
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from pymongo.database import Database

from deploy.admin_key import write_private
from deploy.backup import (
    FORMAT,
    KEYS,
    MANIFEST,
    RAW,
    BackupRefused,
    CopiedCollection,
    Manifest,
    Say,
    in_megabytes,
    make_fresh,
    read_local,
    report,
    require_empty,
    show_progress,
)
from deploy.servers.embedded import embedded_servers
from deploy.verify_data import CALL_SECONDS, NO_REDIS, grace_of, table_of, verify
from domain.webhooks.advice import RELEASE
from storage.schema import SCHEMA_VERSION
from storage.settings import StoreSettings, WorkRules
from storage.stores import open_stores
from storage.verification.walk import Verification
from tasks.settings import WorkerSettings

_BATCH_BYTES = 8 * 1024 * 1024
_BATCH_DOCUMENTS = 1000


def restore(environment: Mapping[str, str], folder: Path, say: Say = print) -> bool:
    """Make the data folder of ``make run`` from a backup.

    Returns:
        Whether every invariant of the data holds.

    Raises:
        BackupRefused: The data folder is not empty, or the backup or a setting cannot be used.
        ServerError: MongoDB does not start.
        PyMongoError: MongoDB cannot be written.
    """
    settings, database = read_local(environment)
    manifest = _read_manifest(folder)
    data = settings.data_folder
    require_empty(data)
    fresh = make_fresh(data, "restoring")
    try:
        for name in KEYS:
            if (folder / name).exists():
                write_private(fresh / name, (folder / name).read_text())
        with embedded_servers(fresh, redis=False) as servers:
            with MongoClient[dict[str, Any]](servers.mongodb_url) as client:
                for name, copied in manifest.collections.items():
                    _insert(client[database], name, folder, copied, say)
            stores = StoreSettings(
                mongodb_url=servers.mongodb_url,
                redis_url=NO_REDIS,
                mongodb_database=database,
                store_timeout_seconds=CALL_SECONDS,
                blob_url=environment.get("MINILAB_BLOB_URL", ""),
            )
            verification = asyncio.run(_finish(stores, manifest))
    except BaseException:
        shutil.rmtree(fresh)
        raise
    fresh.replace(data)
    say("\n".join(table_of(verification.findings)))
    say(f"\n{in_megabytes(manifest.bytes)} of {manifest.made_at:%Y-%m-%d %H:%M} UTC are in {data}.")
    say(f"Webhooks are held. {RELEASE}")
    return not verification.broken


def _read_manifest(folder: Path) -> Manifest:
    try:
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise BackupRefused(f"{folder} holds no complete backup: {error}") from error
    if (manifest.format, manifest.schema) != (FORMAT, SCHEMA_VERSION):
        raise BackupRefused(
            f"{folder} was made by release {manifest.program}: restore it with that release, and "
            "then upgrade as CHANGELOG.md says"
        )
    return manifest


def _insert(
    database: Database[dict[str, Any]],
    name: str,
    folder: Path,
    copied: CopiedCollection,
    say: Say,
) -> None:
    collection = database.get_collection(name, codec_options=RAW)
    digest, documents, size_bytes = hashlib.sha256(), 0, 0
    for batch in _read_batches(folder / f"{name}.bson"):
        for document in batch:
            digest.update(document.raw)
            size_bytes += len(document.raw)
        collection.insert_many(batch)
        documents += len(batch)
        show_progress(name, size_bytes)
    if CopiedCollection(documents, size_bytes, digest.hexdigest()) != copied:
        raise BackupRefused(f"{folder / name}.bson is not what the backup wrote")
    report(name, documents, size_bytes, say)


def _read_batches(path: Path) -> Iterator[list[RawBSONDocument]]:
    """Read the documents of a file, some at a time."""
    batch: list[RawBSONDocument] = []
    size_bytes = 0
    try:
        with path.open("rb") as file:
            for document in decode_file_iter(file, RAW):
                batch.append(document)
                size_bytes += len(document.raw)
                if size_bytes >= _BATCH_BYTES or len(batch) >= _BATCH_DOCUMENTS:
                    yield batch
                    batch, size_bytes = [], 0
    except InvalidBSON as error:
        raise BackupRefused(f"{path} is damaged or cut short") from error
    except OSError as error:
        raise BackupRefused(f"{path} cannot be read: {error.strerror}") from error
    if batch:
        yield batch


async def _finish(settings: StoreSettings, manifest: Manifest) -> Verification:
    async with open_stores(settings, WorkRules()) as stores:
        await stores.check_schema()
        await stores.prepare()
        await stores.webhook_hold.hold()
        await stores.bucket_owner.leave()
    # What was on its way at the moment of the backup has become older without a sweeper.
    age = datetime.now(UTC) - manifest.made_at
    return await verify(settings, grace_of(WorkerSettings()) + age)
