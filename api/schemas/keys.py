"""Schemas of API keys."""

from datetime import datetime
from typing import Annotated

import msgspec

from api.http.bodies import JsonBody, Rules
from domain.api_keys import MAX_LIFE, KeyRole, find_key_expiry
from domain.errors.faults import Faults
from domain.errors.requests import InvalidValue
from domain.key_scopes import KeyScope
from domain.keys import MAX_USER_ID_CHARS, Role, check_new_user_id, check_tenant

MAX_COUNT = 2**53 - 1
"""The largest integer that every JSON parser represents exactly."""
MAX_LIFE_SECONDS = int(MAX_LIFE.total_seconds())
_FOR_MANY_USERS = {KeyRole.ADMIN, KeyRole.SERVICE}
_WITHOUT_UPLOADS = {KeyRole.ADMIN, KeyRole.READER}


Rate = Annotated[float, msgspec.Meta(ge=0, le=MAX_COUNT)]
Count = Annotated[int, msgspec.Meta(ge=0, le=MAX_COUNT)]
Burst = Annotated[int, msgspec.Meta(ge=1, le=MAX_COUNT)]


class UploadLimitsOfKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Limits of a service key's uploads; null for that of the settings."""

    requests_per_second: Rate | None = None
    """Sustained uploads; 0 for no limit."""
    requests_burst: Burst | None = None
    """Uploads at once."""
    files_per_second: Rate | None = None
    """Sustained files; 0 for no limit."""
    files_burst: Burst | None = None
    """Files at once; a single request may exceed it."""
    bytes_per_second: Rate | None = None
    """Sustained bytes; 0 for no limit."""
    bytes_burst: Burst | None = None
    """Bytes at once; a single request may exceed it."""
    max_images_in_flight: Count | None = None
    """Images that wait or are processed; 0 for no limit."""


class ApiKeyRequest(JsonBody, frozen=True):
    """The values of a new API key."""

    role: KeyRole
    """`admin` may do everything, `service` acts for any user that it names, `client` for one.
    `reader` changes nothing: it reads one user, a tenant, or all users without a tenant."""
    user_id: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_USER_ID_CHARS)] | None = None
    """User of the key; required for `client`, optional for `reader`, else not allowed."""
    note: Annotated[str, msgspec.Meta(max_length=500)] | None = None
    """A remark, for example the name of the app."""
    expires_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    """When the key expires. Without this and `expires_in`, the key never expires; a service key
    must send one of them."""
    expires_in: Annotated[int, msgspec.Meta(ge=1, le=MAX_LIFE_SECONDS)] | None = None
    """Seconds from now until the key expires."""
    tenant: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_USER_ID_CHARS)] | None = None
    """Tenant of the users that the key acts for; not allowed for `admin`. The same `user_id` in
    two tenants names two users. All service keys of a tenant see the same users, images, jobs and
    webhooks, and nothing of other tenants. A service key without a tenant may read and delete every
    user without a tenant, also those of other such keys."""
    max_stored_bytes: Annotated[int, msgspec.Meta(ge=1, le=MAX_COUNT)] | None = None
    """Most bytes of stored images, in place of the quota of the settings; not allowed for `admin`
    and `reader`. Counts the images of the tenant or, without one, of a client key's user or those
    uploaded with a service key; each with the size of its file, also if it is a duplicate. With a
    service key: at most its own, which is the default."""
    limits: UploadLimitsOfKey | None = None
    """Limits of the uploads with the key, in place of those of the settings, for an app with many
    users. Only for `service`."""
    scopes: (
        Annotated[list[KeyScope], msgspec.Meta(min_length=1, max_length=len(KeyScope))] | None
    ) = None
    """What the key may do: `upload` sends files and retries jobs, `read` retrieves, `delete`
    deletes and cancels. Without it: all that the creating key may do. Only for `client` and
    `service`."""

    def check(self, rules: Rules) -> None:
        """Check the fields, and which of them the role has.

        Raises:
            InvalidValue: Fields cannot be used, or contradict each other.
        """
        faults = Faults()
        with faults.of("user_id"):
            if self.role is KeyRole.CLIENT and self.user_id is None:
                raise InvalidValue("A client key requires a user_id.")
            if self.role in _FOR_MANY_USERS and self.user_id is not None:
                raise InvalidValue("Only keys of clients and readers have a user_id.")
            if self.user_id is not None:
                check_new_user_id(self.user_id)
        with faults.of("max_stored_bytes"):
            if self.max_stored_bytes and self.role in _WITHOUT_UPLOADS:
                raise InvalidValue("Only keys of clients and services have a quota.")
        with faults.of("limits"):
            if self.limits is not None and self.role is not KeyRole.SERVICE:
                raise InvalidValue("Only service keys have limits of their own.")
        with faults.of("scopes"):
            if self.scopes is not None and self.role in _WITHOUT_UPLOADS:
                raise InvalidValue("Only keys of clients and services have scopes.")
        with faults.of("tenant"):
            if self.tenant is not None:
                check_tenant(self.tenant)
                if self.role is KeyRole.ADMIN:
                    raise InvalidValue("An admin key has no tenant: it sees all of them.")
        with faults.of(None):
            if self.expires_at is not None and self.expires_in is not None:
                raise InvalidValue("Send expires_at or expires_in, not both.", "expires_in")
            find_key_expiry(self.expires_at, self.expires_in, MAX_LIFE, rules.now)
        faults.check()


class ApiKeyView(msgspec.Struct, frozen=True):
    """An API key, without its secret."""

    id: str
    """ID of the API key."""
    role: Role
    user_id: str | None
    note: str | None
    hint: str
    """First characters of the secret, to recognize the key."""
    created_at: datetime
    revoked_at: datetime | None
    expires_at: datetime | None
    tenant: str | None
    """Tenant of the users that the key acts for; null without one."""
    max_stored_bytes: int | None
    """Quota of stored bytes of the key; null for that of the settings."""
    limits: UploadLimitsOfKey | None
    """Limits of the uploads with the key; null for those of the settings."""
    scopes: list[KeyScope]
    """What the key may do."""
    created_by: str | None
    """ID of the key that created it. If that is a service key, the key ends with it. Null if it was
    not recorded."""
    last_used_at: datetime | None
    """When the key was last used, to the minute; null before its first use. A use shows after some
    seconds."""


class CreatedApiKeyView(ApiKeyView, frozen=True):
    """A new API key. Its secrets are shown once, in this answer."""

    key: str
    """The secret. Send it as `Authorization: Bearer <key>`."""
    webhook_secret: str | None
    """Verifies events that arrive at the `callback_url` of its jobs; null if this service has no
    webhooks."""
