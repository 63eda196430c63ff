"""Runs a learner beside a service under test."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tasks.learning.learner import Learner
from tasks.learning.settings import read_settings
from tests.service import Service

LEARNER = {
    "MINILAB_LEARNING": "true",
    "MINILAB_LEARNING_HOUR": "-1",
    "MINILAB_LEARNING_PROCESSES": "1",
    "MINILAB_LEARNING_POLL_SECONDS": "0.2",
}
"""Settings of a learner that begins nothing by itself, and needs no other process."""


@asynccontextmanager
async def learning(service: Service) -> AsyncIterator[Learner]:
    """Run a learner beside a service."""
    stop = asyncio.Event()
    learner = Learner(read_settings(service.environ), service.stores)
    running = asyncio.create_task(learner.run(stop))
    try:
        yield learner
    finally:
        stop.set()
        await running
