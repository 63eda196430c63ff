"""Resumable uploads that become the files of a job: their bytes are stored already."""

from collections.abc import Sequence

from bson import ObjectId
from pymongo import UpdateMany
from pymongo.client_session import ClientSession

from domain.errors.access import UploadUsed
from domain.errors.files import FileRefused
from domain.ports import GRIDFS, S3, Location
from domain.records import ItemError
from domain.resumable import ResumableUpload
from storage.acceptance.file_intake import check_format
from storage.acceptance.submissions import Submission
from storage.acceptance.uploads import RefusedFile, TakenFile
from storage.blobs.intake import BlobIntake, NoWriter, StagedFile
from storage.blobs.objects import RESUMABLE
from storage.blobs.stores.chunks import CHUNK_BYTES
from storage.mongo.threads import PlainDatabase
from storage.resumable.documents import UNUSED
from storage.resumable.reservations import give_back


class StoredIntake(BlobIntake):
    """The bytes of finished uploads. They stay if no job comes of a request."""

    def __init__(self, uploads: Sequence[ResumableUpload]) -> None:
        super().__init__(StoredBytesOf(uploads))


class StoredBytesOf(NoWriter):
    """The writer of bytes that are stored: a request with the same uploads finds them again."""

    def __init__(self, uploads: Sequence[ResumableUpload]) -> None:
        self.objects = {one.file_id: one.object_name for one in uploads if one.object_name}
        self.flushed = {
            one.file_id: -(-one.length // CHUNK_BYTES) for one in uploads if not one.object_name
        }


def files_of(uploads: Sequence[ResumableUpload]) -> tuple[list[TakenFile], list[RefusedFile]]:
    """Make the files of a job: those that become images, and those that become errors."""
    taken, refused = [], []
    for index, upload in enumerate(uploads):
        try:
            format_ = check_format(upload.head, upload.length)
        except FileRefused as refusal:
            error = ItemError(refusal.code, refusal.detail)
            refused.append(RefusedFile(index, upload.filename, error))
        else:
            staged = StagedFile(
                upload.file_id, str(upload.sha256), upload.length, _location_of(upload)
            )
            taken.append(TakenFile(index, upload.filename, str(format_), staged))
    return taken, refused


def _location_of(upload: ResumableUpload) -> Location:
    if upload.object_name is None:
        return Location(GRIDFS, upload.file_id)
    return Location(S3, upload.object_name)


def check_references(
    database: PlainDatabase, session: ClientSession, submissions: Sequence[Submission]
) -> None:
    """Refuse submissions whose uploads a job has used meanwhile, or that were deleted.

    Of two submissions of a group with the same upload, the first gets it. Sets ``refusal``. Costs
    nothing for other submissions. May be tried several times.
    """
    named = [upload.id for one in submissions for upload in one.upload.references]
    if not named:
        return
    which = {"_id": {"$in": named}} | UNUSED
    free = {found["_id"] for found in database[RESUMABLE].find(which, {"_id": 1}, session=session)}
    for one in submissions:
        wanted = {upload.id for upload in one.upload.references}
        if wanted <= free:
            free -= wanted
        else:
            one.refusal = UploadUsed("Another job has used it meanwhile, or it was deleted.")


def use_references(
    database: PlainDatabase, session: ClientSession, submissions: Sequence[Submission]
) -> set[ObjectId]:
    """Note which job has used each upload, and give their places back, except those of links.

    An upload is used once: a transaction that uses it too cannot commit.

    Returns the files of uploads, whose bytes are needed no longer where they are no new blobs.
    """
    users = [one for one in submissions if one.upload.references]
    if not users:
        return set()
    uploads = [upload for one in users for upload in one.upload.references]
    writes = [
        UpdateMany(
            {"_id": {"$in": [upload.id for upload in one.upload.references]}},
            {"$set": {"job_id": one.accepted.job["_id"]}},
        )
        for one in users
    ]
    database[RESUMABLE].bulk_write(writes, ordered=False, session=session)
    give_back(database, session, [upload for upload in uploads if upload.link_id is None])
    return {upload.file_id for upload in uploads}
