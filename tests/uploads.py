"""Uploads and results of images, made without the API and without a decoder."""

from domain.jobs import Status
from domain.records import Cell, ItemError
from storage.acceptance.uploads import RefusedFile, TakenFile, Ticket, Upload
from storage.blobs.intake import BlobIntake, IncomingFile
from storage.ledger.rows import ClaimedImage, FinishedImage
from storage.stores import Stores

OPERATIONS = ("metadata", "faces")


async def make_upload(
    stores: Stores,
    *contents: bytes,
    user_id: str = "u1",
    refused: int = 0,
    filename: str = "a.jpg",
    link_id: str | None = None,
    operations: tuple[str, ...] = OPERATIONS,
) -> Upload:
    """Take files in as the API does, up to the acceptance."""
    intake = BlobIntake(stores.blob_chunks)
    taken = []
    for index, content in enumerate(contents):
        file = IncomingFile()
        await intake.write(file, content)
        taken.append(TakenFile(index, filename, "jpeg", await intake.finish(file)))
    await intake.complete()
    error = ItemError("empty_file", "The file is empty")
    return Upload(
        user_id=user_id,
        key_id=link_id or "admin",
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


def succeed(image: ClaimedImage) -> FinishedImage:
    """End an image well."""
    return FinishedImage(
        image.id, image.fence, dict.fromkeys(image.cells, Cell(Status.SUCCEEDED, version=1))
    )


def fail(image: ClaimedImage, code: str = "corrupt_image") -> FinishedImage:
    """End an image badly."""
    error = ItemError(code, "It is broken.")
    cells = dict.fromkeys(image.cells, Cell(Status.FAILED, error=error))
    return FinishedImage(image.id, image.fence, cells, error)
