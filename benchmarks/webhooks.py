"""Line 10: delivery of events to healthy receivers while others hang."""

import asyncio
import time
from collections.abc import Sequence
from statistics import median

import msgspec

from benchmarks.harness.meter import cpu_seconds
from benchmarks.harness.receivers import Receivers
from benchmarks.harness.service import Bench, new_database, running_module
from benchmarks.rows import Row, Section, Target
from deploy.servers.process import ServerProcess
from domain.keys import ADMIN_USER, Caller, Role
from domain.webhooks.endpoints import Endpoint
from domain.webhooks.events import Event, EventType, WebhookTest, write_payload
from domain.webhooks.signing import webhook_secret
from storage.clock import utc_now
from storage.settings import StoreSettings, WorkRules
from storage.stores import Stores, open_stores
from storage.webhooks.documents import new_delivery, sent_event
from storage.webhooks.endpoints import EndpointPlan

SECRET_KEY = "the-secret-key-of-the-benchmarks-0123456789"  # noqa: S105 -- of a run alone
ENDPOINTS, HANGING = 100, 10
RUNS = 3
TARGET_RATIO = 1.5
WAIT_SECONDS = 120.0
CALLER = Caller(ADMIN_USER, Role.ADMIN)
SECRET = webhook_secret(b"a secret of some 32 random bytes")


class Waits(msgspec.Struct, frozen=True):
    """Deliveries of a run.

    Attributes:
        seconds: From writing each event to its arrival at a healthy receiver, sorted.
        took_seconds: The duration of the run.
        cpu_seconds: Processor time of the deliverer.
    """

    seconds: list[float]
    took_seconds: float
    cpu_seconds: float

    def quantile_ms(self, share: float) -> float:
        """Compute a quantile of the times, in ms."""
        return 1000 * self.seconds[int(len(self.seconds) * share)]


def measure_webhooks(bench: Bench) -> Section:
    """Deliver events to 100 endpoints, with none and with ten of them hanging."""
    rounds = bench.count(40, 10)
    _run(bench, 0, 3)  # Warms up.
    # Alternating, since a machine may slow down meanwhile.
    pairs = [(_run(bench, 0, rounds), _run(bench, HANGING, rounds)) for _ in range(RUNS)]
    free, beside = zip(*pairs, strict=True)
    sent = sum(len(run.seconds) for run in free)
    limit = f"the same without them; medians of {RUNS} runs"
    return Section(
        f"events to {ENDPOINTS} webhooks at once, {rounds} times",
        [
            Row(
                f"p99 of delivery to {ENDPOINTS - HANGING} while {HANGING} hang",
                median(run.quantile_ms(0.99) for run in beside),
                "ms",
                median(run.quantile_ms(0.99) for run in free),
                limit,
                Target(TARGET_RATIO, at_most=True),
            ),
            Row(
                "median",
                median(run.quantile_ms(0.5) for run in beside),
                "ms",
                median(run.quantile_ms(0.5) for run in free),
                limit,
                detail=True,
            ),
            Row(
                "deliveries, none hanging",
                sent / sum(run.took_seconds for run in free),
                "a second",
                detail=True,
            ),
            Row(
                "processor time of the deliverer",
                1000 * sum(run.cpu_seconds for run in free) / sent,
                "ms a delivery",
                detail=True,
            ),
        ],
    )


def _run(bench: Bench, hanging: int, rounds: int) -> Waits:
    environment, settings = deliverer_environment(bench, new_database())
    with running_module(bench, ["tasks.delivery"], environment) as deliverer:
        return asyncio.run(_deliver(settings, deliverer, hanging, rounds))


def deliverer_environment(bench: Bench, database: str) -> tuple[dict[str, str], StoreSettings]:
    """Make the environment of a deliverer to receivers of this machine, and its settings."""
    environment = bench.environment(database) | {
        "MINILAB_SECRET_KEY": SECRET_KEY,
        "MINILAB_WEBHOOK_ALLOW": "127.0.0.0/8",
        "MINILAB_WEBHOOK_ALLOW_HTTP": "true",
    }
    settings = msgspec.structs.replace(
        bench.store_settings, mongodb_database=database, secret_key=SECRET_KEY
    )
    return environment, settings


async def _deliver(
    settings: StoreSettings, deliverer: ServerProcess, hanging: int, rounds: int
) -> Waits:
    async with open_stores(settings, WorkRules()) as stores, Receivers() as receivers:
        await stores.prepare()
        endpoints = [
            await stores.webhooks.create(
                EndpointPlan(receivers.url("never" if n < hanging else "ok", str(n))),
                SECRET,
                CALLER,
            )
            for n in range(ENDPOINTS)
        ]
        began, cpu_before = time.monotonic(), cpu_seconds(deliverer.pid)
        made_at: dict[tuple[str, str], float] = {}
        seen = 0
        for _ in range(rounds):
            made = await write_events(stores, endpoints, hanging)
            seen = await until_arrived(receivers, set(made), seen)
            made_at |= made
        arrived = {(one.path, one.id): one.at for one in reversed(receivers.messages)}
        return Waits(
            sorted(arrived[which] - at for which, at in made_at.items()),
            time.monotonic() - began,
            cpu_seconds(deliverer.pid) - cpu_before,
        )


async def write_events(
    stores: Stores, endpoints: Sequence[Endpoint], hanging: int = 0
) -> dict[tuple[str, str], float]:
    """Write one event for each endpoint; return the time of those for healthy ones."""
    now = utc_now()
    events = [
        Event(
            type=EventType.WEBHOOK_TEST,
            object_id=endpoint.id,
            version=time.monotonic_ns(),
            at=now,
            key_id=endpoint.key_id,
            user_id=None,
            data=WebhookTest(endpoint.id, f"/v1/webhooks/{endpoint.id}"),
        )
        for endpoint in endpoints
    ]
    began = time.monotonic()
    kept = [sent_event(event, write_payload(event, ""), now) for event in events]
    deliveries = [new_delivery(*pair, now) for pair in zip(events, endpoints, strict=True)]
    await stores.database["events"].insert_many(kept)
    await stores.database["deliveries"].insert_many(deliveries)
    await stores.job_events.publish_deliveries()
    healthy = enumerate(events[hanging:], hanging)
    return {(f"/ok/{number}", event.id): began for number, event in healthy}


async def until_arrived(receivers: Receivers, missing: set[tuple[str, str]], first: int) -> int:
    """Wait for messages from an index on; return the next index."""
    async with asyncio.timeout(WAIT_SECONDS):
        while missing:
            await receivers.until_next()
            for message in receivers.messages[first:]:
                missing.discard((message.path, message.id))
                first += 1
    return first
