"""Files that a worker fetched for a job which was accepted before."""

from collections.abc import Sequence
from datetime import timedelta

from pymongo.client_session import ClientSession

from domain.errors.access import WrongState
from domain.marks import MARKS
from storage.acceptance.documents import Documents, blob_documents, image_documents
from storage.acceptance.submissions import Submission
from storage.acceptance.uploads import Upload
from storage.clock import utc_now
from storage.ledger.fetches import FetchClaim, ending_entry
from storage.mongo.client import Document
from storage.mongo.threads import PlainDatabase

OF_JOB = ("tenant", MARKS, "request_id", "traceparent")
"""Fields that images have from their job, where it has them."""


def documents_of_fetched(upload: Upload, claim: FetchClaim, due_after: timedelta) -> Documents:
    """Make the documents of a fetched file; the job is that of the claim.

    Each file is a chunk of its own: others may arrive much later.
    """
    now, job = utc_now(), claim.job
    shared: Document = {
        "user_id": upload.user_id,
        "key_id": upload.key_id,
        "link_id": upload.link_id,
        "due_at": now + due_after,
        **{name: job[name] for name in OF_JOB if name in job},
    }
    chunks = [file.index for file in upload.taken]
    images = image_documents(upload, shared, claim.job_id, chunks, now)
    return Documents(job, images, blob_documents(upload, now), upload.refused)


def take_over(
    database: PlainDatabase, session: ClientSession, submissions: Sequence[Submission]
) -> None:
    """Remove the entries of fetched files from their jobs, whose images are written with this.

    Sets ``refusal`` where the claim was lost: the job was canceled or deleted, or another worker
    took it over. Costs nothing for other uploads.
    """
    jobs = database["jobs"]
    for one in submissions:
        claim = one.upload.claim
        if claim is None:
            continue
        (file,) = one.upload.taken
        update = ending_entry(file.index, {})
        if not jobs.update_one(claim.of_file(file.index), update, session=session).modified_count:
            one.refusal = WrongState("The claim on the URL was lost.")
