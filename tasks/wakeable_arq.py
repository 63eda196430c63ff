"""arq's worker with another main loop: woken by notices, and filled by the amount of work.

arq only polls. Polling often costs an idle worker a core; polling rarely delays each image. It
limits the number of tasks, of which one may be a single image and another twenty-five. It calls
Redis some fifteen times for each task. The loop here takes hints up to an amount of work, and
returns ended hints and takes new ones in one call.

This relies on parts of arq that may change with a version: ``Worker.async_run`` awaits
``Worker.main``; ``functions``, ``tasks``, ``ctx``, ``poll_delay_s``, ``job_deserializer`` and the
counters of jobs are attributes; ``record_health`` writes the health key; ``deserialize_job_raw``
reads what ``enqueue_job`` writes. arq is pinned, and in maintenance mode (docs/decisions/0002).
tests/unit/test_arq.py and tests/contract/test_wakeable_arq.py fail if one of these changes.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

import structlog
from arq.jobs import deserialize_job_raw
from arq.worker import Retry, Worker

from domain.jobs import ChunkHint
from storage.errors import REDIS_FAILED, STORE_FAILED
from storage.queue.fair_queue import FairQueue, Room, TakenHint, encode_task
from telemetry.interruptions import Interruptions

MOST_TASKS = 100
PAUSE_SECONDS = 1.0
BRIDGE_SECONDS = 0.5
"""Between two searches for work in MongoDB."""
HEARD_PAUSE_SECONDS = 1.0
"""Least pause between two polls while notices arrive."""

_log = structlog.get_logger(__name__)


class WakeableWorker(Worker):
    """Takes hints when it is woken, and at every poll.

    Its functions return the length of the turn that they used, or raise arq's ``Retry`` to leave
    the hint in the queue.

    Args:
        fair_queue: The queue.
        woken: Set when there may be a new hint, or room for one.
        most_units: Most work at the same time, in small images.
        are_heard: Says whether notices of new hints arrive; polls are rarer then.
        find_due: Finds work in MongoDB, to be used while Redis is away.
        **options: As for arq's worker.
    """

    def __init__(
        self,
        fair_queue: FairQueue,
        woken: asyncio.Event,
        most_units: float,
        are_heard: Callable[[], bool] = lambda: False,
        find_due: Callable[[], Awaitable[Sequence[ChunkHint]]] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self._are_heard = are_heard
        self._find_due = find_due
        self._is_away = asyncio.Event()
        self._fair_queue = fair_queue
        self._woken = woken
        self._most_units = most_units
        self._units: dict[str, float] = {}
        self._ended: list[str] = []
        self._again: list[str] = []
        self._done = 0.0
        self._stopping = False

    async def main(self) -> None:
        """Take hints until :meth:`stop_taking`, then wait for the running ones."""
        bridging = asyncio.create_task(self._bridge())
        try:
            await self._take_until_stopped()
        finally:
            bridging.cancel()
            await asyncio.wait({bridging})

    async def _take_until_stopped(self) -> None:
        interruptions = Interruptions("queue_interrupted")
        while not self._stopping or self.tasks or self._ended or self._again:
            self._woken.clear()
            try:
                await self._exchange()
                await self.record_health()
                interruptions.ended()
                self._is_away.clear()
            except REDIS_FAILED as error:
                interruptions.failed(error)
                self._is_away.set()
                await asyncio.sleep(PAUSE_SECONDS)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pause_seconds()):
                    await self._woken.wait()

    def stop_taking(self) -> None:
        """Take no more hints; the main loop ends with the last running one."""
        self._stopping = True
        self._woken.set()

    def _pause_seconds(self) -> float:
        pause_seconds: float = self.poll_delay_s
        return max(pause_seconds, HEARD_PAUSE_SECONDS) if self._are_heard() else pause_seconds

    async def _bridge(self) -> None:
        """Take work from MongoDB while Redis is away; whoever claims it first does it."""
        interruptions = Interruptions("due_work_not_found")
        while self._find_due is not None:
            await self._is_away.wait()
            try:
                if self._has_room(sum(self._units.values())):
                    self._begin_due(await self._find_due())
                interruptions.ended()
            except STORE_FAILED as error:
                interruptions.failed(error)
            await asyncio.sleep(BRIDGE_SECONDS)

    def _begin_due(self, due: Sequence[ChunkHint]) -> None:
        for hint in due:
            held = sum(self._units.values())
            if not self._has_room(held) or (held and held + hint.units > self._most_units):
                return
            self._begin(TakenHint(hint.id, 0.0, hint.units, encode_task(hint, hint.units)))

    def _has_room(self, held: float) -> bool:
        return not self._stopping and held < self._most_units and len(self._units) < MOST_TASKS

    def _begin(self, hint: TakenHint) -> None:
        if hint.id in self._units:  # It was taken before Redis was wiped, or while it was away.
            return
        self._units[hint.id] = hint.units
        self.tasks[hint.id] = asyncio.create_task(self._run(hint))

    async def _exchange(self) -> None:
        held = sum(self._units.values())
        most_hints = MOST_TASKS - len(self._units) if self._has_room(held) else 0
        ended, again, done = [*self._ended], [*self._again], self._done
        if not (most_hints or ended or again):
            return
        room = Room(held, self._most_units, most_hints)
        for hint in await self._fair_queue.exchange(room, ended, again, done):
            self._begin(hint)
        # Only now: a call that fails is repeated with the same hints.
        del self._ended[: len(ended)], self._again[: len(again)]
        self._done -= done

    async def _run(self, hint: TakenHint) -> None:
        handed_back = self._ended
        try:
            name, arguments, named, *_ = deserialize_job_raw(
                hint.task, deserializer=self.job_deserializer
            )
            function = self.functions[name]
            async with asyncio.timeout(function.timeout_s):
                context = self.ctx | {"score": hint.turn}
                self._done += await function.coroutine(context, *arguments, **named)
            self.jobs_complete += 1
        except (Retry, asyncio.CancelledError):
            handed_back = self._again
            self.jobs_retried += 1
        except Exception:  # The reconciler finds the work in MongoDB.
            _log.exception("task_failed", hint=hint.id)
            self.jobs_failed += 1
        finally:
            handed_back.append(hint.id)
            del self.tasks[hint.id], self._units[hint.id]
            self._woken.set()
