"""arq's worker, woken by a notice where it would only poll, and full when its hands are."""

import asyncio
from contextlib import suppress
from typing import Any

from arq.constants import in_progress_key_prefix, job_key_prefix
from arq.jobs import deserialize_job_raw
from arq.worker import Worker

MOST_TASKS = 100


class WokenQueue(Worker):
    """Looks at the queue when it is woken, and every so often all the same.

    arq only polls: often costs an idle worker its core, seldom costs each image its time. And it
    counts tasks, of which one may be an image and another twenty-five: this one takes work up to
    an amount, so that many small jobs share its calls and large ones leave work to others. arq is
    pinned, and in maintenance mode (docs/decisions/0002).

    Args:
        woken: Set when there is a new hint, or room for one.
        most_units: Work that is taken up at the same time, in small images.
        **options: As for arq's worker.
    """

    def __init__(self, woken: asyncio.Event, most_units: float, **options: Any) -> None:
        super().__init__(max_jobs=MOST_TASKS, **options)
        self._woken = woken
        self._most_units = most_units
        self._units: dict[str, float] = {}
        self._stopping = False

    async def main(self) -> None:
        """Take hints up until told to stop."""
        while not self._stopping:
            self._woken.clear()
            self._units = {
                job_id: self._units.get(job_id, 0)
                for job_id, task in self.tasks.items()
                if not task.done()
            }
            self.allow_pick_jobs = sum(self._units.values()) < self._most_units
            await self._poll_iteration()
            with suppress(TimeoutError):
                async with asyncio.timeout(self.poll_delay_s):
                    await self._woken.wait()

    async def start_jobs(self, job_ids: list[bytes]) -> None:
        """Take up the first hints for which there is room; one there always is."""
        waiting = [job_id.decode() for job_id in job_ids if job_id.decode() not in self.tasks]
        waiting = await self._leave_out_running(waiting)
        waiting = waiting[: self.max_jobs - len(self._units)]
        if not waiting:
            return
        tasks = await self.pool.mget([job_key_prefix + job_id for job_id in waiting])
        taken: list[bytes] = []
        held = sum(self._units.values())
        for job_id, task in zip(waiting, tasks, strict=True):
            units = self._read_units(task)
            if held and held + units > self._most_units:
                break
            held += units
            self._units[job_id] = units
            taken.append(job_id.encode())
        await super().start_jobs(taken)

    def stop_polling(self) -> None:
        """Take no more hints up, and end the loop once its present look at the queue is over.

        To cancel it instead would break off a call to Redis and leave its connection behind.
        """
        self.allow_pick_jobs, self.max_jobs = False, 0
        self._stopping = True
        self._woken.set()

    async def _leave_out_running(self, waiting: list[str]) -> list[str]:
        """Leave out what runs elsewhere, or did when its worker was killed: it takes no room."""
        if not waiting:
            return []
        running = await self.pool.mget([in_progress_key_prefix + job_id for job_id in waiting])
        return [job_id for job_id, mark in zip(waiting, running, strict=True) if mark is None]

    def _read_units(self, task: bytes | None) -> float:
        """Read how much work a hint is; arq itself ends one that is gone or cannot be read."""
        if task is None:
            return 1
        try:
            return float(deserialize_job_raw(task, deserializer=self.job_deserializer)[1][-1])
        except Exception:
            return 1
