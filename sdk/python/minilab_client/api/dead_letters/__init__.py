"""The operations of the tag `dead_letters`, as methods that return the answer or raise the problem."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, cast

from ..._async.operations import AsyncOperations
from ..._sync.operations import Operations
from ...types import UNSET, Unset

if TYPE_CHECKING:
    from typing import cast

    from ...models.chosen_dead_letters import ChosenDeadLetters
    from ...models.dead_letter import DeadLetter
    from ...models.dead_letter_code import DeadLetterCode
    from ...models.dead_letter_page import DeadLetterPage
    from ...models.discarded import Discarded
    from ...models.job import Job
    from ...models.retried import Retried


class DeadLettersOperations(Operations):
    """The operations of the tag `dead_letters`."""

    def list_dead_letters(
        self,
        *,
        user_id: str | Unset = UNSET,
        tenant: str | Unset = UNSET,
        code: DeadLetterCode | Unset = UNSET,
        job_id: str | Unset = UNSET,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
    ) -> DeadLetterPage:
        """List dead letters.

        Lists the images that the service gave up, newest image first.

        An image is given up if it ended its process several times, took too long, was started too
        often, or met an internal error. Damaged and refused files are not dead letters.
        """
        from .list_dead_letters import sync_detailed

        return cast(
            "DeadLetterPage",
            self._call(
                sync_detailed,
                user_id=user_id,
                tenant=tenant,
                code=code,
                job_id=job_id,
                limit=limit,
                cursor=cursor,
            ),
        )

    def iterate_dead_letters(
        self,
        *,
        user_id: str | Unset = UNSET,
        tenant: str | Unset = UNSET,
        code: DeadLetterCode | Unset = UNSET,
        job_id: str | Unset = UNSET,
        limit: int | Unset = UNSET,
    ) -> Iterator[DeadLetter]:
        """List dead letters: all items, page by page; `limit` is the size of a page."""
        return self._iterate(
            self.list_dead_letters,
            user_id=user_id,
            tenant=tenant,
            code=code,
            job_id=job_id,
            limit=limit,
        )

    def discard_dead_letters(
        self,
        *,
        body: ChosenDeadLetters,
    ) -> Discarded:
        """Discard dead letters.

        Removes up to 1,000 dead letters from the list, by IDs or by a filter.
        """
        from .discard_dead_letters import sync_detailed

        return cast(
            "Discarded",
            self._call(
                sync_detailed,
                body=body,
            ),
        )

    def retry_dead_letters(
        self,
        *,
        body: ChosenDeadLetters,
    ) -> Retried:
        """Retry dead letters.

        Runs the failed operations of up to 1,000 images again, by IDs or by a filter.
        """
        from .retry_dead_letters import sync_detailed

        return cast(
            "Retried",
            self._call(
                sync_detailed,
                body=body,
            ),
        )

    def get_dead_letter(
        self,
        dead_letter_id: str,
    ) -> DeadLetter:
        """Retrieve a dead letter.

        Retrieves the reason why an image was given up, and its last failed attempts.
        """
        from .get_dead_letter import sync_detailed

        return cast(
            "DeadLetter",
            self._call(
                sync_detailed,
                dead_letter_id=dead_letter_id,
            ),
        )

    def discard_dead_letter(
        self,
        dead_letter_id: str,
    ) -> None:
        """Discard a dead letter.

        Removes a dead letter from the list. Its image stays failed.
        """
        from .discard_dead_letter import sync_detailed

        self._call(
            sync_detailed,
            dead_letter_id=dead_letter_id,
        )

    def retry_dead_letter(
        self,
        dead_letter_id: str,
    ) -> Job:
        """Retry a dead letter.

        Runs the failed operations of an image again. It is a dead letter again if they fail.
        """
        from .retry_dead_letter import sync_detailed

        return cast(
            "Job",
            self._call(
                sync_detailed,
                dead_letter_id=dead_letter_id,
            ),
        )


class AsyncDeadLettersOperations(AsyncOperations):
    """The operations of the tag `dead_letters`, for asyncio and trio."""

    async def list_dead_letters(
        self,
        *,
        user_id: str | Unset = UNSET,
        tenant: str | Unset = UNSET,
        code: DeadLetterCode | Unset = UNSET,
        job_id: str | Unset = UNSET,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
    ) -> DeadLetterPage:
        """List dead letters.

        Lists the images that the service gave up, newest image first.

        An image is given up if it ended its process several times, took too long, was started too
        often, or met an internal error. Damaged and refused files are not dead letters.
        """
        from .list_dead_letters import asyncio_detailed

        return cast(
            "DeadLetterPage",
            await self._call(
                asyncio_detailed,
                user_id=user_id,
                tenant=tenant,
                code=code,
                job_id=job_id,
                limit=limit,
                cursor=cursor,
            ),
        )

    def iterate_dead_letters(
        self,
        *,
        user_id: str | Unset = UNSET,
        tenant: str | Unset = UNSET,
        code: DeadLetterCode | Unset = UNSET,
        job_id: str | Unset = UNSET,
        limit: int | Unset = UNSET,
    ) -> AsyncIterator[DeadLetter]:
        """List dead letters: all items, page by page; `limit` is the size of a page."""
        return self._iterate(
            self.list_dead_letters,
            user_id=user_id,
            tenant=tenant,
            code=code,
            job_id=job_id,
            limit=limit,
        )

    async def discard_dead_letters(
        self,
        *,
        body: ChosenDeadLetters,
    ) -> Discarded:
        """Discard dead letters.

        Removes up to 1,000 dead letters from the list, by IDs or by a filter.
        """
        from .discard_dead_letters import asyncio_detailed

        return cast(
            "Discarded",
            await self._call(
                asyncio_detailed,
                body=body,
            ),
        )

    async def retry_dead_letters(
        self,
        *,
        body: ChosenDeadLetters,
    ) -> Retried:
        """Retry dead letters.

        Runs the failed operations of up to 1,000 images again, by IDs or by a filter.
        """
        from .retry_dead_letters import asyncio_detailed

        return cast(
            "Retried",
            await self._call(
                asyncio_detailed,
                body=body,
            ),
        )

    async def get_dead_letter(
        self,
        dead_letter_id: str,
    ) -> DeadLetter:
        """Retrieve a dead letter.

        Retrieves the reason why an image was given up, and its last failed attempts.
        """
        from .get_dead_letter import asyncio_detailed

        return cast(
            "DeadLetter",
            await self._call(
                asyncio_detailed,
                dead_letter_id=dead_letter_id,
            ),
        )

    async def discard_dead_letter(
        self,
        dead_letter_id: str,
    ) -> None:
        """Discard a dead letter.

        Removes a dead letter from the list. Its image stays failed.
        """
        from .discard_dead_letter import asyncio_detailed

        await self._call(
            asyncio_detailed,
            dead_letter_id=dead_letter_id,
        )

    async def retry_dead_letter(
        self,
        dead_letter_id: str,
    ) -> Job:
        """Retry a dead letter.

        Runs the failed operations of an image again. It is a dead letter again if they fail.
        """
        from .retry_dead_letter import asyncio_detailed

        return cast(
            "Job",
            await self._call(
                asyncio_detailed,
                dead_letter_id=dead_letter_id,
            ),
        )
