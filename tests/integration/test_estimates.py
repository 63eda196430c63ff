"""Estimates against what really happens."""

import asyncio
import time
from typing import Any

import pytest

from tests.faults.stack import pictures
from tests.service import Service, running_service
from tests.waiting import until

pytestmark = pytest.mark.one_service

IMAGES_OF = {"many": 48, "some": 16, "few": 4}
SMALL_CHUNKS = {"MINILAB_CHUNK_MAX_IMAGES": "4", "MINILAB_WORKER_GROUP_IMAGES": "2"}


@pytest.mark.long
async def test_estimates_come_near_what_happens(environ: dict[str, str]) -> None:
    async with running_service(environ | SMALL_CHUNKS) as service, service.working():
        await service.process(pictures(8, "measured", large=True))
        await until(lambda: _pace_is_known(service))
        jobs = {
            user_id: (
                await service.send(pictures(count, user_id, large=True), user_id=user_id)
            ).json()
            for user_id, count in IMAGES_OF.items()
        }
        began = time.monotonic()
        etas = {"few": float(jobs["few"]["queue"]["eta_seconds"])}  # It may be done in a moment.
        etas |= {user_id: await _eta(service, jobs[user_id]["id"]) for user_id in ("some", "many")}
        seconds = dict(
            await asyncio.gather(
                *(_until_done(service, user_id, job, began) for user_id, job in jobs.items())
            )
        )
    whole = etas["many"] / seconds["many"]
    assert 1 / 5 < whole < 5, "the pace was measured a moment before"
    assert etas["few"] < etas["some"] < etas["many"]
    for user_id in ("few", "some"):
        # By the pace of this very run: a machine may be slower than a moment before.
        assert 1 / 3 < etas[user_id] / seconds[user_id] / whole < 3, (etas, seconds)


async def _pace_is_known(service: Service) -> bool:
    """The reading of the queue that the API uses has it, not only the workers."""
    ticket = await service.send(pictures(1, "probe", large=True))
    return ticket.json()["queue"]["eta_seconds"] is not None


async def _eta(service: Service, job_id: str) -> float:
    job = (await service.client.get(f"/v1/jobs/{job_id}")).json()
    return float(job["queue"]["eta_seconds"])


async def _until_done(
    service: Service, user_id: str, job: dict[str, Any], began: float
) -> tuple[str, float]:
    assert (await service.job(job["id"]))["status"] == "succeeded"
    return user_id, time.monotonic() - began
