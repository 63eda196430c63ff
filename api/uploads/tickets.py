"""From a request to a ticket, and from a ticket to its result."""

import asyncio
import time
from contextlib import suppress

from api.uploads.multipart import Form
from domain.errors.requests import InvalidValue
from domain.images.operations import parse_operations
from domain.jobs import TERMINAL
from domain.keys import Caller, Scope, uploading_user
from domain.links import UploadLink
from domain.records import GpsPolicy, Job, JobState
from storage.acceptance.uploads import Upload
from storage.blobs.intake import BlobIntake
from storage.stores import Stores


class Tickets:
    """Accepts forms, and waits for jobs.

    Args:
        stores: Where everything is kept.
    """

    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    async def accept(self, drop_off: Upload) -> JobState:
        """Make the promise, then hint the work.

        Args:
            drop_off: What the request brought; the bytes belong to the acceptance now.

        Returns:
            The job as it was accepted; durable.
        """
        ticket = await self._stores.acceptance.accept(drop_off)
        if ticket.hints:
            self._stores.hints.send_soon(ticket.hints)
        return JobState(ticket.job, ticket.items)

    async def with_items(self, job: Job) -> JobState:
        """Read the items of a job."""
        items = await self._stores.jobs.items([job])
        return JobState(job, items[job.id])

    async def wait(
        self, job_id: str, scope: Scope, seconds: float, known: Job | None = None
    ) -> Job:
        """Wait until a job is terminal, or for so long.

        Args:
            job_id: The job.
            scope: What the caller may see.
            seconds: Longest wait.
            known: The job as it was accepted a moment ago, before any notice of it can have
                been missed: saves the first look.

        Returns:
            The job as it stands then.

        Raises:
            NotFound: There is none that the caller may see.
        """
        deadline = time.monotonic() + seconds
        async with self._stores.job_events.waiting_for(job_id) as changed:
            while True:
                changed.clear()
                job, known = known or await self._stores.jobs.get(job_id, scope), None
                left = deadline - time.monotonic()
                if job.status in TERMINAL or left <= 0:
                    return job
                with suppress(TimeoutError):
                    async with asyncio.timeout(left):
                        await changed.wait()


def make_drop_off(
    form: Form,
    intake: BlobIntake,
    caller: Caller,
    operations: str | None,
    default_gps: GpsPolicy,
    link: UploadLink | None = None,
) -> Upload:
    """Work out what a form asks for.

    Args:
        form: What the request brought.
        intake: Holds the bytes that are not written yet.
        caller: Who uploads.
        operations: Comma list that goes before the form's own; None for all.
        default_gps: What becomes of positions where neither the form nor the link says.
        link: The link that it came in through, if it did.

    Raises:
        ServiceError: A field cannot be used.
    """
    return Upload(
        user_id=uploading_user(caller, form.fields.get("user_id") or None),
        key_id=caller.key_id,
        operations=parse_operations(operations or form.fields.get("operations")),
        taken=form.taken,
        refused=form.refused,
        intake=intake,
        gps=_choose_gps(form.fields.get("gps"), (link and link.gps) or default_gps),
        link_id=caller.link_id,
    )


def _choose_gps(wanted: str | None, default: GpsPolicy) -> GpsPolicy:
    try:
        return GpsPolicy(wanted) if wanted else default
    except ValueError as error:
        raise InvalidValue("gps is 'keep' or 'strip'.") from error
