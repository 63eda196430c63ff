"""The operations of the tag `api_keys`, as methods that return the answer or raise the problem."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, cast

from ..._async.operations import AsyncOperations
from ..._sync.operations import Operations
from ...types import UNSET, Unset

if TYPE_CHECKING:
    from typing import cast

    from ...models.api_key import ApiKey
    from ...models.api_key_page import ApiKeyPage
    from ...models.api_key_request import ApiKeyRequest
    from ...models.created_api_key import CreatedApiKey
    from ...models.key_webhook_secret import KeyWebhookSecret


class ApiKeysOperations(Operations):
    """The operations of the tag `api_keys`."""

    def list_api_keys(
        self,
        *,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
    ) -> ApiKeyPage:
        """List API keys.

        Lists API keys without their secrets, newest first; includes revoked and expired keys.

        With a service key, lists the keys that it created or, if it has a tenant, that any service
        key of the tenant created.
        """
        from .list_api_keys import sync_detailed

        return cast(
            "ApiKeyPage",
            self._call(
                sync_detailed,
                limit=limit,
                cursor=cursor,
            ),
        )

    def iterate_api_keys(
        self,
        *,
        limit: int | Unset = UNSET,
    ) -> Iterator[ApiKey]:
        """List API keys: all items, page by page; `limit` is the size of a page."""
        return self._iterate(
            self.list_api_keys,
            limit=limit,
        )

    def create_api_key(
        self,
        *,
        body: ApiKeyRequest,
        idempotency_key: str | Unset = UNSET,
    ) -> CreatedApiKey:
        """Create an API key.

        Creates an API key. Only this response shows its secret.

        A service key creates client keys for its users: with an expiry, with scopes that it has
        itself, and without `tenant`. They end with it.

        If you send the request again with the same `Idempotency-Key` and the same API key of your
        own, you get the same response with the same secret.
        """
        from .create_api_key import sync_detailed

        return cast(
            "CreatedApiKey",
            self._call(
                sync_detailed,
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    def get_api_key(
        self,
        key_id: str,
    ) -> ApiKey:
        """Retrieve an API key.

        Retrieves an API key without its secret.
        """
        from .get_api_key import sync_detailed

        return cast(
            "ApiKey",
            self._call(
                sync_detailed,
                key_id=key_id,
            ),
        )

    def revoke_api_key(
        self,
        key_id: str,
    ) -> None:
        """Revoke an API key.

        Revokes an API key immediately and permanently.

        The keys and upload links that a service key created are revoked with it.
        """
        from .revoke_api_key import sync_detailed

        self._call(
            sync_detailed,
            key_id=key_id,
        )

    def rotate_api_key_webhook_secret(
        self,
        key_id: str,
        *,
        overlap_seconds: int | Unset = UNSET,
        idempotency_key: str | Unset = UNSET,
    ) -> KeyWebhookSecret:
        """Rotate the webhook secret of an API key.

        Replaces the secret that signs callbacks to the `callback_url` of a key's jobs.

        Until the old secret expires, both sign. The ID of the admin key in the settings is
        `admin`. For admins.
        """
        from .rotate_api_key_webhook_secret import sync_detailed

        return cast(
            "KeyWebhookSecret",
            self._call(
                sync_detailed,
                key_id=key_id,
                overlap_seconds=overlap_seconds,
                idempotency_key=idempotency_key,
            ),
        )


class AsyncApiKeysOperations(AsyncOperations):
    """The operations of the tag `api_keys`, for asyncio and trio."""

    async def list_api_keys(
        self,
        *,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
    ) -> ApiKeyPage:
        """List API keys.

        Lists API keys without their secrets, newest first; includes revoked and expired keys.

        With a service key, lists the keys that it created or, if it has a tenant, that any service
        key of the tenant created.
        """
        from .list_api_keys import asyncio_detailed

        return cast(
            "ApiKeyPage",
            await self._call(
                asyncio_detailed,
                limit=limit,
                cursor=cursor,
            ),
        )

    def iterate_api_keys(
        self,
        *,
        limit: int | Unset = UNSET,
    ) -> AsyncIterator[ApiKey]:
        """List API keys: all items, page by page; `limit` is the size of a page."""
        return self._iterate(
            self.list_api_keys,
            limit=limit,
        )

    async def create_api_key(
        self,
        *,
        body: ApiKeyRequest,
        idempotency_key: str | Unset = UNSET,
    ) -> CreatedApiKey:
        """Create an API key.

        Creates an API key. Only this response shows its secret.

        A service key creates client keys for its users: with an expiry, with scopes that it has
        itself, and without `tenant`. They end with it.

        If you send the request again with the same `Idempotency-Key` and the same API key of your
        own, you get the same response with the same secret.
        """
        from .create_api_key import asyncio_detailed

        return cast(
            "CreatedApiKey",
            await self._call(
                asyncio_detailed,
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    async def get_api_key(
        self,
        key_id: str,
    ) -> ApiKey:
        """Retrieve an API key.

        Retrieves an API key without its secret.
        """
        from .get_api_key import asyncio_detailed

        return cast(
            "ApiKey",
            await self._call(
                asyncio_detailed,
                key_id=key_id,
            ),
        )

    async def revoke_api_key(
        self,
        key_id: str,
    ) -> None:
        """Revoke an API key.

        Revokes an API key immediately and permanently.

        The keys and upload links that a service key created are revoked with it.
        """
        from .revoke_api_key import asyncio_detailed

        await self._call(
            asyncio_detailed,
            key_id=key_id,
        )

    async def rotate_api_key_webhook_secret(
        self,
        key_id: str,
        *,
        overlap_seconds: int | Unset = UNSET,
        idempotency_key: str | Unset = UNSET,
    ) -> KeyWebhookSecret:
        """Rotate the webhook secret of an API key.

        Replaces the secret that signs callbacks to the `callback_url` of a key's jobs.

        Until the old secret expires, both sign. The ID of the admin key in the settings is
        `admin`. For admins.
        """
        from .rotate_api_key_webhook_secret import asyncio_detailed

        return cast(
            "KeyWebhookSecret",
            await self._call(
                asyncio_detailed,
                key_id=key_id,
                overlap_seconds=overlap_seconds,
                idempotency_key=idempotency_key,
            ),
        )
