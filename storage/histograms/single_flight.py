"""One answer for all who ask the same at the same time."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

AnswerT = TypeVar("AnswerT")


class SharedAnswers(Generic[AnswerT]):
    """Works answers out one after the other, each for all who have asked before it was begun.

    Who asks while an answer is worked out waits for the next one: what was written in between
    would be missing in the first. So any number of askers costs two answers at most.
    """

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._next: dict[str, asyncio.Task[AnswerT]] = {}
        self._tasks: set[asyncio.Task[AnswerT]] = set()

    async def ask(self, question: str, work: Callable[[], Awaitable[AnswerT]]) -> AnswerT:
        """Wait for an answer that is begun from now on. Who goes away does not stop it.

        Args:
            question: What is asked.
            work: Works the answer out; the one of who asked first is called.
        """
        task = self._next.get(question)
        if task is None:
            task = asyncio.create_task(self._answer(question, work))
            self._next[question] = task
            self._tasks.add(task)
            task.add_done_callback(self._forget)
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Break off what is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _answer(self, question: str, work: Callable[[], Awaitable[AnswerT]]) -> AnswerT:
        try:
            async with self._turn:
                del self._next[question]
                return await work()
        finally:
            if self._next.get(question) is asyncio.current_task():
                del self._next[question]

    def _forget(self, task: asyncio.Task[AnswerT]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # Who asked may have gone.
