"""Tracing of a worker is closed at its end, so that the last spans are sent."""

import pytest

import tasks.worker
from tasks.settings import read_settings
from telemetry.spans import Tracing

SERVERS = {"MINILAB_MONGODB_URL": "mongodb://127.0.0.1:1", "MINILAB_REDIS_URL": "redis://127.0.0.1"}


class NoticedTracing(Tracing):
    """Notes that it was closed."""

    def __init__(self) -> None:
        self.is_closed = False

    def close(self) -> None:
        self.is_closed = True


async def test_tracing_is_closed_when_the_worker_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise ConnectionError

    tracing = NoticedTracing()
    monkeypatch.setattr(tasks.worker, "open_tracing", lambda *_: tracing)
    monkeypatch.setattr(tasks.worker, "open_stores", fails)
    with pytest.raises(ConnectionError):
        await tasks.worker.run_worker(read_settings(SERVERS))
    assert tracing.is_closed
