"""The webhook secrets of keys, which sign deliveries to the ``callback_url`` of jobs."""

import secrets
from collections.abc import Sequence
from datetime import timedelta

from domain.api_keys import ApiKey, KeyPlan
from domain.keys import key_secret
from domain.webhooks.signing import webhook_secret, webhook_secret_of_key
from storage.access.api_keys import ApiKeys
from storage.mongo.client import DURABLE, Database, Session
from storage.webhooks.secret_box import SecretBox
from storage.webhooks.secret_rotation import first_secret, live_secrets, rotate

SECRET_BYTES = 32


class KeySecrets:
    """Creates, rotates and reads the webhook secrets of keys."""

    def __init__(self, database: Database, secret_box: SecretBox) -> None:
        self._secrets = database["webhook_key_secrets"].with_options(write_concern=DURABLE)
        self._secret_box = secret_box

    async def create_with_key(
        self, keys: ApiKeys, plan: KeyPlan, random_bits: bytes, session: Session | None = None
    ) -> ApiKey:
        """Create a key and, if webhooks are set up, its first webhook secret, from 32 random bytes.

        Raises:
            InvalidValue: The key would have expired already, or not soon enough.
        """
        key = await keys.create(plan, key_secret(random_bits), session)
        if self._secret_box.is_configured:
            stored = first_secret(self._secret_box, webhook_secret_of_key(random_bits))
            await self._secrets.insert_one({"_id": key.id, "secrets": stored}, session=session)
        return key

    async def ensure(self, key_id: str) -> None:
        """Create a secret for a key that has none; a rotation shows the client a new one.

        Raises:
            WebhooksNotSetUp: The service has no key to encrypt the secret with.
        """
        self._secret_box.check_configured()
        if await self._secrets.find_one({"_id": key_id}, {"_id": 1}) is None:
            secret = webhook_secret(secrets.token_bytes(SECRET_BYTES))
            stored = first_secret(self._secret_box, secret)
            await self._secrets.update_one(
                {"_id": key_id}, {"$setOnInsert": {"secrets": stored}}, upsert=True
            )

    async def rotate(
        self, key_id: str, secret: str, overlap: timedelta, session: Session | None = None
    ) -> None:
        """Give a key a new secret; the old one also signs during the overlap.

        Raises:
            WebhooksNotSetUp: The service has no key to encrypt the secret with.
        """
        encrypted = self._secret_box.encrypt(secret)
        await self.ensure(key_id)
        await rotate(self._secrets, {"_id": key_id}, encrypted, overlap, session)

    async def live(self, key_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Read the live secrets of keys, by key; the newest first."""
        found = self._secrets.find({"_id": {"$in": list(key_ids)}})
        return {
            document["_id"]: live_secrets(self._secret_box, document["secrets"])
            async for document in found
        }
