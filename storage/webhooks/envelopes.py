"""What is sent for a delivery: the bytes, where to, and the secrets that sign them."""

from collections.abc import Sequence

import msgspec

from domain.webhooks.deliveries import Delivery
from domain.webhooks.endpoints import WebhookStatus
from storage.access.api_keys import find_valid_keys
from storage.clock import utc_now
from storage.mongo.client import Database, Document
from storage.webhooks.key_secrets import KeySecrets
from storage.webhooks.secret_box import SecretBox
from storage.webhooks.secret_rotation import live_secrets


class Envelope(msgspec.Struct, frozen=True):
    """What one attempt sends.

    Attributes:
        event_id: What receivers tell events apart by.
        url: Where it goes now.
        body: The same bytes on every attempt.
        secrets: Those that are live; each signs.
    """

    event_id: str
    url: str
    body: bytes
    secrets: tuple[str, ...]

    def __repr__(self) -> str:
        """Show the event alone: neither secrets nor the URL, which may hold one, in a log."""
        return f"Envelope({self.event_id})"


class Envelopes:
    """Packs deliveries.

    Args:
        database: Holds everything.
        secret_box: Decrypts the secrets.
    """

    def __init__(self, database: Database, secret_box: SecretBox) -> None:
        self._database = database
        self._secret_box = secret_box
        self._key_secrets = KeySecrets(database, secret_box)

    async def pack(self, deliveries: Sequence[Delivery]) -> dict[str, Envelope]:
        """Say what to send for deliveries.

        Returns:
            The envelopes by delivery. Those that are missing have nobody to go to any more: the
            endpoint was deleted or disabled, the key was revoked or has expired, or the event is
            gone.

        Raises:
            WebhooksNotSetUp: A secret cannot be read.
        """
        bodies = await self._find("events", [one.event_id for one in deliveries])
        endpoint_ids = {one.endpoint_id for one in deliveries if one.endpoint_id is not None}
        endpoints = await self._find("webhook_endpoints", list(endpoint_ids))
        keys = await find_valid_keys(self._database, [one.key_id for one in deliveries])
        callbacks = {one.key_id for one in deliveries if one.endpoint_id is None}
        of_keys = await self._key_secrets.live(list(callbacks)) if callbacks else {}
        envelopes = {}
        for delivery in deliveries:
            event = bodies.get(delivery.event_id)
            if event is None or delivery.key_id not in keys:
                continue
            if delivery.endpoint_id is None:
                target = (delivery.url, of_keys.get(delivery.key_id, ()))
            else:
                target = self._target_of(endpoints.get(delivery.endpoint_id))
            if target[1]:
                url, secrets = target
                envelopes[delivery.id] = Envelope(
                    event["_id"], url, event["body"].encode(), secrets
                )
        return envelopes

    def _target_of(self, endpoint: Document | None) -> tuple[str, tuple[str, ...]]:
        if endpoint is None or endpoint["status"] == WebhookStatus.DISABLED.value:
            return "", ()
        return endpoint["url"], live_secrets(self._secret_box, endpoint["secrets"], utc_now())

    async def _find(self, name: str, ids: Sequence[str]) -> dict[str, Document]:
        # As the claim has seen it: what is not yet on a majority would seem to be gone.
        found = self._database[name].find({"_id": {"$in": list(set(ids))}})
        return {document["_id"]: document async for document in found}
