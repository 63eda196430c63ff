"""The intake of the fleet: a counter of the bytes that all API processes have admitted."""

import asyncio

from redis.asyncio import Redis

from storage.errors import REDIS_FAILED

KEY = "minilab:intake"
ANSWER_SECONDS = 0.5
ADD = """
local total = tonumber(redis.call('GET', KEYS[1]) or '0') + tonumber(ARGV[1])
redis.call('SET', KEYS[1], string.format('%.0f', total), 'EX', 86400)
return string.format('%.0f', total)
"""


class IntakeCounter:
    """Adds up the bytes of all processes."""

    def __init__(self, redis: Redis) -> None:
        self._add = redis.register_script(ADD)

    async def add(self, admitted_bytes: int) -> int | None:
        """Add bytes of this process; return those of all, None if Redis cannot be reached."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return int(await self._add(keys=[KEY], args=[admitted_bytes]))
        except REDIS_FAILED:
            return None
