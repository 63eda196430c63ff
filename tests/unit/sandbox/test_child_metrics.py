"""Children that end before their time are counted by reason; what confines them is shown."""

import asyncio

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from domain.errors.files import DecoderDied, DecodeTimedOut
from sandbox.child_metrics import ChildMetrics
from sandbox.pool import ChildPool
from telemetry.prometheus import PackedFamily, pack
from tests.unit.sandbox import functions

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("plain_children")]


async def test_children_are_counted_by_what_ended_them() -> None:
    pool = ChildPool(1, 64 * 1024 * 1024)
    metrics = ChildMetrics(pool)

    def killed() -> dict[str, float]:
        limit, family, *_ = metrics.collect()
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


async def test_what_confines_the_children_is_shown_once_the_first_has_said_it() -> None:
    pool = ChildPool(1, 64 * 1024 * 1024)
    registry = CollectorRegistry()
    registry.register(ChildMetrics(pool))

    def confined() -> dict[str, float]:
        # As a worker sends them to the API: other types of numbers do not arrive.
        families = msgspec.msgpack.decode(pack([registry]), type=list[PackedFamily])
        samples = (sample for family in families for sample in family.samples)
        name = "minilab_children_confined"
        return {labels["mechanism"]: value for found, labels, value in samples if found == name}

    assert confined() == {}
    await pool.run(functions.answer, seconds=20)
    held = pool.confinement
    assert held is not None
    assert confined() == {"landlock": float(held.landlock > 0), "seccomp": float(held.seccomp)}
