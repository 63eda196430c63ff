"""Creates, lists and revokes API keys; rotates their webhook secrets."""

from datetime import timedelta
from functools import partial

import msgspec

from api.access.create_once import Created, CreateOnce, RequestKey
from api.schemas.keys import ApiKeyRequest, ApiKeyView, CreatedApiKeyView
from api.schemas.views import Page, cut_page, view_of
from api.schemas.webhooks import KeyWebhookSecretView, Rotation
from domain.api_keys import ApiKey, KeyPlan, KeyRole
from domain.errors.access import NotFound
from domain.errors.faults import Faults
from domain.errors.requests import InvalidValue
from domain.keys import Role, check_new_user_id, check_tenant, key_secret
from domain.webhooks.signing import webhook_secret, webhook_secret_of_key
from storage.acceptance.idempotency import Creation
from storage.stores import Stores


class ManageKeys:
    """API keys, as admins manage them."""

    def __init__(self, stores: Stores) -> None:
        self._keys = stores.api_keys
        self._acceptance = stores.acceptance
        self._secrets = stores.key_secrets
        self._has_webhooks = stores.secret_box.is_configured
        self._create_once = CreateOnce(stores.idempotency)

    async def list_page(self, limit: int, cursor: str | None) -> Page[ApiKeyView]:
        """List keys, newest first, revoked and expired ones included."""
        keys = await self._keys.list_page(limit + 1, cursor)
        return cut_page([view_of(ApiKeyView, key) for key in keys], limit, [key.id for key in keys])

    async def revoke(self, key_id: str) -> None:
        """Revoke a key; when this returns, no upload of it is accepted any more by this process.

        Raises:
            NotFound: The key does not exist.
        """
        if not await self._keys.revoke(key_id):
            raise NotFound
        await self._acceptance.settle()

    async def create(self, source: RequestKey, wanted: ApiKeyRequest) -> Created[CreatedApiKeyView]:
        """Create a key; its secret is in the result only.

        Raises:
            InvalidValue: The fields contradict each other, or the expiry is out of range.
            ServiceError: See :meth:`CreateOnce.create`.
        """
        _check(wanted)
        plan = KeyPlan(**msgspec.structs.asdict(wanted) | {"role": Role(wanted.role)})

        def make(random_bits: bytes) -> Creation[ApiKey]:
            return partial(self._secrets.create_with_key, self._keys, plan, random_bits)

        def view(key: ApiKey, random_bits: bytes) -> CreatedApiKeyView:
            signing = webhook_secret_of_key(random_bits) if self._has_webhooks else None
            secret = key_secret(random_bits)
            return view_of(CreatedApiKeyView, key, key=secret, webhook_secret=signing)

        return (await self._create_once.create(source, wanted, ApiKey, make)).map(view)

    async def rotate_secret(
        self, source: RequestKey, key_id: str, overlap_seconds: int
    ) -> Created[KeyWebhookSecretView]:
        """Replace the webhook secret of a key; the old one signs as well for a while.

        Raises:
            NotFound: The key does not exist, or is no longer valid.
            WebhooksNotSetUp: The service has no key to encrypt secrets with.
            ServiceError: See :meth:`CreateOnce.create`.
        """
        if key_id not in await self._keys.find_valid([key_id]):
            raise NotFound
        overlap = timedelta(seconds=overlap_seconds)

        def make(random_bits: bytes) -> Creation[None]:
            return partial(self._secrets.rotate, key_id, webhook_secret(random_bits), overlap)

        asked = Rotation(overlap_seconds)
        created = await self._create_once.create(source, asked, type(None), make)
        return created.map(lambda _, bits: KeyWebhookSecretView(key_id, webhook_secret(bits)))


def _check(wanted: ApiKeyRequest) -> None:
    role, faults = wanted.role, Faults()
    with faults.of("user_id"):
        if role is KeyRole.CLIENT and wanted.user_id is None:
            raise InvalidValue("A client key requires a user_id.")
        if role not in {KeyRole.CLIENT, KeyRole.READER} and wanted.user_id is not None:
            raise InvalidValue("Only keys of clients and readers have a user_id.")
        if wanted.user_id is not None:
            check_new_user_id(wanted.user_id)
    with faults.of("max_stored_bytes"):
        if wanted.max_stored_bytes and role not in {KeyRole.CLIENT, KeyRole.SERVICE}:
            raise InvalidValue("Only keys of clients and services have a quota.")
    with faults.of("tenant"):
        if wanted.tenant is not None:
            check_tenant(wanted.tenant)
            if role is KeyRole.ADMIN:
                raise InvalidValue("An admin key has no tenant: it sees all of them.")
    with faults.of("expires_in"):
        if wanted.expires_at is not None and wanted.expires_in is not None:
            raise InvalidValue("Send expires_at or expires_in, not both.")
    faults.check()
