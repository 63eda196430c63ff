"""A pool of child processes that can be killed and replaced one by one.

It uses ``anyio.to_process``: each child has its own pipes, so a killed child, idle or at work,
affects no lock and no other child (docs/decisions/0006).
"""

import asyncio
import math
import signal
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import partial
from typing import Any, TypeVar

import anyio
import msgspec
import structlog
from anyio import BrokenWorkerProcess, CapacityLimiter, to_process
from anyio.abc import Process

from domain.errors.capacity import NoChild
from domain.errors.files import DecoderDied, DecodeTimedOut
from sandbox import streams
from sandbox.child import (
    Confinement,
    Gate,
    call_in_sandbox,
    confinement,
    protect_from_children,
)
from sandbox.streams import Brought, carry_bytes

START_SECONDS = 60.0
CONFINEMENT_SECONDS = 10.0
CANCELED = "canceled"
KILLED = (DecodeTimedOut, DecoderDied, asyncio.CancelledError)

Result = TypeVar("Result")

_log = structlog.get_logger(__name__)

# A compromised child must not make its parent run code (decision 0021).
to_process.pickle = streams  # type: ignore[attr-defined]
# Children stay: starting one costs more than most pictures.
to_process.WORKER_MAX_IDLE_TIME = math.inf  # type: ignore[assignment]


_opened: ContextVar[list[Process]] = ContextVar("_opened")
"""The children that the call of this context has started."""


async def _open_process(*args: Any, **kwargs: Any) -> Process:
    """Start a child; event loops raise different errors if the machine cannot."""
    try:
        process = carry_bytes(await anyio.open_process(*args, **kwargs))
    except Exception as error:
        raise NoChild from error
    _opened.get().append(process)
    return process


to_process.open_process = _open_process  # type: ignore[attr-defined]


class _Children:
    """The children of one pool, in the place of a variable of anyio, which has one for all."""

    def __init__(self, name: str) -> None:
        self._name = name

    def get(self) -> Any:
        """Return the children of the pool that calls; LookupError before its first."""
        return _held.get()[self._name]

    def set(self, value: object) -> None:
        """Set the children of the pool that calls."""
        _held.get()[self._name] = value


_held: ContextVar[dict[str, Any]] = ContextVar("_held")
ALL, IDLE = "all", "idle"
to_process._process_pool_workers = _Children(ALL)  # type: ignore[assignment]  # noqa: SLF001
to_process._process_pool_idle_workers = _Children(IDLE)  # type: ignore[assignment]  # noqa: SLF001


class ChildPool:
    """Runs functions in a limited number of children, which are its own.

    Args:
        max_child_bytes: Address space that a child may add to its initial size, in bytes.
        niceness: How far the children give way to other processes, 0 to 19.
    """

    def __init__(self, children: int, max_child_bytes: int, niceness: int = 0) -> None:
        self.children = children
        self._niceness = niceness
        self._own: dict[str, Any] = {}
        self.killed: Counter[str] = Counter()
        """Number of children that ended early, by reason."""
        self._limiter = CapacityLimiter(children)
        self._max_child_bytes = max_child_bytes
        self._warm_up: Callable[[], object] | None = None
        self._has_logged = False
        self.confinement: Confinement | None = None
        """How the children are confined; None until the first of them has said it."""
        self._starting: set[asyncio.Task[None]] = set()

    async def run(self, function: Callable[..., Result], *args: object, seconds: float) -> Result:
        """Call a pure function in a child and wait for its result.

        The time starts when a child is ready, and again with each part of bytes that goes along.
        A cancelled caller ends the child.

        Args:
            function: Importable by name; arguments and result can be pickled.
            args: Among them bytes that go along; see :mod:`sandbox.streams`.
            seconds: Time limit; the child is killed after it.

        Raises:
            DecodeTimedOut: The child exceeded its time and was killed.
            DecoderDied: The child ended without an answer.
            NoChild: No child is available, and none can be started now.
            Exception: The error of a source or taker of bytes.
        """
        place, brought = object(), Brought(args)
        await self._limiter.acquire_on_behalf_of(place)
        has_ended = False
        try:
            result = await self._call_living(brought, seconds, function, *args)
            await self._log_confinement()
        except BaseException as error:
            if isinstance(error, KILLED) or error is brought.error:
                has_ended = True
                self._replace_child(place)
            raise
        finally:
            if not has_ended:
                self._limiter.release_on_behalf_of(place)
        return result

    async def warm_up(self, function: Callable[[], object]) -> None:
        """Start every child and import modules in each, and in later ones: no request waits."""
        self._warm_up = function
        async with anyio.create_task_group() as group:
            for _ in range(self.children):
                group.start_soon(self._start_child)
        await self._log_confinement()

    def stop_replacing(self) -> None:
        """Stop replacing children that end."""
        self._warm_up = None

    async def close(self) -> None:
        """End all children; the next call starts new ones. No call may be running."""
        processes: set[Process] = self._own.get(ALL, set())
        idle: deque[tuple[Process, float]] = self._own.get(IDLE, deque())
        ending = list(processes)
        processes.clear()
        idle.clear()
        for process in ending:
            if process.returncode is None:
                process.kill()
            await process.aclose()

    async def settle(self, seconds: float) -> None:
        """Wait until no child is starting, for at most some seconds."""
        if self._starting:
            await asyncio.wait(self._starting, timeout=seconds)

    async def _call_living(
        self, brought: Brought, seconds: float, function: Callable[..., Result], *args: object
    ) -> Result:
        """Call a function in a child that reads the call: an idle one that died blames no image."""
        for _ in range(self.children + 1):
            try:
                return await self._call(brought, seconds, function, *args)
            except DecoderDied:
                if brought.begun:
                    raise
                _log.warning("idle_child_ended")
        raise NoChild

    def _replace_child(self, place: object) -> None:
        """Start a successor, which occupies the place until it is warm.

        Its start does not count against the next call, and goes on if the caller is cancelled.
        """

        def release(task: asyncio.Task[None]) -> None:
            self._starting.discard(task)
            self._limiter.release_on_behalf_of(place)

        starting = asyncio.create_task(self._start_child())
        self._starting.add(starting)
        starting.add_done_callback(release)

    async def _log_confinement(self) -> None:
        """Log once how the children are confined, and protect this process without Landlock."""
        if self._has_logged:
            return
        self._has_logged = True
        try:
            held = await self._call(Brought(), CONFINEMENT_SECONDS, confinement)
        except Exception as error:
            _log.warning("sandbox_unknown", reason=type(error).__name__)
            return
        self.confinement = held
        if not held.landlock:
            protect_from_children()
        log = _log.info if held.landlock and held.seccomp else _log.warning
        log("sandbox", **msgspec.structs.asdict(held), max_child_bytes=self._max_child_bytes)

    async def _start_child(self) -> None:
        if self._warm_up is None:
            return
        try:
            await self._call(Brought(), START_SECONDS, self._warm_up)
        except Exception as error:  # The next call starts one and raises the error.
            _log.warning("child_not_warm", reason=type(error).__name__)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Stop the children where they are for as long as the context lasts; their time passes."""
        self._signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        for process in self._own.get(ALL, ()):
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.send_signal(number)

    async def _call(
        self, brought: Brought, seconds: float, function: Callable[..., Result], *args: object
    ) -> Result:
        opened: list[Process] = []
        _held.set(self._own)
        _opened.set(opened)
        try:
            with anyio.fail_after(START_SECONDS) as limit:
                brought.moved = partial(_extend, limit, seconds)
                return await to_process.run_sync(
                    call_in_sandbox,
                    Gate(),
                    brought,
                    self._max_child_bytes,
                    self._niceness,
                    seconds,
                    function,
                    *args,
                    cancellable=True,
                    limiter=CapacityLimiter(1),
                )
        except TimeoutError as error:
            self.killed[DecodeTimedOut.code] += 1
            if not brought.begun:
                raise NoChild from error
            raise DecodeTimedOut(f"The limit is {seconds:g} seconds.") from error
        except BrokenWorkerProcess as error:
            if brought.error is not None:
                self.killed[CANCELED] += 1
                raise brought.error from None
            self.killed[DecoderDied.code] += 1
            raise DecoderDied from error
        except anyio.get_cancelled_exc_class():
            self.killed[CANCELED] += 1
            raise
        finally:
            await self._end_forgotten(opened)

    async def _end_forgotten(self, opened: Iterable[Process]) -> None:
        """End children that did not get ready: anyio forgets one whose start was cancelled."""
        for process in opened:
            if process in self._own.get(ALL, ()) or process.returncode is not None:
                continue
            with suppress(ProcessLookupError):
                process.kill()
            with anyio.CancelScope(shield=True):
                await process.aclose()


def _extend(limit: anyio.CancelScope, seconds: float) -> None:
    """Let the time of a call begin again: a slow store is no fault of the image."""
    limit.deadline = anyio.current_time() + seconds
