"""Settings of the deliverer process."""

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec

from domain.addresses import TargetRules, read_target_rules
from domain.settings import PublicUrl, SettingsReader
from domain.webhooks.schedule import RETRY_PATTERN, RETRY_SECONDS
from storage.settings import StoreSettings, WorkRules, read_store_settings
from tasks.heartbeat import HeartbeatSettings
from telemetry.logs import LogSettings

Positive = msgspec.Meta(gt=0)
Count = Annotated[int, msgspec.Meta(ge=1, le=10_000)]


class DeliverySettings(msgspec.Struct, frozen=True):
    """Delivery of webhooks: parallelism, deadlines and retries.

    Attributes:
        webhooks: ``paused``: a deliverer that starts holds all webhooks, pending and new, until an
            admin releases them (``POST /v1/webhooks/release``).
        webhook_in_flight: Most parallel attempts of one process; failing endpoints get half.
        webhook_in_flight_each: Most parallel attempts of one process to one endpoint, while that
            answers within 0.1 s; a slower one gets at most 8.
        webhook_timeout_seconds: Longest time of an attempt, from the DNS query to the response.
        webhook_retry_seconds: Delays before the second attempt, the third and so on, each ±20 %.
        webhook_disable_seconds: Time of failures without a success after which an endpoint is
            disabled.
        webhook_poll_seconds: Pause between two searches for due deliveries when no notice
            arrives.
        webhook_drain_seconds: Longest wait for running attempts after a request to stop.
        public_url: URL at which clients and receivers reach the service, as in
            ``https://photos.example``; links begin with it. Empty: links begin with the address
            at which the request for the link arrived, and events carry paths.
    """

    webhooks: Literal["on", "paused"] = "on"
    webhook_in_flight: Count = 400
    webhook_in_flight_each: Count = 32
    webhook_timeout_seconds: Annotated[float, Positive] = 15.0
    webhook_retry_seconds: Annotated[str, msgspec.Meta(pattern=RETRY_PATTERN)] = ",".join(
        f"{seconds:g}" for seconds in RETRY_SECONDS
    )
    webhook_disable_seconds: Annotated[float, Positive] = 5 * 24 * 3600.0
    webhook_poll_seconds: Annotated[float, Positive] = 1.0
    webhook_drain_seconds: Annotated[float, msgspec.Meta(ge=0)] = 20.0
    public_url: PublicUrl = ""


class Settings(msgspec.Struct, frozen=True):
    """All settings of a deliverer."""

    stores: StoreSettings
    rules: WorkRules
    logs: LogSettings
    deliveries: DeliverySettings
    targets: TargetRules
    heartbeat: HeartbeatSettings


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings of a deliverer from the environment.

    Raises:
        SettingsError: Lists every mistake.
    """
    reader = SettingsReader(environ)
    settings = Settings(
        stores=read_store_settings(reader),
        rules=reader.read(WorkRules),
        logs=reader.read(LogSettings),
        deliveries=reader.read(DeliverySettings),
        targets=read_target_rules(reader),
        heartbeat=reader.read(HeartbeatSettings),
    )
    reader.check()
    return settings
