"""Claims of a worker whose task is cancelled."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import cast

import pytest

from domain.claims import ClaimedImage
from sandbox.pool import ChildPool
from storage.backlog.lone_claims import Claimed
from storage.stores import Stores
from tasks.images.claims import Claims
from tasks.images.ledger_batching import LedgerBatcher
from tasks.images.metrics import WorkerMetrics
from tasks.images.work_telemetry import WorkTelemetry
from telemetry.spans import Tracing


class ScriptedLedger:
    """Claims when a test lets it; a claim or a release may fail."""

    def __init__(self) -> None:
        self.claiming = asyncio.Event()
        self.may_claim = asyncio.Event()
        self.claim_error: Exception | None = None
        self.release_error: Exception | None = None
        self.released: list[str] = []

    async def claim(self, job_id: str, _chunk: int, _units: float) -> Claimed:
        self.claiming.set()
        await self.may_claim.wait()
        if self.claim_error:
            raise self.claim_error
        return Claimed(f"claim of {job_id}", [])

    async def release(
        self, claim_id: str, _images: Sequence[ClaimedImage], *, count_attempt: bool
    ) -> None:
        assert not count_attempt or not self.claim_error
        self.released.append(claim_id)
        if self.release_error:
            raise self.release_error


@pytest.fixture
def ledger() -> ScriptedLedger:
    return ScriptedLedger()


def _claims(ledger: ScriptedLedger) -> Claims:
    metrics = WorkerMetrics(ChildPool(1, 2**30))
    return Claims(
        cast("Stores", SimpleNamespace(ledger=ledger)),
        cast("LedgerBatcher", ledger),
        60,
        WorkTelemetry(metrics, Tracing()),
    )


async def _hold(claims: Claims, held: asyncio.Event) -> None:
    async with claims.holding("job", 0, 1):
        held.set()
        await asyncio.Event().wait()


async def _cancel_while_claiming(ledger: ScriptedLedger) -> None:
    """Cancel a task whose claim is under way, and see that it ends by that."""
    holding = asyncio.create_task(_hold(_claims(ledger), asyncio.Event()))
    await ledger.claiming.wait()
    holding.cancel()
    await asyncio.sleep(0)  # The cancellation is delivered.
    ledger.may_claim.set()
    with pytest.raises(asyncio.CancelledError):
        await holding


async def test_claim_that_fails_while_its_task_is_cancelled_leaves_the_cancellation(
    ledger: ScriptedLedger,
) -> None:
    ledger.claim_error = ConnectionError("gone")
    await _cancel_while_claiming(ledger)
    assert ledger.released == []


async def test_claim_that_is_made_while_its_task_is_cancelled_is_released(
    ledger: ScriptedLedger,
) -> None:
    await _cancel_while_claiming(ledger)
    assert ledger.released == ["claim of job"]


async def test_release_that_fails_leaves_the_cancellation(ledger: ScriptedLedger) -> None:
    ledger.may_claim.set()
    ledger.release_error = ValueError("no such operator")
    held = asyncio.Event()
    holding = asyncio.create_task(_hold(_claims(ledger), held))
    await held.wait()
    holding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await holding
    assert ledger.released == ["claim of job"]
