"""How deliveries are made."""

from typing import Annotated

import msgspec

from domain.webhooks.schedule import RETRY_PATTERN, RETRY_SECONDS

Positive = msgspec.Meta(gt=0)
Count = Annotated[int, msgspec.Meta(ge=1, le=10_000)]


class DeliverySettings(msgspec.Struct, frozen=True):
    """How deliveries are made.

    Attributes:
        webhook_in_flight: Most attempts at the same time; endpoints that fail get half of them.
        webhook_in_flight_each: Most attempts at the same time to one endpoint.
        webhook_timeout_seconds: Longest time of an attempt, from the name to the answer.
        webhook_retry_seconds: The delays before the second attempt, the third and so on.
        webhook_disable_seconds: An endpoint that has failed for so long is disabled.
        webhook_poll_seconds: Pause between two looks for what is due, where no notice comes.
        webhook_drain_seconds: Longest wait for running attempts when asked to stop.
        public_url: Where receivers reach the service; links in events begin with it. Empty: they
            are paths.
    """

    webhook_in_flight: Count = 400
    webhook_in_flight_each: Count = 8
    webhook_timeout_seconds: Annotated[float, Positive] = 15.0
    webhook_retry_seconds: Annotated[str, msgspec.Meta(pattern=RETRY_PATTERN)] = ",".join(
        f"{seconds:g}" for seconds in RETRY_SECONDS
    )
    webhook_disable_seconds: Annotated[float, Positive] = 5 * 24 * 3600.0
    webhook_poll_seconds: Annotated[float, Positive] = 1.0
    webhook_drain_seconds: Annotated[float, msgspec.Meta(ge=0)] = 20.0
    public_url: Annotated[str, msgspec.Meta(pattern=r"^$|^https?://[^\s?#]+$")] = ""
