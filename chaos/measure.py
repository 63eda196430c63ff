"""Load on the service while faults are injected, and what is counted afterwards."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta

from bson import Timestamp

from benchmarks.harness.receivers import Receivers
from chaos.bucket import find_cut_objects, find_orphan_objects
from chaos.checks import count_errors, count_open, find_orphans, find_waits
from chaos.keys import make_client_keys
from chaos.load import Clients, Record
from chaos.outcome import Run, Violations, find_violations
from chaos.supervised import ADMIN_KEY, DATABASE, Settings, Supervised
from chaos.waiting import until_none
from chaos.webhooks import compare_delivered, count_undelivered, subscribe
from storage.blobs.stores.blob_stores import BlobStores, open_blob_stores
from storage.blobs.stores.gridfs import chunk_turns
from storage.mongo.client import Client, Database, connect_mongo
from storage.settings import StoreSettings
from storage.verification.walk import Verifier

USERS = 6
CLIENTS_A_USER = 2
POLLERS = 3
DRAIN_SECONDS = 300.0
DELIVERY_SECONDS = 900.0
SWEEP_SECONDS = 600.0
SWEEPING: Settings = {
    "sweep_seconds": 1,
    "orphan_age_seconds": 1,
    "max_upload_seconds": 0.5,
    "fetch_timeout_seconds": 0.5,
    "worker_children": 1,
}

Injecting = Callable[[], Awaitable[Counter[str]]]
"""Injects all faults, and returns how many there were of each."""


async def measure(service: Supervised, seed: int, rounds: int, inject: Injecting) -> Run:
    """Start the processes, upload while faults are injected, and count what was promised.

    Args:
        service: The processes; their servers run already.
        seed: Fixes the uploads.
        rounds: Number of rounds that are injected.
        inject: Injects the faults.
    """
    settings = StoreSettings(
        mongodb_url=service.mongodb_url,
        redis_url=service.redis_url,
        blob_url=service.blob_url,
    )
    client = connect_mongo(settings)
    stores = open_blob_stores(client[DATABASE], chunk_turns(), settings)
    supervising: asyncio.Task[None] | None = None
    try:
        await service.start()
        since = (await client.admin.command("ping"))["operationTime"]
        supervising = asyncio.create_task(service.supervise())
        async with Receivers() as receivers:
            return await _measure(service, seed, rounds, inject, client, since, receivers, stores)
    finally:
        if supervising is not None:
            supervising.cancel()
        await service.stop()
        client.close()


async def _measure(
    service: Supervised,
    seed: int,
    rounds: int,
    inject: Injecting,
    client: Client,
    since: Timestamp,
    receivers: Receivers,
    stores: BlobStores,
) -> Run:
    database, record = client[DATABASE], Record(service.excused)
    users = [f"user-{number // CLIENTS_A_USER}" for number in range(USERS * CLIENTS_A_USER)]
    keys = await make_client_keys(service.url, ADMIN_KEY, users)
    await subscribe(service.url, ADMIN_KEY, receivers)
    clients = Clients(service.url, keys, ADMIN_KEY, record, seed)
    record.begin()
    began = time.monotonic()
    uploading = asyncio.create_task(clients.run(POLLERS))
    faults = await inject()
    last_fault = time.monotonic()
    clients.stop()
    await uploading
    seconds = time.monotonic() - began
    await until_none(lambda: count_open(database), DRAIN_SECONDS)
    drain_seconds = time.monotonic() - last_fault
    await until_none(lambda: count_undelivered(database), DELIVERY_SECONDS)
    delivery_seconds = time.monotonic() - last_fault
    delivered = await compare_delivered(database, receivers)
    violations = await find_violations(
        client, database, since, record, await clients.poll_open()
    ) | {
        "events lost": delivered.lost,
        "events made twice (sent under two IDs)": delivered.made_twice,
    }
    waits = await find_waits(database)
    violations["blobs of which bytes are missing"] += await find_cut_objects(database, stores)
    violations |= await _sweep_and_verify(service, client, database, stores)
    return Run(
        rounds=rounds,
        seconds=seconds,
        faults=dict(sorted(faults.items())),
        answers=dict(sorted(record.answers.items())),
        polls=dict(sorted(record.polls.items())),
        tickets=len(record.tickets),
        repeated=sum(ticket.key is not None for ticket in record.tickets.values()),
        jobs=await database["jobs"].count_documents({}),
        images=await database["images"].count_documents({}),
        errors=dict(await count_errors(database)),
        own_ends=service.own_ends,
        longest_wait_seconds=max((wait for _, wait in waits), default=0.0),
        longest_outage_seconds=record.longest_outage_seconds,
        drain_seconds=drain_seconds,
        delivery_seconds=delivery_seconds,
        delivered=delivered,
        violations=violations,
        ticket_times=record.ticket_times,
        waits=waits,
    )


async def _sweep_and_verify(
    service: Supervised, client: Client, database: Database, stores: BlobStores
) -> Violations:
    async def find_all_orphans() -> list[object]:
        objects = await find_orphan_objects(database, stores)
        return [*await find_orphans(database), *objects]

    await service.replace_workers(SWEEPING)
    await until_none(find_all_orphans, SWEEP_SECONDS)
    orphans = await find_all_orphans()
    verifier = Verifier(client, database, timedelta(0), hashes=True, stores=stores)
    verification = await verifier.verify()
    return {
        "orphans after the sweep": list(map(str, orphans)),
        "invariants broken (make verify-data)": [
            f"{name}: {ids}" for name, ids in verification.broken.items()
        ],
    }
