"""Computes an operation for stored images, and lets them show its result."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec

from domain.batches import BatchOrder, PieceResult
from domain.blobs import Blob
from domain.errors.files import DecoderDied
from domain.images.formats import ImageFormat
from domain.images.operations import EMBEDDING
from domain.records import ItemError
from storage.batches.images import ChosenImage, ShownResult, shown_result
from storage.clock import utc_now
from storage.stores import Stores
from tasks.images.findings import (
    NO_BLOB,
    VERSION,
    blob_results,
    new_poison,
    operation_error,
    search_fields,
)
from tasks.images.image_batch import BatchItem, Outcome
from tasks.images.image_processes import ImageProcesses
from tasks.images.predict_images import PredictImages


class ComputeResults:
    """Computes what is missing, or all of it anew, in children with the care of uploads."""

    def __init__(
        self,
        stores: Stores,
        processes: ImageProcesses,
        predict_images: PredictImages,
        poison_seconds: float,
    ) -> None:
        self._stores = stores
        self._predict_images = predict_images
        self._processes = processes
        self._poison_life = timedelta(seconds=poison_seconds)

    async def run(self, order: BatchOrder, images: Sequence[ChosenImage]) -> PieceResult:
        """Compute the operation of an order for images, and write what they show."""
        name, version = order.operation, VERSION[order.operation]
        result = PieceResult()
        if not order.force:
            result.unchanged = {image.id for image in images if image.has(name, version)}
        wanted = [image for image in images if image.id not in result.unchanged]
        blobs = await self._stores.blobs.find(list({image.sha256 for image in wanted}))
        results, errors = await self._compute(order, wanted, blobs)
        shown = {
            sha256: self._shown(blobs[sha256], name, stored) for sha256, stored in results.items()
        }
        showing = [image.id for image in wanted if image.sha256 in shown]
        changes = await self._stores.batch_images.show(showing, shown)
        await self._stores.job_events.publish_all(changes)
        result.changed = set(showing)
        result.failed = {
            image.id: errors[image.sha256] for image in wanted if image.sha256 in errors
        }
        return result

    async def _compute(
        self, order: BatchOrder, images: Sequence[ChosenImage], blobs: dict[str, Blob]
    ) -> tuple[dict[str, Any], dict[str, ItemError]]:
        """Return the results of blobs, and the errors of others, by hash."""
        name, version = order.operation, VERSION[order.operation]
        results: dict[str, Any] = {}
        errors: dict[str, ItemError] = {}
        missing: list[Blob] = []
        for sha256, blob in blobs.items():
            stored = blob.results.get(name, {"version": 0})
            if stored["version"] > version or (stored["version"] == version and not order.force):
                results[sha256] = stored
            elif (error := self._known_poison(blob, name, version)) is not None:
                errors[sha256] = error
            else:
                missing.append(blob)
        outcomes = await self._process(name, images, missing)
        await self._keep(order, blobs, outcomes, results, errors)
        return results, errors

    def _known_poison(self, blob: Blob, name: str, version: int) -> ItemError | None:
        poison = blob.poison
        if poison is None or poison.at < utc_now() - self._poison_life:
            return None
        return poison.error if poison.operations.items() <= {name: version}.items() else None

    async def _process(
        self, name: str, images: Sequence[ChosenImage], blobs: Sequence[Blob]
    ) -> list[Outcome]:
        data = await self._stores.results.read_bytes(blobs)
        formats = {image.sha256: ImageFormat(image.format) for image in images}
        outcomes = [Outcome(b.sha256, error=NO_BLOB) for b in blobs if b.sha256 not in data]
        items, suspects = list[BatchItem](), list[BatchItem]()
        for blob in blobs:
            if blob.sha256 in data:
                item = BatchItem(blob.sha256, data[blob.sha256], formats[blob.sha256], (name,))
                (suspects if blob.poison else items).append(item)

        async def keep(done: Sequence[Outcome]) -> None:
            outcomes.extend(done)

        await self._processes.run(items, suspects, keep)
        return outcomes

    async def _keep(
        self,
        order: BatchOrder,
        blobs: dict[str, Blob],
        outcomes: Sequence[Outcome],
        results: dict[str, Any],
        errors: dict[str, ItemError],
    ) -> None:
        """Store the results of blobs, and note what ended the children of a batch for certain."""
        name = order.operation
        found = []
        for outcome in outcomes:
            processed = outcome.processed
            if outcome.error is not None:
                errors[outcome.sha256] = outcome.error
            elif processed is not None and name in processed.errors:
                errors[outcome.sha256] = operation_error(processed.errors[name])
            elif processed is not None:
                blob = blobs[outcome.sha256]
                of_blob = blob_results(blob, processed, outcome)
                found.append(msgspec.structs.replace(of_blob, replaces=order.force))
                results[outcome.sha256] = of_blob.results[name]
                blobs[outcome.sha256] = msgspec.structs.replace(
                    blob, facts=blob.facts | of_blob.facts
                )
        await self._stores.results.keep(found)
        needed: dict[str, tuple[str, ...]] = dict.fromkeys(blobs, (name,))
        # A child of a batch gives way to others, so that its time says little about the image.
        died = [of for of in outcomes if of.error and of.error.code == DecoderDied.code]
        for sha256, poison in new_poison(died, needed, utc_now()).items():
            await self._stores.poisons.remember(sha256, poison)

    def _shown(self, blob: Blob, name: str, stored: dict[str, Any]) -> ShownResult:
        fields = search_fields({name: stored["value"]}, keep_position=True)
        if name == EMBEDDING:
            fields |= self._predict_images.facts_of(stored)
        return shown_result(blob, name, stored, fields)
