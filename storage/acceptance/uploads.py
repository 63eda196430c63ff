"""An upload as the API received it, and the ticket that it becomes."""

from collections.abc import Awaitable, Callable

import msgspec

from domain.jobs import ChunkHint
from domain.quotas import Quota
from domain.records import GpsPolicy, Item, ItemError, Job
from domain.resumable import ResumableUpload
from storage.acceptance.idempotency import Attempt, Reply
from storage.blobs.intake import BlobIntake, StagedFile
from storage.ledger.fetches import FetchClaim, FetchedFile


class TakenFile(msgspec.Struct, frozen=True):
    """A file that becomes an image; its format is detected from its bytes."""

    index: int
    filename: str
    format: str
    staged: StagedFile


class RefusedFile(msgspec.Struct, frozen=True):
    """A file that becomes an item with an error."""

    index: int
    filename: str
    error: ItemError


class Ticket(msgspec.Struct, frozen=True):
    """The answer to an upload that is durable, with a hint for each chunk of work.

    Attributes:
        attempt: The Idempotency-Key that was answered, if one was sent.
        reply: The response, if it is kept with the key already.
    """

    job: Job
    items: list[Item]
    hints: list[ChunkHint]
    attempt: Attempt | None = None
    reply: Reply | None = None


Show = Callable[[Ticket], Reply]
"""Makes the response to an upload."""


class Upload(msgspec.Struct, frozen=True):
    """The content of one upload request.

    Attributes:
        intake: Holds the bytes that are not written yet.
        gps: Whether served files may contain the position of the picture.
        attempt: The Idempotency-Key that this upload answers, if one was sent.
        fingerprint: Hash of the request's content; goes with ``attempt``.
        prepare_reply: Returns what makes the response from a ticket, also in another thread, to be
            kept with ``attempt``. None if the response is not known by the commit.
        marks: Of the job and all images, as stored.
        fetches: Files that a worker fetches later.
        claim: Of the worker that has fetched the only file, for a job that was accepted before.
        references: Resumable uploads that the files were; the job uses them up.
        has_subscribers: Whether a webhook wants the event of a job that ends at its acceptance.
    """

    user_id: str
    key_id: str
    operations: tuple[str, ...]
    taken: list[TakenFile]
    refused: list[RefusedFile]
    intake: BlobIntake
    gps: GpsPolicy = GpsPolicy.KEEP
    link_id: str | None = None
    attempt: Attempt | None = None
    fingerprint: str = ""
    prepare_reply: Callable[[Job], Awaitable[Show]] | None = None
    callback_url: str | None = None
    has_subscribers: bool = False
    quota: Quota | None = None
    marks: tuple[str, ...] = ()
    fetches: list[FetchedFile] = []
    claim: FetchClaim | None = None
    references: list[ResumableUpload] = []
