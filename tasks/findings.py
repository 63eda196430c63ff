"""From what a child found to what is written: results of blobs, ends of images."""

from collections.abc import Sequence
from typing import Any

import msgspec

from domain.errors import OperationFailed
from domain.images.operations import OPERATIONS
from domain.images.values import ProcessedImage, Thumbnail
from domain.jobs import Status
from domain.records import Cell, ItemError
from storage.blobs import variant_id
from storage.images import Blob
from storage.ledger import ClaimedImage, FinishedImage
from storage.results import BlobResults, NewVariant
from tasks.image_batch import Outcome

VERSION = {operation.name: operation.version for operation in OPERATIONS}
NO_BLOB = ItemError("not_found", "The bytes of this image are gone.")


class Findings(msgspec.Struct, frozen=True):
    """What is known of a blob when an image of it ends.

    Attributes:
        blob: As it was read when the work began; None if it is gone.
        fresh: What was found now.
        outcome: How the work on it went; None if all was known before.
    """

    blob: Blob | None
    fresh: BlobResults | None
    outcome: Outcome | None


def missing_operations(blob: Blob | None, operations: Sequence[str]) -> list[str]:
    """Say which operations have no result of their current version yet."""
    if blob is None:
        return list(operations)
    return [
        name
        for name in operations
        # While versions change over, an older worker leaves newer results as they are.
        if blob.results.get(name, {}).get("version", 0) < VERSION[name]
    ]


def blob_results(blob: Blob, processed: ProcessedImage) -> BlobResults:
    """Turn what a child found into what is kept with the blob."""
    results: dict[str, dict[str, Any]] = {}
    variants: list[NewVariant] = []
    for name, value in processed.results.items():
        version = VERSION[name]
        if isinstance(value, Thumbnail):
            file_id = variant_id(blob.sha256, name, version)
            variants.append(NewVariant(file_id, "image/webp", value.content))
            kept: Any = {
                "file_id": file_id,
                "width": value.width,
                "height": value.height,
                "size_bytes": len(value.content),
            }
        else:
            kept = msgspec.to_builtins(value, builtin_types=(bytes,))
        results[name] = {"version": version, "value": kept}
    facts = {"width": processed.width, "height": processed.height}
    return BlobResults(blob, facts, results, variants)


def finish_image(image: ClaimedImage, findings: Findings) -> FinishedImage:
    """Say how an image ends, given what is known of its blob."""
    error = findings.outcome.error if findings.outcome else None
    if error is not None:
        failed = Cell(Status.FAILED, error=error)
        cells = image.cells | dict.fromkeys(image.operations, failed)
        return FinishedImage(image.id, image.fence, cells, error)
    known = _known_results(findings)
    cells = image.cells | {name: _cell(name, known, findings) for name in image.operations}
    return FinishedImage(image.id, image.fence, cells, facts=_facts(findings, known))


def _known_results(findings: Findings) -> dict[str, dict[str, Any]]:
    before = findings.blob.results if findings.blob else {}
    return before | (findings.fresh.results if findings.fresh else {})


def _cell(name: str, known: dict[str, dict[str, Any]], findings: Findings) -> Cell:
    if name in known:
        return Cell(Status.SUCCEEDED, version=known[name]["version"])
    processed = findings.outcome.processed if findings.outcome else None
    code = processed.errors.get(name) if processed else None
    return Cell(Status.FAILED, error=ItemError(code or OperationFailed.code, OperationFailed.title))


def _facts(findings: Findings, known: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Gather the fields that lists and searches want beside the image."""
    facts: dict[str, Any] = {}
    size = findings.fresh.facts if findings.fresh else None
    if size is None and findings.blob is not None:
        size = {name: findings.blob.facts[name] for name in ("width", "height")}
    facts |= size or {}
    if "metadata" in known:
        metadata = known["metadata"]["value"]
        facts |= {name: metadata[name] for name in ("camera_make", "camera_model", "taken_at")}
    if "faces" in known:
        facts["faces"] = len(known["faces"]["value"])
    return facts
