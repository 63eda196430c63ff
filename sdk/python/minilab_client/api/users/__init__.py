"""The operations of the tag `users`, as methods that return the answer or raise the problem."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ..._async.operations import AsyncOperations
from ..._sync.operations import Operations
from ...types import UNSET, Unset

if TYPE_CHECKING:
    from ...models.job import Job


class UsersOperations(Operations):
    """The operations of the tag `users`."""

    def delete_user(
        self,
        user_id: str,
        *,
        tenant: str | Unset = UNSET,
    ) -> Job:
        """Delete a user.

        Deletes a user and everything they uploaded.

        The deletion runs as a job that counts images; the job is kept for 30 days and cannot be
        canceled. Uploads that are accepted after this request are kept, and API keys of the user
        stay valid: to prevent new uploads, revoke them first. A second request while the job runs
        returns the same job, which then includes what was uploaded in between.
        """
        from .delete_user import sync_detailed

        return cast(
            "Job",
            self._call(
                sync_detailed,
                user_id=user_id,
                tenant=tenant,
            ),
        )


class AsyncUsersOperations(AsyncOperations):
    """The operations of the tag `users`, for asyncio and trio."""

    async def delete_user(
        self,
        user_id: str,
        *,
        tenant: str | Unset = UNSET,
    ) -> Job:
        """Delete a user.

        Deletes a user and everything they uploaded.

        The deletion runs as a job that counts images; the job is kept for 30 days and cannot be
        canceled. Uploads that are accepted after this request are kept, and API keys of the user
        stay valid: to prevent new uploads, revoke them first. A second request while the job runs
        returns the same job, which then includes what was uploaded in between.
        """
        from .delete_user import asyncio_detailed

        return cast(
            "Job",
            await self._call(
                asyncio_detailed,
                user_id=user_id,
                tenant=tenant,
            ),
        )
