"""Uploads and results of images, made without the API and without a decoder."""

from collections.abc import Sequence

from domain.claims import ClaimedImage, FinishedImage
from domain.job_changes import JobChange
from domain.jobs import Status
from domain.records import Cell, ItemError
from storage.acceptance.uploads import RefusedFile, TakenFile, Ticket, Upload
from storage.blobs.intake import IncomingFile
from storage.ledger.ledger import Ledger
from storage.stores import Stores

OPERATIONS = ("metadata", "faces")


async def make_upload(
    stores: Stores,
    *contents: bytes,
    user_id: str = "u1",
    refused: int = 0,
    filename: str = "a.jpg",
    link_id: str | None = None,
    key_id: str = "admin",
    operations: tuple[str, ...] = OPERATIONS,
) -> Upload:
    """Take files in as the API does, up to the acceptance."""
    intake = stores.open_intake(lambda: 1)
    taken = []
    for index, content in enumerate(contents):
        file = IncomingFile()
        await intake.write(file, content)
        taken.append(TakenFile(index, filename, "jpeg", await intake.finish(file)))
    await intake.complete()
    error = ItemError("empty_file", "The file is empty")
    return Upload(
        user_id=user_id,
        key_id=link_id or key_id,
        link_id=link_id,
        operations=operations,
        taken=taken,
        refused=[RefusedFile(len(taken) + n, "b.txt", error) for n in range(refused)],
        intake=intake,
    )


async def accept(
    stores: Stores,
    *contents: bytes,
    user_id: str = "u1",
    refused: int = 0,
    operations: tuple[str, ...] = OPERATIONS,
) -> Ticket:
    """Give a ticket for some files."""
    return await stores.acceptance.accept(
        await make_upload(
            stores, *contents, user_id=user_id, refused=refused, operations=operations
        )
    )


async def claim(
    ledger: Ledger, job_id: str, chunk: int, worker: str | None = None
) -> tuple[str, list[ClaimedImage]]:
    """Claim one chunk."""
    return (await ledger.claim_chunks([(job_id, chunk)], worker))[0]


async def finish(ledger: Ledger, images: Sequence[FinishedImage]) -> int:
    """Write the ends of the images of one task."""
    return (await ledger.finish([images]))[0]


async def start_job(ledger: Ledger, job_id: str) -> JobChange | None:
    """Mark one job as begun."""
    return (await ledger.states.start([job_id]))[0]


def succeed(image: ClaimedImage) -> FinishedImage:
    """End an image well."""
    return FinishedImage(
        image.id,
        image.fence,
        dict.fromkeys(image.cells, Cell(Status.SUCCEEDED, version=1)),
        claim_id=image.claim_id,
    )


def fail(image: ClaimedImage, code: str = "corrupt_image") -> FinishedImage:
    """End an image badly."""
    error = ItemError(code, "It is broken.")
    cells = dict.fromkeys(image.cells, Cell(Status.FAILED, error=error))
    return FinishedImage(image.id, image.fence, cells, error, image.claim_id)
