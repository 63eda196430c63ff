"""Uploads that wait for their transaction."""

import asyncio
from collections.abc import Iterator, Sequence

import msgspec

from domain.errors.base import ServiceError
from storage.acceptance.documents import Documents, ticket_of
from storage.acceptance.idempotency import Answered
from storage.acceptance.uploads import Show, Ticket, Upload
from storage.mongo.client import Document

# A transaction stays small, and no request waits for more than this of others.
MAX_GROUP_FILES = 2000
MAX_GROUP_BYTES = 16 * 1024 * 1024


class Submission:
    """An upload on its way into a transaction.

    Attributes:
        accepted: The documents that are written; a link may take fewer files than the form has.
        ticket: The ticket that was made last, in the transaction if the upload has a key.
        refusal: Why nothing of the upload is accepted; None while nothing speaks against it.
        outcome_is_known: False while a commit may have happened whose answer was lost.
    """

    def __init__(self, upload: Upload, documents: Documents, show: Show | None) -> None:
        self.upload = upload
        self.documents = self.accepted = documents
        self.ticket: Ticket | None = None
        self._show = show
        self.refusal: ServiceError | None = None
        self.answer: asyncio.Future[Ticket] = asyncio.get_running_loop().create_future()
        self.outcome_is_known = True

    def make_ticket(self) -> Ticket:
        """Make the ticket of what is written, with the response that is kept with its key."""
        ticket, attempt = ticket_of(self.accepted), self.upload.attempt
        if attempt is not None:
            reply = None if self._show is None else self._show(ticket)
            ticket = msgspec.structs.replace(ticket, attempt=attempt, reply=reply)
        self.ticket = ticket
        return ticket

    def make_answer(self) -> Answered:
        """Make what is kept with the Idempotency-Key."""
        ticket = self.make_ticket()
        reply = {} if ticket.reply is None else msgspec.structs.asdict(ticket.reply)
        return Answered(self.upload.fingerprint, ticket.job.id, **reply)

    def fail(self, error: Exception) -> None:
        """Answer with an error, unless the caller has gone."""
        if not self.answer.done():
            self.answer.set_exception(error)


def images_of(submissions: Sequence[Submission]) -> Iterator[tuple[Submission, Document]]:
    """Give the images that are written, each with its submission."""
    return ((one, image) for one in submissions for image in one.accepted.images)


def take_group(waiting: list[Submission]) -> list[Submission]:
    """Remove the first submissions, as many as one transaction holds; at least one."""
    count = files = size_bytes = 0
    for submission in waiting:
        files += len(submission.documents.images)
        size_bytes += submission.upload.intake.pending_bytes
        if count and (files > MAX_GROUP_FILES or size_bytes > MAX_GROUP_BYTES):
            break
        count += 1
    group = waiting[:count]
    del waiting[:count]
    return group
