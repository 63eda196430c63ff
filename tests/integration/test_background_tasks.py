"""A worker and a deliverer end when one of their background tasks dies."""

import asyncio

import pytest

from storage.clock import utc_now
from tasks.delivery.process import Deliverer
from tasks.delivery.settings import read_settings as read_deliverer_settings
from tasks.settings import read_settings as read_worker_settings
from tasks.worker import ImageWorker
from telemetry.background import BackgroundTaskEnded
from tests.service import Service


async def _dies(*_: object) -> None:
    raise LookupError


async def test_worker_ends_with_an_error_when_it_no_longer_hears_of_new_hints(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service.stores.hints, "wake", _dies)
    worker = ImageWorker(read_worker_settings(service.environ), service.stores)
    with pytest.raises(BackgroundTaskEnded, match="wake"):
        async with asyncio.timeout(30):
            await worker.run(asyncio.Event())
    assert (await service.stores.workforce(utc_now())).workers == 0


async def test_deliverer_ends_with_an_error_when_it_no_longer_hears_of_deliveries(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service.stores.job_events, "hear_deliveries", _dies)
    deliverer = Deliverer(read_deliverer_settings(service.environ), service.stores)
    with pytest.raises(BackgroundTaskEnded, match="hear_deliveries"):
        async with asyncio.timeout(30):
            await deliverer.run(asyncio.Event())
