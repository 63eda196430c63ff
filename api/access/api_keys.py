"""Creates, lists and revokes API keys; rotates their webhook secrets."""

from datetime import timedelta
from functools import partial
from typing import TypeVar

import msgspec

from api.access.create_once import Created, CreateOnce, RequestKey
from api.http.bodies import Rules
from api.schemas.keys import ApiKeyRequest, ApiKeyView, CreatedApiKeyView, UploadLimitsOfKey
from api.schemas.views import MAX_COUNTED, CountedPage, count_page, cut_page, view_of
from api.schemas.webhooks import KeyWebhookSecretView, Rotation
from domain.api_keys import ApiKey, KeyPlan, KeyRole
from domain.audit import AuditAction, AuditEntry
from domain.errors.access import Forbidden, NotFound
from domain.errors.requests import InvalidValue
from domain.key_scopes import check_scopes
from domain.keys import Caller, Role, key_secret
from domain.limits import KeyLimits, TenantLimits
from domain.webhooks.signing import webhook_secret, webhook_secret_of_key
from storage.acceptance.idempotency import Creation
from storage.access.audit import new_entry
from storage.clock import utc_now
from storage.stores import Stores

KeyView = TypeVar("KeyView", bound=ApiKeyView)


class ManageKeys:
    """API keys, as admins and service keys manage them.

    A service key manages the client keys that it, or a service key of its tenant, created.
    """

    def __init__(self, stores: Stores, limits: KeyLimits, tenant_max_bytes: int) -> None:
        self._limits = limits
        self._tenant_max_bytes = tenant_max_bytes
        self._audit = stores.audit
        self._keys = stores.api_keys
        self._acceptance = stores.acceptance
        self._secrets = stores.key_secrets
        self._has_webhooks = stores.secret_box.is_configured
        self._create_once = CreateOnce(stores.idempotency)

    async def list_page(
        self, caller: Caller, limit: int, cursor: str | None
    ) -> CountedPage[ApiKeyView]:
        """List keys, newest first, revoked and expired ones included."""
        keys = await self._keys.list_page(limit + 1, cursor, caller)
        page = cut_page([_view(ApiKeyView, key) for key in keys], limit, [key.id for key in keys])
        return count_page(page, await self._keys.count(MAX_COUNTED + 1, caller))

    async def read(self, caller: Caller, key_id: str) -> ApiKeyView:
        """Read a key.

        Raises:
            NotFound: The caller manages no such key.
        """
        key = await self._keys.get(key_id, caller)
        if key is None:
            raise NotFound
        return _view(ApiKeyView, key)

    async def revoke(self, caller: Caller, key_id: str) -> None:
        """Revoke a key; when this returns, no upload of it is accepted any more by this process.

        Raises:
            NotFound: The caller manages no such key.
        """
        entry = new_entry(caller, AuditAction.API_KEY_REVOKED, key_id)
        if not await self._keys.revoke(key_id, caller, entry):
            raise NotFound
        await self._acceptance.settle()

    async def create(self, source: RequestKey, wanted: ApiKeyRequest) -> Created[CreatedApiKeyView]:
        """Create a key; its secret is in the result only.

        Raises:
            InvalidValue: The fields contradict each other, or the expiry is out of range.
            Forbidden: A service key asks for another role, another tenant, or scopes that it lacks.
            TooManyKeys: The service key has created too many.
            ServiceError: See :meth:`CreateOnce.create`.
        """
        wanted.check(Rules(utc_now()))
        plan = self._plan(wanted, source.caller)

        def entry(key: ApiKey) -> AuditEntry:
            return new_entry(
                source.caller,
                AuditAction.API_KEY_CREATED,
                key.id,
                tenant=key.tenant,
                role=key.role,
                scopes=" ".join(key.scopes),
                expires_at=key.expires_at and key.expires_at.isoformat(),
            )

        def make(random_bits: bytes) -> Creation[ApiKey]:
            create = partial(self._secrets.create_with_key, self._keys, plan, random_bits)
            return self._audit.recorded(create, entry)

        def view(key: ApiKey, random_bits: bytes) -> CreatedApiKeyView:
            signing = webhook_secret_of_key(random_bits) if self._has_webhooks else None
            secret = key_secret(random_bits)
            return _view(CreatedApiKeyView, key, key=secret, webhook_secret=signing)

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

        key = await self._keys.get(key_id, source.caller)

        def entry(_: None) -> AuditEntry:
            action, tenant = AuditAction.API_KEY_SECRET_ROTATED, key.tenant if key else None
            return new_entry(source.caller, action, key_id, tenant=tenant)

        def make(random_bits: bytes) -> Creation[None]:
            secret = webhook_secret(random_bits)
            return self._audit.recorded(
                partial(self._secrets.rotate, key_id, secret, overlap), entry
            )

        asked = Rotation(overlap_seconds)
        created = await self._create_once.create(source, asked, type(None), make)
        return created.map(lambda _, bits: KeyWebhookSecretView(key_id, webhook_secret(bits)))

    def _plan(self, wanted: ApiKeyRequest, caller: Caller) -> KeyPlan:
        """Plan a key; for a service key within its own rights and the limits of the settings."""
        given = msgspec.structs.asdict(wanted) | {
            "role": Role(wanted.role),
            "limits": wanted.limits and TenantLimits(**msgspec.structs.asdict(wanted.limits)),
            "scopes": caller.scopes if wanted.scopes is None else frozenset(wanted.scopes),
            "created_by": caller.key_id,
        }
        if not caller.is_admin:
            _check_within(wanted, caller, self._tenant_max_bytes)
            given |= {
                "tenant": caller.tenant,
                "max_stored_bytes": wanted.max_stored_bytes or caller.max_stored_bytes,
                "service_id": caller.key_id,
                "max_life": timedelta(seconds=self._limits.max_client_key_seconds),
                "max_keys": self._limits.max_keys_per_service_key,
            }
        return KeyPlan(**given)


def _view(kind: type[KeyView], record: ApiKey, **fields: str | None) -> KeyView:
    limits = record.limits and UploadLimitsOfKey(**msgspec.structs.asdict(record.limits))
    return view_of(kind, record, limits=limits, **fields)


def _check_within(wanted: ApiKeyRequest, caller: Caller, tenant_max_bytes: int) -> None:
    """Refuse a key with rights that the service key which asks for it does not have.

    Raises:
        Forbidden: The role, the tenant or a scope is not its own to give.
        InvalidValue: There is no expiry, or the quota is too large.
    """
    if wanted.role is not KeyRole.CLIENT:
        raise Forbidden("A service key creates client keys only.")
    caller.within(wanted.tenant)
    check_scopes(caller.scopes, frozenset(wanted.scopes or ()))
    if wanted.expires_at is None and wanted.expires_in is None:
        raise InvalidValue("A key that a service key creates needs an expiry.", "expires_in")
    most = caller.max_stored_bytes or tenant_max_bytes
    if most and (wanted.max_stored_bytes or 0) > most:
        raise InvalidValue(f"Your own key has {most} at most.", "max_stored_bytes")
