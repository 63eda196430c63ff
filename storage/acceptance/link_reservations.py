"""Limits of upload links: reserved in the transaction that accepts the upload."""

from collections import defaultdict
from collections.abc import Iterable

from pymongo import UpdateOne
from pymongo.client_session import ClientSession

from domain.errors.access import LinkRevoked
from domain.links import UploadLink, used_up
from domain.records import ItemError
from storage.acceptance.documents import without
from storage.acceptance.submissions import Submission
from storage.acceptance.uploads import RefusedFile
from storage.mongo.client import read_struct
from storage.mongo.threads import PlainDatabase
from storage.outbox.outbox import add_link_used_up

COUNTED = ("used_files", "used_bytes", "reserved_files", "reserved_bytes")


def reserve(
    database: PlainDatabase, session: ClientSession, submissions: Iterable[Submission]
) -> None:
    """Reserve what uploads need of their links, first come, first served.

    A file that does not fit is refused; an upload of which no file fits is refused itself, as is
    one through a link that was revoked meanwhile. The expiry of a link no longer matters: the
    upload began before it. Uploads without a link cost nothing.

    Two transactions that read the same link cannot both write it: the later one fails, and
    finds what is left when it tries again. That makes the limits exact.

    Sets ``accepted`` and ``refusal`` of submissions that have a link. May be tried several times.
    """
    by_link: dict[str, list[Submission]] = defaultdict(list)
    for submission in submissions:
        if submission.upload.link_id is not None:
            by_link[submission.upload.link_id].append(submission)
    if not by_link:
        return
    collection = database["upload_links"]
    writes = []
    for document in collection.find({"_id": {"$in": list(by_link)}}, session=session):
        before = after = read_struct(document, UploadLink)
        for submission in by_link.pop(before.id):
            after = _reserve_one(submission, after)
        if after != before:
            use = {name: getattr(after, name) for name in COUNTED}
            writes.append(UpdateOne({"_id": before.id, "revoked_at": None}, {"$set": use}))
            add_link_used_up(database, before, after, session)
    for submission in (orphan for orphans in by_link.values() for orphan in orphans):
        submission.refusal = LinkRevoked()
    if writes:
        collection.bulk_write(writes, ordered=False, session=session)


def _reserve_one(submission: Submission, link: UploadLink) -> UploadLink:
    """Reserve room for the files that fit. Returns the link with these.

    Resumable uploads give back what was reserved at their creation, so that they fit.
    """
    submission.refusal = None
    if link.revoked_at is not None:
        submission.refusal = LinkRevoked("The link was revoked during the upload.")
        return link
    references = submission.upload.references
    overflow = []
    after = link.with_reserved(-len(references), -sum(one.length for one in references))
    for file in submission.upload.taken:
        if after.has_room(file.staged.size_bytes):
            after = after.with_file(file.staged.size_bytes)
        else:
            refusal = used_up(after)
            error = ItemError(refusal.code, refusal.detail)
            overflow.append(RefusedFile(file.index, file.filename, error))
    if overflow and len(overflow) == len(submission.upload.taken):
        submission.refusal = used_up(link)
        return link
    documents = submission.documents
    submission.accepted = without(documents, overflow) if overflow else documents
    return after
