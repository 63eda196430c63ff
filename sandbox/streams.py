"""Bytes that go along with a call to a child, in parts: neither side copies them into a message.

``anyio.to_process`` sends a call, and takes its answer, as one pickle. A large picture would be in
memory several times. So the bytes of an :class:`Incoming` follow the pickle that names them, and
those of an :class:`Outgoing` come before the answer, in frames with a head of :data:`FRAME`.
Before all of them comes :data:`BEGUN`: the child reads the call.
"""

import pickle
from collections.abc import AsyncIterator, Awaitable, Callable

from anyio._backends._asyncio import StreamReaderWrapper, StreamWriterWrapper
from anyio.abc import Process

from sandbox.answers import HIGHEST_PROTOCOL, loads
from sandbox.carried_bytes import BEGUN, FRAME, Outlet, Received

__all__ = ["HIGHEST_PROTOCOL", "Brought", "Incoming", "Outgoing", "carry_bytes", "dumps", "loads"]

PART_BYTES = 64 * 1024


class Incoming:
    """Bytes for a function in a child; the function gets them as ``bytes``.

    Args:
        size_bytes: Their number.
        parts: Gives exactly that many.
    """

    def __init__(self, size_bytes: int, parts: AsyncIterator[bytes]) -> None:
        self.size_bytes = size_bytes
        self.parts = parts

    def __reduce__(self) -> tuple[type[Received], tuple[int]]:
        """Become the reader of the bytes."""
        return Received, (self.size_bytes,)


class Outgoing:
    """Takes bytes from a function in a child; the function gets an :class:`Outlet`.

    Args:
        take: Takes a part. The child waits while it runs.
    """

    def __init__(self, take: Callable[[bytes], Awaitable[None]]) -> None:
        self.take = take

    def __reduce__(self) -> tuple[type[Outlet], tuple[()]]:
        """Become the writer of the bytes."""
        return Outlet, ()


class Brought:
    """What a call brings along.

    Attributes:
        begun: Whether the child reads the call. Until then, its end has nothing to do with it.
        error: The error of a source or of a taker, which ended the call.
        moved: Called when the call has begun, and whenever bytes were sent or taken.
    """

    def __init__(self, args: tuple[object, ...] = ()) -> None:
        self.incoming = [arg for arg in args if isinstance(arg, Incoming)]
        self.outgoing = next((arg for arg in args if isinstance(arg, Outgoing)), None)
        self.begun = False
        self.error: Exception | None = None
        self.moved: Callable[[], None] = lambda: None

    def __reduce__(self) -> tuple[type[None], tuple[()]]:
        """Stay with the parent."""
        return type(None), ()


class Message(bytes):
    """An encoded call with what it brings along."""

    brought: Brought


def dumps(call: object, protocol: int = HIGHEST_PROTOCOL) -> bytes:
    """Encode a call, and note what it brings along."""
    encoded = pickle.dumps(call, protocol)
    args = call[2] if isinstance(call, tuple) and call[0] == "run" else ()
    brought = next((arg for arg in args if isinstance(arg, Brought)), None)
    if brought is None:
        return encoded
    message = Message(encoded)
    message.brought = brought
    return message


class _Feeding(StreamWriterWrapper):
    """The standard input of a child."""

    answers: "_Sifting"

    async def send(self, item: bytes) -> None:
        """Send a message, and the bytes that it brings along."""
        brought = item.brought if isinstance(item, Message) else None
        self.answers.brought = brought
        if brought is None:
            await super().send(item)
            return
        try:
            await super().send(item)
        except Exception:
            await self.answers.hear_begin(brought)  # It may have ended while it read.
            raise
        await self.answers.hear_begin(brought)
        try:
            for incoming in brought.incoming:
                async for part in incoming.parts:
                    await super().send(part)
                    brought.moved()
        except Exception as error:
            brought.error = error
            raise


class _Sifting(StreamReaderWrapper):
    """The standard output of a child."""

    brought: Brought | None = None

    async def hear_begin(self, brought: Brought) -> None:
        """Wait until the child reads a call.

        Raises:
            Exception: The child ended before it.
        """
        if await self._stream.readuntil(b"\n") != BEGUN:
            raise ValueError("a child does not begin")
        brought.begun = True
        brought.moved()

    async def receive(self, max_bytes: int = PART_BYTES) -> bytes:
        """Receive a part of an answer; the bytes of frames before it go to their taker."""
        while (brought := self.brought) is not None and brought.outgoing is not None:
            head = await self._stream.readuntil(b"\n")
            if not head.startswith(FRAME):
                self.brought = None
                return head
            left = int(head[len(FRAME) :])
            while left > 0:
                part = await super().receive(min(left, PART_BYTES))
                left -= len(part)
                await self._hand_over(brought, brought.outgoing, part)
        return await super().receive(max_bytes)

    async def _hand_over(self, brought: Brought, outgoing: Outgoing, part: bytes) -> None:
        brought.moved()
        try:
            await outgoing.take(part)
        except Exception as error:
            brought.error = error
            raise
        brought.moved()


def carry_bytes(process: Process) -> Process:
    """Have the streams of a new child carry what calls bring along."""
    own = vars(process)
    sifting = _Sifting(vars(own["_stdout"])["_stream"])
    feeding = _Feeding(vars(own["_stdin"])["_stream"])
    feeding.answers = sifting
    own |= {"_stdin": feeding, "_stdout": sifting}
    return process
