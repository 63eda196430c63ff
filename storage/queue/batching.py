"""Batching of single calls into larger ones, the DataLoader pattern.

Source: https://github.com/graphql/dataloader
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class Batcher(Generic[Item, Answer]):
    """Turns calls that take one item each into calls that take several.

    An item that arrives while nothing runs is sent at once. Items that arrive while a call runs
    share the next call, so batches are as large as the load makes them.

    Args:
        call: Takes items and returns an answer for each, in order. If it raises, every item of
            the batch fails with that error.
        most: Largest number of items in a batch, or their largest total size.
        size: Size of an item. An item larger than ``most`` is a batch of its own.
    """

    def __init__(
        self,
        call: Callable[[list[Item]], Awaitable[Sequence[Answer]]],
        most: int,
        size: Callable[[Item], int] = lambda _: 1,
    ) -> None:
        self._call = call
        self._most = most
        self._size = size
        self._waiting: list[tuple[Item, asyncio.Future[Answer]]] = []
        self._calling: asyncio.Task[None] | None = None

    async def submit(self, item: Item) -> Answer:
        """Submit an item and wait for its answer, or the error of the call.

        Cancelling the caller does not withdraw the item: the call may still write.
        """
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        if self._calling is None or self._calling.done():
            self._calling = asyncio.create_task(self._answer_waiting())
        return await answer

    async def _answer_waiting(self) -> None:
        while self._waiting:
            batch = self._take()
            try:
                answers = await self._call([item for item, _ in batch])
            except Exception as error:
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
            else:
                for (_, future), answer in zip(batch, answers, strict=True):
                    if not future.done():
                        future.set_result(answer)

    def _take(self) -> list[tuple[Item, asyncio.Future[Answer]]]:
        size = 0
        for count, (item, _) in enumerate(self._waiting):
            size += self._size(item)
            if count and size > self._most:
                taken, self._waiting = self._waiting[:count], self._waiting[count:]
                return taken
        taken, self._waiting = self._waiting, []
        return taken
