"""Places for concurrent attempts at one target, of which there may be more or fewer at any time."""

import asyncio
from collections import deque
from collections.abc import Callable


class Places:
    """Places that are taken in the order in which they are asked for.

    Args:
        most: Says how many may be taken now.
    """

    def __init__(self, most: Callable[[], int]) -> None:
        self._most = most
        self._taken = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    def are_taken(self) -> bool:
        """Say whether one that asks now has to wait."""
        return bool(self._waiting) or self._taken >= self._most()

    async def __aenter__(self) -> None:
        if not self.are_taken():
            self._taken += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # The place was passed on at the same moment.
                self._give_back()
            raise

    async def __aexit__(self, *error: object) -> None:
        self._give_back()

    def _give_back(self) -> None:
        self._taken -= 1
        while self._waiting and self._taken < self._most():
            turn = self._waiting.popleft()
            if not turn.done():
                self._taken += 1
                turn.set_result(None)
