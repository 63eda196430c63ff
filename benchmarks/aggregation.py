"""Aggregation of everything that is pending, and its time."""

import time

import msgspec

from storage.aggregates.aggregator import LEASE_NAME, Aggregator
from storage.mongo.client import connect_mongo
from storage.settings import StoreSettings


class Aggregation(msgspec.Struct, frozen=True):
    """Time of an aggregation.

    Attributes:
        images: Number of images.
        seconds: Its duration.
        cpu_seconds: Processor time of this process.
    """

    images: int
    seconds: float
    cpu_seconds: float


async def aggregate_all(settings: StoreSettings) -> Aggregation:
    """Aggregate all pending images of a database."""
    client = connect_mongo(settings)
    database = client[settings.mongodb_database]
    await database["leases"].delete_one({"_id": LEASE_NAME})
    before, cpu_before = time.perf_counter(), time.process_time()
    images = await Aggregator(client, database).aggregate()
    seconds, cpu_seconds = time.perf_counter() - before, time.process_time() - cpu_before
    client.close()
    return Aggregation(images, seconds, cpu_seconds)
