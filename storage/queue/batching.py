"""Many small questions, few calls: those that come while a call runs share the next one."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class Gathering(Generic[Item, Answer]):
    """Answers questions that are asked one by one with calls that take several.

    On an idle service a question is a call of its own, at once. On a busy one the calls become
    as large as they need to be: jobs of one image each then cost what a job of many does.

    Args:
        call: Answers several questions, in their order. An error of it is each one's error.
        most: Most questions in a call, or their most size together.
        size: Of a question; one that is larger than ``most`` is a call of its own.
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

    async def ask(self, item: Item) -> Answer:
        """Ask a question.

        A caller that is cancelled leaves it asked: what the call writes may be written.

        Raises:
            Exception: Whatever the call raised.
        """
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        if self._calling is None or self._calling.done():
            self._calling = asyncio.create_task(self._answer_waiting())
        return await answer

    async def _answer_waiting(self) -> None:
        while self._waiting:
            asked = self._take()
            try:
                answers = await self._call([item for item, _ in asked])
            except Exception as error:
                for _, future in asked:
                    if not future.done():
                        future.set_exception(error)
            else:
                for (_, future), answer in zip(asked, answers, strict=True):
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
