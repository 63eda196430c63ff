"""A look at MongoDB for all who wait: job events travel through Redis and can be lost."""

import asyncio

import structlog

from storage.errors import STORE_FAILED
from storage.stores import Stores

LOOK_SECONDS = 1.0

_log = structlog.get_logger(__name__)


async def look_out(stores: Stores) -> None:
    """Wake whoever waits for a job that has ended, until cancelled.

    One question a second for all of them together, however many requests wait.
    """
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        waited_for = stores.job_events.waited_for
        if not waited_for:
            continue
        try:
            ended = await stores.jobs.find_ended(waited_for)
        except STORE_FAILED as error:
            _log.warning("lookout_interrupted", reason=type(error).__name__)
            continue
        for job_id in ended:
            stores.job_events.wake(job_id)
