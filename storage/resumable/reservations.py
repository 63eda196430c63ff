"""Places of resumable uploads: reserved at their creation, given back when they end.

The place of an upload through a link is in the document of the link, where an upload in one
request finds it, too. The others have an account for each owner.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from pymongo import UpdateOne
from pymongo.client_session import ClientSession

from domain.errors.access import LinkRevoked
from domain.errors.base import ServiceError
from domain.errors.capacity import TooManyResumable
from domain.limits import ResumableLimits
from domain.links import UploadLink, check_takes_files, used_up
from domain.resumable import ResumableUpload
from storage.mongo.client import read_struct
from storage.mongo.threads import PlainDatabase
from storage.resumable.documents import ACCOUNTS

LINKS = "upload_links"
FULL_SECONDS = 30.0


class Account(msgspec.Struct, frozen=True):
    """What an owner, or a link, has reserved."""

    files: int = 0
    size_bytes: int = 0

    def with_file(self, size_bytes: int) -> "Account":
        """Return the account with one more file."""
        return Account(self.files + 1, self.size_bytes + size_bytes)


class Creation(msgspec.Struct, frozen=True):
    """An upload that is to be created, with the limits of its owner."""

    upload: ResumableUpload
    limits: ResumableLimits


def reserve(
    database: PlainDatabase, session: ClientSession, creations: Sequence[Creation], now: datetime
) -> list[ServiceError | None]:
    """Reserve places, first come, first served; give the reason of those that get none.

    Two transactions that read the same link or account cannot both write it: the later one fails,
    and finds what is left when it tries again. That makes the limits exact.
    """
    uploads = [one.upload for one in creations]
    link_ids = {upload.link_id for upload in uploads if upload.link_id is not None}
    owners = {upload.owner for upload in uploads if upload.link_id is None}
    links = _read_links(database, session, link_ids)
    accounts = _read_accounts(database, session, owners)
    before = dict(links), dict(accounts)
    refusals: list[ServiceError | None] = []
    for one in creations:
        try:
            if one.upload.link_id is None:
                _enter(one, accounts)
            else:
                _enter_link(one, links, now)
        except ServiceError as refusal:
            refusals.append(refusal)
        else:
            refusals.append(None)
    _write(database, session, before, (links, accounts))
    return refusals


def give_back(
    database: PlainDatabase, session: ClientSession, uploads: Iterable[ResumableUpload]
) -> None:
    """Give the places of uploads back."""
    gone: dict[tuple[str, str], Account] = {}
    for upload in uploads:
        holder = (ACCOUNTS, upload.owner) if upload.link_id is None else (LINKS, upload.link_id)
        gone[holder] = gone.get(holder, Account()).with_file(upload.length)
    for (name, holder_id), account in gone.items():
        less = {"reserved_files": -account.files, "reserved_bytes": -account.size_bytes}
        database[name].update_one({"_id": holder_id}, {"$inc": less}, session=session)


def _enter(one: Creation, accounts: dict[str, Account]) -> None:
    account = accounts.get(one.upload.owner, Account())
    after = account.with_file(one.upload.length)
    _check(after, one.limits)
    accounts[one.upload.owner] = after


def _enter_link(one: Creation, links: dict[str, UploadLink], now: datetime) -> None:
    link = links.get(str(one.upload.link_id))
    if link is None or link.revoked_at is not None:
        raise LinkRevoked("Ask the person who sent it for a new one.")
    check_takes_files(link, now)
    if not link.has_room(one.upload.length):
        raise used_up(link)
    after = link.with_reserved(1, one.upload.length)
    _check(Account(after.reserved_files, after.reserved_bytes), one.limits)
    links[link.id] = after


def _check(account: Account, limits: ResumableLimits) -> None:
    most, most_bytes = limits.tenant_max_resumable_uploads, limits.tenant_max_resumable_bytes
    if most and account.files > most:
        raise TooManyResumable(
            f"The limit is {most} resumable uploads. Use them in a job, or delete some.",
            FULL_SECONDS,
        )
    if most_bytes and account.size_bytes > most_bytes:
        raise TooManyResumable(
            f"The limit is {most_bytes} bytes of resumable uploads together. Use them in a job, or "
            "delete some.",
            FULL_SECONDS,
        )


def _read_links(
    database: PlainDatabase, session: ClientSession, link_ids: Iterable[str]
) -> dict[str, UploadLink]:
    if not (ids := list(link_ids)):
        return {}
    found = database[LINKS].find({"_id": {"$in": ids}}, session=session)
    return {document["_id"]: read_struct(document, UploadLink) for document in found}


def _read_accounts(
    database: PlainDatabase, session: ClientSession, owners: Iterable[str]
) -> dict[str, Account]:
    if not (ids := list(owners)):
        return {}
    found = database[ACCOUNTS].find({"_id": {"$in": ids}}, session=session)
    return {
        document["_id"]: Account(document["reserved_files"], document["reserved_bytes"])
        for document in found
    }


def _write(
    database: PlainDatabase,
    session: ClientSession,
    before: tuple[dict[str, UploadLink], dict[str, Account]],
    after: tuple[dict[str, UploadLink], dict[str, Account]],
) -> None:
    of_links = [
        _setting(link.id, link.reserved_files, link.reserved_bytes)
        for link in after[0].values()
        if link != before[0][link.id]
    ]
    of_owners = [
        _setting(owner, account.files, account.size_bytes)
        for owner, account in after[1].items()
        if account != before[1].get(owner)
    ]
    for name, writes in ((LINKS, of_links), (ACCOUNTS, of_owners)):
        if writes:
            database[name].bulk_write(writes, ordered=False, session=session)


def _setting(holder_id: str, files: int, size_bytes: int) -> UpdateOne:
    fields = {"reserved_files": files, "reserved_bytes": size_bytes}
    return UpdateOne({"_id": holder_id}, {"$set": fields}, upsert=True)
