"""A pool of child processes that can be killed and replaced one by one.

Built on ``anyio.to_process``: each child has pipes of its own, so that one that is killed, at
work or idle, takes neither a lock nor its neighbours with it (docs/decisions/0006).
"""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

import anyio
import structlog
from anyio import BrokenWorkerProcess, CapacityLimiter, to_process

from domain.errors import DecoderDied, DecodeTimedOut
from sandbox.child import call_in_sandbox

START_SECONDS = 60.0

Result = TypeVar("Result")

_log = structlog.get_logger(__name__)


class ChildPool:
    """Runs functions in at most so many children at a time.

    Args:
        children: Most children that work at the same time.
        max_child_bytes: Address space that a child may add to what it starts with, in bytes.
    """

    def __init__(self, children: int, max_child_bytes: int) -> None:
        self.children = children
        self._limiter = CapacityLimiter(children)
        self._max_child_bytes = max_child_bytes
        self._warm_up: Callable[[], object] | None = None

    async def run(self, function: Callable[..., Result], *args: object, seconds: float) -> Result:
        """Call a pure function in a child and wait for its result.

        The time counts from when a child is free. A caller that is cancelled ends the child.

        Args:
            function: Importable by name; arguments and result can be pickled.
            *args: Positional arguments.
            seconds: The child is killed when it has worked for this long.

        Returns:
            What the function returns.

        Raises:
            DecodeTimedOut: The child ran over its time and was killed.
            DecoderDied: The child ended without an answer.
        """
        async with self._limiter:
            try:
                return await self._call(seconds, function, *args)
            except (DecodeTimedOut, DecoderDied):
                # Its successor's start shall not count against whatever comes next.
                await self._start_child()
                raise

    async def warm_up(self, function: Callable[[], object]) -> None:
        """Start every child and let each import what it needs, so that no request waits.

        Args:
            function: Imports it; called now, and again in each child that replaces another.
        """
        self._warm_up = function
        async with anyio.create_task_group() as group:
            for _ in range(self.children):
                group.start_soon(self._start_child)

    async def _start_child(self) -> None:
        if self._warm_up is None:
            return
        try:
            await self._call(START_SECONDS, self._warm_up)
        except Exception as error:  # The next call starts one, and tells its caller what is wrong.
            _log.warning("child_not_warm", reason=type(error).__name__)

    async def _call(self, seconds: float, function: Callable[..., Result], *args: object) -> Result:
        call = partial(call_in_sandbox, self._max_child_bytes, function, *args)
        try:
            with anyio.fail_after(seconds):
                return await to_process.run_sync(call, cancellable=True, limiter=CapacityLimiter(1))
        except TimeoutError as error:
            raise DecodeTimedOut(f"The limit is {seconds:g} seconds.") from error
        except BrokenWorkerProcess as error:
            raise DecoderDied from error
