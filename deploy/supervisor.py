"""The supervisor: keeps the processes of one machine running, and stops them in order."""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from deploy.servers.process import ServerError, ServerProcess

REFUSES = 2
"""Exit code of a process that cannot use its settings or the data, however often it starts."""
_POLL_SECONDS = 0.05


class ProcessRefused(Exception):
    """A process cannot use its settings or the data; the others were stopped."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} ended with {REFUSES}: it says above what it cannot use, and why")


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """Pauses before a process that ended is started again.

    Args:
        longest_pause_seconds: The pause doubles up to this.
        steady_seconds: After a run of this length the pauses begin again with the first.
    """

    first_pause_seconds: float = 0.5
    longest_pause_seconds: float = 30.0
    steady_seconds: float = 60.0

    def next_pause(self, last_pause_seconds: float, ran_seconds: float) -> float:
        """Compute the pause before the next start; the last pause is 0 after the first run."""
        if last_pause_seconds == 0 or ran_seconds >= self.steady_seconds:
            return self.first_pause_seconds
        return min(2 * last_pause_seconds, self.longest_pause_seconds)


@dataclass(frozen=True, slots=True)
class Supervised:
    """A process, and the time that it has from SIGTERM to SIGKILL.

    Args:
        hurried_seconds: That time after a second request to stop. A server of data that is killed
            reads its journal at the next start, which takes longer than its stop.
    """

    process: ServerProcess
    grace_seconds: float
    hurried_seconds: float = 1.0


class Supervisor:
    """Starts processes in order, runs them until :meth:`stop`, and stops them in reverse order.

    Belongs to the thread of one event loop.
    """

    def __init__(
        self,
        supervised: Sequence[Supervised],
        log: Callable[[str], None],
        policy: RestartPolicy | None = None,
    ) -> None:
        self._supervised = tuple(supervised)
        self._log = log
        self._policy = policy or RestartPolicy()
        self._stop = asyncio.Event()
        self._hurry = asyncio.Event()

    def stop(self) -> None:
        """Stop in order; a second call stops quickly."""
        if self._stop.is_set():
            self._log("hurrying")
            self._hurry.set()
        else:
            self._log("stopping")
            self._stop.set()

    async def run(self) -> None:
        """Start all processes, keep them running, and return when all have been stopped.

        Raises:
            ProcessRefused: A process cannot use its settings or the data.
        """
        keepers = [asyncio.create_task(self._keep_running(one.process)) for one in self._supervised]
        stopping = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait([stopping, *keepers], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in [stopping, *keepers]:
                task.cancel()
            results = await asyncio.gather(*keepers, return_exceptions=True)
            for one in reversed(self._supervised):
                await self._end(one)
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def _keep_running(self, process: ServerProcess) -> None:
        pause_seconds = 0.0
        while True:
            started = time.monotonic()
            ending = await self._run_once(process)
            if process.exit_code == REFUSES:
                raise ProcessRefused(process.name)
            pause_seconds = self._policy.next_pause(pause_seconds, time.monotonic() - started)
            self._log(f"{process.name} {ending}, starting it again in {pause_seconds:g} s")
            await asyncio.sleep(pause_seconds)

    async def _run_once(self, process: ServerProcess) -> str:
        try:
            process.spawn()
        except ServerError as error:
            return str(error)
        await _end_of(process)
        return f"ended with {process.exit_code}"

    async def _end(self, one: Supervised) -> None:
        if not one.process.is_running:
            return
        one.process.terminate()
        hurry = asyncio.create_task(self._hurry.wait())
        ended = asyncio.create_task(_ended(one.process, one.grace_seconds))
        await asyncio.wait([hurry, ended], return_when=asyncio.FIRST_COMPLETED)
        hurry.cancel()
        if not await _ended(one.process, one.hurried_seconds if self._hurry.is_set() else 0):
            one.process.kill()
            self._log(f"{one.process.name} did not end in time and was killed")
        else:
            self._log(f"{one.process.name} stopped")
        await ended


async def _end_of(process: ServerProcess) -> None:
    """Wait until a process has ended. It is waited for in a thread, since it may take months."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()

    def wait() -> None:
        process.wait_ended()
        with suppress(RuntimeError):  # The supervisor has ended before.
            loop.call_soon_threadsafe(ended.set)

    # Not of the loop's pool: that has few threads, and would wait for all of them at its end.
    threading.Thread(target=wait, name=process.name, daemon=True).start()
    await ended.wait()


async def _ended(process: ServerProcess, timeout_seconds: float) -> bool:
    deadline = time.monotonic() + timeout_seconds
    while process.is_running:
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(_POLL_SECONDS)
    return True
