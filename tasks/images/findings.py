"""Missing operations of images, known and new poison, stored results, search fields, and ends."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import structlog

from domain.blobs import Blob, Poison
from domain.claims import KNOWN_POISON, BadAttempt, ClaimedImage, FinishedImage
from domain.errors.files import (
    DecoderDied,
    DecodeTimedOut,
    OperationFailed,
    OperationUnavailable,
)
from domain.fingerprints import band_keys, signed_fingerprint
from domain.images.operations import FACES, OPERATIONS
from domain.images.pipeline import DECODE
from domain.images.values import ImageWarning, ProcessedImage, Thumbnail
from domain.jobs import Status
from domain.records import Cell, GpsPolicy, ItemError
from storage.blobs.results import BlobResults, NewVariant
from storage.blobs.variants import variant_id
from tasks.images.image_batch import Crash, Outcome

VERSION = {operation.name: operation.version for operation in OPERATIONS}
SIZE = ("width", "height")
FROM_METADATA = ("camera_make", "camera_model", "lens_model", "taken_at")
# Reading the bytes of an image, at the least.
READ_BYTES_PER_SECOND = 200_000_000
NO_BLOB = ItemError("not_found", "The bytes of this image are gone.")
POISONOUS = frozenset({DecoderDied.code, DecodeTimedOut.code})

_log = structlog.get_logger(__name__)


def needed_operations(
    images: Sequence[ClaimedImage], blobs: dict[str, Blob]
) -> dict[str, tuple[str, ...]]:
    """Return the missing operations of each blob by hash; complete blobs are left out."""
    needed: dict[str, set[str]] = {}
    for image in images:
        blob = blobs.get(image.sha256)
        missing = [
            name
            for name in image.operations
            # During an upgrade, an older worker leaves newer results alone.
            if blob is None or blob.results.get(name, {}).get("version", 0) < VERSION[name]
        ]
        if missing:
            needed.setdefault(image.sha256, set()).update(missing)
    return {sha256: tuple(sorted(names)) for sha256, names in needed.items()}


def known_poison(
    images: Sequence[ClaimedImage],
    blobs: dict[str, Blob],
    needed: dict[str, tuple[str, ...]],
    since: datetime,
) -> list[Outcome]:
    """Return failed outcomes for new uploads of known poison; retried images are tried again.

    A blob given up before `since`, UTC, is no longer poison.
    """
    retried = {image.sha256 for image in images if image.fence > 1}
    outcomes: list[Outcome] = []
    for sha256 in needed.keys() & blobs.keys() - retried:
        poison = blobs[sha256].poison
        if poison is None or poison.at < since:
            continue
        # Only if all operations of the failed try are needed again: fewer may do no harm.
        again = {name: VERSION[name] for name in needed[sha256]}
        if poison.operations.items() <= again.items():
            crash = Crash(poison.at, KNOWN_POISON)
            outcomes.append(Outcome(sha256, error=poison.error, crashes=(crash,)))
    return outcomes


def new_poison(
    outcomes: Sequence[Outcome], needed: dict[str, tuple[str, ...]], now: datetime
) -> dict[str, Poison]:
    """Return the poison to remember of blobs that were given up now, by hash."""
    return {
        outcome.sha256: Poison(
            outcome.error,
            {name: VERSION[name] for name in needed[outcome.sha256]},
            now,
            outcome.seconds,
        )
        for outcome in outcomes
        if outcome.error is not None
        and outcome.error.code in POISONOUS
        and KNOWN_POISON not in {crash.reason for crash in outcome.crashes}
    }


def blob_results(blob: Blob, processed: ProcessedImage, outcome: Outcome) -> BlobResults:
    """Convert the results of a child to those stored with the blob, with their times."""
    times = _times(blob, outcome)
    results: dict[str, dict[str, Any]] = {}
    variants: list[NewVariant] = []
    warnings = [warning.value for warning in processed.warnings]
    for name, value in processed.results.items():
        version = VERSION[name]
        if isinstance(value, Thumbnail):
            file_id = variant_id(blob.sha256, name, version)
            seconds = sum(times[name].values())
            variants.append(NewVariant(file_id, "image/webp", value.content, seconds))
            kept: Any = {
                "file_id": file_id,
                "width": value.width,
                "height": value.height,
                "size_bytes": len(value.content),
            }
        else:
            kept = msgspec.to_builtins(value, builtin_types=(bytes,))
        results[name] = {"version": version, "value": kept, "warnings": warnings} | times[name]
        if name == FACES:
            # Scores stand beside the boxes, so that earlier versions of the service read these.
            results[name]["value"] = [face["box"] for face in kept]
            results[name]["scores"] = [face["score"] for face in kept]
    facts = {"width": processed.width, "height": processed.height}
    renewed = {
        name: search_fields({name: result["value"]}, keep_position=True)
        for name, result in results.items()
        if name in blob.results
    }
    return BlobResults(blob, facts, results, variants, renewed)


def _times(blob: Blob, outcome: Outcome) -> dict[str, dict[str, float]]:
    """Give the time of each operation, and of all that comes before it for the whole image."""
    steps = sum(step.seconds for step in outcome.steps)
    decoding = max(0.0, outcome.seconds - steps) + blob.size_bytes / READ_BYTES_PER_SECOND
    times: dict[str, dict[str, float]] = defaultdict(lambda: {"decode_seconds": 0.0})
    for step in outcome.steps:
        if step.name == DECODE:
            decoding += step.seconds
        else:
            times[step.name] = {"decode_seconds": decoding, "seconds": step.seconds}
    return times


def finish_image(
    image: ClaimedImage,
    blob: Blob | None,
    fresh: BlobResults | None,
    outcome: Outcome | None,
    now: datetime,
) -> FinishedImage:
    """Return the end of an image.

    The blob is None if it no longer exists, `fresh` if it has no new results, and the outcome if
    no work was needed.
    """
    if outcome is not None and outcome.error is not None:
        finished = image.failed(outcome.error)
    else:
        known = (blob.results if blob else {}) | (fresh.results if fresh else {})
        errors = outcome.processed.errors if outcome and outcome.processed else {}
        cells = image.cells | {name: _cell(name, known, errors) for name in image.operations}
        size = fresh.facts if fresh else blob.facts if blob else {}
        facts: dict[str, Any] = {name: size[name] for name in SIZE if name in size}
        asked = {name: known[name]["value"] for name in image.cells if name in known}
        facts |= search_fields(asked, keep_position=image.gps is GpsPolicy.KEEP)
        facts["warnings"] = _warnings_of([known[name] for name in asked])
        finished = FinishedImage(image.id, image.fence, cells, claim_id=image.claim_id, facts=facts)
    crashes = outcome.crashes if outcome else ()
    if not crashes and (given_up := finished.gave_up):
        crashes = (Crash(now, given_up.code),)
    attempts = [BadAttempt(image.fence, crash.at, image.worker, crash.reason) for crash in crashes]
    return msgspec.structs.replace(finished, bad_attempts=tuple(attempts))


def search_fields(results: Mapping[str, Any], *, keep_position: bool) -> dict[str, Any]:
    """Compute the fields of an image document by which it is searched.

    ``taken_on`` is the day of ``taken_at``, by the camera's clock; ``location`` a GeoJSON point;
    ``fingerprint`` signed. The results are only those that this image requested: a search must
    not find results that exist only because another upload requested them.
    """
    facts: dict[str, Any] = {}
    if (metadata := results.get("metadata")) is not None:
        facts |= {name: metadata[name] for name in FROM_METADATA}
        taken_at, gps = metadata["taken_at"], metadata["gps"]
        facts["taken_on"] = taken_at and taken_at[:10]
        if gps and keep_position:
            point = [gps["longitude"], gps["latitude"]]
            facts["location"] = {"type": "Point", "coordinates": point}
    if "faces" in results:
        facts["faces"] = len(results["faces"])
    if "fingerprint" in results:
        fingerprint = signed_fingerprint(results["fingerprint"])
        facts["fingerprint"] = fingerprint
        facts["fingerprint_bands"] = band_keys(fingerprint)
    return facts


def log_dead_letter(image: ClaimedImage, finished: FinishedImage) -> None:
    """Log an image that became a dead letter, if it did."""
    if (error := finished.gave_up) is None:
        return
    _log.error(
        "dead_letter",
        job_id=image.job_id,
        image_id=image.id,
        sha256=image.sha256,
        reason=error.code,
        attempts=image.bad_attempts + len(finished.bad_attempts),
    )


def operation_error(code: str) -> ItemError:
    """Return the error of an operation that failed with a code on a decodable image."""
    failed = OperationUnavailable if code == OperationUnavailable.code else OperationFailed
    return ItemError(code, failed.title)


def _warnings_of(results: Sequence[Mapping[str, Any]]) -> list[str]:
    """Join the warnings of stored results, each once; those of older versions have none."""
    given = {code for result in results for code in result.get("warnings", ())}
    return [warning.value for warning in ImageWarning if warning.value in given]


def _cell(name: str, known: Mapping[str, Any], errors: Mapping[str, str]) -> Cell:
    if name in known:
        return Cell(Status.SUCCEEDED, version=known[name]["version"])
    return Cell(Status.FAILED, error=operation_error(errors.get(name, OperationFailed.code)))
