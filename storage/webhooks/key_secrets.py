"""The webhook secret of each key, which signs what goes to the ``callback_url`` of its jobs."""

import secrets
from collections.abc import Sequence
from datetime import timedelta

from domain.webhooks.signing import webhook_secret
from storage.clock import utc_now
from storage.mongo.client import DURABLE, Database, Session
from storage.webhooks.secret_box import SecretBox
from storage.webhooks.secret_rotation import first_secret, live_secrets, rotate

SECRET_BYTES = 32


class KeySecrets:
    """Makes, rotates and reads the webhook secrets of keys.

    Args:
        database: Holds everything.
        secret_box: Encrypts them.
    """

    def __init__(self, database: Database, secret_box: SecretBox) -> None:
        self._secrets = database["webhook_key_secrets"].with_options(write_concern=DURABLE)
        self._secret_box = secret_box

    async def create(self, key_id: str, secret: str, session: Session | None = None) -> None:
        """Keep the first secret of a new key."""
        kept = first_secret(self._secret_box, secret, utc_now())
        await self._secrets.insert_one({"_id": key_id, "secrets": kept}, session=session)

    async def ensure(self, key_id: str) -> None:
        """Have a secret for a key that was made without one; a rotation shows it a new one.

        Raises:
            WebhooksNotSetUp: No secret can be kept.
        """
        self._secret_box.check_configured()
        if await self._secrets.find_one({"_id": key_id}, {"_id": 1}) is None:
            fresh = webhook_secret(secrets.token_bytes(SECRET_BYTES))
            kept = first_secret(self._secret_box, fresh, utc_now())
            await self._secrets.update_one(
                {"_id": key_id}, {"$setOnInsert": {"secrets": kept}}, upsert=True
            )

    async def rotate(
        self, key_id: str, secret: str, overlap: timedelta, session: Session | None = None
    ) -> None:
        """Give a key a new secret; the old one goes on signing for a while.

        Raises:
            WebhooksNotSetUp: No secret can be kept.
        """
        encrypted = self._secret_box.encrypt(secret)
        await self.ensure(key_id)
        await rotate(self._secrets, {"_id": key_id}, encrypted, utc_now(), overlap, session)

    async def live(self, key_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Read the live secrets of keys, the newest first, by key."""
        now = utc_now()
        found = self._secrets.find({"_id": {"$in": list(key_ids)}})
        return {
            kept["_id"]: live_secrets(self._secret_box, kept["secrets"], now)
            async for kept in found
        }
