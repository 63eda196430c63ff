"""The content of deliveries: body, address, and the secrets that sign them."""

import asyncio
from collections.abc import Sequence

import msgspec

from domain.webhooks.deliveries import Delivery
from domain.webhooks.endpoints import WebhookStatus
from storage.access.managed import find_valid_keys
from storage.mongo.client import Database, Document
from storage.webhooks.key_secrets import KeySecrets
from storage.webhooks.secret_box import SecretBox
from storage.webhooks.secret_rotation import live_secrets


class Envelope(msgspec.Struct, frozen=True):
    """The content of one attempt; each of the secrets signs."""

    event_id: str
    url: str
    body: bytes
    secrets: tuple[str, ...]

    def __repr__(self) -> str:
        """Show the event only: a log must not hold secrets, or a URL that may contain one."""
        return f"Envelope({self.event_id})"


class Envelopes:
    """Makes the envelopes of deliveries."""

    def __init__(self, database: Database, secret_box: SecretBox) -> None:
        self._database = database
        self._secret_box = secret_box
        self._key_secrets = KeySecrets(database, secret_box)

    async def pack(self, deliveries: Sequence[Delivery]) -> dict[str, Envelope]:
        """Make the envelopes of deliveries, by ID of the delivery.

        A delivery without a receiver has none: its endpoint was deleted or disabled, its key is no
        longer valid, or its event was deleted.

        Raises:
            WebhooksNotSetUp: A secret cannot be decrypted.
        """
        events, keys, targets = await asyncio.gather(
            self._find("events", [one.event_id for one in deliveries]),
            find_valid_keys(self._database, [one.key_id for one in deliveries]),
            self._targets_of(deliveries),
        )
        valid = [one for one in deliveries if one.event_id in events and one.key_id in keys]
        envelopes = {}
        for delivery in valid:
            event, (url, secrets) = events[delivery.event_id], targets[delivery.id]
            if secrets:
                body = event["body"].encode()
                envelopes[delivery.id] = Envelope(event["_id"], url, body, secrets)
        return envelopes

    async def _targets_of(
        self, deliveries: Sequence[Delivery]
    ) -> dict[str, tuple[str, tuple[str, ...]]]:
        """Find the address and the secrets of each delivery."""
        endpoint_ids = {one.endpoint_id for one in deliveries if one.endpoint_id is not None}
        found = await self._find("webhook_endpoints", list(endpoint_ids))
        endpoints = {name: self._target_of(endpoint) for name, endpoint in found.items()}
        key_ids = {one.key_id for one in deliveries if one.endpoint_id is None}
        of_keys = await self._key_secrets.live(list(key_ids)) if key_ids else {}
        return {
            one.id: (one.url, of_keys.get(one.key_id, ()))
            if one.endpoint_id is None
            else endpoints.get(one.endpoint_id, ("", ()))
            for one in deliveries
        }

    def _target_of(self, endpoint: Document) -> tuple[str, tuple[str, ...]]:
        if endpoint["status"] == WebhookStatus.DISABLED.value:
            return "", ()
        return endpoint["url"], live_secrets(self._secret_box, endpoint["secrets"])

    async def _find(self, name: str, ids: Sequence[str]) -> dict[str, Document]:
        # The same read concern as the claim: with a majority read, a new document can be missing.
        found = self._database[name].find({"_id": {"$in": list(set(ids))}})
        return {document["_id"]: document async for document in found}
