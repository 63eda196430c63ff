"""Redis connections on the event loop that the API runs on."""

import uvloop
from redis.exceptions import ConnectionError as RedisConnectionError

from deploy.servers.embedded import EmbeddedServers
from storage.queue.connection import connect_redis
from storage.settings import StoreSettings


def test_sending_through_a_connection_that_was_reset_is_a_connection_error(
    servers: EmbeddedServers,
) -> None:
    settings = StoreSettings(mongodb_url=servers.mongodb_url, redis_url=servers.redis_url)

    async def send_after_a_reset() -> str:
        redis = connect_redis(settings)
        connection = await redis.connection_pool.get_connection()
        connection._writer.transport.abort()
        try:
            await connection.send_command("PING")
        except RedisConnectionError as error:
            return str(error)
        finally:
            await connection.disconnect(nowait=True)
            await redis.aclose(close_connection_pool=True)
        return "it was sent"

    assert uvloop.run(send_after_a_reset()) == "the connection was closed meanwhile"
