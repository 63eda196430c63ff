"""Head starts: which images a worker begins with before their claim, and who gets the outcome."""

import asyncio
import hashlib
from collections.abc import Sequence

import pytest

from domain.errors.files import DecoderDied
from domain.images.formats import ImageFormat
from storage.queue.head_starts import MOST_BYTES, EarlyImage
from tasks.images.head_starts import HeadStarts
from tasks.images.image_batch import BatchItem, Outcome


class _Child:
    """Computes an outcome when it may."""

    def __init__(self, error: Exception | None = None) -> None:
        self.items: list[BatchItem] = []
        self.may_end = asyncio.Event()
        self._error = error

    async def compute(self, items: Sequence[BatchItem], seconds: float) -> list[Outcome]:
        self.items += items
        await self.may_end.wait()
        if self._error is not None:
            raise self._error
        return [Outcome(items[0].sha256, seconds=seconds)]


def _image(data: bytes = b"a", operations: tuple[str, ...] = ("metadata", "faces")) -> EarlyImage:
    return EarlyImage(data, "jpeg", operations)


def _item(data: bytes = b"a", operations: tuple[str, ...] = ("faces", "metadata")) -> BatchItem:
    return BatchItem(hashlib.sha256(data).hexdigest(), data, ImageFormat.JPEG, operations)


async def test_outcome_is_given_once_to_the_same_bytes_and_operations() -> None:
    child = _Child()
    starts = HeadStarts(child.compute, lambda: True)
    starts.begin(_image())
    assert await starts.take(_item(b"b")) is None
    assert await starts.take(_item(operations=("faces",))) is None
    taking = asyncio.create_task(starts.take(_item()))
    child.may_end.set()
    outcome = await taking
    assert outcome is not None
    assert outcome.sha256 == _item().sha256
    assert child.items == [_item()]
    assert await starts.take(_item()) is None


async def test_begins_one_image_at_a_time_and_only_without_other_work() -> None:
    child, is_idle = _Child(), False
    starts = HeadStarts(child.compute, lambda: is_idle)
    starts.begin(_image())
    is_idle = True
    starts.begin(_image(bytes(MOST_BYTES + 1)))
    starts.begin(EarlyImage(b"a", "jpeg", ("levitate",)))
    starts.begin(EarlyImage(b"a", "gif87", ("faces",)))
    starts.begin(_image(b"c"))
    starts.begin(_image(b"d"))
    child.may_end.set()
    assert await starts.take(_item(b"d")) is None
    assert await starts.take(_item(b"c")) is not None
    assert [item.data for item in child.items] == [b"c"]


async def test_a_child_that_dies_gives_no_outcome() -> None:
    child = _Child(DecoderDied())
    child.may_end.set()
    starts = HeadStarts(child.compute, lambda: True)
    starts.begin(_image())
    assert await starts.take(_item()) is None


async def test_a_claim_that_is_lost_does_not_end_the_work() -> None:
    child = _Child()
    starts = HeadStarts(child.compute, lambda: True)
    starts.begin(_image())
    taking = asyncio.create_task(starts.take(_item()))
    await asyncio.sleep(0)  # The claim begins to wait.
    taking.cancel()
    await asyncio.wait({taking})
    starts.begin(_image(b"b"))
    assert child.items == [_item()], "its child is at work"
    await starts.close()


async def test_close_ends_the_work() -> None:
    child = _Child()
    starts = HeadStarts(child.compute, lambda: True)
    starts.begin(_image())
    taking = asyncio.create_task(starts.take(_item()))
    await asyncio.sleep(0)  # The claim begins to wait.
    await starts.close()
    with pytest.raises(asyncio.CancelledError):
        await taking
