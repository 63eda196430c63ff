"""Redis connections on the event loop that the API runs on."""

import asyncio

import pytest
import uvloop
from redis.exceptions import ConnectionError as RedisConnectionError
from structlog.testing import capture_logs

from deploy.servers.embedded import EmbeddedServers
from deploy.servers.ports import find_free_port
from storage.queue import connection
from storage.queue.connection import connect_redis
from storage.settings import StoreSettings
from telemetry.interruptions import Interruptions
from tests.waiting import until


def test_sending_through_a_connection_that_was_reset_is_a_connection_error(
    servers: EmbeddedServers,
) -> None:
    settings = StoreSettings(mongodb_url=servers.mongodb_url, redis_url=servers.redis_url)

    async def send_after_a_reset() -> str:
        redis = connect_redis(settings)
        link = await redis.connection_pool.get_connection()
        link._writer.transport.abort()
        try:
            await link.send_command("PING")
        except RedisConnectionError as error:
            return str(error)
        finally:
            await link.disconnect(nowait=True)
            await redis.aclose(close_connection_pool=True)
        return "it was sent"

    assert uvloop.run(send_after_a_reset()) == "the connection was closed meanwhile"


async def test_channel_without_redis_is_reported_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "RECONNECT_SECONDS", 0.0)
    failed = Interruptions.failed
    failures: list[Exception] = []

    def count(interruptions: Interruptions, error: Exception) -> None:
        failures.append(error)
        failed(interruptions, error)

    monkeypatch.setattr(Interruptions, "failed", count)
    port = find_free_port()
    redis = connect_redis(StoreSettings("mongodb://127.0.0.1:1", f"redis://127.0.0.1:{port}"))
    with capture_logs() as lines:
        listening = asyncio.create_task(connection.listen(redis, "a-channel", lambda _: None))
        await until(lambda: len(failures) > 10)
        listening.cancel()
        await asyncio.wait([listening])
    await redis.aclose(close_connection_pool=True)
    said = [line for line in lines if line["event"] == "listening_interrupted"]
    assert [(line["channel"], line["failures"]) for line in said] == [("a-channel", 1)]
