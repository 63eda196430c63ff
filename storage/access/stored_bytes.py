"""Accounts of stored bytes, which exist from the first upload with a quota on.

The transactions that accept and delete images change the accounts that exist, so accounts are
exact. Two transactions that change the same account run one after the other.
"""

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from datetime import timedelta

from pymongo import UpdateOne
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from domain.quotas import Quota, accounts_of, check_fits, images_of_account, least_bytes_of_files
from storage.mongo.client import DURABLE, Client, Database, Document, Session, read_clock
from storage.mongo.threads import PlainDatabase
from storage.mongo.transactions import run_transaction

STORED_BYTES = "stored_bytes"
LOOK_SECONDS = 1.0
# Transactions that began before an account was made, and did not see it, have ended by then.
SETTLED = timedelta(minutes=2)


class StoredBytes:
    """Makes, reads and recounts accounts."""

    def __init__(self, client: Client, database: Database) -> None:
        self._client = client
        self._database = database
        self._accounts = database[STORED_BYTES].with_options(write_concern=DURABLE)

    async def read(self, account: str) -> int:
        """Read an account in bytes; make it if it does not exist yet."""
        document = await self._accounts.find_one({"_id": account, "is_counted": True})
        if document is None:
            await self._make(account)
            document = await self._accounts.find_one({"_id": account})
        return 0 if document is None else int(document["bytes"])

    async def check(self, quota: Quota, length: int | None) -> None:
        """Refuse an upload whose files cannot fit, before its body is read.

        Raises:
            QuotaExceeded: The announced length of the body is too large.
        """
        check_fits(quota, await self.read(quota.account), least_bytes_of_files(length))

    async def recount_new(self) -> int:
        """Count young accounts once more; return how many were corrected.

        An upload that was being accepted while an account was made may be missing in it.
        """
        made_before = await read_clock(self._database) - SETTLED
        young = {"is_settled": False, "made_at": {"$lt": made_before}}
        corrected = 0
        for account in await self._accounts.distinct("_id", young):
            corrected += await self._count(account, {"is_settled": True})
        return corrected

    async def _make(self, account: str) -> None:
        now = await read_clock(self._database)
        empty = {"bytes": 0, "is_counted": False, "is_settled": False, "made_at": now}
        with suppress(DuplicateKeyError):  # Another upload has made it.
            await self._accounts.insert_one({"_id": account, **empty})
        await self._count(account, {"is_counted": True})

    async def _count(self, account: str, fields: Document) -> bool:
        """Add up the images of an account; return whether its sum was another."""

        async def count(session: Session) -> bool:
            stored = await add_up(self._database, account, session)
            before: Document | None = await self._accounts.find_one_and_update(
                {"_id": account}, {"$set": {"bytes": stored, **fields}}, session=session
            )
            return before is not None and bool(before["bytes"] != stored)

        return await run_transaction(self._client, count)


class AccountReader:
    """Reads accounts within transactions. Looks once a second whether there are any at all."""

    def __init__(
        self, database: PlainDatabase, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._accounts = database[STORED_BYTES]
        self._clock = clock
        self._are_there = False
        self._look_at = 0.0

    def read(
        self, session: ClientSession, accounts: Collection[str], *, wanted: bool
    ) -> Mapping[str, int]:
        """Read the bytes of the accounts that exist; ``wanted``: at least one does."""
        if not (wanted or self._any()):
            return {}
        found = self._accounts.find({"_id": {"$in": list(accounts)}}, session=session)
        return {account["_id"]: account["bytes"] for account in found}

    def add(
        self, session: ClientSession, images: Iterable[Document], existing: Collection[str]
    ) -> None:
        """Add new images to the accounts that exist."""
        if writes := _changes(images, 1, existing):
            self._accounts.bulk_write(writes, ordered=False, session=session)

    def _any(self) -> bool:
        now = self._clock()
        if not self._are_there and now >= self._look_at:
            self._look_at = now + LOOK_SECONDS
            self._are_there = self._accounts.find_one({}, {"_id": 1}) is not None
        return self._are_there


async def give_back_bytes(database: Database, images: Iterable[Document], session: Session) -> None:
    """Take deleted images out of the accounts that exist, given their documents."""
    if writes := _changes(images, -1):
        await database[STORED_BYTES].bulk_write(writes, ordered=False, session=session)


async def add_up(database: Database, account: str, session: Session) -> int:
    """Add up the sizes of the images of an account."""
    pipeline: list[Document] = [
        {"$match": images_of_account(account)},
        {"$group": {"_id": None, "bytes": {"$sum": "$size_bytes"}}},
    ]
    found = await database["images"].aggregate(pipeline, session=session).to_list(1)
    return int(found[0]["bytes"]) if found else 0


def _changes(
    images: Iterable[Document], sign: int, existing: Collection[str] | None = None
) -> list[UpdateOne]:
    sums = Counter[str]()
    for image in images:
        for account in accounts_of(image["user_id"], image["key_id"]):
            sums[account] += image["size_bytes"]
    return [
        UpdateOne({"_id": account}, {"$inc": {"bytes": sign * size_bytes}})
        for account, size_bytes in sums.items()
        if existing is None or account in existing
    ]
