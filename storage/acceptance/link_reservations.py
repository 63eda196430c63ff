"""What came in through a link: reserved where the promise is made, and counted down by deletes."""

from collections import defaultdict
from collections.abc import Iterable

from pymongo import UpdateOne
from pymongo.client_session import ClientSession

from domain.errors.access import LinkRevoked
from domain.links import UploadLink, used_up
from domain.records import ItemError
from storage.acceptance.drop_offs import Entry, RefusedFile
from storage.access.upload_links import link_of
from storage.mongo.client import PlainDatabase
from storage.outbox.outbox import add_link_used_up


def reserve(database: PlainDatabase, session: ClientSession, entries: Iterable[Entry]) -> None:
    """Take from links what their uploads need, first come, first served.

    A file that does not fit becomes one that is refused; an upload of which none fits is
    refused itself, as is one through a link that was revoked meanwhile. Whether a link has
    expired does not matter any more: the upload began before. Uploads without a link cost
    nothing.

    Two transactions that read the same link cannot both write it: the later one fails, and
    finds what is left when it tries again. That is what makes the limits exact.

    Args:
        database: Holds everything.
        session: The transaction that accepts the uploads; may be tried several times.
        entries: The uploads, in the order in which they came.
    """
    by_link: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.drop_off.link_id is not None:
            by_link[entry.drop_off.link_id].append(entry)
    if not by_link:
        return
    collection = database["upload_links"]
    writes = []
    for document in collection.find({"_id": {"$in": list(by_link)}}, session=session):
        before = after = link_of(document)
        for entry in by_link.pop(before.id):
            after = _admit(entry, after)
        if after != before:
            use = {"used_files": after.used_files, "used_bytes": after.used_bytes}
            writes.append(UpdateOne({"_id": before.id, "revoked_at": None}, {"$set": use}))
            add_link_used_up(database, before, after, session)
    for entry in (entry for orphans in by_link.values() for entry in orphans):
        entry.refusal = LinkRevoked()
    if writes:
        collection.bulk_write(writes, ordered=False, session=session)


def _admit(entry: Entry, link: UploadLink) -> UploadLink:
    """Take the files of an upload that fit. Returns the link with these."""
    entry.refusal = None
    if link.revoked_at is not None:
        entry.refusal = LinkRevoked("Whoever made it has withdrawn it while the upload came in.")
        return link
    taken, refused, after = [], list(entry.drop_off.refused), link
    for file in entry.drop_off.taken:
        if after.has_room(file.staged.size_bytes):
            after = after.with_file(file.staged.size_bytes)
            taken.append(file)
        else:
            refusal = used_up(after)
            error = ItemError(refusal.code, refusal.detail)
            refused.append(RefusedFile(file.index, file.filename, error))
    if entry.drop_off.taken and not taken:
        entry.refusal = used_up(link)
    elif taken != entry.taken:
        entry.take(taken, refused)
    return after
