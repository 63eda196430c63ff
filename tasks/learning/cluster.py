"""The Dask cluster that trains and predicts: local processes, or a scheduler elsewhere."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any, Self, TypeVar

import dask
from distributed import Client, LocalCluster

from tasks.learning.settings import LearnerSettings

Result = TypeVar("Result")
RETRIES = 2
"""Further runs of a task whose process died."""


class Cluster:
    """Runs functions in other processes, or in a thread if there is to be one process only.

    A local cluster starts with the first call, and ends with the context: a service that is not
    learning now needs no memory for it. It encrypts what its processes say to each other, so that
    other users of the machine cannot give them work.
    """

    def __init__(self, settings: LearnerSettings) -> None:
        self._settings = settings
        self._stack = AsyncExitStack()
        self._client: Any = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop the local processes."""
        self._client = None
        await self._stack.aclose()

    async def run(self, call: Callable[..., Result], *arguments: object) -> Result:
        """Run a function in another process; what it raises is raised here."""
        return (await self.run_all(call, [arguments]))[0]

    async def run_all(
        self, call: Callable[..., Result], arguments: Sequence[Sequence[object]]
    ) -> list[Result]:
        """Run a function once for each list of arguments, as many at a time as there are processes.

        A run whose process dies is repeated in another one.
        """
        if self._is_alone:
            return [await asyncio.to_thread(call, *each) for each in arguments]
        client = await self._connect()
        running = [client.submit(call, *each, pure=False, retries=RETRIES) for each in arguments]
        results: list[Result] = await client.gather(running)
        return results

    @property
    def _is_alone(self) -> bool:
        return self._settings.learning_processes == 1 and not self._settings.dask_scheduler

    async def _connect(self) -> Any:
        if self._client is not None:
            return self._client
        where: Any = self._settings.dask_scheduler
        if not where:
            with dask.config.set({"distributed.worker.daemon": True}):
                local: Any = LocalCluster(  # type: ignore[no-untyped-call]
                    n_workers=self._settings.learning_processes,
                    threads_per_worker=1,
                    processes=True,
                    security=True,
                    dashboard_address=None,
                    memory_limit=None,
                    asynchronous=True,
                )
                where = await self._stack.enter_async_context(local)
        client: Any = Client(where, asynchronous=True)  # type: ignore[no-untyped-call]
        self._client = await self._stack.enter_async_context(client)
        return self._client
