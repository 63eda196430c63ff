"""Memory for parts of objects, shared by all uploads of a process.

S3 takes parts of 5 MiB at least, so each upload has to gather that much before it can write. Twenty
clients on a fast network would fill a hundred MB, and be no faster for it: the bucket takes one
part after the other. So there is a bound for all. Beyond it, of the uploads whose bytes have
arrived only the one goes on that lacks least for its part: parts get full, are written, and make
room. A client that is slow holds nobody up: while its bytes are on their way, others go on.

Nobody goes on while half of the memory is being written: then it is the bucket that takes time.
"""

import asyncio

MOST_BYTES = 40 * 1024 * 1024


class PartMemory:
    """The memory of a process.

    Attributes:
        held_bytes: Bytes that are gathered, or being written.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.held_bytes = 0
        self._most_bytes = most_bytes
        self._writing_bytes = 0
        self._waiting: list[tuple[PartRoom, asyncio.Future[None]]] = []
        self._next: asyncio.Handle | None = None

    @property
    def is_full(self) -> bool:
        """Whether bytes have to wait."""
        return self.held_bytes >= self._most_bytes

    async def wait(self, room: "PartRoom") -> None:
        """Wait until a part may take more bytes."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((room, turn))
        self._call_next()
        try:
            await turn
        finally:
            self._waiting = [one for one in self._waiting if one[1] is not turn]

    def change(self, held_bytes: int, writing_bytes: int) -> None:
        """Note that more bytes are held, and written; or fewer."""
        self.held_bytes += held_bytes
        self._writing_bytes += writing_bytes
        self._call_next()

    def _call_next(self) -> None:
        if self._next is None and self._waiting:
            self._next = asyncio.get_running_loop().call_soon(self._let_go_on)

    def _let_go_on(self) -> None:
        """Let one go on; the next one after those that go on have had time for more bytes."""
        self._next = None
        waiting = [one for one in self._waiting if not one[1].done()]
        is_bucket_busy = self._writing_bytes > self._most_bytes / 2
        if waiting and not (self.is_full and is_bucket_busy):
            _, turn = max(waiting, key=lambda one: one[0].size_bytes)
            turn.set_result(None)
            self._call_next()


class PartRoom:
    """The memory of one part.

    Attributes:
        size_bytes: What it holds.
    """

    def __init__(self, memory: PartMemory) -> None:
        self.size_bytes = 0
        self._memory = memory
        self._is_written = False

    async def take(self, size_bytes: int) -> None:
        """Take memory for more bytes, as soon as there is some."""
        if self._memory.is_full:
            await self._memory.wait(self)
        self.size_bytes += size_bytes
        self._memory.change(size_bytes, 0)

    def write(self) -> None:
        """Note that the part is being written from now on."""
        self._is_written = True
        self._memory.change(0, self.size_bytes)

    def free(self) -> None:
        """Give the memory back."""
        self._memory.change(-self.size_bytes, -self.size_bytes if self._is_written else 0)
        self.size_bytes, self._is_written = 0, False
