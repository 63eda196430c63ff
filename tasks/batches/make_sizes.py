"""Makes sizes of stored images ahead of their first request."""

from collections.abc import Sequence

from domain.batches import BatchOrder, PieceResult
from domain.blobs import Blob
from domain.images.formats import ImageFormat
from domain.images.sizes import SIZES_VERSION, read_size
from storage.batches.images import ChosenImage
from storage.blobs.results import BlobResults, NewVariant
from storage.blobs.variants import variant_id
from storage.stores import Stores
from tasks.images.findings import NO_BLOB
from tasks.images.image_batch import BatchItem, Outcome
from tasks.images.image_processes import ImageProcesses


class MakeSizes:
    """Makes the sizes of an order that are not stored, in children with the care of uploads."""

    def __init__(self, stores: Stores, processes: ImageProcesses) -> None:
        self._stores = stores
        self._processes = processes

    async def run(self, order: BatchOrder, images: Sequence[ChosenImage]) -> PieceResult:
        """Make the sizes of images, and let them be served at once."""
        blobs = await self._stores.blobs.find(list({image.sha256 for image in images}))
        names = {sha256: sizes_of(order, blob) for sha256, blob in blobs.items()}
        ids = {_file_id(sha256, name): (sha256, name) for sha256 in names for name in names[sha256]}
        stored = await self._stores.variants.find_stored(list(ids))
        missing: dict[str, list[str]] = {}
        for file_id, (sha256, name) in ids.items():
            if file_id not in stored:
                missing.setdefault(sha256, []).append(name)
        outcomes = await self._process(images, blobs, missing)
        await self._keep(blobs, outcomes)
        result = PieceResult()
        errors = {of.sha256: of.error for of in outcomes if of.error is not None}
        made: dict[str, list[str]] = {}
        for image in images:
            if image.sha256 in errors:
                result.failed[image.id] = errors[image.sha256]
            elif image.sha256 in blobs:
                shown = [f"{name}/v{SIZES_VERSION}" for name in names[image.sha256]]
                is_new = image.sha256 in missing or not set(shown) <= set(image.variants)
                (result.changed if is_new else result.unchanged).add(image.id)
                made[image.id] = shown
        await self._stores.batch_images.note_variants(made)
        return result

    async def _process(
        self,
        images: Sequence[ChosenImage],
        blobs: dict[str, Blob],
        missing: dict[str, list[str]],
    ) -> list[Outcome]:
        data = await self._stores.results.read_bytes([blobs[sha256] for sha256 in missing])
        outcomes = [Outcome(sha256, error=NO_BLOB) for sha256 in missing if sha256 not in data]
        formats = {image.sha256: ImageFormat(image.format) for image in images}
        items, suspects = list[BatchItem](), list[BatchItem]()
        for sha256, content in data.items():
            sizes = tuple(missing[sha256])
            item = BatchItem(sha256, content, formats[sha256], (), sizes)
            (suspects if blobs[sha256].poison else items).append(item)

        async def keep(done: Sequence[Outcome]) -> None:
            outcomes.extend(done)

        await self._processes.run(items, suspects, keep)
        return outcomes

    async def _keep(self, blobs: dict[str, Blob], outcomes: Sequence[Outcome]) -> None:
        found = []
        for of in outcomes:
            if of.processed is None:
                continue
            variants = [
                NewVariant(_file_id(of.sha256, one.name), one.media_type, one.content, one.seconds)
                for one in of.sizes
            ]
            facts = {"width": of.processed.width, "height": of.processed.height}
            found.append(BlobResults(blobs[of.sha256], facts, {}, variants))
        await self._stores.results.keep(found)


def sizes_of(order: BatchOrder, blob: Blob) -> tuple[str, ...]:
    """Return the names of the sizes of an order for a blob, each picture once."""
    sizes = [size for name in order.sizes if (size := read_size(name)) is not None]
    return tuple(dict.fromkeys(size.within(blob.facts.get("width")).name for size in sizes))


def _file_id(sha256: str, name: str) -> str:
    return variant_id(sha256, name, SIZES_VERSION)
