"""API keys as admins see them."""

from datetime import datetime
from typing import Annotated

import msgspec

from domain.api_keys import MAX_LIFE, ApiKey
from domain.keys import MAX_USER_ID_CHARS, Role

MAX_LIFE_SECONDS = int(MAX_LIFE.total_seconds())


class NewApiKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What kind of key to make."""

    role: Role
    """`admin` may do everything, `service` acts for the users that it names, `client` for one."""
    user_id: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_USER_ID_CHARS)] | None = None
    """The user that a client key is bound to."""
    note: Annotated[str, msgspec.Meta(max_length=500)] | None = None
    """What you want to remember."""
    expires_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    """When the key stops being valid; never where neither this nor `expires_in` is given."""
    expires_in: Annotated[int, msgspec.Meta(ge=1, le=MAX_LIFE_SECONDS)] | None = None
    """The same, in seconds from now."""


class ApiKeyView(msgspec.Struct, frozen=True):
    """A key, without its secret."""

    id: str
    role: Role
    user_id: str | None
    note: str | None
    hint: str
    """How the secret begins, to tell keys apart."""
    created_at: datetime
    revoked_at: datetime | None
    expires_at: datetime | None


class CreatedApiKeyView(ApiKeyView, frozen=True):
    """A new key. Its secret is kept nowhere, and shown in the answer to its making alone."""

    key: str
    """Send it as `Authorization: Bearer <key>`."""
    webhook_secret: str | None
    """Verifies what arrives at the `callback_url` of its jobs; null where webhooks are not set
    up."""


def view_key(key: ApiKey) -> ApiKeyView:
    """Show a key."""
    return ApiKeyView(
        id=key.id,
        role=key.role,
        user_id=key.user_id,
        note=key.note,
        hint=key.hint,
        created_at=key.created_at,
        revoked_at=key.revoked_at,
        expires_at=key.expires_at,
    )


def view_created_key(key: ApiKey, secret: str, webhook_secret: str | None) -> CreatedApiKeyView:
    """Show a new key with its secrets."""
    return CreatedApiKeyView(
        **msgspec.structs.asdict(view_key(key)), key=secret, webhook_secret=webhook_secret
    )
