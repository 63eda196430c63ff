"""Children that end before their time are counted by reason."""

import asyncio

import pytest

from domain.errors.files import DecoderDied, DecodeTimedOut
from sandbox.pool import ChildMetrics, ChildPool
from tests.unit.sandbox import functions

pytestmark = pytest.mark.slow


async def test_children_are_counted_by_what_ended_them() -> None:
    pool = ChildPool(1, 64 * 1024 * 1024)
    metrics = ChildMetrics(pool)

    def killed() -> dict[str, float]:
        limit, family = metrics.collect()
        assert [sample.value for sample in limit.samples] == [1.0]
        return {sample.labels["reason"]: sample.value for sample in family.samples}

    none = {"decoder_died": 0.0, "decode_timed_out": 0.0, "canceled": 0.0}
    assert killed() == none
    await pool.run(functions.answer, seconds=20)
    with pytest.raises(ValueError, match="not this one"):
        await pool.run(functions.refuse, seconds=20)
    assert killed() == none
    with pytest.raises(DecoderDied):
        await pool.run(functions.crash, seconds=20)
    with pytest.raises(DecodeTimedOut):
        await pool.run(functions.sleep, 60, seconds=0.2)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await pool.run(functions.sleep, 60, seconds=60)
    assert killed() == dict.fromkeys(none, 1.0)
