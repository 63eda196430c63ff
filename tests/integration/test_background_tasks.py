"""The API, a worker and a deliverer end when one of their background tasks dies."""

import asyncio
from collections.abc import Callable

import httpx
import pytest

from storage.clock import utc_now
from tasks.delivery.process import Deliverer
from tasks.delivery.settings import read_settings as read_deliverer_settings
from tasks.settings import read_settings as read_worker_settings
from tasks.worker import ImageWorker
from telemetry.background import BackgroundTaskEnded
from tests.service import Service, running_service
from tests.waiting import LATEST_SECONDS, until


async def _dies(*_: object) -> None:
    raise LookupError


def _make_worker(service: Service) -> ImageWorker:
    return ImageWorker(read_worker_settings(service.environ), service.stores)


def _make_deliverer(service: Service) -> Deliverer:
    return Deliverer(read_deliverer_settings(service.environ), service.stores)


@pytest.mark.parametrize(
    ("make", "part", "task"),
    [
        (_make_worker, "hints", "wake"),
        (_make_deliverer, "job_events", "hear_deliveries"),
    ],
)
async def test_process_ends_with_an_error_when_it_no_longer_hears_of_its_work(
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[[Service], ImageWorker | Deliverer],
    part: str,
    task: str,
) -> None:
    monkeypatch.setattr(getattr(service.stores, part), task, _dies)
    with pytest.raises(BackgroundTaskEnded, match=task):
        async with asyncio.timeout(LATEST_SECONDS):
            await make(service).run(asyncio.Event())
    assert (await service.stores.workforce(utc_now())).workers == 0


async def test_api_ends_when_it_no_longer_polls_for_ended_jobs(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_served = asyncio.Event()

    async def dies_later(_: object) -> None:
        await is_served.wait()
        raise LookupError

    monkeypatch.setattr("api.jobs.waiting.Waiting.poll", dies_later)

    async def has_ended() -> bool:
        try:
            await running.client.get("/healthz", headers={"Connection": "close"})
        except httpx.TransportError:
            return True
        return False

    async with running_service(service.environ, prepare=False) as running:
        is_served.set()
        await until(has_ended)
