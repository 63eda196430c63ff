"""The stored secrets of webhooks: how many of them the keys of this process cannot decrypt."""

from domain.webhooks.endpoints import ACTIVE
from storage.access.managed import find_valid_keys
from storage.mongo.client import Database, Document
from storage.webhooks.secret_box import SecretBox

NEWEST = {"secrets": {"$slice": 1}}


class StoredSecrets:
    """Checks the newest secret of every active webhook and of every valid key: it signs."""

    def __init__(self, database: Database, secret_box: SecretBox) -> None:
        self._database = database
        self._secret_box = secret_box

    async def count_unreadable(self) -> int:
        """Count the secrets that cannot be decrypted. Each stored one takes about 20 µs."""
        webhooks = await self._unreadable("webhook_endpoints", {"status": {"$in": ACTIVE}})
        keys = await self._unreadable("webhook_key_secrets", {})
        valid = await find_valid_keys(self._database, keys)
        return len(webhooks) + len(valid.intersection(keys))

    async def _unreadable(self, name: str, query: Document) -> list[str]:
        return [
            document["_id"]
            async for document in self._database[name].find(query, NEWEST)
            if not all(self._secret_box.reads(one["encrypted"]) for one in document["secrets"])
        ]
